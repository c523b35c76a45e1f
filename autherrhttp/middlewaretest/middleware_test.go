// Package middlewaretest tests the writers of autherrhttp behind the middleware of others, over real
// connections. It is a module of its own, so that nobody who imports autherr inherits what it needs.
package middlewaretest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/gorilla/handlers"
	"github.com/klauspost/compress/gzhttp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// long makes an answer long enough for middleware that compresses only long ones.
var long = autherr.ErrorResponse{Code: autherr.InvalidRequest, Description: strings.Repeat("The parameter code is missing. ", 100)}

// endpoints are handlers that answer with an error, one for each form of an answer.
var endpoints = map[string]http.HandlerFunc{
	"token":       func(w http.ResponseWriter, r *http.Request) { autherrhttp.WriteTokenError(w, r, autherr.InvalidGrant) },
	"token, long": func(w http.ResponseWriter, r *http.Request) { autherrhttp.WriteTokenError(w, r, long) },
	"token, 503": func(w http.ResponseWriter, r *http.Request) {
		autherrhttp.WriteTokenError(w, r, &autherr.UnavailableError{RetryAfter: time.Second})
	},
	"resource": func(w http.ResponseWriter, r *http.Request) {
		autherrhttp.WriteResourceError(w, r, autherr.InvalidToken)
	},
	"resource, long": func(w http.ResponseWriter, r *http.Request) { autherrhttp.WriteResourceError(w, r, long) },
	"resource, empty": func(w http.ResponseWriter, r *http.Request) {
		autherrhttp.WriteResourceError(w, r, autherr.ErrNotLogin)
	},
	"page": func(w http.ResponseWriter, r *http.Request) {
		autherrhttp.WriteAuthorizationError(w, r, long, autherrhttp.Redirect{})
	},
	"redirect": func(w http.ResponseWriter, r *http.Request) {
		autherrhttp.WriteAuthorizationError(w, r, long, back(autherrhttp.QueryMode))
	},
	"form post": func(w http.ResponseWriter, r *http.Request) {
		autherrhttp.WriteAuthorizationError(w, r, long, back(autherrhttp.FormPostMode))
	},
}

func back(mode autherrhttp.ResponseMode) autherrhttp.Redirect {
	return autherrhttp.Redirect{URI: "https://client.example/cb?a=b", State: "xyz", Issuer: "https://server.example", Mode: mode}
}

// prepared is a handler that had prepared a success when the error came up.
func prepared(fail http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Content-Length", "Content-Range", "Content-Disposition", "ETag", "CDN-Cache-Control"} {
			w.Header().Set(name, "17")
		}
		fail.ServeHTTP(w, r)
	})
}

// get returns what a server answers, with the body as it came.
func get(t *testing.T, server *httptest.Server, method string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequest(method, server.URL, nil)
	require.NoError(t, err)
	r.Header.Set("Accept-Encoding", "gzip") // so that the transport does not undo it
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res, body
}

// alone returns what an endpoint answers without middleware.
func alone(handler http.Handler) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest("GET", "/", nil))
	return recorder
}

// assertSame checks that what the writer set has arrived.
func assertSame(t *testing.T, want *httptest.ResponseRecorder, res *http.Response) {
	t.Helper()
	assert.Equal(t, want.Code, res.StatusCode)
	for name, values := range want.Header() {
		assert.Equal(t, values, res.Header[name], name)
	}
	for _, name := range []string{"Content-Range", "Content-Disposition", "Etag", "Cdn-Cache-Control"} {
		assert.NotContains(t, res.Header, name)
	}
}

// A tutorialWriter compresses in the 15 lines that tutorials show, Content-Encoding included.
type tutorialWriter struct {
	http.ResponseWriter
	gzip io.Writer
}

func (w tutorialWriter) Write(b []byte) (int, error) { return w.gzip.Write(b) }

func tutorial(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		compressed := gzip.NewWriter(w)
		defer compressed.Close()
		next.ServeHTTP(tutorialWriter{w, compressed}, r)
	})
}

var compressors = map[string]func(http.Handler) http.Handler{
	"gorilla":   handlers.CompressHandler,
	"chi":       middleware.Compress(5, "application/json", "text/html"),
	"klauspost": func(next http.Handler) http.Handler { return gzhttp.GzipHandler(next) },
	"tutorial":  tutorial,
}

