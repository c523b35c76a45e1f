package autherrhttp

import (
	"mime"
	"net/http"
	"regexp"
	"strconv"

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
	weights := make(map[string]float64)
	for _, line := range header.Values("Accept") {
		for _, member := range listMembers(line) {
			mediaRange, parameters, err := mime.ParseMediaType(member)
			if err != nil {
				continue
			}
			weight, ok := parseWeight(parameters)
			if !ok {
				continue
			}
			weights[mediaRange] = max(weights[mediaRange], weight)
		}
	}
	return weights
}

// qvalue is the grammar of a weight (RFC 9110 §12.4.2).
var qvalue = regexp.MustCompile(`^(0(\.[0-9]{0,3})?|1(\.0{0,3})?)$`)

// parseWeight returns the weight among the parameters of a media range, 1 if there is none,
// and false if it is malformed.
func parseWeight(parameters map[string]string) (float64, bool) {
	q, ok := parameters["q"]
	if !ok {
		return 1, true
	}
	if !qvalue.MatchString(q) {
		return 0, false
	}
	weight, err := strconv.ParseFloat(q, 64)
	return weight, err == nil
}

// listMembers splits a header line at its commas (RFC 9110 §5.6.1), except for those inside
// quoted strings (§5.6.4).
func listMembers(line string) []string {
	var members []string
	start, quoted, escaped := 0, false, false
	for i := range len(line) {
		switch c := line[i]; {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case !quoted && c == ',':
			members = append(members, line[start:i])
			start = i + 1
		}
	}
	return append(members, line[start:])
}

// mediaType returns the media type of a body in lower case, without its parameters, or ""
// where there is none. Faults in the parameters do not make it another type.
func mediaType(header http.Header) string {
	name, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	return name
}
