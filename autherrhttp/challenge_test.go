package autherrhttp_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// The grammar of RFC 9110 (§11.3, §5.6.2, §5.6.4), RFC 6749 §3.3 and RFC 3986 §2, and what RFC 6750 §3 makes of it.
const (
	tokenGrammar = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
	paramGrammar = `(` + tokenGrammar + `)="((?:[ !#-\[\]-~]|\\["\\])*)"`
)

var (
	aToken       = regexp.MustCompile(`^` + tokenGrammar + `$`)
	aParam       = regexp.MustCompile(paramGrammar)
	aChallenge   = regexp.MustCompile(`^` + tokenGrammar + ` ` + paramGrammar + `(?:, ` + paramGrammar + `)*$`)
	escaped      = regexp.MustCompile(`\\(.)`)
	aText        = regexp.MustCompile(`^[ -~]+$`)
	aScope       = regexp.MustCompile(`^[!#-\[\]-~]+( [!#-\[\]-~]+)*$`)
	anErrorText  = regexp.MustCompile(`^[ !#-\[\]-~]+$`)
	anAbsolute   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*$`)
	namedByField = regexp.MustCompile(`(?i)^(realm|scope|resource_metadata|error|error_description|error_uri)$`)
)

// A read is a challenge as a client reads it.
type read struct {
	scheme string
	params map[string]string
	order  []string
}

// readChallenge reads a line of WWW-Authenticate. It fails unless that is one well-formed challenge that
// has each parameter once.
func readChallenge(t testing.TB, line string) read {
	t.Helper()
	require.Regexp(t, aChallenge, line)
	scheme, rest, _ := strings.Cut(line, " ")
	c := read{scheme: scheme, params: make(map[string]string)}
	for _, match := range aParam.FindAllStringSubmatch(rest, -1) {
		name, value := match[1], escaped.ReplaceAllString(match[2], "$1")
		require.NotContains(t, c.params, name)
		require.Equal(t, strings.ToLower(name), name)
		require.NotEmpty(t, value, "Go's MCP SDK refuses empty values")
		c.params[name] = value
		c.order = append(c.order, name)
	}
	return c
}

// readChallenges reads all challenges of an answer.
func readChallenges(t testing.TB, header http.Header) []read {
	t.Helper()
	var all []read
	for _, line := range header["Www-Authenticate"] {
		all = append(all, readChallenge(t, line))
	}
	return all
}

// isAbsolute reports whether these tests take a text for a URI with a scheme. The grammar says which
// characters it may have, and net/url whether it parses.
func isAbsolute(text string) bool {
	_, err := url.Parse(text)
	return err == nil && anAbsolute.MatchString(text)
}

// wantChallenge returns what c is to say with a response.
func wantChallenge(c autherrhttp.Challenge, response autherr.ErrorResponse) read {
	want := read{scheme: "Bearer", params: make(map[string]string)}
	if aToken.MatchString(c.Scheme) {
		want.scheme = c.Scheme
	}
	add := func(name, value string, ok bool) {
		if ok && aText.MatchString(value) {
			want.params[name] = value
		}
	}
	for name, value := range c.Params {
		_, lower := c.Params[strings.ToLower(name)]
		add(strings.ToLower(name), value, aToken.MatchString(name) && !namedByField.MatchString(name) && (!lower || strings.ToLower(name) == name))
	}
	add("realm", c.Realm, true)
	add("scope", c.Scope, aScope.MatchString(c.Scope))
	add("resource_metadata", c.ResourceMetadata, isAbsolute(c.ResourceMetadata))
	add("error", string(response.Code), true)
	add("error_description", response.Description, true)
	add("error_uri", response.URI, isAbsolute(response.URI))
	if len(want.params) == 0 {
		want.params["realm"] = "resource"
	}
	return want
}

// hostile are the short ones, and some of 64 KiB.
var hostile = append(slices.Clone(shortHostile), strings.Repeat(`"`, 64<<10), strings.Repeat("a", 64<<10), strings.Repeat("é\r\n", 16<<10))

// shortHostile are texts that try to split a header, to add a parameter, or to leave a page's HTML.
var shortHostile = []string{
	"", " ", `"`, `\`, `\"`, `\\"`, `a", error="invalid_token`, `a\`, "a\r\nSet-Cookie: b=c", "\n", "\x00", "\x1f", "\x7f", "a\tb",
	"é", "\xff", "\u2028", ",", "a, Basic realm=b", "=", "a b", " a", "a ", "a  b", "api", "!~", "realm", "Error", "K", "ſcope",
	`<script>alert(1)</script>`, `"><script>alert(1)</script>`, `' onfocus='alert(1)`, `</form><form action=https://evil.example>`,
	"&quot;&#34;&amp;", "{{.}}", "-->", "]]>", "javascript:alert(1)", "JaVaScRiPt://client.example/%0aalert(1)", "data:text/html,a",
	"https://client.example/cb", "https://evil.example#", "//evil.example", `https:\\evil.example`, "https:///evil.example",
	"https:evil.example", "/cb", "https://[::1]/cb", "https://a@:80", "com.example.app:/cb", "https://client.example/a?b=%zz&c='(d)", "%", "a:%",
}

func TestNoFieldOfAChallengeBreaksIt(t *testing.T) {
	for _, text := range hostile {
		for _, err := range []error{autherr.ErrNotLogin, built} {
			s := resourceAnswer(post(), err, autherrhttp.Challenge{
				Scheme: text, Realm: text, Scope: text, ResourceMetadata: text,
				Params:   map[string]string{text: text, "max_age": text},
				Response: autherr.ErrorResponse{Code: autherr.ErrorCode(text), Description: text, URI: text},
			})
			want := wantChallenge(autherrhttp.Challenge{
				Scheme: text, Realm: text, Scope: text, ResourceMetadata: text,
				Params: map[string]string{text: text, "max_age": text},
			}, s.answer.Response)
			require.Len(t, s.header["Www-Authenticate"], 1)
			got := readChallenge(t, s.header.Get("WWW-Authenticate"))
			assert.Equal(t, want.scheme, got.scheme)
			assert.Equal(t, want.params, got.params)
		}
	}
}

func TestChallengeSaysAllFields(t *testing.T) {
	c := autherrhttp.Challenge{
		Scheme:           "DPoP",
		Realm:            `the "API" \o/`,
		Scope:            "profile user:write",
		ResourceMetadata: "https://api.example/.well-known/oauth-protected-resource",
		Params:           map[string]string{"max_age": "300", "algs": "ES256 PS256", "acr_values": "urn:a b"},
	}
	s := resourceAnswer(post(), autherr.ErrorResponse{
		Code: autherr.InsufficientUserAuthentication, Description: "Log in again.", URI: "https://server.example/e",
	}, c)
	assert.Equal(t, []string{`DPoP realm="the \"API\" \\o/", scope="profile user:write", ` +
		`resource_metadata="https://api.example/.well-known/oauth-protected-resource", ` +
		`acr_values="urn:a b", algs="ES256 PS256", max_age="300", error="insufficient_user_authentication", ` +
		`error_description="Log in again.", error_uri="https://server.example/e"`}, s.header["Www-Authenticate"])
}

// A challenge is the same each time, though a map has no order.
func TestParamsAreInTheOrderOfTheirNames(t *testing.T) {
	params := make(map[string]string)
	for letter := 'a'; letter <= 'z'; letter++ {
		params[string(letter)] = "x"
	}
	s := resourceAnswer(post(), autherr.ErrNotLogin, autherrhttp.Challenge{Params: params})
	assert.IsIncreasing(t, readChallenge(t, s.header.Get("WWW-Authenticate")).order)
}

// A challenge has a parameter only once, whatever the letter case of its name (RFC 9110 §11.2).
func TestParamsInOtherLettersAreTheSame(t *testing.T) {
	for _, params := range []map[string]string{
		{"algs": "ES256"},
		{"ALGS": "ES256"},
		{"ALGS": "no", "Algs": "no", "algs": "ES256"},
		{"algs": "ES256", "REALM": "no", "Error": "no", "error_URI": "no", "Scope": "no", "Resource_Metadata": "no", "error_description": "no"},
		{"algs": "ES256", "": "no", "a b": "no", "a=b": "no", "a,": "no", "é": "no", "\u212aey": "no", "empty": ""},
	} {
		for range 50 { // a map has another order each time
			s := resourceAnswer(post(), autherr.ErrNotLogin, autherrhttp.Challenge{Params: params})
			require.Equal(t, []string{`Bearer algs="ES256"`}, s.header["Www-Authenticate"], params)
		}
	}
}

// A relative error_uri has no place in a challenge (RFC 6750 §3). It stays in the body.
func TestOnlyAnAbsoluteErrorURIIsInAChallenge(t *testing.T) {
	for uri, want := range map[string]bool{
		"https://server.example/e": true, "urn:example:e": true, "mailto:help@server.example": true,
		"/e": false, "e": false, "//server.example/e": false, "?e": false, "#e": false,
	} {
		s := resourceAnswer(post(), autherr.ErrorResponse{Code: autherr.InvalidToken, URI: uri})
		c := readChallenge(t, s.header.Get("WWW-Authenticate"))
		assert.Equal(t, want, c.params["error_uri"] == uri, uri)
		assert.Equal(t, uri, parsedJSON(t, s.body)["error_uri"])
	}
}