// An error whose body is compressed says so, or its client reads garbage.
func TestCompressedErrorsSayThatTheyAre(t *testing.T) {
	for name, compress := range compressors {
		compressed := 0
		for endpoint, handler := range endpoints {
			t.Run(name+"/"+endpoint, func(t *testing.T) {
				server := httptest.NewServer(compress(prepared(handler)))
				defer server.Close()
				want := alone(handler)

				res, body := get(t, server, "GET")
				assertSame(t, want, res)
				if res.Header.Get("Content-Encoding") == "gzip" && len(body) > 0 {
					compressed++
					reader, err := gzip.NewReader(bytes.NewReader(body))
					require.NoError(t, err)
					body, err = io.ReadAll(reader)
					require.NoError(t, err)
				}
				assert.Equal(t, want.Body.String(), string(body))

				res, body = get(t, server, "HEAD")
				assertSame(t, want, res)
				assert.Empty(t, body)
			})
		}
		assert.NotZero(t, compressed, name)
	}
}

func TestHTTP2(t *testing.T) {
	for endpoint, handler := range endpoints {
		t.Run(endpoint, func(t *testing.T) {
			server := httptest.NewUnstartedServer(prepared(handler))
			server.EnableHTTP2 = true
			server.StartTLS()
			defer server.Close()
			want := alone(handler)
			for _, method := range []string{"GET", "HEAD"} {
				res, body := get(t, server, method)
				assert.Equal(t, 2, res.ProtoMajor)
				assertSame(t, want, res)
				if method == "GET" {
					assert.Equal(t, want.Body.String(), string(body))
				} else {
					assert.Empty(t, body)
				}
			}
		})
	}
}

func TestTimeoutHandler(t *testing.T) {
	for endpoint, handler := range endpoints {
		t.Run(endpoint, func(t *testing.T) {
			server := httptest.NewServer(http.TimeoutHandler(prepared(handler), time.Minute, "too late"))
			defer server.Close()
			want := alone(handler)
			res, body := get(t, server, "GET")
			assertSame(t, want, res)
			assert.Equal(t, want.Body.String(), string(body))
		})
		t.Run(endpoint+", too late", func(t *testing.T) {
			answered := make(chan struct{})
			server := httptest.NewServer(http.TimeoutHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(answered)
				<-r.Context().Done()
				handler(w, r)
			}), time.Millisecond, "too late"))
			defer server.Close()
			res, body := get(t, server, "GET")
			assert.Equal(t, 503, res.StatusCode)
			assert.Equal(t, "too late", string(body))
			assert.NotContains(t, res.Header, "Pragma")
			<-answered
		})
	}
}

// What has been sent cannot be taken back. The writer does not panic, and what it adds is its body.
func TestHandlerThatHadBegun(t *testing.T) {
	for endpoint, handler := range endpoints {
		t.Run(endpoint, func(t *testing.T) {
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/plain")
				w.WriteHeader(http.StatusAccepted)
				_, err := io.WriteString(w, "so far, so ")
				if err == nil {
					err = http.NewResponseController(w).Flush()
				}
				if err != nil {
					panic(err)
				}
				handler(w, r)
			}))
			server.Config.ErrorLog = discard
			server.Start()
			defer server.Close()
			res, body := get(t, server, "GET")
			assert.Equal(t, http.StatusAccepted, res.StatusCode)
			assert.Equal(t, "text/plain", res.Header.Get("Content-Type"))
			assert.Equal(t, "so far, so "+alone(handler).Body.String(), string(body))
		})
	}
}

// A connection that breaks while the answer is written makes nothing panic.
func TestConnectionThatBreaks(t *testing.T) {
	for endpoint, handler := range endpoints {
		t.Run(endpoint, func(t *testing.T) {
			panicked := make(chan any, 1)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer func() { panicked <- recover() }()
				connection, _, err := http.NewResponseController(w).Hijack()
				if err == nil {
					err = connection.Close()
				}
				if err != nil {
					panic(err)
				}
				handler(w, r)
			}))
			server.Config.ErrorLog = discard
			defer server.Close()
			_, err := server.Client().Get(server.URL)
			require.Error(t, err)
			assert.True(t, errors.Is(err, io.EOF), err)
			assert.Nil(t, <-panicked)
		})
	}
}
