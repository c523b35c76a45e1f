package autherrhttp

import (
	"slices"
	"strings"
)

// A Challenge is what a protected resource says of itself in the header WWW-Authenticate (RFC
// 9110 §11.6.1, RFC 6750 §3). [WriteResourceError] adds the error. The zero value is a Bearer
// challenge that says nothing more.
//
// No field can split the header or make it malformed: what may not stand there is left out.
type Challenge struct {
	// Scheme is the authentication scheme, such as "DPoP". It is Bearer where it is "", or
	// no token (RFC 9110 §5.6.2).
	Scheme string

	// Realm names what is protected, to people and to caches of credentials (RFC 9110
	// §11.5). It is left out where it is "", or has a character outside %x20-7E.
	Realm string

	// Scope is the scope that the resource needs, sent with insufficient_scope alone. It is
	// left out where it is no scope (RFC 6749 §3.3).
	Scope string
}

// header returns the value of the header WWW-Authenticate, with the error attribute unless
// that is "".
func (c Challenge) header(bearerError string) string {
	var attributes []string
	add := func(name, value string) { attributes = append(attributes, name+"="+quotedString(value)) }
	if c.Realm != "" && isPrintable(c.Realm) {
		add("realm", c.Realm)
	}
	if bearerError == "insufficient_scope" && isScope(c.Scope) {
		add("scope", c.Scope)
	}
	if bearerError != "" {
		add("error", bearerError)
	}
	if len(attributes) == 0 {
		add("realm", "") // RFC 6750 §3 requires an attribute
	}
	scheme := c.Scheme
	if !isToken(scheme) {
		scheme = "Bearer"
	}
	return scheme + " " + strings.Join(attributes, ", ")
}

// quotedString returns text, which must be printable, as a quoted string (RFC 9110 §5.6.4).
func quotedString(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// isToken reports whether text is a token (RFC 9110 §5.6.2).
func isToken(text string) bool {
	for i := range len(text) {
		if !tchars[text[i]] {
			return false
		}
	}
	return text != ""
}

var tchars = func() (allowed [256]bool) {
	for _, c := range []byte("!#$%&'*+-.^_`|~" + "0123456789" +
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ" + "abcdefghijklmnopqrstuvwxyz") {
		allowed[c] = true
	}
	return allowed
}()

// isScope reports whether text is a scope (RFC 6749 §3.3): names, with a space between them.
func isScope(text string) bool {
	return isPrintable(text) && !strings.ContainsAny(text, `"\`) &&
		!slices.Contains(strings.Split(text, " "), "")
}

// isPrintable reports whether text is all of %x20-7E.
func isPrintable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
}
