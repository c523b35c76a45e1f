// Command authorize shows an authorization endpoint that refuses requests. It sends the user back to the client
// with an error, or shows a page if nobody may be redirected. The client's redirection endpoint reads the error.
//
// You may copy it. Keep the TLS. Left out are login, consent, code, and the response modes fragment and form_post
// (Redirect.Mode). Also left out is how the client sets the cookie that it compares with state: to
// crypto/rand.Text(), for one login, with Secure, HttpOnly and SameSite=Lax.
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

var unseen = regexp.MustCompile(`(?s)<title>.*?</title>|<[^>]*>`) // what a page does not show

func authorize(w http.ResponseWriter, r *http.Request) {
	if back, err := check(r); err != nil {
		answer := autherrhttp.WriteAuthorizationError(w, r, err, back)
		slog.LogAttrs(r.Context(), autherr.FaultOf(err).Level(), "no code", autherr.LogAttr(err), slog.Any("answer", answer))
	}
}

// check returns what is wrong with a request and, once that is known, where to send the user back to.
func check(r *http.Request) (back autherrhttp.Redirect, err error) {
	if err := r.ParseForm(); err != nil {
		return back, autherrhttp.RequestError(err)
	}
	for name, values := range r.Form {
		if len(values) > 1 { // RFC 6749 §3.1
			return back, fmt.Errorf("parameter %.40q is repeated: %w", name, autherr.InvalidRequest)
		}
	}
	id, uri := r.Form.Get("client_id"), r.Form.Get("redirect_uri")
	if redirectURIs[id] == nil {
		return back, fmt.Errorf("client %.40q: %w", id, autherr.ErrOAuth2ClientNotFound)
	}
	if !slices.Contains(redirectURIs[id], uri) {
		return back, fmt.Errorf("client %.40q, %.80q: %w", id, uri, autherr.ErrOAuth2RedirectURIMismatch)
	}
	back = autherrhttp.Redirect{URI: uri, State: r.Form.Get("state"), Issuer: issuer}
	switch mode := r.Form.Get("response_mode"); {
	case mode != "" && mode != "query":
		return back, fmt.Errorf("response mode %.40q: %w", mode, autherr.InvalidRequest)
	case r.Form.Get("response_type") != "code":
		return back, fmt.Errorf("response type %.40q: %w", r.Form.Get("response_type"), autherr.UnsupportedResponseType)
	case r.Form.Get("prompt") == "none":
		return back, autherr.ErrNotLogin
	}
	return back, nil // the login page is next
}

// callback is the client's redirection endpoint. Anybody can send a browser here, so it checks state and iss first.
func callback(w http.ResponseWriter, r *http.Request) {
	values := r.URL.Query()
	cookie, err := r.Cookie("__Host-state")
	if err != nil || subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(values.Get("state"))) != 1 ||
		values.Get("iss") != issuer {
		http.Error(w, "This is not an answer to a request of ours.", http.StatusBadRequest)
		return
	}
	if err := autherrhttp.ReadRedirect(values); errors.Is(err, autherr.LoginRequired) {
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
	mux.HandleFunc("GET app.example.com/callback", callback)
	srv := httptest.NewUnstartedServer(mux)
	srv.Config.ReadTimeout, srv.Config.WriteTimeout, srv.Config.MaxHeaderBytes = 5*time.Second, 10*time.Second, 8<<10
	srv.StartTLS()
	defer srv.Close()
	browser := srv.Client()
	browser.Timeout = 10 * time.Second
	browser.Jar, _ = cookiejar.New(nil)
	app := &url.URL{Scheme: "https", Host: "app.example.com"}
	browser.Jar.SetCookies(app, []*http.Cookie{{Name: "__Host-state", Value: "x7", Secure: true}})
	const start = issuer + "/authorize?state=x7&client_id="
	const known = start + "app&redirect_uri=" + callbackURI
	for _, uri := range []string{
		start + "pad",
		start + "app&redirect_uri=https://evil.example.com/",
		known + "&redirect_uri=https://evil.example.com/",
		known + "&response_type=code&prompt=none",
		known + "&response_type=code&response_mode=fragment",
		callbackURI + "?error=access_denied&state=guessed&iss=" + issuer,
	} {
		fmt.Println("\nA browser asks for", uri)
		res, err := browser.Get(uri)
		if err != nil {
			log.Fatal(err)
		}
		if redirect := res.Request.Response; redirect != nil {
			fmt.Println("  is sent to", redirect.Header.Get("Location"))
		}
		page, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10))
		res.Body.Close()
		fmt.Println("  sees", res.StatusCode, strings.Join(strings.Fields(unseen.ReplaceAllString(string(page), " ")), " "))
	}
}
