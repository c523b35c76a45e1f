package autherr

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/seed-e9190de5/autherr/internal/plain"
)

// The OAuth parameters of an error response (RFC 6749 §5.2).
const (
	paramError       = "error"
	paramDescription = "error_description"
	paramURI         = "error_uri"
)

// ErrorResponse is the error response of OAuth: RFC 6749 §5.2 defines it in JSON, RFC 9200 §5.8.3
// in CBOR. It can be made with a literal or, validated, with an [ErrorResponseBuilder].
//
// It is an error as well, so that a handler can return the very response that it wants sent.
// [Endpoint.Answer] then sends it as it stands. What a client has read belongs in a [RemoteError]
// instead.
//
// It has these three fields for good. For a response with members of its own, such as the ticket of
// UMA, write a struct with a field of type [ErrorCode] that has the tag `json:"error"`, and send it
// with the status of the Answer. Nothing validates that struct, and the code of an Answer may be "".
// Embedding an ErrorResponse there would hide the other members, since its MarshalJSON would be
// promoted.
//
// The zero value has no code, so [ErrorResponse.Validate] and every encoding refuse it.
type ErrorResponse struct {
	// Code is the parameter error, key 30 in CBOR. It is required.
	Code ErrorCode

	// Description is the parameter error_description, key 31 in CBOR: a text for the client's
	// developer, in printable ASCII without `"` and `\`. It is absent if it is "".
	Description string

	// URI is the parameter error_uri, key 32 in CBOR: the address of a page for the client's
	// developer, as a URI reference (RFC 3986 §4.1). It is absent if it is "".
	URI string
}

// Error returns "code: description (uri)", with each part that there is, quoted by [strconv.Quote]
// if it has a character that is not printable.
func (r ErrorResponse) Error() string {
	text := r.Code.String()
	if r.Description != "" {
		text += ": " + plain.Quoted(r.Description)
	}
	if r.URI != "" {
		text += " (" + plain.Quoted(r.URI) + ")"
	}
	return text
}

// Is reports whether target is the code of r or a response equal to r. It is for [errors.Is].
func (r ErrorResponse) Is(target error) bool {
	response, ok := target.(ErrorResponse)
	return ok && response == r || r.Code.Is(target)
}

// As sets target to the code of r if it is an [*ErrorCode] and there is a code, and to r if it is an
// [*ErrorResponse]. It is for [errors.As].
func (r ErrorResponse) As(target any) bool {
	response, ok := target.(*ErrorResponse)
	if !ok {
		return r.Code.As(target)
	}
	*response = r
	return true
}

func (r ErrorResponse) decide(self error) decision {
	_, whole := self.(ErrorResponse)
	return decision{kind: isResponse, code: r.Code, whole: whole}
}

// itself returns r, from a pointer or a struct that embeds it too.
func (r ErrorResponse) itself() ErrorResponse { return r }

// LogValue returns what [ErrorResponse.Error] does. Without it, log/slog would marshal the response,
// and fail if it is not valid.
func (r ErrorResponse) LogValue() slog.Value { return slog.StringValue(r.Error()) }

// Validate returns every fault that makes r unfit to be sent, joined, each as a [*FieldError]: a
// code that is absent or has a character outside %x20-21 / %x23-5B / %x5D-7E (RFC 6749 §5.2), a
// description with such a character, and a URI that has a character outside RFC 3986 §2 or that
// [url.Parse] refuses.
func (r ErrorResponse) Validate() error {
	code, description, uri := r.codeFault(), r.descriptionFault(), r.uriFault()
	if code == nil && description == nil && uri == nil {
		return nil
	}
	return errors.Join(code, description, uri)
}

// encodable refuses what must not reach the wire. It does not parse the URI, which would take most
// of the time of encoding. If it refuses r, it names every fault.
func (r ErrorResponse) encodable() error {
	if plain.IsCode(string(r.Code)) && plain.Has(r.Description, plain.TextChar) && plain.Has(r.URI, plain.URIChar) {
		return nil
	}
	return r.Validate()
}

// sendable returns r without a description or URI that Validate would refuse.
func (r ErrorResponse) sendable() ErrorResponse {
	if !plain.Has(r.Description, plain.TextChar) {
		r.Description = ""
	}
	if !plain.Has(r.URI, plain.URIChar) || r.uriFault() != nil {
		r.URI = ""
	}
	return r
}

func (r ErrorResponse) codeFault() error {
	if r.Code == "" {
		return codeAbsent()
	}
	return charFault(paramError, string(r.Code), plain.TextChar)
}

func (r ErrorResponse) descriptionFault() error {
	return charFault(paramDescription, r.Description, plain.TextChar)
}

