package autherrhttp

import (
	"net/http"
	"strings"

	"github.com/seed-e9190de5/autherr"
)

// WriteTokenError answers r with the error response for err, as [autherr.TokenEndpoint] does (RFC
// 6749 §5.2), and returns what it sent. Use it at every endpoint that answers its clients in this
// form.
//
// The body is JSON. It is CBOR if the body of r is of type application/ace+cbor (RFC 9200 §5.8.3).
// There is no body then if the code has no CBOR value: the status says it all.
//
// The status of invalid_client depends on how the client authenticated. If it sent the header
// Authorization, the status is 401, with a challenge of the scheme that it tried:
//
//	Basic realm="token", error="invalid_client"
//
// Only schemes of IANA's registry are sent back. For any other the challenge is Basic, since what the
// client sent in place of a scheme may be a secret. If the client did not send Authorization,
// the status is 400, without a challenge, which would open a password box in a browser. A script that
// sends Authorization keeps that box away by fetch's option credentials: "omit".
//
// The codes invalid_token and insufficient_scope come with a Bearer challenge that names them. No other
// answer has a challenge.
func WriteTokenError(w http.ResponseWriter, r *http.Request, err error) autherr.Answer {
	answer := answerOf(autherr.TokenEndpoint, err)
	header := begin(w)
	set(header, "Pragma", "no-cache") // RFC 6749 §5.1
	setWait(header, answer.RetryAfter)

	var scheme string
	switch answer.Response.Code {
	case autherr.InvalidClient:
		tried, ok := schemeTried(r)
		if ok {
			scheme = registeredScheme(tried)
		} else {
			answer.HTTPStatus = http.StatusBadRequest
		}
	case autherr.InvalidToken, autherr.InsufficientScope:
		scheme = "Bearer"
	default: // no challenge
	}
	if scheme != "" {
		c := Challenge{Scheme: scheme, Realm: "token"}
		header["Www-Authenticate"] = []string{c.line(autherr.ErrorResponse{Code: answer.Response.Code})}
	}

	if isCBOR(r) {
		body, _ := answer.Response.MarshalCBOR() // there is none if the code has no CBOR value
		send(w, answer.HTTPStatus, autherr.MediaTypeACECBOR, body)
	} else {
		sendJSON(w, answer)
	}
	return answer
}

// isCBOR reports whether the body of r is the CBOR of ACE. The parameters of its type do not matter.
func isCBOR(r *http.Request) bool {
	mediaType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.Trim(mediaType, " \t"), autherr.MediaTypeACECBOR)
}

// The schemes of IANA's Hypertext Transfer Protocol (HTTP) Authentication Scheme Registry, as of
// 2025-02-18.
var registeredSchemes = [...]string{
	"Basic", "Bearer", "Concealed", "Digest", "DPoP", "GNAP", "HOBA", "Mutual", "Negotiate", "OAuth",
	"PrivateToken", "SCRAM-SHA-1", "SCRAM-SHA-256", "vapid",
}

// registeredScheme returns the scheme in the registry's letters, or Basic if the registry does not have
// it. Every token endpoint with client secrets supports Basic (RFC 6749 §2.3.1).
func registeredScheme(tried string) string {
	for _, scheme := range registeredSchemes {
		if strings.EqualFold(tried, scheme) {
			return scheme
		}
	}
	return "Basic"
}
