package autherrhttp_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// responseOf returns a response as http.Client does, made by hand.
func responseOf(contentType, body string) *http.Response {
	return &http.Response{
		StatusCode:    http.StatusBadRequest,
		Header:        http.Header{"Content-Type": {contentType}},
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: -1,
	}
}

// served returns what http.Client makes of the handler's answer.
func served(t *testing.T, ctx context.Context, handler http.HandlerFunc) *http.Response {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	r, err := http.NewRequestWithContext(ctx, "POST", server.URL, nil)
	require.NoError(t, err)
	r.Header.Set("Accept", "application/ace+cbor;q=0.5, application/json;q=0.5")
	res, err := server.Client().Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { res.Body.Close() })
	return res
}

// What one half of the package writes, the other half reads.
func TestReadErrorReadsWhatWriteTokenErrorWrites(t *testing.T) {
	for name, err := range anyError(t) {
		for _, headers := range [][]string{nil, inCBOR} {
			recorder := httptest.NewRecorder()
			autherrhttp.WriteTokenError(recorder, post(headers...), err)
			got := autherrhttp.ReadError(recorder.Result())
			require.Error(t, got, name)

			response, ok := autherr.ErrorResponseFor(err)
			var remote *autherr.RemoteError
			require.Equal(t, ok, errors.As(got, &remote), "%s: %v", name, got)
			if ok {
				assert.Equal(t, response, remote.Response, name)
				assert.ErrorIs(t, got, response.Code, name)
			}
			_, passedOn := autherr.ErrorResponseFor(got)
			assert.False(t, passedOn, "%s: what a server said is not our own word", name)
		}
	}
}

func TestReadErrorOverTheWire(t *testing.T) {
	res := served(t, t.Context(), func(w http.ResponseWriter, r *http.Request) {
		autherrhttp.WriteTokenError(w, r, built(t))
	})
	assert.Equal(t, "application/ace+cbor", res.Header.Get("Content-Type"))
	assert.Equal(t, &autherr.RemoteError{Response: built(t)}, autherrhttp.ReadError(res))
}

func TestReadErrorDecodesByContentType(t *testing.T) {
	const json, cbor = `{"error":"invalid_grant"}`, "\xa1\x18\x1e\x03"
	for _, test := range []struct{ contentType, body string }{
		{"application/json", json},
		{"application/json; charset=utf-8", json},
		{`APPLICATION/Json ;Charset="UTF-8"`, json},
		{"application/json;", json},
		{"application/json; charset", json},
		{"application/json", "\t\r\n " + json + "\n"},
		{"application/json", `{"error_uri":null,"extra":[{}],"error":"invalid_grant"}`},
		{"application/ace+cbor", cbor},
		{"Application/ACE+CBOR; v=1", cbor},
	} {
		err := autherrhttp.ReadError(responseOf(test.contentType, test.body))
		assert.Equal(t, &autherr.RemoteError{Response: autherr.ErrorResponse{Code: autherr.InvalidGrant}}, err, test.contentType)
	}

	for _, contentType := range []string{
		"", "text/html", "application/cbor", "application/problem+json", "application/jsonp", "application", "json",
		"application/json, application/json", "application /json", "/", ";", "\r\n\x00", "application/ſon",
	} {
		for _, body := range []string{json, cbor} {
			err := autherrhttp.ReadError(responseOf(contentType, body))
			assert.ErrorContains(t, err, "of type", contentType)
			checkText(t, err)
		}
	}
	assert.ErrorContains(t, autherrhttp.ReadError(&http.Response{Body: http.NoBody}), "of type")
}

// checkText holds an error to the style of all the package's errors.
func checkText(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	assert.Regexp(t, `^autherrhttp: \PC*$`, err.Error())
	assert.NotRegexp(t, `Go (value|struct)|autherr\.|map\[|interface`, err.Error(), "no names of Go types")
}

