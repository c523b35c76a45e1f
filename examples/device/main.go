// Command device is a television that polls for its token until a user says yes or no on a telephone (RFC 8628).
// It counts seconds instead of waiting. Its server follows a script. A real server has TLS, logs errors as
// examples/tokenendpoint does, refuses repeated parameters, and keeps the client and the polls of each device code.
package main

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

const grantType = "urn:ietf:params:oauth:grant-type:device_code"

type device struct {
	client *http.Client
	url    string
	sleep  func(time.Duration) // time.Sleep, in a real device
}

// poll returns the token, or why there will be none. The server has said how long to wait between polls, or
// interval is 0, and for how long the device code is valid.
func (d device) poll(code string, interval, left time.Duration) (token string, err error) {
	interval = max(interval, 5*time.Second)
	for wait := interval; wait <= left; {
		d.sleep(wait)
		left -= wait
		token, err := d.ask(code)
		asked, again := autherr.RetryAfterOf(err)
		if !again {
			return token, err
		}
		fmt.Println(err)
		if errors.Is(err, autherr.SlowDown) {
			interval += 5 * time.Second // RFC 8628 §3.5
		} else if !errors.Is(err, autherr.AuthorizationPending) {
			interval *= 2 // what RFC 8628 §3.5 recommends after a timeout
		}
		wait = max(interval, asked)
	}
	return "", fmt.Errorf("no time for another poll: %w", autherr.ExpiredToken)
}

func (d device) ask(code string) (token string, err error) {
	res, err := d.client.PostForm(d.url, url.Values{"grant_type": {grantType}, "device_code": {code}, "client_id": {"tv"}})
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return "", autherrhttp.ReadError(res)
	}
	var answer map[string]any
	err = json.NewDecoder(io.LimitReader(res.Body, 64<<10)).Decode(&answer)
	if token, _ = answer["access_token"].(string); err == nil && token == "" {
		err = errors.New("an answer without a token")
	}
	return token, err
}

type server struct {
	code   string
	script chan error // what the server says to each poll; nil is a token
}

func (s server) redeem(r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return autherrhttp.RequestError(err)
	}
	if grant := r.PostForm.Get("grant_type"); grant != grantType {
		return fmt.Errorf("grant type %.40q: %w", grant, autherr.UnsupportedGrantType)
	}
	if subtle.ConstantTimeCompare([]byte(r.PostForm.Get("device_code")), []byte(s.code)) != 1 {
		return fmt.Errorf("unknown device code: %w", autherr.InvalidGrant)
	}
	return <-s.script
}

func (s server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	if err := s.redeem(r); err != nil {
		autherrhttp.WriteTokenError(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	fmt.Fprintf(w, `{"access_token":"%s","token_type":"Bearer","expires_in":300}`, rand.Text())
}

func main() {
	s := server{code: rand.Text(), script: make(chan error, 8)}
	web := httptest.NewUnstartedServer(nil)
	web.Config = &http.Server{Handler: s, ReadTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 8 << 10}
	web.Start()
	defer web.Close()
	web.Client().Timeout = 15 * time.Second
	const pending = autherr.AuthorizationPending
	for _, script := range [][]error{
		{pending, autherr.SlowDown, pending, &autherr.UnavailableError{RetryAfter: 30 * time.Second}, pending, nil},
		{pending, autherr.AccessDenied},
		{pending, pending, autherr.ExpiredToken},
		{pending, &autherr.UnavailableError{RetryAfter: time.Hour}},
	} {
		for _, err := range script {
			s.script <- err
		}
		var now time.Duration
		tv := device{web.Client(), web.URL, func(d time.Duration) { now += d; fmt.Printf("%5v  ", now) }}
		_, err := tv.poll(s.code, 5*time.Second, 5*time.Minute)
		switch {
		case err == nil:
			fmt.Print("a token, so show the films\n\n")
		case errors.Is(err, autherr.AccessDenied):
			fmt.Printf("%v, so say that the user refused\n\n", err)
		case errors.Is(err, autherr.ExpiredToken):
			fmt.Printf("%v, so offer a new code\n\n", err)
		default:
			fmt.Printf("%v, so say that it did not work\n\n", err)
		}
	}
}
