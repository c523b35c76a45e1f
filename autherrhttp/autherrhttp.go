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

// begin begins an answer that is not to be stored, and returns its headers, with names in
// canonical form. Those that a handler has set by then may describe the success that it was
// about to send, so those that do are dropped.
func begin(w http.ResponseWriter) http.Header {
	header := w.Header()
	for name := range header {
		switch name {
		case "Content-Length", "Content-Encoding", "Content-Type", "Etag", "Last-Modified", "Www-Authenticate":
			delete(header, name)
		}
	}
	header["Cache-Control"] = []string{"no-store"} // RFC 6749 §5.1, RFC 9111 §5.2.2.5
	return header
}

// send sends the answer that began: a status and a body, or no body where that is empty.
func send(w http.ResponseWriter, status int, contentType string, body []byte) {
	if len(body) == 0 {
		w.WriteHeader(status)
		return
	}
	w.Header()["Content-Type"] = []string{contentType}
	w.WriteHeader(status)
	w.Write(body) // it fails where the client is gone, and then there is nobody to tell
}
