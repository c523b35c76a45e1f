package autherrhttp

import (
	"net/http"
	"strings"

	"github.com/seed-e9190de5/autherr"
)

// readLimit is how many bytes of a body, and of challenges, are read at most. An error response has a
// few hundred.
const readLimit = 64 << 10

// ParseChallenges returns the challenges in the WWW-Authenticate header, in their order: how to
// authenticate, and often what went wrong and where to get a token. It returns nil if there are none.
//
//	for _, c := range autherrhttp.ParseChallenges(remote.Header) {
//		if strings.EqualFold(c.Scheme, "DPoP") {
//			…
//		}
//	}
//
// A scheme is spelled as the server spelled it, and is never "". The parameters error,
// error_description and error_uri are in Response, which need not be valid. Realm, Scope,
// ResourceMetadata and Response do not tell "" from absent. All other parameters are in Params, with
// their names in lower case. A token68, such as that of Negotiate, is not kept.
//
// ParseChallenges reads what RFC 9110 §11.6.1 allows: several challenges in a line, several lines,
// challenges that go on in the next line, empty members, names in letters of any case, and values that
// are tokens or quoted strings. It also reads what servers send besides: no comma between parameters,
// values without quotes that have any characters but quotes, commas, whitespace and control characters,
// and parameters after a token68. If a challenge has a parameter twice, the first one that is not empty
// counts.
//
// Of a line that does not parse, it keeps the challenges and parameters before the fault, but not a
// scheme that only the fault follows. It goes on with the next line. It stops before the line that would
// take it beyond 64 KiB in all.
func ParseChallenges(header http.Header) []Challenge {
	var list challengeList
	left := readLimit
	for _, line := range header["Www-Authenticate"] {
		left -= len(line)
		if left < 0 {
			break
		}
		list.open = list.add(line) && list.open
	}
	return list.challenges
}

// A challengeList is what has been read of a header.
type challengeList struct {
	challenges []Challenge
	open       bool // a parameter that comes next belongs to the last of challenges
}

// add reads a line up to its end, or up to a fault, and reports whether there was no fault. It takes
// linear time, since it reads text a second time only before a fault, which ends the line.
func (l *challengeList) add(line string) bool {
	for rest := line; ; {
		rest = strings.TrimLeft(rest, " \t,")
		if rest == "" {
			return true
		}
		name, after := cutToken(rest)
		value, afterValue, found, ok := cutValue(after)
		switch {
		case name == "":
			return false
		case !found:
			rest, ok = l.begin(name, after)
		default:
			rest, ok = afterValue, ok && l.open
			if ok {
				l.challenges[len(l.challenges)-1].set(name, value)
			}
		}
		if !ok {
			return false
		}
	}
}

// begin adds a challenge of the given scheme, with the first parameter, if there is one. ok is false if
// only a fault follows the scheme.
func (l *challengeList) begin(scheme, text string) (rest string, ok bool) {
	c := Challenge{Scheme: scheme}
	rest = strings.TrimLeft(text, " \t")
	if !endsMember(rest) {
		if len(rest) == len(text) {
			return "", false
		}
		text = rest
		rest = skipToken68(text)
		if !endsMember(rest) {
			var name, value string
			name, rest = cutToken(text)
			value, rest, _, ok = cutValue(rest)
			if name == "" || !ok {
				return "", false
			}
			c.set(name, value)
		}
	}
	l.challenges, l.open = append(l.challenges, c), true
	return rest, true
}

// set sets a parameter that is not set yet.
func (c *Challenge) set(name, value string) {
	switch name = strings.ToLower(name); name {
	case "realm":
		setFirst(&c.Realm, value)
	case "scope":
		setFirst(&c.Scope, value)
	case "resource_metadata":
		setFirst(&c.ResourceMetadata, value)
	case paramError:
		setFirst(&c.Response.Code, autherr.ErrorCode(value))
	case paramDescription:
		setFirst(&c.Response.Description, value)
	case paramURI:
		setFirst(&c.Response.URI, value)
	default:
		if c.Params == nil {
			c.Params = make(map[string]string)
		}
		if c.Params[name] == "" {
			c.Params[name] = value
		}
	}
}

func setFirst[T ~string](field *T, value T) {
	if *field == "" {
		*field = value
	}
}

// endsMember reports whether a member of the list ends where text begins.
func endsMember(text string) bool {
	text = strings.TrimLeft(text, " \t")
	return text == "" || text[0] == ','
}

// cutToken cuts text after the token that it begins with (RFC 9110 §5.6.2), which is "" if there is none.
func cutToken(text string) (token, rest string) { return cutWhile(text, "!#$%&'*+-.^_`|~") }

// skipToken68 returns what follows the token68 that text begins with (RFC 9110 §11.2), or text if there is
// none.
func skipToken68(text string) (rest string) {
	token, rest := cutWhile(text, "-._~+/")
	if token == "" {
		return text
	}
	return strings.TrimLeft(rest, "=")
}

// cutWhile cuts text before the first character that is not a letter, a digit or one of others.
func cutWhile(text, others string) (before, rest string) {
	end := 0
	for ; end < len(text); end++ {
		c := text[end]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(others, c) >= 0) {
			break
		}
	}
	return text[:end], text[end:]
}

// cutValue cuts text, which follows the name of a parameter, after its value. found is false if there is
// no "=". ok is false if there is none, or if the value does not end as it should.
func cutValue(text string) (value, rest string, found, ok bool) {
	text = strings.TrimLeft(text, " \t")
	if !strings.HasPrefix(text, "=") {
		return "", text, false, false
	}
	text = strings.TrimLeft(text[1:], " \t")
	if strings.HasPrefix(text, `"`) {
		value, rest, ok = cutQuoted(text)
	} else {
		value, rest = cutUnquoted(text)
		ok = true
	}
	return value, rest, true, ok && (endsMember(rest) || continues(rest))
}

// continues reports whether text is whitespace and another parameter.
func continues(text string) bool {
	trimmed := strings.TrimLeft(text, " \t")
	name, rest := cutToken(trimmed)
	return len(trimmed) < len(text) && name != "" && strings.HasPrefix(strings.TrimLeft(rest, " \t"), "=")
}

// cutQuoted cuts text after the quoted string that it begins with (RFC 9110 §5.6.4). ok is false if that
// has no end or a control character.
func cutQuoted(text string) (content, rest string, ok bool) {
	var unescaped []byte // what is before begin
	begin := 1
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			return string(append(unescaped, text[begin:i]...)), text[i+1:], true
		case '\\':
			unescaped = append(unescaped, text[begin:i]...)
			i++
			begin = i
		}
		if i < len(text) && isControl(text[i]) {
			break
		}
	}
	return "", "", false
}

// cutUnquoted cuts text after the value without quotes that it begins with.
func cutUnquoted(text string) (value, rest string) {
	end := 0
	for end < len(text) && !isControl(text[end]) && strings.IndexByte(" \t,\"", text[end]) < 0 {
		end++
	}
	return text[:end], text[end:]
}

// isControl reports whether c is a control character other than a tab.
func isControl(c byte) bool { return c < ' ' && c != '\t' || c == 0x7F }
