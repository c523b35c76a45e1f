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
	weights := acceptedRanges(r.Header)
	cbor, namesCBOR := weights[autherr.MediaTypeACECBOR]
	json, namesJSON := weights[mediaTypeJSON]
	if !namesCBOR && !namesJSON {
		return mediaType(r.Header) == autherr.MediaTypeACECBOR
	}
	for _, wider := range []string{"application/*", "*/*"} {
		if !namesJSON {
			json, namesJSON = weights[wider]
		}
	}
	return cbor > 0 && cbor >= json
}

// acceptedRanges returns the media ranges of the Accept header with their weights (RFC 9110
// §12.5.1), without the members that do not parse. Parameters other than the weight are left
// aside, since neither of our types defines any (RFC 8259 §11, RFC 9200 §8.15); of a range
// that is there more than once, the highest weight counts.
func acceptedRanges(header http.Header) map[string]float64 {
	var weights map[string]float64
	for _, line := range header.Values("Accept") {
		for _, member := range split(line, ',') {
			mediaRange, weight, ok := parseRange(member)
			if !ok {
				continue
			}
			if weights == nil {
				weights = make(map[string]float64)
			}
			weights[mediaRange] = max(weights[mediaRange], weight)
		}
	}
	return weights
}

// The grammar of a weight (RFC 9110 §12.4.2) and of a quoted string (§5.6.4).
var (
	qvalue  = regexp.MustCompile(`^(0(\.[0-9]{0,3})?|1(\.0{0,3})?)$`)
	aQuoted = regexp.MustCompile(`^"([^"\\\x00-\x08\x0A-\x1F\x7F]|\\[^\x00-\x08\x0A-\x1F\x7F])*"$`)
)

// parseRange parses one member of an Accept header: a media range in lower case and its weight, which
// is 1 where there is none.
func parseRange(member string) (mediaRange string, weight float64, ok bool) {
	parts := split(member, ';')
	mediaRange = trim(parts[0])
	mainType, subtype, _ := strings.Cut(mediaRange, "/")
	if !isToken(mainType) || !isToken(subtype) {
		return "", 0, false
	}
	weight, weighed := 1.0, false
	for _, part := range parts[1:] {
		name, value, _ := strings.Cut(trim(part), "=")
		switch {
		case trim(part) == "": // which RFC 9110 §5.6.6 allows
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
	return strings.ToLower(mediaRange), weight, true
}

// split splits a header at a separator, except for those inside quoted strings (RFC 9110
// §5.6.4).
func split(text string, separator byte) []string {
	var parts []string
	start, quoted, escaped := 0, false, false
	for i := range len(text) {
		switch c := text[i]; {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case !quoted && c == separator:
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}

// trim returns text without the optional whitespace around it (RFC 9110 §5.6.3).
func trim(text string) string { return strings.Trim(text, " \t") }

// mediaType returns the media type of a body in lower case, without its parameters, or ""
// where there is none. Faults in the parameters do not make it another type.
func mediaType(header http.Header) string {
	name, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	return strings.ToLower(trim(name))
}
