package autherrhttp

import (
	"net/http"
	"slices"
	"strings"

	"github.com/seed-e9190de5/autherr"
)

// WriteResourceError answers r at a protected resource, as [autherr.ProtectedResource] does, and
// returns what it sent. The challenges say how to get in, as the header WWW-Authenticate (RFC 6750
// §3, RFC 9449 §7, RFC 9470, RFC 9728).
//
// With 401, all of them are sent, in the order given, each on a line of its own. If none is given,
// the zero [Challenge] is sent. With 400 and 403 they are sent if the answer has a code. With any
// other status there are none, since no token would help.
//
// The code, with its description and its URI if that is absolute, goes into the challenge of the
// scheme that the request used, in letters of any case. If no challenge is of that scheme, it goes
// into the first. What the fields of a challenge say goes with it in any case. A challenge that would
// have no parameter says realm="resource".
//
// The body is the response in JSON, and there is none without a code: a client that sent no token is
// told no more than the challenges say.
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
