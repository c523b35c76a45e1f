package autherrcoap_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
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

// errStranger is of no type that autherr knows.
var errStranger = errors.New("disk full, password=hunter2")

// built is a response that a server made itself.
var built = autherr.ErrorResponse{
	Code:        autherr.UnauthorizedClient,
	Description: "You are not authorized to receive this token.",
	URI:         "https://http.cat/401",
}

// everyError holds every kind of error that a handler can be left with, by name.
func everyError() map[string]error {
	all := map[string]error{
		"nil":                nil,
		"stranger":           errStranger,
		"remote":             &autherr.RemoteError{Response: built},
		"no code":            autherr.ErrorCode(0),
		"response, no code":  autherr.ErrorResponse{Description: "x"},
		"none of the 32":     autherr.SaTokenError(200),
		"private use":        autherr.Other(-99999),
		"largest":            autherr.Other(1<<31 - 1),
		"built":              built,
		"built, wrapped":     fmt.Errorf("token: %w", &built),
		"built, not to send": autherr.ErrorResponse{Code: autherr.InvalidScope, Description: "\"\r\n", URI: "ä"},
		"hidden system":      &autherr.InvalidTokenError{Err: &autherr.StorageError{Details: "10.0.0.7 is down"}},
		"with details":       &autherr.PermissionDeniedError{Permission: "user:write"},
	}
	for _, e := range autherr.SaTokenErrors() {
		all[e.Name()] = e
		all[e.Name()+", wrapped"] = fmt.Errorf("%w: %w", errStranger, e)
	}
	for code := autherr.InvalidRequest; code.IsRegistered(); code++ {
		all[code.String()] = code
	}
	return all
}

// eachAnswer lets a go-coap client send a request for every error, to a go-coap server
// that answers it with write, and calls check with what the client got.
func eachAnswer(t *testing.T, write func(mux.ResponseWriter, error) error, check func(t *testing.T, err error, answer *pool.Message)) {
	t.Helper()
	all := everyError()
	conn := serve(t, func(w mux.ResponseWriter, r *mux.Message) {
		name, err := r.ReadBody()
		assert.NoError(t, err)
		assert.NoError(t, write(w, all[string(name)]))
	})
	for name, err := range all {
		t.Run(name, func(t *testing.T) {
			check(t, err, post(t, conn, name))
		})
	}
}

func TestClientReadsTheResponseThatTheErrorHas(t *testing.T) {
	eachAnswer(t, autherrcoap.WriteTokenError, func(t *testing.T, err error, answer *pool.Message) {
		want, ok := autherr.ErrorResponseFor(err)
		assert.Equal(t, want.Code.HTTPStatus(), digits(answer.Code()))
		read := autherrcoap.ReadError(answer)
		if !ok {
			assertBare(t, answer)
			assertNotRemote(t, read)
			return
		}
		assert.Equal(t, message.Options{{ID: message.ContentFormat, Value: []byte{19}}}, answer.Options())
		var remote *autherr.RemoteError
		require.ErrorAs(t, read, &remote)
		assert.Equal(t, want, remote.Response)
		_, forwarded := autherr.ErrorResponseFor(read)
		assert.False(t, forwarded)
	})
}

func TestTokenErrorIsTheCodeAlone(t *testing.T) {
	eachAnswer(t, autherrcoap.WriteTokenError, func(t *testing.T, err error, answer *pool.Message) {
		code, ok := autherr.CodeOf(err)
		if !ok || !code.IsRegistered() || errors.As(err, new(autherr.ErrorResponse)) {
			return
		}
		// The map of RFC 9200 §5.8.3 with a code below 24, which is one byte.
		assert.Equal(t, fmt.Sprintf("a1181e%02x", int32(code)), hex.EncodeToString(payload(t, answer)))
	})
}

