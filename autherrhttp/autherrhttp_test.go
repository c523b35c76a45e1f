package autherrhttp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// A sent is all that a client gets, and what the writer says that it got.
type sent struct {
	status int
	header http.Header
	body   string
	answer autherr.Answer
}

// A writer is a way to write an error.
type writer struct {
	name     string
	endpoint autherr.Endpoint
	request  []string // headers, as name, value, name, value
	write    func(http.ResponseWriter, *http.Request, error) autherr.Answer
}

const callback = "https://client.example/cb?tenant=7"

// writers are all ways to write an error.
var writers = []writer{
	{"token", autherr.TokenEndpoint, nil, autherrhttp.WriteTokenError},
	{"token, Basic", autherr.TokenEndpoint, []string{"Authorization", "Basic Zm9vOmJhcg=="}, autherrhttp.WriteTokenError},
	{"token, CBOR", autherr.TokenEndpoint, inCBOR, autherrhttp.WriteTokenError},
	{"resource", autherr.ProtectedResource, nil, resourceWriter()},
	{"resource, DPoP", autherr.ProtectedResource, []string{"Authorization", "DPoP abc"}, resourceWriter(
		autherrhttp.Challenge{Realm: "api", Scope: "profile"},
		autherrhttp.Challenge{Scheme: "DPoP", Params: map[string]string{"algs": "ES256"}},
	)},
	{"page", autherr.AuthorizationEndpoint, nil, authorizationWriter(autherrhttp.Redirect{})},
	{"query", autherr.AuthorizationEndpoint, nil, authorizationWriter(back(autherrhttp.QueryMode))},
	{"fragment", autherr.AuthorizationEndpoint, nil, authorizationWriter(back(autherrhttp.FragmentMode))},
	{"form post", autherr.AuthorizationEndpoint, nil, authorizationWriter(back(autherrhttp.FormPostMode))},
}

func resourceWriter(challenges ...autherrhttp.Challenge) func(http.ResponseWriter, *http.Request, error) autherr.Answer {
	return func(w http.ResponseWriter, r *http.Request, err error) autherr.Answer {
		return autherrhttp.WriteResourceError(w, r, err, challenges...)
	}
}

func authorizationWriter(to autherrhttp.Redirect) func(http.ResponseWriter, *http.Request, error) autherr.Answer {
	return func(w http.ResponseWriter, r *http.Request, err error) autherr.Answer {
		return autherrhttp.WriteAuthorizationError(w, r, err, to)
	}
}

func back(mode autherrhttp.ResponseMode) autherrhttp.Redirect {
	return autherrhttp.Redirect{URI: callback, State: "xyz", Issuer: "https://server.example", Mode: mode}
}

// send writes err, after a handler has set headers.
func (w writer) send(err error, before ...string) sent {
	recorder := httptest.NewRecorder()
	for i := 0; i < len(before); i += 2 {
		recorder.Header()[before[i]] = append(recorder.Header()[before[i]], before[i+1])
	}
	answer := w.write(recorder, post(w.request...), err)
	return sent{recorder.Code, recorder.Header(), recorder.Body.String(), answer}
}

// isRedirect reports whether the user is sent on, by a redirect or by a page that posts.
func (s sent) isRedirect() bool { return s.status == 303 || s.status == 200 }

// each runs a test for each way to write an error.
func each(t *testing.T, test func(t *testing.T, w writer)) {
	for _, w := range writers {
		t.Run(w.name, func(t *testing.T) { test(t, w) })
	}
}

func tokenAnswer(r *http.Request, err error) sent {
	recorder := httptest.NewRecorder()
	answer := autherrhttp.WriteTokenError(recorder, r, err)
	return sent{recorder.Code, recorder.Header(), recorder.Body.String(), answer}
}

func resourceAnswer(r *http.Request, err error, challenges ...autherrhttp.Challenge) sent {
	recorder := httptest.NewRecorder()
	answer := autherrhttp.WriteResourceError(recorder, r, err, challenges...)
	return sent{recorder.Code, recorder.Header(), recorder.Body.String(), answer}
}

func authorizationAnswer(err error, to autherrhttp.Redirect) sent {
	return writer{write: authorizationWriter(to)}.send(err)
}

