package autherrhttp

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/seed-e9190de5/autherr"
)

// prefersCBOR reports whether to answer r in CBOR rather than in JSON, by the rule that
// [WriteTokenError] states.
func prefersCBOR(r *http.Request) bool {
	weights := acceptedWeights(r.Header["Accept"])
	cbor, json := weights[0], weights[1]
	if cbor == unnamed && json == unnamed {
		return mediaTypeIs(r.Header, autherr.MediaTypeACECBOR)
	}
	for _, wider := range weights[2:] {
		if json == unnamed {
			json = wider
		}
	}
	return cbor > 0 && cbor >= json
}

// ranges are the media ranges that matter: those of our types, and then the wider ones that
// match JSON, the more specific first. CBOR has to be named.
var ranges = [...]string{autherr.MediaTypeACECBOR, mediaTypeJSON, "application/*", "*/*"}

// unnamed is the weight of a range that is not there.
const unnamed = -1

// acceptedWeights returns the weight that an Accept header gives to each of ranges (RFC 9110
// §12.5.1). Members that do not parse are skipped. Parameters other than the weight are left
// aside, since neither of our types defines any (RFC 8259 §11, RFC 9200 §8.15); of a range
// that is there more than once, the highest weight counts.
func acceptedWeights(accept []string) [len(ranges)]float64 {
	weights := [...]float64{unnamed, unnamed, unnamed, unnamed}
	for _, line := range accept {
		for more := true; more; {
			var member string
			member, line, more = cutUnquoted(line, ',')
			mediaRange, weight, ok := parseRange(member)
			for i := range ranges {
				if ok && isRange(mediaRange, ranges[i]) {
					weights[i] = max(weights[i], weight)
				}
			}
		}
	}
	return weights
}

// The grammar of a weight (RFC 9110 §12.4.2) and of a quoted string (§5.6.4).
var (
	qvalue  = regexp.MustCompile(`^(0(\.[0-9]{0,3})?|1(\.0{0,3})?)$`)
	aQuoted = regexp.MustCompile(`^"([^"\\\x00-\x08\x0A-\x1F\x7F]|\\[^\x00-\x08\x0A-\x1F\x7F])*"$`)
)

// parseRange parses one member of an Accept header: a media range, of which it looks at the
// parameters alone, and its weight, which is 1 where there is none.
func parseRange(member string) (mediaRange string, weight float64, ok bool) {
	mediaRange, parameters, more := cutUnquoted(member, ';')
	weight, weighed := 1.0, false
	for more {
		var parameter string
		parameter, parameters, more = cutUnquoted(parameters, ';')
		parameter = trim(parameter)
		name, value, _ := strings.Cut(parameter, "=")
		switch {
		case parameter == "": // which RFC 9110 §5.6.6 allows
		case name == "q" || name == "Q":
			if weighed || !qvalue.MatchString(value) {
				return "", 0, false
			}
			weight, _ = strconv.ParseFloat(value, 64)
			weighed = true
		case !isToken(name) || !isToken(value) && !aQuoted.MatchString(value):
			return "", 0, false
		}
	}
	return trim(mediaRange), weight, true
}

// cutUnquoted cuts text around the first separator that is not inside a quoted string (RFC
// 9110 §5.6.4), as strings.Cut does.
func cutUnquoted(text string, separator byte) (before, after string, found bool) {
	quoted, escaped := false, false
	for i := range len(text) {
		switch c := text[i]; {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case !quoted && c == separator:
			return text[:i], text[i+1:], true
		}
	}
	return text, "", false
}

// trim returns text without the optional whitespace around it (RFC 9110 §5.6.3).
func trim(text string) string { return strings.Trim(text, " \t") }

// mediaTypeIs reports whether a body is of the given media type. Faults in the parameters do
// not make it another.
func mediaTypeIs(header http.Header, mediaType string) bool {
	name, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	return isRange(trim(name), mediaType)
}

// isRange reports whether text is the given media type or range, in letters of any case. Those
// that Unicode folds to ASCII are longer.
func isRange(text, mediaRange string) bool {
	return len(text) == len(mediaRange) && strings.EqualFold(text, mediaRange)
}
