package autherrhttp

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/internal/plain"
)

// The OAuth parameters of an error (RFC 6749 §5.2), in JSON, in forms, in challenges and in redirects.
const (
	paramError       = "error"
	paramDescription = "error_description"
	paramURI         = "error_uri"
)

// Challenge is one challenge of the header WWW-Authenticate: it says how to authenticate, and what
// for (RFC 9110 §11.6.1, RFC 6750 §3). [WriteResourceError] sends challenges, and [ParseChallenges]
// reads them. The zero value is a Bearer challenge that says nothing else.
//
// A challenge is sent on a line of its own:
//
//	Bearer realm="api", scope="profile", error="insufficient_scope"
//
// Its parameters are always in this order: realm, scope, resource_metadata, those of Params in name
// order, error, error_description and error_uri. All values are quoted, with a backslash before each
// quote and backslash in them (RFC 9110 §5.6.4).
//
// No field can split the header, add a parameter or make the challenge malformed. A value is left out if
// it is "" or has a character outside %x20-7E, or for a reason that its field gives. A challenge that
// would have no parameter says realm="resource".
type Challenge struct {
	// Scheme is the authentication scheme, such as "DPoP". It is sent as it is spelled here, or as
	// "Bearer" if it is "" or not a token (RFC 9110 §5.6.2).
	Scheme string

	// Realm names what is protected, to people and to caches of credentials (RFC 9110 §11.5).
	Realm string

	// Scope is the scope that the resource needs, with a space between names. It is left out if it is
	// not a scope by RFC 6749 §3.3.
	Scope string

	// ResourceMetadata is the URL of the resource's metadata (RFC 9728 §5.1). It is left out if it is
	// not an absolute URI.
	ResourceMetadata string

	// Params holds all other parameters, such as algs (RFC 9449 §7.1), acr_values and max_age (RFC
	// 9470 §3), with their names in lower case. A parameter is left out if its name is not a token, or
	// if there is a field for it.
	Params map[string]string

	// Response is what a challenge that was read says went wrong. A writer ignores it, and says what the
	// error decides.
	Response autherr.ErrorResponse
}

// line returns c as a value of the header WWW-Authenticate that says what went wrong, if the response
// has a code.
func (c Challenge) line(response autherr.ErrorResponse) string {
	var line challengeLine
	line.Grow(128) // most are shorter
	line.WriteString(c.scheme())
	line.add("realm", c.Realm)
	if isScope(c.Scope) {
		line.add("scope", c.Scope)
	}
	if isAbsoluteURI(c.ResourceMetadata) {
		line.add("resource_metadata", c.ResourceMetadata)
	}
	if c.Params != nil {
		params := c.otherParams()
		for _, name := range slices.Sorted(maps.Keys(params)) {
			line.add(name, params[name])
		}
	}
	line.add(paramError, string(response.Code))
	line.add(paramDescription, response.Description)
	if isAbsoluteURI(response.URI) { // a relative reference is not allowed (RFC 6750 §3)
		line.add(paramURI, response.URI)
	}
	if line.params == 0 {
		line.add("realm", "resource") // RFC 6750 §3 wants a parameter
	}
	return line.String()
}

// scheme returns the authentication scheme that is sent.
func (c Challenge) scheme() string {
	if !isToken(c.Scheme) {
		return "Bearer"
	}
	return c.Scheme
}

// otherParams returns those of Params that may be sent. Of names that differ only in letter case, the one
// in lower case counts, since a challenge has a parameter only once (RFC 9110 §11.2).
func (c Challenge) otherParams() map[string]string {
	params := make(map[string]string, len(c.Params))
	for _, name := range slices.Sorted(maps.Keys(c.Params)) { // a name in lower case comes last
		switch lower := strings.ToLower(name); lower {
		case "realm", "scope", "resource_metadata", paramError, paramDescription, paramURI:
		default:
			if isToken(name) {
				params[lower] = c.Params[name]
			}
		}
	}
	return params
}

// A challengeLine is a challenge that is being written.
type challengeLine struct {
	strings.Builder
	params int
}

// add adds a parameter, unless its value is "" or may not be sent.
func (l *challengeLine) add(name, value string) {
	if value == "" || !isPrintable(value) {
		return
	}
	if l.params > 0 {
		l.WriteByte(',')
	}
	l.params++
	l.WriteByte(' ')
	l.WriteString(name)
	l.WriteString(`="`)
	for i := range len(value) {
		if c := value[i]; c == '"' || c == '\\' {
			l.WriteByte('\\')
		}
		l.WriteByte(value[i])
	}
	l.WriteByte('"')
}

// schemeTried returns the authentication scheme of the request's credentials. ok is false if it has
// none. If the client sent a credential without a scheme, the scheme is the credential.
func schemeTried(r *http.Request) (scheme string, ok bool) {
	for _, credentials := range r.Header["Authorization"] {
		if credentials = strings.Trim(credentials, " \t"); credentials != "" {
			scheme, _, _ = strings.Cut(credentials, " ")
			return scheme, true
		}
	}
	return "", false
}

// isToken reports whether text is a token (RFC 9110 §5.6.2).
func isToken(text string) bool {
	token, rest := cutToken(text)
	return token != "" && rest == ""
}

// isScope reports whether a printable text is a scope (RFC 6749 §3.3): names, with a space between them.
func isScope(text string) bool {
	return !strings.ContainsAny(text, `"\`) && !strings.Contains(" "+text+" ", "  ") // no name is empty
}

// isPrintable reports whether text is all of %x20-7E. A quoted string may have a tab and what is not
// ASCII as well (RFC 9110 §5.6.4), but not every recipient keeps them as they are.
func isPrintable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
}

// isAbsoluteURI reports whether text is a URI with a scheme.
func isAbsoluteURI(text string) bool { return parseURI(text) != nil }

// parseURI returns text as a URI with a scheme, which it puts in lower case, or nil if text is not one.
func parseURI(text string) *url.URL {
	if text == "" || !plain.Has(text, plain.URIChar) {
		return nil
	}
	uri, err := url.Parse(text)
	if err != nil || !uri.IsAbs() {
		return nil
	}
	return uri
}
