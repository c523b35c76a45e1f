// Package autherrhttp is the HTTP edge of package autherr: it turns whatever error came up
// in a handler into the answer that the RFCs ask for, and what a server answered back into
// an error.
//
// At a token endpoint (RFC 6749 §5.2):
//
//	if err != nil {
//		slog.Warn("token refused", autherr.LogAttr(err))
//		autherrhttp.WriteTokenError(w, r, err)
//		return
//	}
//
// At a protected resource (RFC 6750 §3):
//
//	autherrhttp.WriteResourceError(w, r, err, autherrhttp.Challenge{Realm: "api", Scope: "profile"})
//
// At a client of a token endpoint:
//
//	if res.StatusCode != http.StatusOK {
//		return autherrhttp.ReadError(res)
//	}
//
// Both writers say nothing of the error's text, answer a server fault with 500 and no reason,
// and let nobody store the answer.
// What to log, and how loud, is left to the caller: [autherr.LogAttr] has all of it.
package autherrhttp

import "net/http"

const mediaTypeJSON = "application/json"

// serverError is what OAuth calls a fault of the server (RFC 6749 §4.1.2.1). It has no
// ErrorCode, since neither a token endpoint nor ACE has it.
const serverError = "server_error"

// errorJSON returns the body that says name, a code that needs no escaping, and no more.
func errorJSON(name string) []byte { return []byte(`{"error":"` + name + `"}`) }

// respond sends the answer: a status, a challenge and a body, each of the two only where it
// is not empty. The headers that a handler has set by then may describe the success that it
// was about to send, so those that do are dropped.
func respond(w http.ResponseWriter, status int, challenge, contentType string, body []byte) {
	header := w.Header()
	for _, name := range [...]string{"Content-Length", "Content-Encoding", "Content-Type", "Etag", "Last-Modified", "Www-Authenticate"} {
		delete(header, name) // in canonical form, which Del would make of it first
	}
	header.Set("Cache-Control", "no-store") // RFC 6749 §5.1, RFC 9111 §5.2.2.5
	if challenge != "" {
		header.Set("WWW-Authenticate", challenge)
	}
	if len(body) == 0 {
		w.WriteHeader(status)
		return
	}
	header.Set("Content-Type", contentType)
	w.WriteHeader(status)
	w.Write(body) // it fails where the client is gone, and then there is nobody to tell
}
