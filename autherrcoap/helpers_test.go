package autherrcoap_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/plgd-dev/go-coap/v3/mux"
	coapnet "github.com/plgd-dev/go-coap/v3/net"
	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/pkg/runner/periodic"
	"github.com/plgd-dev/go-coap/v3/udp"
	"github.com/plgd-dev/go-coap/v3/udp/client"
	"github.com/plgd-dev/go-coap/v3/udp/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrcoap"
)

const secret = "hunter2"

// built is a response that a server made itself.
var built = autherr.ErrorResponse{
	Code:        autherr.UnauthorizedClient,
	Description: "You are not authorized to receive this token.",
	URI:         "https://http.cat/401",
}

// hints are all that a resource server can say.
var hints = autherrcoap.Hints{
	AS:       "coaps://as.example.com/token",
	KeyID:    []byte{1, 2},
	Audience: "coaps://rs.example.com",
	Scope:    "rTempC",
	CNonce:   []byte{0xE0, 0xA1, 0x56, 0xBB, 0x3F},
}

// A panicking is an error of which every method panics, with an error that panics too.
type panicking struct{ message string }

func (e *panicking) Error() string   { panic(e) }
func (e *panicking) Unwrap() error   { panic(e) }
func (e *panicking) Is(error) bool   { panic(e) }
func (e *panicking) As(any) bool     { panic(e) }
func (e *panicking) Timeout() bool   { panic(e) }
func (e *panicking) Temporary() bool { panic(e) }

// everyError returns every kind of error that a handler can be left with, by name.
func everyError() map[string]error {
	stranger := errors.New("disk full, password=" + secret)
	all := map[string]error{
		"nil":                     nil,
		"stranger":                stranger,
		"no code":                 autherr.ErrorCode(""),
		"forbidden code":          autherr.ErrorCode("\"\n" + secret),
		"response, no code":       autherr.ErrorResponse{Description: "x"},
		"none of the 32":          autherr.SaTokenError(200),
		"private use":             autherr.Other(-99999),
		"largest":                 autherr.Other(1<<31 - 1),
		"a server's own code":     autherr.ErrorCode("mfa_required"),
		"built":                   built,
		"built, wrapped":          fmt.Errorf("token: %w", &built),
		"built, own code":         autherr.ErrorResponse{Code: "mfa_required", Description: "x"},
		"built, not to send":      autherr.ErrorResponse{Code: autherr.InvalidScope, Description: "\"\r\n", URI: "ä"},
		"built, server error":     autherr.ErrorResponse{Code: autherr.ServerError, Description: "x"},
		"hidden system":           &autherr.InvalidTokenError{Err: &autherr.StorageError{Details: secret}},
		"with details":            &autherr.PermissionDeniedError{Permission: secret},
		"unavailable":             &autherr.UnavailableError{RetryAfter: 90 * time.Second, Err: stranger},
		"rate limit":              &autherr.RateLimitedError{RetryAfter: 1500 * time.Millisecond, Err: stranger},
		"canceled":                &autherr.StorageError{Err: context.Canceled},
		"remote":                  &autherr.RemoteError{Response: built, Status: 400},
		"remote, overloaded":      &autherr.RemoteError{Status: 429, RetryAfter: time.Hour},
		"nil StorageError":        (*autherr.StorageError)(nil),
		"nil InvalidTokenError":   fmt.Errorf("%w: %w", stranger, (*autherr.InvalidTokenError)(nil)),
		"nil RemoteError":         (*autherr.RemoteError)(nil),
		"nil ErrorResponse":       (*autherr.ErrorResponse)(nil),
		"nil, of another type":    (*panicking)(nil),
		"panics":                  &panicking{secret},
		"panics, beside a code":   errors.Join(&panicking{secret}, autherr.InvalidGrant),
		"panics, beneath a cause": &autherr.InvalidTokenError{Err: &panicking{secret}},
	}
	for _, e := range autherr.SaTokenErrors() {
		all[e.Name()] = e
		all[e.Name()+", wrapped"] = fmt.Errorf("%w: %w", stranger, e)
	}
	for _, code := range autherr.ErrorCodes() {
		all[code.String()] = code
		all[code.String()+", built"] = autherr.ErrorResponse{Code: code, Description: "as told", URI: "/help"}
	}
	return all
}

// A writeFunc is one of the two writers.
type writeFunc func(mux.ResponseWriter, error) error

func writeResourceError(w mux.ResponseWriter, err error) error {
	return autherrcoap.WriteResourceError(w, err, hints)
}

