// Package autherrcoap is the CoAP edge of package autherr, on
// [github.com/plgd-dev/go-coap/v3]: it turns whatever error came up in a handler into the
// answer that RFC 9200 asks for, and what a server answered back into an error.
//
// At a token endpoint, and with WriteResourceError at a protected resource:
//
//	if err != nil {
//		slog.Warn("token refused", autherr.LogAttr(err))
//		return autherrcoap.WriteTokenError(w, err)
//	}
//
// At a client of a token endpoint:
//
//	if response.Code() != codes.Created {
//		return autherrcoap.ReadError(response)
//	}
//
// Both writers say nothing of the error's text, and answer a server fault with 5.00 and
// nothing else. What to log, and how loud, is left to the caller: [autherr.LogAttr] has
// all of it.
//
// # What go-coap does by itself
//
// A client repeats a message that it has no answer to (RFC 7252 §4.2). The handler is
// called once for it: go-coap drops a repetition that comes until the first is done with,
// and answers a later one with the bytes of the first answer. It remembers them as long as
// the connection of the client, which it closes after 16 seconds of silence. A message can
// be repeated for 247 seconds (RFC 7252 §4.8.2), so a server that must not handle one
// twice sets go-coap's option WithInactivityMonitor.
//
// It joins the blocks of a request, and answers a block that comes without those before it
// with 4.08. The handler sees neither. A handler that panics ends the program.
package autherrcoap

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/noresponse"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/plgd-dev/go-coap/v3/mux"

	"github.com/seed-e9190de5/autherr"
)

// WriteTokenError answers a token request that failed with err (RFC 9200 §5.8.3). Where
// [autherr.ErrorResponseFor] has a response to err, the answer is that response in CBOR,
// in Content-Format 19 and with the [autherr.ErrorCode.CoAPCode] of its code, 4.00 or
// 4.01. Where it has none, as for nil, the answer is 5.00 without a payload.
//
// What w held before is replaced, options and payload included. A client that has waived
// the answer by the option No-Response (RFC 7967) gets none, and that is no failure. The
// error that WriteTokenError returns is that of w, with nothing of err in it.
func WriteTokenError(w mux.ResponseWriter, err error) error {
	response, ok := autherr.ErrorResponseFor(err)
	if !ok {
		return write(w, response.Code.CoAPCode(), nil)
	}
	payload, _ := response.MarshalCBOR() // a response from ErrorResponseFor can always be encoded
	return write(w, response.Code.CoAPCode(), bytes.NewReader(payload))
}

// WriteResourceError answers a request to a protected resource that failed with err, by a
// response code and nothing else (RFC 9200 §5.10.2): the CoAPCode of what
// [autherr.SaTokenErrorOf] finds, else of what [autherr.CodeOf] finds, else, as for nil,
// 5.00. What it does to w, and what it returns, is as with [WriteTokenError].
//
// A resource that has more to say does so itself: 4.05 where the token does not cover the
// action, or the AS Request Creation Hints of RFC 9200 §5.3.
func WriteResourceError(w mux.ResponseWriter, err error) error {
	if e, ok := autherr.SaTokenErrorOf(err); ok {
		return write(w, e.CoAPCode(), nil)
	}
	code, _ := autherr.CodeOf(err)
	return write(w, code.CoAPCode(), nil)
}

// write replaces what w holds by a response of the given code and payload, if that is
// not nil.
func write(w mux.ResponseWriter, code uint8, payload io.ReadSeeker) error {
	response := w.Message()
	response.SetBody(nil) // SetResponse replaces the options, but a payload by another only
	err := w.SetResponse(codes.Code(code), autherr.ContentFormatACECBOR, payload)
	switch {
	case errors.Is(err, noresponse.ErrMessageNotInterested):
		response.Reset() // what is not modified is not sent
		return nil
	case err != nil:
		return fmt.Errorf("autherrcoap: %w", err)
	}
	return nil
}

// maxPayload is the size, in bytes, of the largest payload that ReadError decodes. An error
// response fits into a datagram, but block-wise transfer (RFC 7959) can join many.
const maxPayload = 64 << 10

// ReadError returns what m, an answer to a token request, reports, as an
// [*autherr.RemoteError]. For that, m must be a 4.xx or 5.xx response in Content-Format
// 19, with a payload of at most 64 KiB that [autherr.ErrorResponse.UnmarshalCBOR] accepts.
// For any other message, and for nil, ReadError returns an error that says what is wrong
// with it; a server's own fault is among them, since its 5.00 has no payload.
//
// ReadError never returns nil, and the payload of m can be read again afterwards, with ReadBody.
func ReadError(m *pool.Message) error {
	if m == nil {
		return errors.New("autherrcoap: no message")
	}
	class, detail := m.Code()>>5, m.Code()&0x1F // RFC 7252 §3
	if class != 4 && class != 5 {
		return fmt.Errorf("autherrcoap: %d.%02d is no error response", class, detail)
	}
	response, err := decode(m)
	if err != nil {
		return fmt.Errorf("autherrcoap: %d.%02d response: %w", class, detail, err)
	}
	return &autherr.RemoteError{Response: response}
}

func decode(m *pool.Message) (response autherr.ErrorResponse, err error) {
	// Not m.ContentFormat, which cuts the option to 16 bits.
	format, err := m.GetOptionUint32(message.ContentFormat)
	if err != nil {
		return response, fmt.Errorf("want Content-Format %d, found none", autherr.ContentFormatACECBOR)
	}
	if format != autherr.ContentFormatACECBOR {
		return response, fmt.Errorf("want Content-Format %d, found %d", autherr.ContentFormatACECBOR, format)
	}
	size, err := m.BodySize()
	if err != nil {
		return response, fmt.Errorf("size of the payload: %w", err)
	}
	if size > maxPayload {
		return response, fmt.Errorf("payload of %d bytes, more than %d", size, maxPayload)
	}
	payload, err := m.ReadBody()
	if err != nil {
		return response, fmt.Errorf("read the payload: %w", err)
	}
	err = response.UnmarshalCBOR(payload)
	return response, err
}