// post returns a request with headers given as name, value, name, value.
func post(headers ...string) *http.Request {
	r := httptest.NewRequest("POST", "/", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

var inCBOR = []string{"Content-Type", autherr.MediaTypeACECBOR}

// detail is in the text of errors, and must not be in any answer.
const detail = "10.0.0.5:6379"

// mfaRequired is a code that a server made for itself.
const mfaRequired autherr.ErrorCode = "mfa_required"

var built = autherr.ErrorResponse{
	Code:        autherr.InvalidRequest,
	Description: "The parameter <code> is missing; it's required.",
	URI:         "https://server.example/errors?lang=en&code=1",
}

// A strange is a type of another package. Its methods work, or panic.
type strange struct {
	inner             error
	error, is, unwrap bool
}

func (s *strange) Error() string {
	if s.error {
		panic(detail)
	}
	return detail + s.inner.Error()
}

func (s *strange) Is(error) bool {
	if s.is {
		panic(detail)
	}
	return false
}

func (s *strange) As(any) bool {
	if s.is {
		panic(detail)
	}
	return false
}

func (s *strange) Unwrap() error {
	if s.unwrap {
		panic(detail)
	}
	return s.inner
}

// anyError returns every kind of error that can reach an edge.
func anyError() map[string]error {
	all := map[string]error{
		"nil":                     nil,
		"a stranger":              errors.New("dial tcp " + detail),
		"no code":                 autherr.ErrorCode(""),
		"a code of one's own":     mfaRequired,
		"a private code":          autherr.Other(-99999),
		"a forbidden code":        autherr.ErrorCode("a\"\r\nb: c"),
		"no sa-token error":       autherr.SaTokenError(0),
		"not one of the 32":       autherr.SaTokenError(200),
		"a category":              autherr.CategoryOAuth2,
		"the System category":     autherr.CategorySystem,
		"a response":              built,
		"a pointer to one":        &built,
		"a refusal with texts":    autherr.ErrorResponse{Code: autherr.InvalidClient, Description: "Who are you?", URI: "/who"},
		"a bad token with texts":  autherr.ErrorResponse{Code: autherr.InvalidToken, Description: "It has expired.", URI: "/why"},
		"a redirect with texts":   autherr.ErrorResponse{Code: autherr.InvalidRedirectURI, Description: "It is not yours.", URI: "mailto:help@server.example"},
		"an empty response":       autherr.ErrorResponse{},
		"a forbidden description": autherr.ErrorResponse{Code: autherr.InvalidScope, Description: "\"\r\nX: \\é\x00"},
		"a forbidden URI":         autherr.ErrorResponse{Code: autherr.InvalidClient, URI: "a b\r\n"},
		"another's word":          &autherr.RemoteError{Response: built, Status: 400, Err: errors.New(detail)},
		"another's failure":       &autherr.RemoteError{Status: 503, RetryAfter: 7 * time.Second},
		"an invalid token":        &autherr.InvalidTokenError{Reason: detail},
		"a missing permission":    &autherr.PermissionDeniedError{Permission: detail},
		"a missing role":          &autherr.RoleDeniedError{Role: detail},
		"a ban":                   &autherr.AccountBannedError{Until: time.Unix(0, 0)},
		"a configuration error":   &autherr.ConfigError{Details: detail},
		"a serialization error":   &autherr.SerializationError{Details: detail},
		"an internal error":       &autherr.InternalError{Details: detail},
		"a hidden storage error":  &autherr.InvalidTokenError{Err: &autherr.StorageError{Details: detail}},
		"a busy store":            &autherr.UnavailableError{RetryAfter: 1500 * time.Millisecond, Err: errors.New(detail)},
		"a rate limit":            &autherr.RateLimitedError{RetryAfter: time.Minute, Err: errors.New(detail)},
		"joined":                  errors.Join(errors.New(detail), autherr.ErrOAuth2CodeNotFound),
		"joined with a fault":     errors.Join(autherr.ErrOAuth2CodeNotFound, autherr.ErrConfig),
		"a request that broke":    autherrhttp.RequestError(errors.New(detail)),
		"a request too large":     autherrhttp.RequestError(&http.MaxBytesError{Limit: 1}),
		"canceled":                context.Canceled,
		"too late":                context.DeadlineExceeded,
		"a network":               &net.OpError{Op: "dial", Err: errors.New(detail)},
		"no such file":            &fs.PathError{Op: "open", Path: detail, Err: fs.ErrNotExist},
		"a malformed URL":         &url.Error{Op: "parse", URL: detail, Err: errors.New(detail)},

		"a nil pointer to a response":        (*autherr.ErrorResponse)(nil),
		"a nil pointer to a code":            (*autherr.ErrorCode)(nil),
		"a nil pointer to a sa-token error":  (*autherr.SaTokenError)(nil),
		"a nil pointer to a remote error":    (*autherr.RemoteError)(nil),
		"a nil pointer to a storage error":   (*autherr.StorageError)(nil),
		"a nil pointer to a token error":     (*autherr.InvalidTokenError)(nil),
		"a nil pointer to unavailable":       (*autherr.UnavailableError)(nil),
		"a nil pointer to a large request":   (*http.MaxBytesError)(nil),
		"a nil pointer to a network failure": (*net.OpError)(nil),
		"a nil pointer of a foreign type":    (*strange)(nil),
		"a nil pointer beneath a code":       fmt.Errorf("%w: %w", autherr.InvalidGrant, (*strange)(nil)),
		"panic in Error":                     &strange{autherr.InvalidGrant, true, false, false},
		"panic in Is":                        &strange{autherr.InvalidGrant, false, true, false},
		"panic in Unwrap":                    &strange{autherr.InvalidGrant, false, false, true},
		"panics beneath a code":              fmt.Errorf("%w: %w", autherr.InvalidRequest, &strange{autherr.InvalidGrant, true, true, true}),
	}
	for _, e := range autherr.SaTokenErrors() {
		all[e.Name()] = e
	}
	for _, code := range autherr.ErrorCodes() {
		all[code.String()] = code
	}
	return all
}

// someErrors returns an error for each path through a writer.
func someErrors() map[string]error {
	some, all := make(map[string]error), anyError()
	for _, name := range []string{"nil", "a response", "invalid_token", "invalid_client", "PermissionDenied", "RoleDenied", "a busy store"} {
		some[name] = all[name]
	}
	return some
}

// wrapped returns err in several layers of text that no client is to see.
func wrapped(err error) error {
	return errors.Join(fmt.Errorf("store %s: %w", detail, fmt.Errorf("get client 7: %w", err)))
}

func TestNothingOfTheTextLeaves(t *testing.T) {
	each(t, func(t *testing.T, w writer) {
		for name, err := range anyError() {
			s := w.send(err)
			assert.NotContains(t, fmt.Sprint(s), detail, name)
			if err != nil {
				assert.Equal(t, s, w.send(wrapped(err)), name)
			}
		}
	})
}

// What leaves is the Answer of the endpoint. Only the size of a request can change it.
func TestOneAnswerGivesTheSameBytes(t *testing.T) {
	each(t, func(t *testing.T, w writer) {
		type said struct {
			answer   autherr.Answer
			tooLarge bool
		}
		before := make(map[said]sent)
		for name, err := range anyError() {
			says := said{w.endpoint.Answer(err), name == "a request too large"}
			s := w.send(err)
			if first, ok := before[says]; ok {
				assert.Equal(t, first, s, name)
			}
			before[says] = s

			assert.Equal(t, says.answer.Response, s.answer.Response, name)
			assert.Equal(t, says.answer.RetryAfter, s.answer.RetryAfter, name)
			assert.Equal(t, s.status, s.answer.HTTPStatus, name)
		}
	})
}

// At every endpoint, each code has the status that the endpoint says, and is told in each form that the
// endpoint has.
func TestEveryCodeAtEveryEndpoint(t *testing.T) {
	codes := append(autherr.ErrorCodes(), mfaRequired, autherr.Other(-99999), autherr.Other(99))
	each(t, func(t *testing.T, w writer) {
		for _, code := range codes {
			s, answer := w.send(code), w.endpoint.Answer(code)
			told := string(answer.Response.Code)
			status := answer.HTTPStatus
			switch w.name {
			case "token, CBOR":
				var response autherr.ErrorResponse
				if _, ok := code.CBORValue(); ok {
					assert.Equal(t, autherr.MediaTypeACECBOR, s.header.Get("Content-Type"), code)
					require.NoError(t, response.UnmarshalCBOR([]byte(s.body)), code)
					assert.Equal(t, answer.Response, response, code)
				} else {
					assert.Empty(t, s.body, code)
					assert.NotContains(t, s.header, "Content-Type", code)
				}
			case "page":
				assert.Contains(t, s.body, "<code>"+told+"</code>", code)
				status = map[autherr.ErrorCode]int{autherr.ServerError: 500, autherr.TemporarilyUnavailable: 503}[code]
				if status == 0 {
					status = 400
				}
			case "query", "fragment":
				if status == 303 {
					assert.Contains(t, s.header.Get("Location"), "error="+url.QueryEscape(told)+"&", code)
				}
			case "form post":
				if status == 303 {
					assert.Contains(t, s.body, `name="error" value="`+told+`"`, code)
					status = 200
				}
			default:
				assert.Equal(t, told, parsedJSON(t, s.body)["error"], code)
			}
			if w.endpoint == autherr.TokenEndpoint && code == autherr.InvalidClient && w.name != "token, Basic" {
				status = 400
			}
			assert.Equal(t, status, s.status, code)
		}
	})
}

// parsedJSON reads a response as a client does that has only encoding/json. It returns nil for an empty
// body.
func parsedJSON(t testing.TB, body string) map[string]string {
	t.Helper()
	if body == "" {
		return nil
	}
	var members map[string]string
	require.NoError(t, json.Unmarshal([]byte(body), &members))
	for name, value := range members {
		assert.Contains(t, []string{"error", "error_description", "error_uri"}, name)
		assert.NotEmpty(t, value, name)
	}
	return members
}

// otherAnswer is what a handler may have set to describe an answer that is not sent.
var otherAnswer = []string{
	"Content-Type", "Content-Length", "Content-Range", "Content-Disposition", "Content-Location", "Content-Language",
	"Content-Digest", "Repr-Digest", "ETag", "Last-Modified", "Expires", "Age", "Surrogate-Control",
	"Cache-Control", "CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "Vercel-CDN-Cache-Control", "EdgeCache-Control",
	"WWW-Authenticate",
}

func TestHeadersOfAnotherAnswerGo(t *testing.T) {
	each(t, func(t *testing.T, w writer) {
		for name, err := range someErrors() {
			want := w.send(err)
			for _, other := range otherAnswer {
				for _, spelled := range []string{other, http.CanonicalHeaderKey(other), strings.ToLower(other), strings.ToUpper(other)} {
					require.Equal(t, want, w.send(err, spelled, "of another answer", spelled, "twice"), "%s: %s", name, spelled)
				}
			}
		}
	})
}

func TestHeadersForTheClientStay(t *testing.T) {
	each(t, func(t *testing.T, w writer) {
		for name, err := range someErrors() {
			for _, kept := range []string{
				"Content-Encoding", "DPoP-Nonce", "Set-Cookie", "X-Request-Id", "Link", "Vary", "Allow", "Strict-Transport-Security",
				"Access-Control-Allow-Origin", "X-Cache-Controller", "Clear-Site-Data",
			} {
				want := w.send(err)
				want.header[kept] = []string{"a", "b"}
				require.Equal(t, want, w.send(err, kept, "a", kept, "b"), "%s: %s", name, kept)
			}
		}
	})
}

// What a writer sets, it sets once, whatever was there before.
func TestHeadersOfTheAnswerAreSetOnce(t *testing.T) {
	each(t, func(t *testing.T, w writer) {
		for name, err := range someErrors() {
			want := w.send(err)
			assert.Equal(t, []string{"no-store"}, want.header["Cache-Control"], name)
			assert.Equal(t, []string{"nosniff"}, want.header["X-Content-Type-Options"], name)
			assert.Equal(t, w.endpoint == autherr.TokenEndpoint, want.header["Pragma"] != nil, name)
			assert.Equal(t, want.body != "", want.header["Content-Type"] != nil, name)
			for header := range want.header {
				for _, spelled := range []string{header, strings.ToLower(header), strings.ToUpper(header)} {
					require.Equal(t, want, w.send(err, spelled, "of a handler"), "%s: %s", name, spelled)
				}
			}
		}
	})
}

func TestWaitIsSentInWholeSeconds(t *testing.T) {
	for _, test := range []struct {
		wait time.Duration
		want string
	}{
		{-time.Second, ""}, {0, ""}, {1, "1"}, {time.Second, "1"}, {time.Second + 1, "2"}, {1500 * time.Millisecond, "2"},
		{time.Hour, "3600"}, {1<<63 - 1, "9223372037"},
	} {
		for _, err := range []error{
			&autherr.UnavailableError{RetryAfter: test.wait},
			&autherr.RateLimitedError{RetryAfter: test.wait},
			&autherr.RemoteError{Status: 429, RetryAfter: test.wait},
		} {
			each(t, func(t *testing.T, w writer) {
				s := w.send(err)
				want := test.want
				if s.isRedirect() {
					want = ""
				}
				assert.Equal(t, want, s.header.Get("Retry-After"))
				if want != "" {
					seconds, _ := strconv.ParseInt(want, 10, 64)
					assert.GreaterOrEqual(t, float64(seconds), s.answer.RetryAfter.Seconds(), "nobody comes back too early")
				}
			})
		}
	}
}

func TestRequestTooLarge(t *testing.T) {
	tooLarge := &http.MaxBytesError{Limit: 64 << 10}
	embedded := struct{ *autherr.PermissionDeniedError }{&autherr.PermissionDeniedError{}}
	for _, test := range []struct {
		name string
		err  error
		is   bool
	}{
		{"what RequestError returns", autherrhttp.RequestError(tooLarge), true},
		{"wrapped", wrapped(autherrhttp.RequestError(fmt.Errorf("multipart: %w", tooLarge))), true},
		{"beneath the code", fmt.Errorf("%w: %w", autherr.InvalidRequest, tooLarge), true},
		{"beside the code", errors.Join(tooLarge, autherr.InvalidRequest), true},
		{"beneath what panics", errors.Join(&strange{tooLarge, true, true, false}, autherr.InvalidRequest), true},
		{"after what panics", errors.Join(autherr.InvalidRequest, &strange{nil, true, true, true}, (*strange)(nil), nil, tooLarge), true},
		{"with a built response", fmt.Errorf("%w: %w", built, tooLarge), true},
		{"nil pointer first", errors.Join(autherr.InvalidRequest, (*http.MaxBytesError)(nil), tooLarge), true},

		{"nil pointer", errors.Join(autherr.InvalidRequest, (*http.MaxBytesError)(nil)), false},
		{"by itself", tooLarge, false},
		{"beneath another code", fmt.Errorf("%w: %w", autherr.InvalidScope, tooLarge), false},
		{"beneath a remote error", fmt.Errorf("%w: %w", autherr.InvalidRequest, &autherr.RemoteError{Status: 400, Err: tooLarge}), false},
		{"where a panic hides it", fmt.Errorf("%w: %w", autherr.InvalidRequest, &strange{tooLarge, true, true, true}), false},
		{"with a server fault", errors.Join(autherrhttp.RequestError(tooLarge), autherr.ErrStorage), false},
		{"something else", errors.Join(autherr.InvalidRequest, embedded), false},
	} {
		each(t, func(t *testing.T, w writer) {
			s := w.send(test.err)
			assert.Equal(t, test.is && !s.isRedirect(), s.status == 413, test.name)
			assert.Equal(t, s.status, s.answer.HTTPStatus, test.name)
			if s.status == 413 {
				assert.NotContains(t, s.header, "Www-Authenticate", test.name)
				assert.Equal(t, autherr.InvalidRequest, s.answer.Response.Code, test.name)
			}
		})
	}
}

// Over a real connection, HEAD gets what GET gets, without the body.
func TestHeadAnswersAsGetWithoutBody(t *testing.T) {
	each(t, func(t *testing.T, w writer) {
		for _, err := range []error{autherr.ErrTokenExpired, autherr.ErrAccountBanned, autherr.ErrStorage, autherr.InvalidClient} {
			server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.write(rw, r, err) }))
			defer server.Close()
			client := server.Client()
			client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			var answers []*http.Response
			for _, method := range []string{"GET", "HEAD"} {
				r, err := http.NewRequest(method, server.URL, nil)
				require.NoError(t, err)
				res, err := client.Do(r)
				require.NoError(t, err)
				defer res.Body.Close()
				res.Header.Del("Date")
				answers = append(answers, res)
			}
			get, head := answers[0], answers[1]
			assert.Equal(t, get.StatusCode, head.StatusCode)
			if get.ContentLength == 0 {
				get.Header.Del("Content-Length") // net/http states a length of 0 for GET only
			}
			assert.Equal(t, get.Header, head.Header)
			var body bytes.Buffer
			_, err := body.ReadFrom(head.Body)
			require.NoError(t, err)
			assert.Empty(t, body.String())
		}
	})
}

// Tests make requests by hand, which need not have all that net/http provides.
func TestBareRequests(t *testing.T) {
	each(t, func(t *testing.T, w writer) {
		recorder := httptest.NewRecorder()
		answer := w.write(recorder, new(http.Request), autherr.ErrOAuth2ClientNotFound)
		assert.Equal(t, answer.HTTPStatus, recorder.Code)
		assert.Contains(t, []int{400, 401}, recorder.Code)
	})
}

// A brokenWriter is a connection whose client has gone.
type brokenWriter struct{ http.ResponseWriter }

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestClientsThatHaveGone(t *testing.T) {
	each(t, func(t *testing.T, w writer) {
		for name, err := range anyError() {
			recorder := httptest.NewRecorder()
			answer := w.write(brokenWriter{recorder}, post(), err)
			assert.Equal(t, recorder.Code, answer.HTTPStatus, name)
		}
	})
}