// writers are both, by the endpoints that they answer for.
var writers = map[autherr.Endpoint]writeFunc{
	autherr.TokenEndpoint:     autherrcoap.WriteTokenError,
	autherr.ProtectedResource: writeResourceError,
}

// A recorder is a ResponseWriter without a connection.
type recorder struct{ response *pool.Message }

func (w recorder) SetResponse(code codes.Code, format message.MediaType, body io.ReadSeeker, opts ...message.Option) error {
	w.response.SetCode(code)
	w.response.ResetOptionsTo(opts)
	if body != nil {
		w.response.SetContentFormat(format)
		w.response.SetBody(body)
	}
	return nil
}
func (w recorder) Conn() mux.Conn           { return nil }
func (w recorder) SetMessage(*pool.Message) {}
func (w recorder) Message() *pool.Message   { return w.response }

// record returns what a writer answers err with.
func record(t testing.TB, write writeFunc, err error) *pool.Message {
	t.Helper()
	w := recorder{pool.NewMessage(context.Background())}
	require.NoError(t, write(w, err))
	return w.response
}

// listen starts a go-coap server on loopback, which ends with the test, and returns its address.
func listen(t *testing.T, handler mux.HandlerFunc, more ...server.Option) string {
	t.Helper()
	listener, err := coapnet.NewListenUDP("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	coap := udp.NewServer(append([]server.Option{options.WithContext(ctx), options.WithMux(handler), upkeep(ctx)}, more...)...)
	served := make(chan error)
	go func() { served <- coap.Serve(listener) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, listener.Close())
		assert.NoError(t, <-served)
	})
	return listener.LocalAddr().String()
}

// upkeep makes go-coap's retransmissions end with ctx.
func upkeep(ctx context.Context) options.PeriodicRunnerOpt {
	return options.WithPeriodicRunner(periodic.New(ctx.Done(), 100*time.Millisecond))
}

// serve starts a go-coap server on loopback, and returns a go-coap client of it. Both
// end with the test.
func serve(t *testing.T, handler mux.HandlerFunc) *client.Conn {
	t.Helper()
	addr := listen(t, handler)
	ctx, cancel := context.WithCancel(context.Background())
	conn, err := udp.Dial(addr, upkeep(ctx))
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, conn.Close())
		<-conn.Done()
		cancel()
	})
	return conn
}

// post sends text to the server and returns what it answers.
func post(t *testing.T, conn *client.Conn, text string) *pool.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	answer, err := conn.Post(ctx, "/", message.TextPlain, strings.NewReader(text))
	require.NoError(t, err)
	return answer
}

// answer returns a message as a client receives it.
func answer(code codes.Code, format uint32, payload string) *pool.Message {
	m := withBody(strings.NewReader(payload))
	m.SetCode(code)
	m.SetOptionUint32(message.ContentFormat, format)
	return m
}

func withBody(body io.ReadSeeker) *pool.Message {
	m := pool.NewMessage(context.Background())
	m.SetCode(codes.BadRequest)
	m.SetContentFormat(autherr.ContentFormatACECBOR)
	m.SetBody(body)
	return m
}

// A brokenBody has one byte, which cannot be read. It fails to seek from failAt.
type brokenBody struct{ failAt int }

func (b brokenBody) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

func (b brokenBody) Seek(_ int64, whence int) (int64, error) {
	if whence == b.failAt {
		return 0, io.ErrClosedPipe
	}
	return 1, nil
}

// status returns a code as a number of three digits, which is how HTTP writes it: 401 for 4.01.
func status(code codes.Code) int { return int(code>>5)*100 + int(code&31) }

func digits(code codes.Code) string { return fmt.Sprintf("%d.%02d", code>>5, code&31) }

// payload returns the payload of m.
func payload(t testing.TB, m *pool.Message) []byte {
	t.Helper()
	payload, err := m.ReadBody()
	require.NoError(t, err)
	return bytes.Clone(payload)
}

// wait returns the Max-Age of m.
func wait(t testing.TB, m *pool.Message) time.Duration {
	t.Helper()
	age, err := m.GetOptionUint32(message.MaxAge)
	if errors.Is(err, message.ErrOptionNotFound) {
		return time.Minute // RFC 7252 §5.10.5
	}
	require.NoError(t, err)
	return time.Duration(age) * time.Second
}

// read returns what ReadError makes of m.
func read(t testing.TB, m *pool.Message) *autherr.RemoteError {
	t.Helper()
	remote, ok := autherrcoap.ReadError(m).(*autherr.RemoteError)
	require.True(t, ok)
	return remote
}
