// Command gateway shows a server that is itself a client of another: a token endpoint that has an upstream
// check its refresh tokens. What the upstream says is not passed on as it is. The gateway says it as its own
// word, or answers 500, 502, or 503 with the wait that the upstream asked for.
//
// You may copy it. Keep the TLS at both servers, since both get secrets and tokens. Left out are other grants,
// repeated parameters, the new tokens, and a limit to attempts.
package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

type gateway struct {
	clients  map[string][sha256.Size]byte // the hashes of their secrets, which are random and long
	upstream *http.Client
	secret   string // the gateway's own, for the upstream
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := g.refresh(w, r); err != nil {
		answer := autherrhttp.WriteTokenError(w, r, err)
		slog.LogAttrs(r.Context(), autherr.FaultOf(err).Level(), "no token", autherr.LogAttr(err), slog.Any("answer", answer))
	}
}

func (g *gateway) refresh(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	if err := r.ParseForm(); err != nil {
		return autherrhttp.RequestError(err)
	}
	user, password, _ := r.BasicAuth() // both encoded as in a form (RFC 6749 §2.3.1)
	id, _ := url.QueryUnescape(user)
	secret, _ := url.QueryUnescape(password) // "" if missing or malformed, which is nobody's
	want, got := g.clients[id], sha256.Sum256([]byte(secret))
	if subtle.ConstantTimeCompare(want[:], got[:]) != 1 { // also for an unknown client, so that it takes as long
		return fmt.Errorf("client %.40q: %w", id, autherr.ErrOAuth2InvalidCredentials)
	}
	if err := g.ask(r.Context(), r.PostForm.Get("refresh_token")); err != nil {
		return fmt.Errorf("client %.40q: %w", id, err)
	}
	return nil // a real gateway sends the new tokens
}

// ask asks the upstream, and returns what its answer means for a client of the gateway.
func (g *gateway) ask(ctx context.Context, token string) error {
	switch err := post(ctx, g.upstream, "https://login.example.com/token", "gateway", g.secret, token); {
	case errors.Is(err, autherr.InvalidGrant):
		return fmt.Errorf("%w: %w", autherr.InvalidGrant, err) // we say so too
	case errors.Is(err, autherr.InvalidClient):
		return &autherr.ConfigError{Details: "our secret at the upstream", Err: err} // not our client's fault
	default:
		return err // nil, a network failure (500 or 503), or an *autherr.RemoteError (502 or 503)
	}
}

// post is a client of either server.
func post(ctx context.Context, client *http.Client, endpoint, id, secret, token string) error {
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
	res, err := client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return autherrhttp.ReadError(res)
	}
	return nil
}

// upstream stands for the server behind the gateway. The token says what it answers.
func upstream(w http.ResponseWriter, r *http.Request) {
	token := r.FormValue("refresh_token")
	if token == "cut off" {
		panic(http.ErrAbortHandler) // net/http closes the connection
	}
	if err := map[string]error{
		"expired":  autherr.ErrOAuth2RefreshTokenNotFound,
		"own code": autherr.ErrorCode("moon_phase"),
		"rotated":  autherr.ErrOAuth2InvalidCredentials, // the gateway has an old secret
		"too many": &autherr.RateLimitedError{RetryAfter: 30 * time.Second},
		"repairs":  &autherr.UnavailableError{RetryAfter: 2 * time.Minute},
	}[token]; err != nil {
		autherrhttp.WriteTokenError(w, r, err)
	}
}

func main() {
	log.SetFlags(0) // no time, so that each run prints the same
	log.SetOutput(os.Stdout)
	mux := http.NewServeMux()
	srv := httptest.NewUnstartedServer(mux)
	srv.Config.ReadTimeout, srv.Config.WriteTimeout, srv.Config.MaxHeaderBytes = 5*time.Second, 30*time.Second, 8<<10
	srv.StartTLS()
	defer srv.Close()
	client := srv.Client()
	client.Timeout = 10 * time.Second
	// Go's client would follow a redirect, and could send the token to another server.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	clients := map[string][sha256.Size]byte{"app": sha256.Sum256([]byte("7Gx2"))}
	mux.Handle("POST gateway.example.com/token", &gateway{clients, client, "q9Rf"})
	mux.HandleFunc("POST login.example.com/token", upstream)
	for _, token := range []string{"good", "expired", "own code", "rotated", "too many", "repairs", "cut off", strings.Repeat("long", 2000)} {
		fmt.Printf("\nRefresh token %.8q\n", token)
		err := post(context.Background(), client, "https://gateway.example.com/token", "app", "7Gx2", token)
		wait, again := autherr.RetryAfterOf(err) // wait is 0 if no server has named one
		fmt.Printf("client: %v, again: %t, after: %v\n", err, again, wait)
	}
}