func TestResourceErrorIsTheResponseCodeAlone(t *testing.T) {
	eachAnswer(t, autherrcoap.WriteResourceError, func(t *testing.T, err error, answer *pool.Message) {
		assertBare(t, answer)
		want := 500
		if e, ok := autherr.SaTokenErrorOf(err); ok {
			want = e.HTTPStatus()
		} else if code, ok := autherr.CodeOf(err); ok {
			want = code.HTTPStatus()
		}
		assert.Equal(t, want, digits(answer.Code()))
	})
}

func TestNothingOfAnEarlierResponseSurvives(t *testing.T) {
	for name, tt := range map[string]struct {
		write   func(mux.ResponseWriter, error) error
		err     error
		options int
	}{
		"token error":              {autherrcoap.WriteTokenError, autherr.ErrTokenExpired, 1},
		"token, server fault":      {autherrcoap.WriteTokenError, autherr.ErrStorage, 0},
		"resource error":           {autherrcoap.WriteResourceError, autherr.ErrRoleDenied, 0},
		"resource, server fault":   {autherrcoap.WriteResourceError, errStranger, 0},
		"an error over another":    {overwrite(autherrcoap.WriteTokenError), autherr.ErrTokenExpired, 1},
		"a fault over an error":    {overwrite(autherrcoap.WriteTokenError), autherr.ErrStorage, 0},
		"a code over an error":     {overwrite(autherrcoap.WriteResourceError), autherr.ErrRoleDenied, 0},
		"a fault over an error, 2": {overwrite(autherrcoap.WriteResourceError), errStranger, 0},
	} {
		t.Run(name, func(t *testing.T) {
			conn := serve(t, func(w mux.ResponseWriter, _ *mux.Message) {
				secret := bytes.NewReader(bytes.Repeat([]byte("secret"), 500))
				assert.NoError(t, w.SetResponse(codes.Content, message.TextPlain, secret,
					message.Option{ID: message.ETag, Value: []byte("etag")},
					message.Option{ID: message.MaxAge, Value: []byte{60}},
					message.Option{ID: message.LocationPath, Value: []byte("secret")}))
				assert.NoError(t, tt.write(w, tt.err))
			})
			answer := post(t, conn, "")
			assert.Len(t, answer.Options(), tt.options)
			assert.NotContains(t, string(payload(t, answer)), "secret")
			if tt.options == 0 {
				assertBare(t, answer)
			}
		})
	}
}

// overwrite writes an error response of its own before the one of write.
func overwrite(write func(mux.ResponseWriter, error) error) func(mux.ResponseWriter, error) error {
	return func(w mux.ResponseWriter, err error) error {
		return errors.Join(autherrcoap.WriteTokenError(w, built), write(w, err))
	}
}

func TestClientThatWaivesTheAnswerGetsNone(t *testing.T) {
	const no4xx = 8 // RFC 7967 §2.1
	for name, tt := range map[string]struct {
		err  error
		want codes.Code
	}{
		"waived":     {autherr.InvalidClient, codes.Empty},
		"not waived": {autherr.ErrStorage, codes.InternalServerError},
	} {
		t.Run(name, func(t *testing.T) {
			answered := make(chan struct{})
			conn := serve(t, func(w mux.ResponseWriter, _ *mux.Message) {
				defer close(answered)
				assert.NoError(t, w.SetResponse(codes.Content, message.TextPlain, strings.NewReader("secret")))
				assert.NoError(t, autherrcoap.WriteTokenError(w, tt.err))
				assert.Equal(t, tt.want, w.Message().Code())
				assert.Equal(t, tt.want != codes.Empty, w.Message().IsModified(), "go-coap sends what is modified")
			})
			request, err := conn.NewPostRequest(t.Context(), "/", message.TextPlain, nil,
				message.Option{ID: message.NoResponse, Value: []byte{no4xx}})
			require.NoError(t, err)
			require.NoError(t, conn.WriteMessage(request), "the request is acknowledged")
			<-answered
		})
	}
}

// A brokenWriter is a ResponseWriter that takes no response.
type brokenWriter struct{ response *pool.Message }