func TestReadErrorSaysWhatIsMalformed(t *testing.T) {
	for _, test := range []struct{ name, contentType, body string }{
		{"empty", "application/json", ""},
		{"cut off", "application/json", `{"error":"invalid_`},
		{"two", "application/json", `{"error":"invalid_grant"}{}`},
		{"an array", "application/json", `["invalid_grant"]`},
		{"null", "application/json", `null`},
		{"a page", "application/json", `<html>`},
		{"no code", "application/json", `{"error_description":"x"}`},
		{"a null code", "application/json", `{"error":null}`},
		{"a number", "application/json", `{"error":3}`},
		{"a description of another type", "application/json", `{"error":"invalid_grant","error_description":{}}`},
		{"CBOR for JSON", "application/json", "\xa1\x18\x1e\x03"},
		{"empty CBOR", "application/ace+cbor", ""},
		{"CBOR cut off", "application/ace+cbor", "\xa1\x18"},
		{"a CBOR array", "application/ace+cbor", "\x81\x03"},
		{"an empty CBOR map", "application/ace+cbor", "\xa0"},
		{"two CBOR maps", "application/ace+cbor", "\xa1\x18\x1e\x03\xa0"},
		{"a text code in CBOR", "application/ace+cbor", "\xa1\x18\x1e\x61x"},
		{"JSON for CBOR", "application/ace+cbor", `{"error":"invalid_grant"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := autherrhttp.ReadError(responseOf(test.contentType, test.body))
			assert.ErrorContains(t, err, "malformed")
			checkText(t, err)
			assert.NotErrorAs(t, err, new(*autherr.RemoteError))
		})
	}
}

// OAuth has error codes that ACE does not.
func TestReadErrorKeepsUnknownNames(t *testing.T) {
	for _, name := range []string{"server_error", "slow_down", "", "other(3)", "\r\n"} {
		err := autherrhttp.ReadError(responseOf("application/json", `{"error":"`+strings.NewReplacer("\r", `\r`, "\n", `\n`).Replace(name)+`"}`))
		var unknown *autherr.UnknownCodeError
		require.ErrorAs(t, err, &unknown)
		assert.Equal(t, name, unknown.Name)
		assert.NotContains(t, err.Error(), "malformed")
		checkText(t, err)
	}
}

func TestReadErrorTakesAtMost64KiB(t *testing.T) {
	const json = `{"error":"invalid_grant"}`
	full := json + strings.Repeat(" ", 64<<10-len(json))
	assert.ErrorIs(t, autherrhttp.ReadError(responseOf("application/json", full)), autherr.InvalidGrant)

	err := autherrhttp.ReadError(responseOf("application/json", full+" "))
	assert.ErrorContains(t, err, "larger than 64 KiB")
	checkText(t, err)

	// Its Content-Length does not make a large body a truncated one.
	res := responseOf("application/json", full+" ")
	res.ContentLength = 1 << 30
	assert.ErrorContains(t, autherrhttp.ReadError(res), "larger than 64 KiB")

	endless := &counter{Reader: spaces{}}
	res = responseOf("application/json", "")
	res.Body = io.NopCloser(endless)
	assert.ErrorContains(t, autherrhttp.ReadError(res), "larger than 64 KiB")
	assert.LessOrEqual(t, endless.n, 64<<10+1, "one byte more tells that there is more")
}

type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

type counter struct {
	io.Reader
	n int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += n
	return n, err
}

// A body that ends too early is not read as if it were whole, though it may parse.
func TestReadErrorNoticesTruncation(t *testing.T) {
	const json = `{"error":"invalid_grant"}`
	check := func(t *testing.T, res *http.Response) {
		t.Helper()
		err := autherrhttp.ReadError(res)
		assert.ErrorContains(t, err, "truncated")
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
		checkText(t, err)
	}
	t.Run("Content-Length", func(t *testing.T) {
		check(t, served(t, t.Context(), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, json)
		}))
	})
	t.Run("chunked", func(t *testing.T) {
		check(t, served(t, t.Context(), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, json)
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}))
	})
	t.Run("by another transport than net/http's", func(t *testing.T) {
		res := responseOf("application/json", json)
		res.ContentLength = 100
		check(t, res)
	})
}

// A peer that stalls, with or without having said how much will come, is waited for until the request's
// context ends.
func TestReadErrorEndsWithTheContext(t *testing.T) {
	for _, length := range []string{"", "100"} {
		ctx, cancel := context.WithCancel(t.Context())
		res := served(t, ctx, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if length != "" {
				w.Header().Set("Content-Length", length)
			}
			io.WriteString(w, `{"error":"invalid_grant"}`)
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
		})
		time.AfterFunc(20*time.Millisecond, cancel)
		err := autherrhttp.ReadError(res)
		assert.ErrorIs(t, err, context.Canceled)
		assert.NotContains(t, err.Error(), "truncated")
		checkText(t, err)
	}
}

func TestReadErrorTakesTheTypeToTheLetter(t *testing.T) {
	assert.ErrorContains(t, autherrhttp.ReadError(responseOf("application/j\u017fon", `{"error":"invalid_grant"}`)), "type")
	assert.ErrorIs(t, autherrhttp.ReadError(responseOf("APPLICATION/JSON", `{"error":"invalid_grant"}`)), autherr.InvalidGrant)
}

func TestReadErrorOfAResponseWithoutBody(t *testing.T) {
	res := &http.Response{Header: http.Header{"Content-Type": {"application/json"}}}
	assert.ErrorContains(t, autherrhttp.ReadError(res), "malformed")
	assert.Error(t, autherrhttp.ReadError(new(http.Response)))
}

func TestReadErrorWrapsWhatTheBodyFailsWith(t *testing.T) {
	reset := errors.New("connection reset by peer")
	res := responseOf("application/json", "")
	res.Body = io.NopCloser(iotest.ErrReader(reset))
	err := autherrhttp.ReadError(res)
	assert.ErrorIs(t, err, reset)
	checkText(t, err)
}

type closeRecorder struct {
	io.Reader
	closed bool
}

func (c *closeRecorder) Close() error {
	c.closed = true
	return nil
}

func TestReadErrorLeavesStatusAndClosingAlone(t *testing.T) {
	for status := range 1000 {
		body := &closeRecorder{Reader: strings.NewReader(`{"error":"invalid_grant"}`)}
		res := responseOf("application/json", "")
		res.StatusCode, res.Body = status, body
		assert.ErrorIs(t, autherrhttp.ReadError(res), autherr.InvalidGrant, status)
		assert.False(t, body.closed, status)
	}
}

func FuzzReadError(f *testing.F) {
	f.Add("application/json", `{"error":"invalid_grant"}`)
	f.Add("application/ace+cbor", "\xa1\x18\x1e\x03")
	f.Add("application/json;charset=utf-8", `{"error":"slow_down"}`)
	f.Add("text/html", "<html>")
	f.Fuzz(func(t *testing.T, contentType, body string) {
		err := autherrhttp.ReadError(responseOf(contentType, body))
		var remote *autherr.RemoteError
		if errors.As(err, &remote) {
			assert.NotZero(t, remote.Response.Code)
			return
		}
		require.Error(t, err)
		assert.True(t, strings.HasPrefix(err.Error(), "autherrhttp: "), err)
	})
}
