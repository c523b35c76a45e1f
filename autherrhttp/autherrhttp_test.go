package autherrhttp_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// An answer is all that a client sees.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) contentType() string { return a.header.Get("Content-Type") }

func tokenAnswer(r *http.Request, err error) answer {
	recorder := httptest.NewRecorder()
	autherrhttp.WriteTokenError(recorder, r, err)
	return answer{recorder.Code, recorder.Header(), recorder.Body.String()}
}

func resourceAnswer(err error, c autherrhttp.Challenge) answer {
	recorder := httptest.NewRecorder()
	autherrhttp.WriteResourceError(recorder, httptest.NewRequest("GET", "/profile", nil), err, c)
	return answer{recorder.Code, recorder.Header(), recorder.Body.String()}
}

// post returns a request to a token endpoint with headers given as name, value, name, value.
func post(headers ...string) *http.Request {
	r := httptest.NewRequest("POST", "/token", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

var inCBOR = []string{"Accept", autherr.MediaTypeACECBOR}

// detail stands in the text of errors, and in no answer.
const detail = "10.0.0.5:6379"

func built(t testing.TB) autherr.ErrorResponse {
	t.Helper()
	response, err := autherr.NewErrorResponseBuilder().
		Error(autherr.UnauthorizedClient).
		Description("You are not authorized to receive this token.").
		URI("https://http.cat/401").
		Build()
	require.NoError(t, err)
	return response
}

// anyError returns every kind of error that can reach an edge.
func anyError(t testing.TB) map[string]error {
	response := built(t)
	all := map[string]error{
		"nil":                    nil,
		"a stranger":             errors.New("dial tcp " + detail),
		"no code":                autherr.ErrorCode(0),
		"a private code":         autherr.Other(-99999),
		"no sa-token error":      autherr.SaTokenError(0),
		"not one of the 32":      autherr.SaTokenError(200),
		"a category":             autherr.CategoryOAuth2,
		"the System category":    autherr.CategorySystem,
		"a response":             response,
		"a pointer to one":       &response,
		"an empty response":      autherr.ErrorResponse{},
		"an unfit description":   autherr.ErrorResponse{Code: autherr.InvalidScope, Description: "\"\r\nX: \\é\x00"},
		"an unfit URI":           autherr.ErrorResponse{Code: autherr.InvalidClient, URI: "a b\r\n"},
		"another's word":         &autherr.RemoteError{Response: response},
		"an invalid token":       &autherr.InvalidTokenError{Reason: detail},
		"a missing permission":   &autherr.PermissionDeniedError{Permission: detail},
		"a missing role":         &autherr.RoleDeniedError{Role: detail},
		"a ban":                  &autherr.AccountBannedError{Until: time.Unix(0, 0)},
		"a configuration error":  &autherr.ConfigError{Details: detail},
		"a serialization error":  &autherr.SerializationError{Details: detail},
		"an internal error":      &autherr.InternalError{Details: detail},
		"a hidden storage error": &autherr.InvalidTokenError{Err: &autherr.StorageError{Details: detail}},
		"joined":                 errors.Join(errors.New(detail), autherr.ErrOAuth2CodeNotFound),
		"joined with a fault":    errors.Join(autherr.ErrOAuth2CodeNotFound, autherr.ErrConfig),
	}
	for _, e := range autherr.SaTokenErrors() {
		all[e.Name()] = e
	}
	for code := autherr.InvalidRequest; code.IsRegistered(); code++ {
		all[code.String()] = code
	}
	return all
}

// wrapped returns err in several layers of text that no client is to see.
func wrapped(err error) error {
	return errors.Join(fmt.Errorf("store %s: %w", detail, fmt.Errorf("get client 7: %w", err)))
}

// everyWriter runs a test for each way of writing an error.
func everyWriter(t *testing.T, test func(t *testing.T, write func(http.ResponseWriter, *http.Request, error))) {
	t.Run("token", func(t *testing.T) { test(t, autherrhttp.WriteTokenError) })
	t.Run("resource", func(t *testing.T) {
		test(t, func(w http.ResponseWriter, r *http.Request, err error) {
			autherrhttp.WriteResourceError(w, r, err, autherrhttp.Challenge{})
		})
	})
}

func TestNothingOfTheTextLeaves(t *testing.T) {
	for name, err := range anyError(t) {
		if err == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			for _, headers := range [][]string{nil, inCBOR} {
				assert.Equal(t, tokenAnswer(post(headers...), err), tokenAnswer(post(headers...), wrapped(err)))
			}
			a, b := tokenAnswer(post(), err), resourceAnswer(err, autherrhttp.Challenge{})
			assert.Equal(t, b, resourceAnswer(wrapped(err), autherrhttp.Challenge{}))
			assert.NotContains(t, fmt.Sprint(a, b), detail)
		})
	}
}

