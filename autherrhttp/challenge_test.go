package autherrhttp_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// The grammar of RFC 9110 (§11.3, §5.6.2, §5.6.4), of RFC 6749 §3.3, and what RFC 6750 §3 makes of it.
const (
	tokenGrammar     = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
	attributeGrammar = `(` + tokenGrammar + `)="((?:[\t !#-\[\]-~]|\\[\t -~])*)"`
)

var (
	aToken      = regexp.MustCompile(`^` + tokenGrammar + `$`)
	anAttribute = regexp.MustCompile(attributeGrammar)
	aChallenge  = regexp.MustCompile(`^` + tokenGrammar + ` ` + attributeGrammar + `(?:, ` + attributeGrammar + `)*$`)
	escaped     = regexp.MustCompile(`\\(.)`)
	aRealm      = regexp.MustCompile(`^[ -~]+$`)
	aScope      = regexp.MustCompile(`^[!#-\[\]-~]+( [!#-\[\]-~]+)*$`)
)

// parseChallenge reads the one challenge of an answer, and fails where there is not exactly one
// well-formed challenge with each attribute no more than once.
func parseChallenge(t testing.TB, header http.Header) (scheme string, attributes map[string]string) {
	t.Helper()
	require.Len(t, header.Values("WWW-Authenticate"), 1)
	challenge := header.Get("WWW-Authenticate")
	require.Regexp(t, aChallenge, challenge)
	attributes = make(map[string]string)
	for _, match := range anAttribute.FindAllStringSubmatch(challenge, -1) {
		name, value := match[1], escaped.ReplaceAllString(match[2], "$1")
		require.NotContains(t, attributes, name)
		attributes[name] = value
	}
	scheme, _, _ = strings.Cut(challenge, " ")
	return scheme, attributes
}

// hostile are texts that try to split a header or to end a quoted string.
var hostile = []string{
	"", " ", `"`, `\`, `\"`, `\\"`, `a", error="invalid_token`, `a\`, "a\r\nSet-Cookie: b=c", "\n", "\x00", "\x1f", "\x7f", "a\tb",
	"é", "\xff", "\u2028", "\u0000", ",", "a, Basic realm=b", "=", "a b", " a", "a ", "a  b", "api", "!~", strings.Repeat(`"`, 1000),
}

func TestChallengeIsNeitherSplitNorMalformed(t *testing.T) {
	for _, text := range hostile {
		for _, err := range []error{autherr.ErrNotLogin, autherr.ErrTokenExpired, autherr.ErrRoleDenied} {
			checkChallenge(t, err, autherrhttp.Challenge{Scheme: text, Realm: text, Scope: text})
		}
	}
}

func FuzzChallenge(f *testing.F) {
	for _, text := range hostile {
		f.Add(uint8(autherr.ErrRoleDenied), text, text, text)
		f.Add(uint8(autherr.ErrNotLogin), "DPoP", text, "profile")
	}
	f.Fuzz(func(t *testing.T, e uint8, scheme, realm, scope string) {
		checkChallenge(t, autherr.SaTokenError(e), autherrhttp.Challenge{Scheme: scheme, Realm: realm, Scope: scope})
	})
}

// checkChallenge holds a challenge to what Challenge promises of its fields.
func checkChallenge(t *testing.T, err error, c autherrhttp.Challenge) {
	a := resourceAnswer(err, c)
	e, _ := autherr.SaTokenErrorOf(err)
	if a.status != 401 && e.BearerError() == "" {
		assert.NotContains(t, a.header, "Www-Authenticate")
		return
	}
	scheme, attributes := parseChallenge(t, a.header)

	want := make(map[string]string)
	if aRealm.MatchString(c.Realm) {
		want["realm"] = c.Realm
	}
	if e.BearerError() != "" {
		want["error"] = e.BearerError()
	}
	if e.BearerError() == "insufficient_scope" && aScope.MatchString(c.Scope) {
		want["scope"] = c.Scope
	}
	if len(want) == 0 {
		want["realm"] = ""
	}
	assert.Equal(t, want, attributes)

	if !aToken.MatchString(c.Scheme) {
		c.Scheme = "Bearer"
	}
	assert.Equal(t, c.Scheme, scheme)
}
