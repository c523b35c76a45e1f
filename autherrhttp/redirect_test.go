package autherrhttp_test

import (
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

func TestAuthorizationAnswerToTheLetter(t *testing.T) {
	s := authorizationAnswer(autherr.ErrNotLogin, back(autherrhttp.QueryMode))
	assert.Equal(t, sent{
		status: 303,
		header: http.Header{
			"Cache-Control":          {"no-store"},
			"Location":               {"https://client.example/cb?tenant=7&error=login_required&iss=https%3A%2F%2Fserver.example&state=xyz"},
			"X-Content-Type-Options": {"nosniff"},
		},
		answer: autherr.Answer{Response: autherr.ErrorResponse{Code: autherr.LoginRequired}, HTTPStatus: 303},
	}, s)
	s = authorizationAnswer(autherr.ErrNotLogin, back(autherrhttp.FragmentMode))
	assert.Equal(t, "https://client.example/cb?tenant=7#error=login_required&iss=https%3A%2F%2Fserver.example&state=xyz", s.header.Get("Location"))
}

func TestParameters(t *testing.T) {
	to := back(autherrhttp.QueryMode)
	assert.Equal(t, url.Values{
		"error": {"invalid_request"}, "error_description": {built.Description}, "error_uri": {built.URI},
		"state": {"xyz"}, "iss": {"https://server.example"},
	}, to.Parameters(built))
	assert.Equal(t, url.Values{"error": {"server_error"}}, autherrhttp.Redirect{}.Parameters(nil))
	for name, err := range anyError() {
		assert.Equal(t, string(autherr.AuthorizationEndpoint.Answer(err).Response.Code), to.Parameters(err).Get("error"), name)
	}
}

// The query of a redirection URI stays (RFC 6749 §3.1.2), and the parameters are read from what follows.
func TestTheURIStaysAsItIs(t *testing.T) {
	for _, test := range []struct{ uri, query, fragment string }{
		{"https://client.example/cb", "?", "#"},
		{"https://client.example/cb?", "", "#"},
		{"https://client.example/cb?a=b", "&", "#"},
		{"https://client.example/cb?a=b&", "&", "#"},
		{"https://client.example/cb?a=b?", "&", "#"},
		{"https://client.example/cb&", "?", "#"},
		{"https://client.example/cb?a=b&copy=c&amp;d", "&", "#"},
		{"https://client.example/cb?a=b&a=c&d", "&", "#"},
		{"https://client.example/cb?error=mine&a=%zz&b=+%20", "&", "#"},
		{"https://client.example", "?", "#"},
		{"HTTPS://CLIENT.example:443/%7Ea/../b;c='(d)!*", "?", "#"},
		{"https://[2001:db8::1]:8443/cb", "?", "#"},
		{"https://user:pass@client.example/cb", "?", "#"},
		{"http://localhost:49152/cb", "?", "#"},
		{"com.example.app:/cb", "?", "#"},
		{"com.example.app:cb", "?", "#"},
		{"com.example.app://cb/a?b", "&", "#"},
		{"urn:ietf:wg:oauth:2.0:oob", "?", "#"},
	} {
		for mode, separator := range map[autherrhttp.ResponseMode]string{autherrhttp.QueryMode: test.query, autherrhttp.FragmentMode: test.fragment, 3: test.query, 255: test.query} {
			to := autherrhttp.Redirect{URI: test.uri, State: "a&b=c#d?e +%\"é", Issuer: "https://server.example", Mode: mode}
			s := authorizationAnswer(built, to)
			assert.Equal(t, 303, s.status, test.uri)
			told, ok := strings.CutPrefix(s.header.Get("Location"), test.uri+separator)
			require.True(t, ok, s.header.Get("Location"))
			assert.Equal(t, to.Parameters(built).Encode(), told)

			location, ok := to.Location(built)
			assert.True(t, ok)
			assert.Equal(t, s.header.Get("Location"), location)
		}
		s := authorizationAnswer(built, autherrhttp.Redirect{URI: test.uri, Mode: autherrhttp.FormPostMode})
		assert.Equal(t, 200, s.status, test.uri)
		action, _ := readPost(t, s.body)
		assert.Equal(t, test.uri, action)
	}
}

// refused are URIs that a browser must not be sent to.
var refused = []string{
	"", "/cb", "cb", "//client.example/cb", "?cb", "client.example/cb", ":", "://client.example",
	"https://client.example/cb#", "https://client.example/cb#a", "https://client.example/cb?a#b", "com.example.app:/cb#",
	"javascript:alert(1)", "JavaScript://client.example/%0Aalert(1)", "data:text/html,a", "DATA:,", "vbscript:a", "blob:https://client.example/a",
	"file:///etc/passwd", "about:blank", "About:srcdoc",
	"https:", "https:/cb", "https:///cb", "https:cb", "https://", "http://?a", "HTTP:///cb", "https://:443/cb", "https://user@/cb", "https://user@:443/cb",
	" https://client.example/cb", "https://client.example/cb ", "https://client.example/a b", "https://client.example/cb\r\nSet-Cookie: a=b",
	"https://client.example/\x00", "https://client.example/\x7f", "\thttps://client.example/", "https://client.example/é", "https://clìent.example/",
	"https://client.example/\xff", `https://client.example\@evil.example/`, `https:\\client.example`, "https://client.example/<b>", `https://client.example/"`,
	"https://client.example/{a}", "https://client.example/a|b", "https://client.example/a^b", "https://client.example/a`b",
	"https://client.example:port/cb", "https://client.example/%zz", "https://client.example/%", "https://[client.example/cb", "ht_tp://client.example/", "1http://client.example/",
	"javascript\r\n:alert(1)", "java\tscript:alert(1)",
}

func TestNobodyIsSentToARefusedURI(t *testing.T) {
	page := authorizationAnswer(built, autherrhttp.Redirect{})
	for _, uri := range refused {
		for mode := range autherrhttp.ResponseMode(4) {
			to := autherrhttp.Redirect{URI: uri, State: "xyz", Issuer: "https://server.example", Mode: mode}
			assert.Equal(t, page, authorizationAnswer(built, to), "%q", uri)
			location, ok := to.Location(built)
			assert.False(t, ok, "%q", uri)
			assert.Empty(t, location, "%q", uri)
			assert.Equal(t, "xyz", to.Parameters(built).Get("state"))
		}
	}
}

func TestNobodyIsRedirectedIfTheClientIsNotKnown(t *testing.T) {
	for _, err := range []error{
		autherr.ErrOAuth2ClientNotFound, autherr.ErrOAuth2InvalidCredentials, autherr.ErrOAuth2RedirectURIMismatch,
		autherr.InvalidClient, autherr.InvalidRedirectURI, autherr.InvalidTrustAnchor, autherr.InvalidTrustChain, autherr.InvalidMetadata,
		autherr.ErrorResponse{Code: autherr.InvalidRedirectURI, Description: "Not registered: <b>"},
		&url.Error{Op: "parse", URL: ":", Err: autherr.ErrOAuth2RedirectURIMismatch},
	} {
		for mode := range autherrhttp.ResponseMode(4) {
			s := authorizationAnswer(err, back(mode))
			assert.Equal(t, 400, s.status)
			assert.NotContains(t, s.header, "Location")
			assert.NotContains(t, s.body, "client.example")
			assert.NotContains(t, s.body, "xyz")
			checkPersonPage(t, s.header, s.body, s.answer.Response)
			_, ok := back(mode).Location(err)
			assert.False(t, ok)
		}
	}
}

func TestLocationIsWhatTheWriterSends(t *testing.T) {
	for name, err := range anyError() {
		for mode := range autherrhttp.ResponseMode(4) {
			location, ok := back(mode).Location(err)
			s := authorizationAnswer(err, back(mode))
			assert.Equal(t, s.status == 303, ok, name)
			assert.Equal(t, s.header.Get("Location"), location, name)
		}
	}
}

func TestStatusOfThePageForPeople(t *testing.T) {
	for name, test := range map[string]struct {
		err    error
		status int
	}{
		"client":      {autherr.InvalidScope, 400},
		"not found":   {autherr.NotFound, 400},
		"forbidden":   {autherr.AccessDenied, 400},
		"own code":    {mfaRequired, 400},
		"store":       {autherr.ErrStorage, 500},
		"behind us":   {&autherr.RemoteError{Status: 404}, 500},
		"nil":         {nil, 500},
		"maintenance": {&autherr.UnavailableError{RetryAfter: time.Minute}, 503},
		"rate limit":  {&autherr.RateLimitedError{RetryAfter: time.Minute}, 503},
		"too large":   {autherrhttp.RequestError(&http.MaxBytesError{}), 413},
	} {
		s := authorizationAnswer(test.err, autherrhttp.Redirect{})
		assert.Equal(t, test.status, s.status, name)
		assert.Equal(t, test.status, s.answer.HTTPStatus, name)
		assert.Equal(t, test.status == 503, s.header.Get("Retry-After") == "60", name)
		checkPersonPage(t, s.header, s.body, s.answer.Response)
	}
}

// A handler's policies are for its own pages.
func TestPoliciesReplaceThoseOfAHandler(t *testing.T) {
	before := []string{
		"Content-Security-Policy", "default-src *", "Content-Security-Policy", "script-src 'self'", "Referrer-Policy", "unsafe-url",
		"X-Frame-Options", "SAMEORIGIN", "Location", "https://evil.example", "Refresh", "0; url=https://evil.example",
	}
	each(t, func(t *testing.T, w writer) {
		if w.endpoint != autherr.AuthorizationEndpoint {
			return
		}
		for name, err := range anyError() {
			s, without := w.send(err, before...), w.send(err)
			assert.NotContains(t, s.header, "Refresh", name)
			if s.status == 303 { // the policies stay, but a redirect is not a page
				assert.Equal(t, without.header["Location"], s.header["Location"], name)
				continue
			}
			assert.Equal(t, without, s, name)
			assert.NotContains(t, s.header, "Location", name)
		}
	})
}

// A browser may wait for Retry-After before it goes on, also if a handler has set it.
func TestNothingDelaysTheWayBack(t *testing.T) {
	each(t, func(t *testing.T, w writer) {
		for name, err := range someErrors() {
			for _, spelled := range []string{"Retry-After", "retry-after"} {
				if s := w.send(err, spelled, "60"); s.isRedirect() {
					assert.NotContains(t, s.header, spelled, name)
				}
			}
		}
	})
}

func TestPostedPage(t *testing.T) {
	for _, text := range hostile {
		to := back(autherrhttp.FormPostMode)
		to.State, to.Issuer = text, text
		err := autherr.ErrorResponse{Code: autherr.InvalidScope, Description: text, URI: text}
		s := authorizationAnswer(err, to)
		assert.Equal(t, 200, s.status)
		assert.Equal(t, "text/html; charset=utf-8", s.header.Get("Content-Type"))
		action, posted := readPost(t, s.body)
		assert.Equal(t, callback, action)
		for name, values := range to.Parameters(err) {
			assert.Equal(t, strings.ReplaceAll(values[0], "\x00", "\uFFFD"), posted[name])
		}
		assert.Len(t, posted, len(to.Parameters(err)))
	}
}

func TestPageForPeopleWithHostileTexts(t *testing.T) {
	for _, text := range hostile {
		for _, response := range []autherr.ErrorResponse{
			{Code: autherr.InvalidRedirectURI, Description: text, URI: text},
			{Code: autherr.ErrorCode(text)},
		} {
			s := authorizationAnswer(response, autherrhttp.Redirect{URI: text + "#", State: text, Issuer: text})
			checkPersonPage(t, s.header, s.body, s.answer.Response)
		}
	}
}

func TestOnlyAWebAddressIsALink(t *testing.T) {
	for uri, want := range map[string]bool{
		"https://server.example/e?a=b&c=d": true, "http://server.example/e": true, "HTTPS://server.example": true,
		"/e": false, "//server.example/e": false, "javascript:alert(1)": false, "mailto:help@server.example": false, "urn:example:e": false,
	} {
		s := authorizationAnswer(autherr.ErrorResponse{Code: autherr.InvalidClient, URI: uri}, autherrhttp.Redirect{})
		checkPersonPage(t, s.header, s.body, s.answer.Response)
		assert.Equal(t, want, strings.Contains(s.body, "<a "), uri)
	}
}

func FuzzWriteAuthorizationError(f *testing.F) {
	for i, text := range shortHostile {
		other := shortHostile[(i+7)%len(shortHostile)]
		for mode := range uint8(4) {
			f.Add("X-Other", text, "access_denied", text, other, callback, text, text, mode)
			f.Add("Location", text, "invalid_scope", other, text, text, other, other, mode)
			f.Add(text, other, text, text, text, "https://client.example/"+text, text, other, mode)
		}
	}
	for _, uri := range refused {
		f.Add("Refresh", "0", "invalid_request", "", "", uri, "xyz", "", uint8(0))
	}
	f.Fuzz(func(t *testing.T, name, value, code, description, errorURI, uri, state, issuer string, mode uint8) {
		to := autherrhttp.Redirect{URI: uri, State: state, Issuer: issuer, Mode: autherrhttp.ResponseMode(mode)}
		recorder := httptest.NewRecorder()
		recorder.Header()[name] = []string{value}
		err := autherr.ErrorResponse{Code: autherr.ErrorCode(code), Description: description, URI: errorURI}
		answer := autherrhttp.WriteAuthorizationError(recorder, post(), err, to)
		header, body := recorder.Header(), recorder.Body.String()

		assert.Equal(t, recorder.Code, answer.HTTPStatus)
		assert.Empty(t, header["Www-Authenticate"])
		checkOthersStay(t, header, name, value)
		for key := range header {
			assert.False(t, strings.EqualFold(key, "Refresh"))
			assert.True(t, !strings.EqualFold(key, "Location") || key == "Location" && recorder.Code == 303)
		}
		told := make(map[string]string)
		for name, values := range to.Parameters(err) {
			require.Len(t, values, 1)
			told[name] = values[0]
		}
		for name, want := range map[string]string{
			"error": string(answer.Response.Code), "error_description": answer.Response.Description, "error_uri": answer.Response.URI, "state": state, "iss": issuer,
		} {
			assert.Equal(t, want, told[name])
		}
		location, ok := to.Location(err)
		assert.Equal(t, recorder.Code == 303, ok)
		assert.Equal(t, header["Location"] != nil, ok)
		assert.Equal(t, header.Get("Location"), location)

		switch recorder.Code {
		case 303:
			assert.True(t, mayBeFollowed(uri))
			assert.NotEqual(t, autherrhttp.FormPostMode, to.Mode)
			rest, ok := strings.CutPrefix(location, uri)
			require.True(t, ok)
			if to.Mode == autherrhttp.FragmentMode {
				rest, ok = strings.CutPrefix(rest, "#")
				require.True(t, ok)
			} else {
				rest = strings.TrimLeft(rest, "?&")
			}
			assert.Regexp(t, `^[A-Za-z0-9._~%=&+-]*$`, rest)
			values, err := url.ParseQuery(rest)
			require.NoError(t, err)
			assert.Equal(t, to.Parameters(autherr.ErrorResponse{Code: autherr.ErrorCode(code), Description: description, URI: errorURI}), values)
			parsed, err := url.Parse(location)
			require.NoError(t, err)
			given, err := url.Parse(uri)
			require.NoError(t, err)
			switch {
			case to.Mode == autherrhttp.FragmentMode:
				given.Fragment = parsed.Fragment
				given.RawFragment = parsed.RawFragment
			case given.RawQuery == "":
				given.RawQuery = rest
				given.ForceQuery = false
			default:
				given.RawQuery += "&" + rest
			}
			assert.Equal(t, given, parsed)
		case 200:
			assert.True(t, mayBeFollowed(uri))
			assert.Equal(t, autherrhttp.FormPostMode, to.Mode)
			action, posted := readPost(t, body)
			assert.Equal(t, uri, action)
			for name, value := range told {
				assert.Equal(t, strings.ReplaceAll(value, "\x00", "\uFFFD"), posted[name])
				if value == "" {
					assert.NotContains(t, posted, name)
				}
			}
			checkPostPolicy(t, header)
		default:
			checkPersonPage(t, header, body, answer.Response)
			if autherr.AuthorizationEndpoint.Answer(err).HTTPStatus == 303 {
				assert.False(t, mayBeFollowed(uri), uri)
			}
		}
	})
}

var (
	aWebAddress   = regexp.MustCompile(`(?i)^https?:`)
	withAHost     = regexp.MustCompile(`(?i)^https?://([^/?]*@)?[^/?:@][^/?@]*([/?]|$)`)
	aForbiddenURI = regexp.MustCompile(`(?i)^(javascript|data|vbscript|blob|file|about):`)
)

// mayBeFollowed reports whether these tests take a URI for one that a browser may be sent to.
func mayBeFollowed(uri string) bool {
	return isAbsolute(uri) && !strings.Contains(uri, "#") && !aForbiddenURI.MatchString(uri) &&
		(!aWebAddress.MatchString(uri) || withAHost.MatchString(uri))
}
