// Package peers does the work of autherr with each library that a Go auth server or its client might
// use instead, in the way that the library's own documentation and handlers do it. If there is more than
// one way to use a library, the one that is less work is used.
//
// At a token endpoint, all of them answer for an authorization code that the store does not find; at an
// authorization endpoint, for a user who refuses; at a protected resource, for a token that has
// expired. The client is told the code and nothing else.
package peers

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"

	"github.com/seed-e9190de5/autherr"
)

// A Library is one way to bring an error from a store to a client. A function that it does not have is nil.
type Library struct {
	Name   string
	Module string // "" if there is none

	// Its own errors, as a store or a handler returns them. Target is what errors.Is finds in InvalidGrant.
	InvalidGrant, AccessDenied, InvalidToken error
	Target                                   error

	// Bare is true if its endpoints find an error only if nothing wraps it.
	Bare bool

	// Endpoints at which err comes up and nothing else happens.
	Token, Authorization, Resource func(err error) http.Handler

	// TokenCBOR is a token endpoint that answers in CBOR.
	TokenCBOR func(err error) http.Handler

	// Read and ReadCBOR make an error of what a token endpoint answered. Call also makes the request.
	Read, ReadCBOR func(*http.Response) error
	Call           func(*http.Client) error

	// Told is what errors.Is finds in an error that a client read as invalid_grant. If it is nil, IsTold
	// finds it.
	Told   error
	IsTold func(error) bool

	// Remarks says what a reader of a figure has to know, by the name of the [Work].
	Remarks map[string]string
}

// Libraries has all libraries. The first is autherr, with which the others are compared.
var Libraries = []*Library{Autherr, Fosite, Zitadel, GoOAuth2, XOAuth2, ByHand}

// Up returns err as it comes up to the edge: through a store, a service and a handler.
func (l *Library) Up(err error) error {
	if l.Bare {
		return err
	}
	return Wrapped(err)
}

// matches reports whether an error that a client read is invalid_grant.
func (l *Library) matches(err error) bool {
	if l.Told == nil {
		return l.IsTold(err)
	}
	return errors.Is(err, l.Told)
}

// Wrapped returns err wrapped three times.
func Wrapped(err error) error {
	for _, layer := range []string{"store", "redeem code of client 7", "token endpoint"} {
		err = fmt.Errorf("%s: %w", layer, err)
	}
	return err
}

// The client of all requests: its redirection URI, and the state that it sends.
const (
	redirectURI = "https://client.example/callback"
	state       = "af0ifjsldkj"
)

// TokenRequest returns a request to a token endpoint. Its form has been parsed, as it has been in any
// server that got as far as its store.
func TokenRequest() *http.Request {
	form := strings.NewReader("grant_type=authorization_code&code=x7Rt&client_id=7&redirect_uri=" + redirectURI)
	r := httptest.NewRequest(http.MethodPost, "/token", form)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := r.ParseMultipartForm(0); !errors.Is(err, http.ErrNotMultipart) {
		panic(err)
	}
	return r
}

// TokenRequestCBOR returns a request to a token endpoint whose body was CBOR.
func TokenRequestCBOR() *http.Request {
	r := TokenRequest()
	r.Header.Set("Content-Type", autherr.MediaTypeACECBOR)
	return r
}

// AuthorizationRequest returns a request to an authorization endpoint.
func AuthorizationRequest() *http.Request {
	return httptest.NewRequest(http.MethodGet, "/authorize?response_type=code&client_id=7&scope=openid&redirect_uri="+redirectURI+"&state="+state, nil)
}

// ResourceRequest returns a request to a protected resource.
func ResourceRequest() *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/photos", nil)
	r.Header.Set("Authorization", "Bearer x7Rt")
	return r
}

// An Answer is what an endpoint answers. Its methods are those of an http.ResponseWriter that does as
// little as it can.
type Answer struct {
	Status int
	Head   http.Header
	Body   []byte
}

// Of has endpoint answer r, and returns a. It reuses the memory of a's body.
func (a *Answer) Of(endpoint http.Handler, r *http.Request) *Answer {
	a.Status, a.Head, a.Body = 0, make(http.Header), a.Body[:0]
	endpoint.ServeHTTP(a, r)
	return a
}

func (a *Answer) Header() http.Header { return a.Head }

func (a *Answer) WriteHeader(status int) {
	if a.Status == 0 {
		a.Status = status
	}
}

func (a *Answer) Write(data []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	a.Body = append(a.Body, data...)
	return len(data), nil
}

// The bodies of what a token endpoint answers.
const (
	bodyJSON = `{"error":"invalid_grant"}`
	bodyCBOR = "\xA1\x18\x1E\x03"
)

// A wire is a transport that gives the same response to every request, at once.
type wire struct {
	response http.Response
	content  []byte
	body     body
}

type body struct{ bytes.Reader }

func (*body) Close() error { return nil }

// newWire returns a wire that gives the response of a token endpoint with this body.
func newWire(mediaType, content string) *wire {
	return &wire{content: []byte(content), response: http.Response{
		Status:        "400 Bad Request",
		StatusCode:    http.StatusBadRequest,
		ProtoMajor:    1,
		ProtoMinor:    1,
		ContentLength: int64(len(content)),
		Header: http.Header{
			"Cache-Control":  {"no-store"},
			"Content-Length": {strconv.Itoa(len(content))},
			"Content-Type":   {mediaType},
			"Date":           {"Tue, 24 Nov 2026 18:34:00 GMT"},
			"Pragma":         {"no-cache"},
		},
	}}
}

// unread returns the response with its body still to be read.
func (w *wire) unread() *http.Response {
	w.body.Reset(w.content)
	w.response.Body = &w.body
	return &w.response
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body.Close()
	}
	return w.unread(), nil
}