func TestAnswersAreNotStored(t *testing.T) {
	everyWriter(t, func(t *testing.T, write func(http.ResponseWriter, *http.Request, error)) {
		for name, err := range anyError(t) {
			recorder := httptest.NewRecorder()
			recorder.Header().Set("Cache-Control", "public, max-age=3600")
			write(recorder, post(), err)
			assert.Equal(t, []string{"no-store"}, recorder.Header().Values("Cache-Control"), name)
		}
	})
}

// What a handler has set for the body that it was about to send does not describe the error.
func TestHeadersOfTheUnsentBodyAreDropped(t *testing.T) {
	everyWriter(t, func(t *testing.T, write func(http.ResponseWriter, *http.Request, error)) {
		for name, err := range anyError(t) {
			for _, headers := range [][]string{nil, inCBOR} {
				recorder := httptest.NewRecorder()
				for _, name := range []string{"Content-Length", "Content-Encoding", "ETag", "Last-Modified"} {
					recorder.Header().Set(name, "of another body")
				}
				recorder.Header().Set("Content-Type", "text/html")
				recorder.Header().Set("X-Request-Id", "17")

				write(recorder, post(headers...), err)

				header := recorder.Header()
				for _, name := range []string{"Content-Length", "Content-Encoding", "ETag", "Last-Modified"} {
					assert.NotContains(t, header, http.CanonicalHeaderKey(name), name)
				}
				assert.NotEqual(t, "text/html", header.Get("Content-Type"), name)
				assert.Equal(t, recorder.Body.Len() > 0, header.Get("Content-Type") != "", name)
				assert.Equal(t, "17", header.Get("X-Request-Id"), "other headers stay")
			}
		}
	})
}

// Over a real connection, HEAD gets what GET gets, without the body.
func TestHeadAnswersAsGetWithoutBody(t *testing.T) {
	everyWriter(t, func(t *testing.T, write func(http.ResponseWriter, *http.Request, error)) {
		for _, err := range []error{autherr.ErrTokenExpired, autherr.ErrAccountBanned, autherr.ErrStorage} {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { write(w, r, err) }))
			defer server.Close()
			get, err := server.Client().Get(server.URL)
			require.NoError(t, err)
			defer get.Body.Close()
			head, err := server.Client().Head(server.URL)
			require.NoError(t, err)
			defer head.Body.Close()

			assert.Equal(t, get.StatusCode, head.StatusCode)
			for _, header := range []http.Header{get.Header, head.Header} {
				header.Del("Date")
			}
			if get.ContentLength == 0 {
				get.Header.Del("Content-Length") // net/http states a length of 0 for GET alone
			}
			assert.Equal(t, get.Header, head.Header)
			body := make([]byte, 1)
			n, _ := head.Body.Read(body)
			assert.Zero(t, n)
		}
	})
}

// Tests make requests by hand, which need not have all that net/http provides.
func TestBareRequests(t *testing.T) {
	everyWriter(t, func(t *testing.T, write func(http.ResponseWriter, *http.Request, error)) {
		recorder := httptest.NewRecorder()
		assert.NotPanics(t, func() { write(recorder, new(http.Request), autherr.ErrOAuth2ClientNotFound) })
		assert.Equal(t, http.StatusUnauthorized, recorder.Code)
	})
}
