package autherrcoap

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/pool"

	"github.com/seed-e9190de5/autherr"
)

// contentFormatProblem is that of application/concise-problem-details+cbor (RFC 9290).
const contentFormatProblem = 257

// maxPayload is the size, in bytes, of the largest payload that is decoded. An error response fits into a
// datagram, but block-wise transfer (RFC 7959) can join many.
const maxPayload = 64 << 10

var errNoMessage = errors.New("no message")

// ReadError returns what m, the answer to a request, says went wrong. It always returns an
// [*autherr.RemoteError], whose
//
//   - Response is the error response in a payload of Content-Format 19 (RFC 9200 §5.8.3), or has the
//     detail of concise problem details (Content-Format 257, RFC 9290) as its Description and their
//     instance as its URI;
//   - Status is the class and the detail of the response code, as HTTP writes them: 401 for 4.01;
//   - RetryAfter is the Max-Age of 5.03 and 4.29, and 0 if the server did not send it;
//   - Body is the payload, of which it reads at most 64 KiB;
//   - Err says what was found instead: no payload, as with any server fault over ACE, a diagnostic
//     payload (RFC 7252 §5.5.2), another format, hints (see [ReadHints]), or what is wrong with the
//     payload.
//
// If m is nil, or its code is not 4.xx or 5.xx, Err says that. The payload of m can be read again
// afterwards, with ReadBody.
func ReadError(m *pool.Message) error {
	if m == nil {
		return &autherr.RemoteError{Err: errNoMessage}
	}
	code := m.Code()
	class, detail := code>>5, code&0x1F // RFC 7252 §3
	remote := &autherr.RemoteError{Status: int(class)*100 + int(detail)}
	var err error
	if remote.Body, err = readBody(m); err != nil {
		remote.Err = err
	}
	if class != 4 && class != 5 {
		remote.Err = fmt.Errorf("%s is not an error response", digits(code))
		return remote
	}
	if namesWait(code) {
		remote.RetryAfter = maxAge(m)
	}
	if remote.Err == nil {
		remote.Response, remote.Err = decode(m, remote.Body)
	}
	return remote
}

// decode returns what the payload of m says, and why that is not, or is only in part, an error response.
func decode(m *pool.Message, payload []byte) (response autherr.ErrorResponse, err error) {
	format, ok := contentFormat(m)
	switch {
	case len(payload) == 0:
		return response, errors.New("no payload")
	case !ok:
		return response, errors.New("diagnostic payload: " + foreign(string(payload)))
	case format == autherr.ContentFormatACECBOR:
		if err = response.UnmarshalCBOR(payload); err == nil {
			return response, nil
		}
		if hints, bad := decodeHints(payload); bad == nil && hints.encode() != nil {
			err = errors.New("AS Request Creation Hints, and not an error response")
		}
		return response, err
	case format == contentFormatProblem:
		return decodeProblem(payload)
	default:
		return response, fmt.Errorf("payload of Content-Format %d", format)
	}
}

// decodeProblem returns what concise problem details say that an error response can hold, and an error.
func decodeProblem(payload []byte) (response autherr.ErrorResponse, err error) {
	var problem struct { // RFC 9290 §2
		Detail   cbor.RawMessage `cbor:"-2,keyasint"`
		Instance cbor.RawMessage `cbor:"-3,keyasint"`
	}
	if err := decodeMap(payload, &problem); err != nil {
		return response, err
	}
	const languageTagged = 38 // an array of the language, the text and perhaps its direction (RFC 9290 appendix A)
	if detail := problem.Detail; len(detail) > 0 && detail[0]>>5 == majorTag {
		var tag cbor.RawTag
		var parts []cbor.RawMessage
		if decMode.Unmarshal(detail, &tag) == nil && tag.Number == languageTagged &&
			decMode.Unmarshal(tag.Content, &parts) == nil && len(parts) > 1 {
			problem.Detail = parts[1]
		}
	}
	var faults [2]error
	response.Description, faults[0] = optional[string](problem.Detail, "detail")
	response.URI, faults[1] = optional[string](problem.Instance, "instance")
	if err := joined(faults[:]); err != nil {
		return response, err
	}
	return response, errors.New("concise problem details, and not an error response")
}

// joined returns errors, of which each may be nil, as one error of one line.
func joined(errs []error) error {
	var texts []string
	for _, err := range errs {
		if err != nil {
			texts = append(texts, err.Error())
		}
	}
	if texts == nil {
		return nil
	}
	return errors.New(strings.Join(texts, "; "))
}

// readBody returns the payload of m, or as much of it as may be read and an error.
func readBody(m *pool.Message) ([]byte, error) {
	body := m.Body()
	if body == nil {
		return nil, nil
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read the payload: %w", err)
	}
	payload, err := io.ReadAll(io.LimitReader(body, maxPayload+1))
	switch {
	case err != nil:
		return payload, fmt.Errorf("read the payload: %w", err)
	case len(payload) > maxPayload:
		return payload[:maxPayload], fmt.Errorf("payload of more than %d bytes", maxPayload)
	}
	return payload, nil
}

// contentFormat is m.ContentFormat, but does not cut the option to 16 bits. ok is false if there is none.
func contentFormat(m *pool.Message) (format uint32, ok bool) {
	format, err := m.GetOptionUint32(message.ContentFormat)
	return format, err == nil
}

// maxAge returns what the option Max-Age says, or 0 if it is absent: its default of a minute is for caches
// (RFC 7252 §5.10.5), and does not tell anybody to wait.
func maxAge(m *pool.Message) time.Duration {
	age, _ := m.GetOptionUint32(message.MaxAge)
	return time.Duration(age) * time.Second
}

// digits returns a code as RFC 7252 writes it, such as 4.01.
func digits(code codes.Code) string { return fmt.Sprintf("%d.%02d", code>>5, code&0x1F) }

// foreign returns what a peer sent as a RemoteError would say it: cut short, and quoted if need be.
func foreign(text string) string {
	said := autherr.RemoteError{Response: autherr.ErrorResponse{Description: text}}
	return strings.TrimPrefix(said.Error(), "remote: ")
}