func (w brokenWriter) SetResponse(codes.Code, message.MediaType, io.ReadSeeker, ...message.Option) error {
	return io.ErrClosedPipe
}
func (w brokenWriter) Conn() mux.Conn           { return nil }
func (w brokenWriter) SetMessage(*pool.Message) {}
func (w brokenWriter) Message() *pool.Message   { return w.response }

func TestWriterFailureIsReturned(t *testing.T) {
	for name, write := range map[string]func(mux.ResponseWriter, error) error{
		"token":    autherrcoap.WriteTokenError,
		"resource": autherrcoap.WriteResourceError,
	} {
		t.Run(name, func(t *testing.T) {
			err := write(brokenWriter{pool.NewMessage(t.Context())}, autherr.InvalidGrant)
			require.ErrorIs(t, err, io.ErrClosedPipe)
			assert.NotErrorIs(t, err, autherr.InvalidGrant)
			assert.True(t, strings.HasPrefix(err.Error(), "autherrcoap: "))
		})
	}
}

func TestReadErrorTakesResponsesOf4xxAnd5xx(t *testing.T) {
	for code := range codes.Code(0x200) {
		err := autherrcoap.ReadError(answer(code, autherr.ContentFormatACECBOR, "\xa1\x18\x1e\x03"))
		if digits(code)/100 == 4 || digits(code)/100 == 5 {
			assert.ErrorIs(t, err, autherr.InvalidGrant, "%v", code)
		} else {
			assertNotRemote(t, err)
			assert.ErrorContains(t, err, fmt.Sprintf("%d.%02d", code>>5, code&31))
		}
	}
}

func TestReadErrorSaysWhatIsWrong(t *testing.T) {
	const invalidGrant = "\xa1\x18\x1e\x03"
	noFormat := answer(codes.InternalServerError, 0, "")
	noFormat.Remove(message.ContentFormat)
	wideFormat := answer(codes.BadRequest, 0, invalidGrant)
	wideFormat.SetOptionUint32(message.ContentFormat, 1<<16|autherr.ContentFormatACECBOR)

	for name, tt := range map[string]struct {
		message *pool.Message
		want    string
	}{
		"no message":            {nil, "no message"},
		"success":               {answer(codes.Created, autherr.ContentFormatACECBOR, invalidGrant), "2.01 is no error"},
		"a request":             {answer(codes.POST, autherr.ContentFormatACECBOR, invalidGrant), "0.02 is no error"},
		"a server fault":        {noFormat, "5.00 response: want Content-Format 19, found none"},
		"another format":        {answer(codes.BadRequest, message.AppCBOR, invalidGrant), "found 60"},
		"format 0":              {answer(codes.BadRequest, message.TextPlain, "no such token"), "found 0"},
		"format of 17 bits":     {wideFormat, "found 65555"},
		"no payload":            {answer(codes.BadRequest, autherr.ContentFormatACECBOR, ""), "EOF"},
		"truncated":             {answer(codes.BadRequest, autherr.ContentFormatACECBOR, invalidGrant[:3]), "EOF"},
		"truncated text":        {answer(codes.BadRequest, autherr.ContentFormatACECBOR, "\xa2\x18\x1e\x03\x18\x1f\x79\xff\xffno"), "EOF"},
		"two items":             {answer(codes.BadRequest, autherr.ContentFormatACECBOR, invalidGrant+"\x00"), "extraneous"},
		"no map":                {answer(codes.BadRequest, autherr.ContentFormatACECBOR, "\x03"), "want a CBOR map"},
		"no error":              {answer(codes.BadRequest, autherr.ContentFormatACECBOR, "\xa0"), "error: required"},
		"error is text":         {answer(codes.BadRequest, autherr.ContentFormatACECBOR, "\xa1\x18\x1e\x61a"), "a text string"},
		"broken body":           {withBody(brokenBody{failAt: io.SeekCurrent}), "size of the payload: " + io.ErrClosedPipe.Error()},
		"body that cannot read": {withBody(brokenBody{failAt: -1}), "read the payload: " + io.ErrClosedPipe.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			err := autherrcoap.ReadError(tt.message)
			assertNotRemote(t, err)
			assert.ErrorContains(t, err, tt.want)
		})
	}
}