func (r ErrorResponse) uriFault() error {
	if err := charFault(paramURI, r.URI, plain.URIChar); err != nil || r.URI == "" {
		return err
	}
	if _, err := url.Parse(r.URI); err != nil {
		return &FieldError{paramURI, "not a URI reference: " + plain.Foreign(errors.Unwrap(err).Error())}
	}
	return nil
}

// FieldError says what is wrong with one parameter of an [ErrorResponse]. It is returned as a
// pointer.
type FieldError struct {
	Field  string // the OAuth parameter: error, error_description or error_uri
	Reason string // what was found there
}

// Error names the parameter and what was found there.
func (e *FieldError) Error() string { return "autherr: " + e.Field + ": " + e.Reason }

func codeAbsent() error { return &FieldError{paramError, "required, but absent"} }

// charFault names the first character of text that is not of the given class, if there is one.
func charFault(param, text string, class plain.CharClass) error {
	if plain.Has(text, class) { // nearly always, and much faster than the loop
		return nil
	}
	for i, char := range text {
		if plain.Has(text[i:i+1], class) {
			continue
		}
		found := strconv.QuoteRuneToASCII(char)
		if _, size := utf8.DecodeRuneInString(text[i:]); char == utf8.RuneError && size == 1 { // not UTF-8
			found = fmt.Sprintf(`'\x%02x'`, text[i])
		}
		return &FieldError{param, fmt.Sprintf("%s at byte %d is not allowed", found, i)}
	}
	return nil
}

// RemoteError is what another server answered, as its client got it. It is used as a pointer, and
// can be matched and logged like any other error:
//
//	if errors.Is(err, autherr.InvalidGrant) { … }
//
// By itself it is a fault of the server behind us, so that a server that is also a client does not
// pass on the words of another as its own: see the verdict in the package comment.
type RemoteError struct {
	Response   ErrorResponse       // what the server said, valid or not; its Code is "" if it named none
	Status     int                 // of HTTP, or of CoAP as class and detail: 401 for 4.01; 0 if it is not known
	RetryAfter time.Duration       // how long the server said to wait; 0 if it did not
	Header     map[string][]string // of HTTP, a clone; http.Header(e.Header) has methods for it; nil if there was none
	Body       []byte              // what was read of the body, for members that this package does not know

	// Err says why the answer is not, or is only in part, an error response. It is nil if it is one,
	// or if a challenge named the code.
	Err error
}

// Error returns "remote: STATUS CODE: DESCRIPTION (URI): ERR", with each part that there is. Each is
// shortened if it is longer than 200 bytes, and quoted if it has a character that is not printable.
// Nothing of Header and Body is in it.
func (e *RemoteError) Error() string {
	if e == nil {
		return "remote"
	}
	text := ""
	add := func(separator, part string) {
		if text != "" {
			text += separator
		}
		text += part
	}
	if e.Status != 0 {
		add("", strconv.Itoa(e.Status))
	}
	if e.Response.Code != "" {
		add(" ", plain.Foreign(string(e.Response.Code)))
	}
	if e.Response.Description != "" {
		add(": ", plain.Foreign(e.Response.Description))
	}
	if e.Response.URI != "" {
		add(" ", "("+plain.Foreign(e.Response.URI)+")")
	}
	if e.Err != nil {
		add(": ", plain.Foreign(plain.OfError(e.Err)))
	}
	if text == "" {
		return "remote"
	}
	return "remote: " + text
}

// Unwrap returns the code, if there is one, and Err.
func (e *RemoteError) Unwrap() []error {
	var inners []error
	if e != nil && e.Response.Code != "" {
		inners = append(inners, e.Response.Code)
	}
	if e != nil && e.Err != nil {
		inners = append(inners, e.Err)
	}
	return inners
}

func (e *RemoteError) decide(self error) decision {
	if e == nil {
		return decision{}
	}
	return decision{kind: isRemote, remote: e, cause: e.Err, whole: self == error(e)}
}

// answer returns how an endpoint of ours answers e.
func (e *RemoteError) answer() (code ErrorCode, status int, wait time.Duration) {
	if e.isUnavailable() {
		return TemporarilyUnavailable, 503, max(0, e.RetryAfter)
	}
	return ServerError, 502, 0
}

// failed reports whether the server says that it failed itself.
func (e *RemoteError) failed() bool {
	return e.isUnavailable() || e.Status/100 == 5 || e.Response.Code == ServerError
}

// isUnavailable reports whether the server says that it cannot serve us now.
func (e *RemoteError) isUnavailable() bool {
	return e.Status == 429 || e.Status == 503 || e.Response.Code == TemporarilyUnavailable
}

// isRetryable reports whether the server says that the same request may succeed later.
func (e *RemoteError) isRetryable() bool {
	return e.isUnavailable() || e.Status/100 == 5 || e.Response.Code == SlowDown || e.Response.Code == AuthorizationPending
}
