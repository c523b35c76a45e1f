// Command authorize shows an authorization endpoint that refuses: it sends the user back to the client with an
// error, or shows a page if nobody may be redirected. The client's redirection endpoint reads the error.
//
// It may be copied, with TLS, as here. Left out are login, consent, code, and setting the cookie that the client compares
// with state: crypto/rand.Text(), for one login, Secure, HttpOnly and SameSite=None, since form_post is cross-site.
package main

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

const issuer, callbackURI = "https://login.example.com", "https://app.example.com/callback"

var redirectURIs = map[string][]string{"app": {callbackURI}} // by client
var modes = map[string]autherrhttp.ResponseMode{"fragment": autherrhttp.FragmentMode, "form_post": autherrhttp.FormPostMode}
var inputs, tags = regexp.MustCompile(`name="(\w+)" value="([^"]*)"`), regexp.MustCompile(`(?s)<(title|script)>.*?</(title|script)>|<[^>]*>`)

func authorize(w http.ResponseWriter, r *http.Request) {
	if back, err := check(r); err != nil {
		answer := autherrhttp.WriteAuthorizationError(w, r, err, back)
		slog.LogAttrs(r.Context(), autherr.FaultOf(err).Level(), "no code", autherr.LogAttr(err), slog.Any("answer", answer))
	}
}

// check says where to send the user back to, as soon as that is known, and what is wrong.
func check(r *http.Request) (back autherrhttp.Redirect, err error) {
	if err := r.ParseForm(); err != nil {
		return back, autherrhttp.RequestError(err)
	}
	id, uri := r.Form.Get("client_id"), r.Form.Get("redirect_uri")
	if redirectURIs[id] == nil {
		return back, fmt.Errorf("client %.40q: %w", id, autherr.ErrOAuth2ClientNotFound)
	}
	if !slices.Contains(redirectURIs[id], uri) {
		return back, fmt.Errorf("client %.40q, %.80q: %w", id, uri, autherr.ErrOAuth2RedirectURIMismatch)
	}
	back = autherrhttp.Redirect{URI: uri, State: r.Form.Get("state"), Issuer: issuer, Mode: modes[r.Form.Get("response_mode")]}
	switch {
	case r.Form.Get("response_type") != "code":
		err = autherr.UnsupportedResponseType
	case r.Form.Get("prompt") == "none": // else the login page is next
		err = autherr.ErrNotLogin
	}
	return back, err
}

// callback is the client's redirection endpoint. Anybody can send a browser here, so state and iss come first.
func callback(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	if err := r.ParseForm(); err != nil {
		autherrhttp.WriteAuthorizationError(w, r, autherrhttp.RequestError(err), autherrhttp.Redirect{}) // a page
		return
	}
	cookie, err := r.Cookie("__Host-state")
	if err != nil || subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(r.Form.Get("state"))) != 1 || r.Form.Get("iss") != issuer {
		http.Error(w, "This is not the answer to a question of ours.", http.StatusBadRequest)
		return
	}
	if err := autherrhttp.ReadRedirect(r.Form); errors.Is(err, autherr.LoginRequired) {
		fmt.Fprintln(w, "Nobody is logged in: try again without prompt=none.")
	} else if err != nil {
		slog.LogAttrs(r.Context(), autherr.FaultOf(err).Level(), "no login", autherr.LogAttr(err))
		http.Error(w, "That did not work.", http.StatusBadGateway)
	}
}

func main() {
	log.SetFlags(0) // no time, so that each run prints the same
	log.SetOutput(os.Stdout)
	mux := http.NewServeMux()
	mux.HandleFunc("GET login.example.com/authorize", authorize)
	mux.HandleFunc("app.example.com/callback", callback)
	srv := httptest.NewUnstartedServer(mux)
	srv.Config.ReadTimeout, srv.Config.WriteTimeout, srv.Config.MaxHeaderBytes = 5*time.Second, 10*time.Second, 8<<10
	srv.StartTLS()
	defer srv.Close()
	browser := srv.Client()
	browser.Timeout = 10 * time.Second
	browser.Jar, _ = cookiejar.New(nil)
	browser.Jar.SetCookies(&url.URL{Scheme: "https", Host: "app.example.com"}, []*http.Cookie{{Name: "__Host-state", Value: "x7", Secure: true}})
	for _, query := range []string{
		"client_id=pad&state=x7",
		"client_id=app&state=x7&redirect_uri=https://evil.example.com/",
		"client_id=app&state=x7&redirect_uri=" + callbackURI + "&response_type=code&prompt=none",
		"client_id=app&state=x7&redirect_uri=" + callbackURI + "&response_type=token&response_mode=form_post",
	} {
		fmt.Println("\nA browser asks for /authorize?" + query)
		form := url.Values{}
		for _, input := range inputs.FindAllStringSubmatch(show(browser.Get(issuer+"/authorize?"+query)), -1) {
			form.Set(input[1], input[2])
		}
		if len(form) > 0 {
			fmt.Println("  posts", form.Encode())
			show(browser.PostForm(callbackURI, form))
		}
	}
	fmt.Println("\nA browser comes from elsewhere")
	show(browser.Get(callbackURI + "?error=access_denied&state=guessed&iss=" + issuer))
}

// show prints what a person sees of a page, and returns the page.
func show(res *http.Response, err error) string {
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	if redirect := res.Request.Response; redirect != nil {
		fmt.Println("  is sent to", redirect.Header.Get("Location"))
	}
	page, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	fmt.Println("  sees", res.StatusCode, strings.Join(strings.Fields(tags.ReplaceAllString(string(page), " ")), " "))
	return string(page)
}
