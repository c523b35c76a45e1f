package autherrhttp

import (
	"net/http"
	"slices"
	"strings"

	"github.com/seed-e9190de5/autherr"
)

// WriteResourceError answers r at a protected resource, as [autherr.ProtectedResource] does, and
// returns what it sent. The challenges say how to get in (RFC 6750 §3, RFC 9449 §7, RFC 9470, RFC
// 9728).
//
// With 401 the challenges are always sent, each on a line of its own, in the order given. If there are
// none, the zero [Challenge] is sent. With 400 and 403 they are sent if the answer has a code. With any
// other status they are not, since no token would help.
//
// The code, its description, and its URI if that is absolute go into one challenge: the first of the
// scheme that the request used, or the first of all if none is of that scheme. The fields of a [Challenge]
// are sent whether or not it has the code.
//
// The body is the response in JSON. There is no body if there is no code, as for a request that has no
// token (RFC 6750 §3.1).
func WriteResourceError(w http.ResponseWriter, r *http.Request, err error, challenges ...Challenge) autherr.Answer {
	answer := answerOf(autherr.ProtectedResource, err)
	header := begin(w)
	setWait(header, answer.RetryAfter)
	if isChallenged(answer) {
		header["Www-Authenticate"] = challengeLines(r, answer.Response, challenges)
	}
	sendJSON(w, answer)
	return answer
}

// isChallenged reports whether challenges go with an answer.
func isChallenged(answer autherr.Answer) bool {
	switch answer.HTTPStatus {
	case http.StatusUnauthorized:
		return true
	case http.StatusBadRequest, http.StatusForbidden:
		return answer.Response.Code != ""
	default:
		return false
	}
}

// challengeLines returns the values of the header WWW-Authenticate.
func challengeLines(r *http.Request, response autherr.ErrorResponse, challenges []Challenge) []string {
	if len(challenges) == 0 {
		return []string{Challenge{}.line(response)}
	}
	tried, _ := schemeTried(r)
	isTried := func(c Challenge) bool { return strings.EqualFold(c.scheme(), tried) }
	saying := max(0, slices.IndexFunc(challenges, isTried))
	lines := make([]string, len(challenges))
	for i, c := range challenges {
		if i == saying {
			lines[i] = c.line(response)
		} else {
			lines[i] = c.line(autherr.ErrorResponse{})
		}
	}
	return lines
}
