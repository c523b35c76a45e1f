// Command tokenendpoint is a token endpoint whose store goes down, slows down and comes back. It
// prints what the server logs and what the client makes of the answers. A real server has TLS, keeps
// the tokens that it issues, and refuses a client that tries too often with autherr.RateLimitedError.
package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

type endpoint struct {
	secrets map[string][sha256.Size]byte // hashes of random secrets; what a person chose needs a slow hash
	state   atomic.Value                 // of the store: "up", "down" or "slow"
}

// authenticate is where an error begins: it says what happened.
func (e *endpoint) authenticate(ctx context.Context, client, secret string) error {
	want, known := e.secrets[client]
	got := sha256.Sum256([]byte(secret))
	same := subtle.ConstantTimeCompare(got[:], want[:]) == 1 // also for an unknown client, so that it takes as long
	switch {
	case e.state.Load() == "down":
		return &autherr.StorageError{Details: "connection refused"}
	case e.state.Load() == "slow":
		<-ctx.Done()
		return &autherr.StorageError{Err: ctx.Err()}
	case !known:
		return fmt.Errorf("client %.40q: %w", client, autherr.ErrOAuth2ClientNotFound)
	case !same:
		return fmt.Errorf("client %.40q: %w", client, autherr.ErrOAuth2InvalidCredentials)
	}
	return nil
}

// check returns what is wrong with a request.
func (e *endpoint) check(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	if err := r.ParseForm(); err != nil {
		return autherrhttp.RequestError(err)
	}
	switch grants := r.PostForm["grant_type"]; {
	case len(grants) != 1:
		return fmt.Errorf("%d grant types: %w", len(grants), autherr.InvalidRequest)
	case grants[0] != "client_credentials":
		return fmt.Errorf("grant type %.40q: %w", grants[0], autherr.UnsupportedGrantType)
	}
	ctx, cancel := context.WithTimeout(r.Context(), 50*time.Millisecond) // seconds, in a real server
	defer cancel()
	user, password, _ := r.BasicAuth() // both encoded as in a form (RFC 6749 §2.3.1)
	client, _ := url.QueryUnescape(user)
	secret, _ := url.QueryUnescape(password) // "" if missing or malformed, which is nobody's
	return e.authenticate(ctx, client, secret)
}

// ServeHTTP is where the error ends: it answers the client, and logs the error and the answer.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := e.check(w, r); err != nil {
		answer := autherrhttp.WriteTokenError(w, r, err)
		slog.LogAttrs(r.Context(), autherr.FaultOf(err).Level(), "refused", autherr.LogAttr(err), slog.Any("answer", answer))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	fmt.Fprintf(w, `{"access_token":"%s","token_type":"Bearer","expires_in":300}`, rand.Text())
}

// request is the client. It returns nil if it got a token.
func request(client *http.Client, uri, id, secret string) error {
	r, err := http.NewRequest(http.MethodPost, uri, strings.NewReader("grant_type=client_credentials"))
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
	if res.StatusCode != http.StatusOK {
		return autherrhttp.ReadError(res)
	}
	return nil
}

// bounded cuts long texts in a log line. It also drops the time, so that each run prints the same.
func bounded(_ []string, a slog.Attr) slog.Attr {
	if text := a.Value.String(); a.Value.Kind() == slog.KindString && len(text) > 200 {
		return slog.String(a.Key, strings.ToValidUTF8(text[:200], "")+"...")
	}
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

func main() {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: bounded})))
	secret := rand.Text()
	e := &endpoint{secrets: map[string][sha256.Size]byte{"robot": sha256.Sum256([]byte(secret))}}
	web := httptest.NewUnstartedServer(nil)
	web.Config = &http.Server{Handler: e, ReadTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 8 << 10}
	web.Start()
	defer web.Close()
	web.Client().Timeout = 15 * time.Second
	for _, try := range [][2]string{{"up", secret}, {"up", "guess"}, {"down", secret}, {"down", "guess"}, {"slow", secret}, {"up", secret}} {
		e.state.Store(try[0])
		fmt.Printf("\nThe store is %s, and the secret is right: %t\n", try[0], try[1] == secret)
		err := request(web.Client(), web.URL, "robot", try[1])
		if _, later := autherr.RetryAfterOf(err); err != nil {
			fmt.Printf("client: %v, worth another try later: %t\n", err, later)
		} else {
			fmt.Println("client: here is my token")
		}
	}
}
