package autherrhttp_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// The client reads what the server sent. These tests read with each reader what its writer sent.

// mayRead asserts that a client gets an answer as the server sent it. said is false if the format of the
// answer has no place for the response.
func mayRead(t *testing.T, answer autherr.Answer, res *http.Response, said bool) {
	t.Helper()
	var remote *autherr.RemoteError
	require.ErrorAs(t, autherrhttp.ReadError(res), &remote)
	assert.Equal(t, answer.HTTPStatus, remote.Status)
	assert.Equal(t, answer.RetryAfter, remote.RetryAfter)
	assert.Equal(t, map[string][]string(res.Header), remote.Header)
	if !said {
		assert.Empty(t, remote.Response.Description)
		return
	}
	assert.Equal(t, answer.Response, remote.Response)
	if answer.Response.Code != "" {
		assert.NoError(t, remote.Err)
		assert.ErrorIs(t, remote, answer.Response.Code)
	}
}

// everyAnswer calls f with an error for every code at every endpoint, and for every kind of answer.
func everyAnswer(f func(err error)) {
	for _, e := range autherr.SaTokenErrors() {
		f(e)
	}
	for _, code := range append(autherr.ErrorCodes(), "mfa_required", autherr.Other(418), autherr.Other(-70000), " !#[]~") {
		f(code)
		f(autherr.ErrorResponse{Code: code, Description: "It's <b>%41+&=;,", URI: "https://as.example/help?a=b&c='d'#e"})
		f(autherr.ErrorResponse{Code: code, URI: "relative"})
	}
	f(nil)
	f(&autherr.UnavailableError{RetryAfter: 90 * time.Second})
	f(&autherr.RateLimitedError{RetryAfter: time.Hour})
	f(&autherr.RemoteError{Status: 503, RetryAfter: time.Second})
	f(&autherr.RemoteError{Status: 400})
	f(autherrhttp.RequestError(&http.MaxBytesError{Limit: 1}))
}

func TestAClientReadsEveryAnswerOfATokenEndpoint(t *testing.T) {
	everyAnswer(func(err error) {
		for _, contentType := range []string{"application/x-www-form-urlencoded", autherr.MediaTypeACECBOR} {
			for _, authorization := range []string{"", "Basic eDp5", "DPoP token"} {
				r := httptest.NewRequest(http.MethodPost, "/token", nil)
				r.Header.Set("Content-Type", contentType)
				r.Header.Set("Authorization", authorization)
				w := httptest.NewRecorder()
				answer := autherrhttp.WriteTokenError(w, r, err)
				_, hasValue := answer.Response.Code.CBORValue()
				mayRead(t, answer, w.Result(), hasValue || contentType != autherr.MediaTypeACECBOR)
			}
		}
	})
}

func TestAClientReadsEveryAnswerOfAProtectedResource(t *testing.T) {
	everyAnswer(func(err error) {
		w := httptest.NewRecorder()
		answer := autherrhttp.WriteResourceError(w, httptest.NewRequest(http.MethodGet, "/", nil), err)
		mayRead(t, answer, w.Result(), true)
	})
}

var input = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// redirected returns what a client gets at its redirection endpoint.
func redirected(t *testing.T, res *http.Response, body string) url.Values {
	t.Helper()
	if res.StatusCode == http.StatusSeeOther {
		location, err := res.Location()
		require.NoError(t, err)
		values, err := url.ParseQuery(location.RawQuery + "&" + location.EscapedFragment())
		require.NoError(t, err)
		return values
	}
	values := url.Values{}
	for _, parts := range input.FindAllStringSubmatch(body, -1) {
		values.Add(html.UnescapeString(parts[1]), html.UnescapeString(parts[2]))
	}
	return values
}

func TestAClientReadsEveryAnswerOfAnAuthorizationEndpoint(t *testing.T) {
	modes := []autherrhttp.ResponseMode{autherrhttp.QueryMode, autherrhttp.FragmentMode, autherrhttp.FormPostMode}
	everyAnswer(func(err error) {
		for _, mode := range modes {
			for _, uri := range []string{"https://client.example/cb", "https://client.example/cb?keep=me&a=%3Cb%3E", "com.example.app:/cb"} {
				want := autherr.AuthorizationEndpoint.Answer(err)
				if want.HTTPStatus != http.StatusSeeOther {
					continue
				}
				w := httptest.NewRecorder()
				to := autherrhttp.Redirect{URI: uri, State: "s t=a&t;e\"<é>", Issuer: "https://as.example", Mode: mode}
				answer := autherrhttp.WriteAuthorizationError(w, httptest.NewRequest(http.MethodGet, "/", nil), err, to)
				assert.Equal(t, want.Response, answer.Response)
				values := redirected(t, w.Result(), w.Body.String())
				assert.Equal(t, to.State, values.Get("state"))
				assert.Equal(t, to.Issuer, values.Get("iss"))
				if strings.Contains(uri, "keep") && mode != autherrhttp.FormPostMode {
					assert.Equal(t, []string{"me"}, values["keep"])
				}
				var remote *autherr.RemoteError
				require.ErrorAs(t, autherrhttp.ReadRedirect(values), &remote)
				assert.Equal(t, want.Response, remote.Response)
				assert.NoError(t, remote.Err)
			}
		}
	})
}

