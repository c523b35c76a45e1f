package autherrhttp

import (
	"net/http"
	"strings"

	"github.com/seed-e9190de5/autherr"
)

// WriteTokenError answers r at a token endpoint with the error response for err (RFC 6749
// §5.2). It serves a revocation or introspection endpoint just as well, for failed client
// authentication and malformed requests.
//
// The status is that of the code, [autherr.ErrorCode.HTTPStatus], and 500 where
// [autherr.ErrorResponseFor] finds nothing to tell the client, nil included. The body is the
// response in JSON, and {"error":"server_error"} with 500. A client that prefers CBOR gets the
// response in CBOR (RFC 9200 §5.8.3), and no body with 500. Such a client
//
//   - names application/ace+cbor in Accept with a weight above 0, and not below that of the
//     most specific range there that matches application/json (RFC 9110 §12.5.1); or
//   - names neither of the two types in Accept, but sends application/ace+cbor itself.
//
// With 401 comes a challenge (RFC 9110 §11.6.1) of the scheme that the client tried, or of
// Basic where that is none.
func WriteTokenError(w http.ResponseWriter, r *http.Request, err error) {
	response, ok := autherr.ErrorResponseFor(err)
	var contentType string
	var body []byte
	switch cbor := prefersCBOR(r); {
	case ok && cbor:
		contentType = autherr.MediaTypeACECBOR
		body, _ = response.MarshalCBOR() // a response from ErrorResponseFor can always be encoded
	case ok:
		contentType = mediaTypeJSON
		body, _ = response.MarshalJSON()
	case cbor:
		// ACE has no code for a server fault, so there is nothing to say.
	default:
		contentType, body = mediaTypeJSON, errorJSON(serverError)
	}
	status := response.Code.HTTPStatus()
	header := begin(w)
	header["Pragma"] = []string{"no-cache"} // RFC 6749 §5.1
	if status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", Challenge{Scheme: schemeTried(r), Realm: "token"}.header(""))
	}
	send(w, status, contentType, body)
}

// schemeTried returns the scheme in which the client tried to authenticate, since RFC 6749
// §5.2 wants it back in the challenge, or Basic, which every token endpoint offers (§2.3.1).
func schemeTried(r *http.Request) string {
	const longest = 32 // no registered scheme is half as long; what is longer may be anything
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if len(scheme) > longest || !isToken(scheme) {
		return "Basic"
	}
	return scheme
}
