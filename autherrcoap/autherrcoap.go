// Package autherrcoap is autherr over CoAP, on [github.com/plgd-dev/go-coap/v3]. It turns whatever
// error came up in a handler into the answer that RFC 9200 asks for, and what a server answered back
// into an error.
//
// At a token endpoint, and with [WriteResourceError] at a protected resource:
//
//	if err != nil {
//		failed := autherrcoap.WriteTokenError(w, err)
//		slog.Log(r.Context(), autherr.FaultOf(err).Level(), "token request", autherr.LogAttr(err), slog.Any("failed", failed))
//		return
//	}
//
// At a client:
//
//	if response.Code() != codes.Created {
//		return autherrcoap.ReadError(response)
//	}
//
// Both writers send the [autherr.Answer] of their endpoint and nothing of the error's text.
//
// # What go-coap does by itself
//
// A client repeats a message that has not been answered (RFC 7252 §4.2). go-coap calls the handler
// once for it: it drops repetitions while the first is being handled, and answers later ones with
// the bytes of the first answer. It remembers these as long as the client's connection, which it
// closes after 16 seconds of silence. A message can be repeated for 247 seconds (RFC 7252 §4.8.2),
// so a server that must not handle one twice sets go-coap's option WithInactivityMonitor.
//
// go-coap joins the blocks of a request, without a limit on their total size, and answers a block that
// comes without those before it with 4.08. The handler sees neither. It forgets the blocks of a request
// or an answer after 3 seconds, and a lost block costs its client 2 to 3. If requests need blocks, give
// them more time with go-coap's option WithBlockwise. If none does, switch them off with
// options.WithBlockwise(false, 0, 0).
//
// A handler that panics ends the program. Failures of connections are printed to standard output,
// unless go-coap's option WithErrors says where they go.
package autherrcoap

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/noresponse"
	"github.com/plgd-dev/go-coap/v3/mux"

	"github.com/seed-e9190de5/autherr"
)

// WriteTokenError answers a token request that failed with err (RFC 9200 §5.8.3), as
// [autherr.TokenEndpoint] does: with [autherr.Answer.CoAPCode], such as 4.01 for invalid_client, and
// the response in CBOR, in Content-Format 19. There is no payload if its code has no
// [autherr.ErrorCode.CBORValue], as server_error has none: then the response code says it all.
//
// With 5.03 and 4.29, Max-Age is the answer's wait in whole seconds, rounded up (RFC 7252 §5.9.3.4,
// RFC 8516). With any other code it is 0, since an error may otherwise be cached for a minute.
//
// What w held before is replaced, options and payload included. A client that has waived the answer
// by the option No-Response (RFC 7967) gets none, and that is not a failure. (go-coap still sends it
// 4.29.) The error that WriteTokenError returns is that of w, with nothing of err in it.
func WriteTokenError(w mux.ResponseWriter, err error) error {
	answer := autherr.TokenEndpoint.Answer(err)
	payload, failed := answer.Response.MarshalCBOR()
	if failed != nil { // the code has no CBOR value; an Answer has no other fault
		payload = nil
	}
	return write(w, answer, payload)
}

// WriteResourceError answers a request to a protected resource that failed with err (RFC 9200
// §5.10.2), as [autherr.ProtectedResource] does: with [autherr.Answer.CoAPCode] and, if that is 4.01,
// the hints, in Content-Format 19. There is no other payload. Max-Age, w, and what it returns are as
// with [WriteTokenError].
//
// A handler answers 4.05 by itself if a token does not cover the action: no error of package autherr
// says that. At an introspection endpoint, answer a client that may not introspect with
// [autherr.ErrPermissionDenied], which is 4.03 here (RFC 9200 §5.9.3).
func WriteResourceError(w mux.ResponseWriter, err error, hints Hints) error {
	answer := autherr.ProtectedResource.Answer(err)
	var payload []byte
	if answer.CoAPCode() == uint8(codes.Unauthorized) {
		payload = hints.encode()
	}
	return write(w, answer, payload)
}

// namesWait reports whether Max-Age says how long to wait before another try (RFC 7252 §5.9.3.4, RFC
// 8516 §3), and not how long the response may be cached.
func namesWait(code codes.Code) bool {
	return code == codes.ServiceUnavailable || code == codes.TooManyRequests
}

// write replaces what w holds with the code of the answer, its Max-Age, and the payload, if there is one.
func write(w mux.ResponseWriter, answer autherr.Answer, payload []byte) error {
	code, maxAge := codes.Code(answer.CoAPCode()), uint32(0)
	if namesWait(code) {
		maxAge = seconds(answer.RetryAfter)
	}
	var body io.ReadSeeker
	if len(payload) > 0 {
		body = bytes.NewReader(payload)
	}
	response := w.Message()
	response.SetBody(nil) // SetResponse replaces the options, but a payload only with another
	err := w.SetResponse(code, autherr.ContentFormatACECBOR, body)
	switch {
	case errors.Is(err, noresponse.ErrMessageNotInterested):
		response.Reset() // what is not modified is not sent
		return nil
	case err != nil:
		return fmt.Errorf("autherrcoap: %w", err)
	}
	response.SetOptionUint32(message.MaxAge, maxAge)
	return nil
}

// seconds returns wait for Max-Age, in seconds, rounded up.
func seconds(wait time.Duration) uint32 {
	whole := int64(wait / time.Second)
	if wait%time.Second > 0 {
		whole++
	}
	return uint32(min(max(0, whole), math.MaxUint32))
}