// FuzzRoundTrip sends a response that a server built, with texts of any kind, by every writer.
func FuzzRoundTrip(f *testing.F) {
	f.Add("invalid_grant", "text", "https://as.example/help", "state", "https://client.example/cb", "realm", "scope another", "max_age", "5", "DPoP")
	f.Add("mfa_required", "a+b%20c&d=e;f", "/x?y=z", "\"<>&'", "app:/cb?a=b", `a"b\c`, "s", "x", ", y=\"z\"", "")
	f.Add("", "\r\n", "://", "", "", "\x00", "a  b", "error", "no", "Basic realm=")
	f.Fuzz(func(t *testing.T, code, description, uri, state, redirect, realm, scope, name, value, scheme string) {
		err := autherr.ErrorResponse{Code: autherr.ErrorCode(code), Description: description, URI: uri}

		w := httptest.NewRecorder()
		answer := autherrhttp.WriteTokenError(w, httptest.NewRequest(http.MethodPost, "/token", nil), err)
		mayRead(t, answer, w.Result(), true)

		w = httptest.NewRecorder()
		given := autherrhttp.Challenge{Scheme: scheme, Realm: realm, Scope: scope, Params: map[string]string{name: value}}
		answer = autherrhttp.WriteResourceError(w, httptest.NewRequest(http.MethodGet, "/", nil), err, given, autherrhttp.Challenge{Scheme: "DPoP", Realm: "last"})
		mayRead(t, answer, w.Result(), true)
		if lines := w.Header()["Www-Authenticate"]; len(lines) > 0 {
			parsed := autherrhttp.ParseChallenges(w.Header())
			require.Len(t, parsed, 2, "%q", lines)
			assert.Equal(t, autherrhttp.Challenge{Scheme: "DPoP", Realm: "last"}, autherrhttp.Challenge{Scheme: parsed[1].Scheme, Realm: parsed[1].Realm, Scope: parsed[1].Scope})
			if parsed[0].Realm != "resource" {
				assert.Contains(t, []string{"", realm}, parsed[0].Realm, "a field is sent as it is, or not at all")
			}
			assert.Contains(t, []string{"", scope}, parsed[0].Scope)
			for sent, text := range parsed[0].Params {
				assert.Equal(t, strings.ToLower(name), sent)
				assert.Equal(t, value, text)
			}
			assert.Contains(t, []autherr.ErrorCode{"", answer.Response.Code}, parsed[0].Response.Code)
		}

		for _, mode := range []autherrhttp.ResponseMode{autherrhttp.QueryMode, autherrhttp.FragmentMode, autherrhttp.FormPostMode} {
			w = httptest.NewRecorder()
			to := autherrhttp.Redirect{URI: redirect, State: state, Mode: mode}
			answer = autherrhttp.WriteAuthorizationError(w, httptest.NewRequest(http.MethodGet, "/", nil), err, to)
			if answer.HTTPStatus != http.StatusSeeOther && answer.HTTPStatus != http.StatusOK {
				assert.Empty(t, w.Header()["Location"])
				assert.NotContains(t, w.Body.String(), "<form")
				continue
			}
			if strings.Contains(redirect, "error") || strings.Contains(redirect, "state") {
				continue // a client whose own URI has our parameters reads its own
			}
			values := redirected(t, w.Result(), w.Body.String())
			if !strings.ContainsAny(state, "\r\n\x00") && strings.ToValidUTF8(state, "") == state {
				assert.Equal(t, state, values.Get("state"))
			}
			var remote *autherr.RemoteError
			require.ErrorAs(t, autherrhttp.ReadRedirect(values), &remote, "%q", w.Header()["Location"])
			assert.Equal(t, answer.Response, remote.Response)
		}
	})
}
