package autherrhttp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

func TestRequestErrorIsTheClientsFault(t *testing.T) {
	assert.NoError(t, autherrhttp.RequestError(nil))
	for name, err := range anyError() {
		if err == nil {
			continue
		}
		got := autherrhttp.RequestError(err)
		assert.Equal(t, autherr.InvalidRequest, autherr.CodeOf(got), name)
		assert.Equal(t, autherr.ClientFault, autherr.FaultOf(got), name)
		assert.ErrorIs(t, got, autherr.InvalidRequest, name)
		_, retry := autherr.RetryAfterOf(got)
		assert.False(t, retry, name)
		assert.NotEmpty(t, got.Error(), name)
	}
}

func TestRequestErrorKeepsTheTextAndWhetherItWasTooLarge(t *testing.T) {
	tooLarge := &http.MaxBytesError{Limit: 3}
	for _, test := range []struct {
		err  error
		text string
		kept *http.MaxBytesError
	}{
		{io.ErrUnexpectedEOF, "invalid_request: unexpected EOF", nil},
		{context.Canceled, "invalid_request: context canceled", nil},
		{&net.OpError{Op: "read", Err: errors.New("connection reset")}, "invalid_request: read: connection reset", nil},
		{&url.Error{Op: "Get", URL: "/", Err: context.DeadlineExceeded}, `invalid_request: Get "/": context deadline exceeded`, nil},
		{autherr.ErrStorage, "invalid_request: Storage error", nil},
		{tooLarge, "invalid_request: http: request body too large", tooLarge},
		{fmt.Errorf("read form: %w", tooLarge), "invalid_request: read form: http: request body too large", tooLarge},
		{&autherr.RemoteError{Status: 400, Err: tooLarge}, "invalid_request: remote: 400: http: request body too large", nil},
		{&autherr.StorageError{Err: tooLarge}, "invalid_request: Storage error: http: request body too large", tooLarge},
	} {
		err := autherrhttp.RequestError(test.err)
		assert.EqualError(t, err, test.text)
		var kept *http.MaxBytesError
		assert.Equal(t, test.kept != nil, errors.As(err, &kept))
		assert.Same(t, test.kept, kept)
	}
}

// It is what net/http gives.
func TestRequestsThatCannotBeRead(t *testing.T) {
	for _, test := range []struct {
		name, contentType, body string
		read                    func(*http.Request) error
		status                  int
	}{
		{"a form too large", "application/x-www-form-urlencoded", strings.Repeat("a", 100), (*http.Request).ParseForm, 413},
		{"a malformed form", "application/x-www-form-urlencoded", "a=%zz", (*http.Request).ParseForm, 400},
		{"parts too large", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n" + strings.Repeat("a", 100) + "\r\n--b--\r\n",
			func(r *http.Request) error { return r.ParseMultipartForm(1 << 20) }, 413},
		{"parts cut short", "multipart/form-data; boundary=b", "--b\r\nContent-Dis", func(r *http.Request) error { return r.ParseMultipartForm(1 << 20) }, 400},
		{"a body too large", "", strings.Repeat("a", 100), func(r *http.Request) error {
			_, err := io.ReadAll(r.Body)
			return err
		}, 413},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/token", strings.NewReader(test.body))
			r.Header.Set("Content-Type", test.contentType)
			w := httptest.NewRecorder()
			r.Body = http.MaxBytesReader(w, r.Body, 50)
			err := test.read(r)
			require.Error(t, err)
			answer := autherrhttp.WriteTokenError(w, r, autherrhttp.RequestError(err))
			assert.Equal(t, test.status, w.Code)
			assert.Equal(t, test.status, answer.HTTPStatus)
			assert.Equal(t, "invalid_request", parsedJSON(t, w.Body.String())["error"])
		})
	}
}
