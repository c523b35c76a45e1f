// Package autherrhttp is autherr over HTTP: it writes the answer of an endpoint to whatever error
// came up, and reads on the client's side what a server answered.
//
// # At a token endpoint
//
// [WriteTokenError] is for the token endpoint, and for all others that answer their clients in the form
// of RFC 6749 §5.2: pushed authorization, device authorization, revocation, introspection and
// registration.
//
//	func (s *server) token(w http.ResponseWriter, r *http.Request) {
//		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
//		if err := r.ParseForm(); err != nil {
//			s.fail(w, r, autherrhttp.RequestError(err))
//			return
//		}
//		token, err := s.issue(r.Context(), r.PostForm)
//		if err != nil {
//			s.fail(w, r, err)
//			return
//		}
//		…
//	}
//
//	func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
//		answer := autherrhttp.WriteTokenError(w, r, err)
//		s.log.LogAttrs(r.Context(), autherr.FaultOf(err).Level(), "no token", autherr.LogAttr(err), slog.Any("answer", answer))
//	}
//
// The client is told a code and a status. The log gets the whole error, and what the client was told.
//
// # At a protected resource
//
// [WriteResourceError] says in challenges how to get in, and what went wrong:
//
//	autherrhttp.WriteResourceError(w, r, err, autherrhttp.Challenge{
//		Realm:            "api",
//		Scope:            "profile",
//		ResourceMetadata: "https://api.example/.well-known/oauth-protected-resource",
//	})
//
// # At an authorization endpoint
//
// Say where to send the user back as soon as the redirection URI is known to be the client's, and
// not before. Until then the zero [Redirect] makes a page for the user.
//
//	var back autherrhttp.Redirect
//	client, err := s.clients.Get(ctx, query.Get("client_id"))
//	if err == nil && client.Allows(query.Get("redirect_uri")) {
//		back = autherrhttp.Redirect{URI: query.Get("redirect_uri"), State: query.Get("state"), Issuer: s.issuer}
//	}
//	…
//	autherrhttp.WriteAuthorizationError(w, r, err, back)
//
// # At a client
//
//	if res.StatusCode/100 != 2 {
//		return autherrhttp.ReadError(res)
//	}
//
// The error is a [*autherr.RemoteError]. It matches the code that the server sent, and has all that
// the server said.
//
// # What all writers do
//
// The writers answer by the verdict of package autherr, so they keep its promises: nothing of an
// error's text leaves, and two errors with the same [autherr.Answer] give the same bytes to the same
// request. Each writer returns the Answer, with the status that it sent. The Answer has the response
// even if the format cannot carry it.
//
// A handler may have prepared a success when the error came up. The writers drop the headers that
// describe it: Content-Type, Content-Length, Content-Range, Content-Disposition, Content-Location,
// Content-Language, Content-Digest, Repr-Digest, ETag, Last-Modified, Expires, Age,
// Surrogate-Control, and all whose names end in Cache-Control. They drop WWW-Authenticate too, and
// set it only if the answer has a challenge. What a handler has set for the client stays, such as
// DPoP-Nonce and Set-Cookie.
//
// Content-Encoding stays as well, since middleware that compresses the answer sets it before
// (go.dev/issue/66343). A handler that compresses its answers itself has to delete it.
//
// Every answer has "Cache-Control: no-store" and "X-Content-Type-Options: nosniff". If the Answer
// says how long to wait, it has Retry-After, in whole seconds, rounded up. A redirect and a page that
// posts do not have it, since a browser might wait before it goes on.
//
// If the Answer is invalid_request and the error wraps an [*http.MaxBytesError], the status is 413,
// unless the answer is a redirect. [RequestError] returns such an error if a request was too large.
//
// The writers do not notice if the handler has already begun to answer. Then net/http keeps the status
// and the headers that it has sent, and appends the body to what is there.
package autherrhttp

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/seed-e9190de5/autherr"
)

const mediaTypeJSON = "application/json"

// answerOf returns what an endpoint that does not redirect answers err with.
func answerOf(endpoint autherr.Endpoint, err error) autherr.Answer {
	answer := endpoint.Answer(err)
	if isTooLarge(answer, err) {
		answer.HTTPStatus = http.StatusRequestEntityTooLarge
	}
	return answer
}

// begin begins an answer and returns its headers. It drops what a handler has set to describe another
// one, and sets what all answers have.
func begin(w http.ResponseWriter) http.Header {
	header := w.Header()
	for name := range header {
		if describesAnother(name) {
			delete(header, name)
		}
	}
	header["Cache-Control"] = []string{"no-store"} // RFC 6749 §5.1, RFC 9111 §5.2.2.5
	header["X-Content-Type-Options"] = []string{"nosniff"}
	return header
}

// describesAnother reports whether a header that is set already describes another answer, or is one that
// each answer sets anew.
func describesAnother(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Content-Type", "Content-Length", "Content-Range", "Content-Disposition", "Content-Location",
		"Content-Language", "Content-Digest", "Repr-Digest", "Etag", "Last-Modified", "Expires", "Age",
		"Surrogate-Control", "Www-Authenticate", "X-Content-Type-Options":
		return true
	}
	// Those for caches on the way are CDN-Cache-Control (RFC 9213) and the providers' own.
	const suffix = "Cache-Control"
	return len(name) >= len(suffix) && strings.EqualFold(name[len(name)-len(suffix):], suffix)
}

// set sets a header, whose name is in canonical form, in place of what a handler has set.
func set(header http.Header, name, value string) {
	drop(header, name)
	header[name] = []string{value}
}

// drop deletes a header, even if a handler has put it into the map in another letter case.
func drop(header http.Header, name string) {
	for key := range header {
		if strings.EqualFold(key, name) {
			delete(header, key)
		}
	}
}

// setWait says how long to wait before another try (RFC 9110 §10.2.3).
func setWait(header http.Header, wait time.Duration) {
	if wait <= 0 {
		return
	}
	seconds := int64(wait / time.Second)
	if wait%time.Second != 0 {
		seconds++
	}
	set(header, "Retry-After", strconv.FormatInt(seconds, 10))
}

// send sends an answer that has begun: a status and a body, or no body if it is empty.
func send(w http.ResponseWriter, status int, contentType string, body []byte) {
	if len(body) == 0 {
		w.WriteHeader(status)
		return
	}
	w.Header()["Content-Type"] = []string{contentType}
	w.WriteHeader(status)
	w.Write(body) // if it fails, the client has gone, and there is nobody to tell
}

// sendJSON sends an answer that has begun, with the response as its body.
func sendJSON(w http.ResponseWriter, answer autherr.Answer) {
	var body []byte
	if answer.Response.Code != "" {
		body, _ = answer.Response.MarshalJSON() // the response of an Answer can always be encoded
	}
	send(w, answer.HTTPStatus, mediaTypeJSON, body)
}
