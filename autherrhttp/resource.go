package autherrhttp

import (
	"net/http"

	"github.com/seed-e9190de5/autherr"
)

// WriteResourceError answers r at a protected resource (RFC 6750 §3). The answer depends on the
// status and the bearer error of err alone.
//
// The status is the HTTPStatus of what [autherr.SaTokenErrorOf] finds, else of what
// [autherr.CodeOf] finds, else 500, nil included. The bearer error is that of
// [autherr.SaTokenError.BearerError]. Where there is one, the challenge and the body, which is
// JSON, name it; with 500 the body is {"error":"server_error"}, and else there is none. The
// challenge c comes with 401 and with every bearer error, and so never with 500.
func WriteResourceError(w http.ResponseWriter, r *http.Request, err error, c Challenge) {
	e, ok := autherr.SaTokenErrorOf(err)
	status, name := e.HTTPStatus(), e.BearerError()
	if !ok {
		code, _ := autherr.CodeOf(err)
		status = code.HTTPStatus()
	}
	header := begin(w)
	if status == http.StatusUnauthorized || name != "" {
		header.Set("WWW-Authenticate", c.header(name))
	}
	if status == http.StatusInternalServerError {
		name = serverError
	}
	var body []byte
	if name != "" {
		body = errorJSON(name)
	}
	send(w, status, mediaTypeJSON, body)
}