func TestReadErrorTakesUpTo64KiB(t *testing.T) {
	const beforeText = 9 // bytes: the map, two keys, the code and the head of a text
	for size, want := range map[int]string{
		64 << 10:   "remote: invalid_grant",
		64<<10 + 1: "payload of 65537 bytes, more than 65536",
	} {
		encoded, err := autherr.ErrorResponse{
			Code:        autherr.InvalidGrant,
			Description: strings.Repeat("x", size-beforeText),
		}.MarshalCBOR()
		require.NoError(t, err)
		require.Len(t, encoded, size)
		assert.ErrorContains(t, autherrcoap.ReadError(answer(codes.BadRequest, autherr.ContentFormatACECBOR, string(encoded))), want)
	}
}

func TestReadErrorLeavesTheMessageToBeReadAgain(t *testing.T) {
	m := answer(codes.BadRequest, autherr.ContentFormatACECBOR, "\xa1\x18\x1e\x03")
	assert.Equal(t, autherrcoap.ReadError(m), autherrcoap.ReadError(m))
	assert.Len(t, payload(t, m), 4)
}

func TestLongResponseArrivesBlockWise(t *testing.T) {
	long := autherr.ErrorResponse{Code: autherr.InvalidScope, Description: strings.Repeat("too wide; ", 500)}
	conn := serve(t, func(w mux.ResponseWriter, _ *mux.Message) {
		assert.NoError(t, autherrcoap.WriteTokenError(w, long))
	})
	var remote *autherr.RemoteError
	require.ErrorAs(t, autherrcoap.ReadError(post(t, conn, "")), &remote)
	assert.Equal(t, long, remote.Response)
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
func answer(code codes.Code, format message.MediaType, payload string) *pool.Message {
	m := withBody(strings.NewReader(payload))
	m.SetCode(code)
	m.SetContentFormat(format)
	return m
}

func withBody(body io.ReadSeeker) *pool.Message {
	m := pool.NewMessage(context.Background())
	m.SetCode(codes.BadRequest)
	m.SetContentFormat(autherr.ContentFormatACECBOR)
	m.SetBody(body)
	return m
}

// A brokenBody has one byte, which cannot be read, and cannot be sought from failAt.
type brokenBody struct{ failAt int }

func (b brokenBody) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

func (b brokenBody) Seek(_ int64, whence int) (int64, error) {
	if whence == b.failAt {
		return 0, io.ErrClosedPipe
	}
	return 1, nil
}

// digits returns the class and detail of code as a number of three digits, which is how
// HTTP writes them: 401 for 4.01.
func digits(code codes.Code) int { return int(code>>5)*100 + int(code&31) }

func payload(t *testing.T, m *pool.Message) []byte {
	t.Helper()
	payload, err := m.ReadBody()
	require.NoError(t, err)
	return payload
}

// assertBare asserts that m is a response code and nothing else.
func assertBare(t *testing.T, m *pool.Message) {
	t.Helper()
	assert.Empty(t, m.Options())
	assert.Empty(t, payload(t, m))
}

// assertNotRemote asserts that err is an error of ReadError's own, in words for people.
func assertNotRemote(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	assert.False(t, errors.As(err, new(*autherr.RemoteError)))
	_, hasCode := autherr.CodeOf(err)
	assert.False(t, hasCode)
	text := err.Error()
	assert.True(t, strings.HasPrefix(text, "autherrcoap: "), text)
	assert.False(t, slices.ContainsFunc([]string{"autherr.", "pool.", "message.", "%!", "*"}, func(s string) bool {
		return strings.Contains(text, s)
	}), text)
}
