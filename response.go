package autherr

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
)

// The OAuth parameters of an error response (RFC 6749 §5.2).
const (
	paramError       = "error"
	paramDescription = "error_description"
	paramURI         = "error_uri"
)

// ErrorResponse is the error response of a token endpoint: RFC 6749 §5.2 defines
// it in JSON, RFC 9200 §5.8.3 in CBOR.
//
// It is an error as well, so that a handler can return the very response that
// it wants sent; [ErrorResponseFor] then sends it as it stands. What a client
// has read belongs in a [RemoteError] instead.
//
// The zero value has no code. It is no response: [ErrorResponse.Validate] and
// every encoding refuse it.
type ErrorResponse struct {
	// Code is the parameter error, key 30 in CBOR. It is required.
	Code ErrorCode

	// Description is the parameter error_description, key 31 in CBOR: a text for
	// the client's developer, in printable ASCII without `"` and `\`. It is absent
	// where it is "".
	Description string

	// URI is the parameter error_uri, key 32 in CBOR: the address of a page for the
	// client's developer, as a URI reference (RFC 3986 §4.1). It is absent where it
	// is "".
	URI string
}

// Error returns the code, the description after a colon and the URI in
// parentheses. A description or URI that is not printable ASCII is quoted by
// [strconv.QuoteToASCII].
func (r ErrorResponse) Error() string {
	text := r.Code.String()
	if r.Description != "" {
		text += ": " + printable(r.Description)
	}
	if r.URI != "" {
		text += " (" + printable(r.URI) + ")"
	}
	return text
}

// printable returns text, quoted unless it is printable ASCII.
func printable(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
		return strconv.QuoteToASCII(text)
	}
	return text
}

// Unwrap returns the code, or nil where there is none, so that
// errors.Is(response, InvalidGrant) asks for the code.
func (r ErrorResponse) Unwrap() error {
	if r.Code == 0 {
		return nil
	}
	return r.Code
}

// As sets target if it is a *ErrorResponse, so that [errors.As] finds a response
// that was returned as a pointer, too.
func (r ErrorResponse) As(target any) bool {
	response, ok := target.(*ErrorResponse)
	if ok {
		*response = r
	}
	return ok
}

// LogValue returns what [ErrorResponse.Error] does. Without it, log/slog would
// marshal the response, and fail where it is not valid.
func (r ErrorResponse) LogValue() slog.Value { return slog.StringValue(r.Error()) }

// Validate reports every fault that makes r unfit to be sent, joined, each as a
// [*FieldError]: a code that is 0, a description with a character outside
// %x20-21 / %x23-5B / %x5D-7E (RFC 6749 §5.2), a URI with a character that RFC
// 3986 §2 does not know, or one that [url.Parse] does not take.
func (r ErrorResponse) Validate() error {
	return errors.Join(r.codeFault(), r.descriptionFault(), r.uriFault())
}

// encodable refuses what must not reach the wire: all that Validate refuses, but for a
// URI that is at fault as a whole, since parsing it would take most of the time. Where
// it refuses, it names all that Validate does.
func (r ErrorResponse) encodable() error {
	if r.Code != 0 && (r.Description == "" || isDescription(r.Description)) && (r.URI == "" || hasURIChars(r.URI)) {
		return nil
	}
	return r.Validate()
}

// sendable returns r without a description or URI that Validate would refuse.
func (r ErrorResponse) sendable() ErrorResponse {
	if r.descriptionFault() != nil {
		r.Description = ""
	}
	if r.uriFault() != nil {
		r.URI = ""
	}
	return r
}

func (r ErrorResponse) codeFault() error {
	if r.Code == 0 {
		return noCode()
	}
	return nil
}

func (r ErrorResponse) descriptionFault() error {
	return charFault(paramDescription, r.Description, isDescription)
}

func (r ErrorResponse) uriFault() error {
	if err := charFault(paramURI, r.URI, hasURIChars); err != nil {
		return err
	}
	if _, err := url.Parse(r.URI); err != nil {
		return &FieldError{paramURI, "not a URI reference: " + err.Error()}
	}
	return nil
}

// A FieldError says what is wrong with one parameter of an [ErrorResponse].
type FieldError struct {
	Field  string // the OAuth parameter: error, error_description or error_uri
	Reason string // what was found there
}

// Error names the parameter and what was found there.
func (e *FieldError) Error() string { return "autherr: " + e.Field + ": " + e.Reason }

// noCode refuses the zero ErrorCode. It is a new value each time, because its
// receiver could change it.
func noCode() error { return &FieldError{paramError, "required, found 0, which is no code"} }

// codeAbsent refuses a response that was read and has no code.
func codeAbsent() error { return &FieldError{paramError, "required, but absent"} }

// The two checks of characters are where encoding spends most of its time, so each looks
// at several at once.

// isDescription reports whether text holds only %x20-21 / %x23-5B / %x5D-7E (RFC 6749
// §5.2).
func isDescription(text string) bool {
	if len(text) < 8 {
		text += "        "[len(text):]
	}
	faults := descriptionFaults(eightChars(text[len(text)-8:]))
	for ; len(text) > 8; text = text[8:] {
		faults |= descriptionFaults(eightChars(text))
	}
	return faults == 0
}

// eightChars returns the first eight characters of text as the bytes of a number.
func eightChars(text string) uint64 {
	_ = text[7]
	return uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
		uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56
}

// descriptionFaults returns 0 if none of eight characters is forbidden in a description.
// Where one is, a term below sets the top bit of its byte; where none is, no term carries
// or borrows from one byte to the next.
func descriptionFaults(chars uint64) uint64 {
	const each = 0x0101010101010101 // times a byte, that byte eight times
	var (
		nonASCII  = chars
		control   = chars - each*' '
		del       = chars + each*1
		quote     = (chars ^ each*'"') - each*1
		backslash = (chars ^ each*'\\') - each*1
	)
	return (nonASCII | control | del | quote | backslash) & (each * 0x80)
}

// hasURIChars reports whether text holds only characters that a URI may have.
func hasURIChars(text string) bool {
	var faults byte
	for ; len(text) >= 4; text = text[4:] {
		faults |= uriFaults[text[0]] | uriFaults[text[1]] | uriFaults[text[2]] | uriFaults[text[3]]
	}
	for i := range len(text) {
		faults |= uriFaults[text[i]]
	}
	return faults == 0
}

// uriFaults has 0 for what RFC 3986 §2 allows in a URI: unreserved, reserved and percent.
var uriFaults = func() (faults [256]byte) {
	for c := range faults {
		faults[c] = 1
	}
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~" +
		":/?#[]@" + "!$&'()*+,;=" + "%") {
		faults[c] = 0
	}
	return faults
}()

// charFault names the first character of text that is not allowed.
func charFault(param, text string, allowed func(string) bool) error {
	for i, char := range text {
		if !allowed(text[i : i+1]) {
			return &FieldError{param, fmt.Sprintf("%s at byte %d is not allowed", strconv.QuoteRuneToASCII(char), i)}
		}
	}
	return nil
}

// responseJSON is an [ErrorResponse] for encoding/json to read and write.
type responseJSON struct {
	Code        ErrorCode `json:"error"`
	Description string    `json:"error_description,omitempty"`
	URI         string    `json:"error_uri,omitempty"`
}

// The JSON of a response, up to the text that each parameter has.
const (
	jsonBegin       = `{"error":"`
	jsonDescription = `","error_description":"`
	jsonURI         = `","error_uri":"`
	jsonEnd         = `"}`
)

// MarshalJSON returns r as the JSON object of RFC 6749 §5.2, with the bytes that
// encoding/json gives it. It refuses, with [*FieldError]s, a response without a code and
// one with a character that [ErrorResponse.Validate] would refuse.
func (r ErrorResponse) MarshalJSON() ([]byte, error) {
	if err := r.encodable(); err != nil {
		return nil, err
	}
	const escaped = "<>&" // by encoding/json, for HTML; nothing else needs it that is encodable
	if strings.ContainsAny(r.Description, escaped) || strings.ContainsAny(r.URI, escaped) {
		return json.Marshal(responseJSON(r))
	}
	code := r.Code.String()
	b := make([]byte, 0, len(jsonBegin+jsonDescription+jsonURI+jsonEnd)+len(code)+len(r.Description)+len(r.URI))
	b = append(append(b, jsonBegin...), code...)
	if r.Description != "" {
		b = append(append(b, jsonDescription...), r.Description...)
	}
	if r.URI != "" {
		b = append(append(b, jsonURI...), r.URI...)
	}
	return append(b, jsonEnd...), nil
}

// UnmarshalJSON sets r to the response in data, a JSON object as in RFC 6749
// §5.2. Members that it does not know are ignored, and null is the same as
// absent. Description and URI may be any text, so a response that was read need
// not be valid; encoding/json puts U+FFFD in place of what is not UTF-8.
//
// It returns an [*UnknownCodeError] where error is a text that has no
// [ErrorCode], a [*FieldError] where a parameter is of another type or error is
// absent, and else the error of encoding/json. When it fails, r is left as it
// was.
func (r *ErrorResponse) UnmarshalJSON(data []byte) error {
	response, ok := readCanonicalJSON(data)
	if !ok {
		var err error
		if response, err = readAnyJSON(data); err != nil {
			return err
		}
	}
	*r = response
	return nil
}

// readCanonicalJSON reads a response in the form in which MarshalJSON writes it, as
// readCanonical does in CBOR.
func readCanonicalJSON(data []byte) (response ErrorResponse, ok bool) {
	rest, ok := bytes.CutPrefix(data, []byte(jsonBegin))
	if !ok {
		return ErrorResponse{}, false
	}
	name, rest := cutText(rest)
	if response.Code, ok = codeNamed(name); !ok {
		return ErrorResponse{}, false
	}
	if after, ok := bytes.CutPrefix(rest, []byte(jsonDescription)); ok {
		var text []byte
		text, rest = cutText(after)
		response.Description = string(text)
	}
	if after, ok := bytes.CutPrefix(rest, []byte(jsonURI)); ok {
		var text []byte
		text, rest = cutText(after)
		response.URI = string(text)
	}
	ok = string(rest) == jsonEnd && isDescription(response.Description) && isDescription(response.URI)
	return response, ok
}

// cutText splits data before its first quotation mark.
func cutText(data []byte) (text, rest []byte) {
	i := max(bytes.IndexByte(data, '"'), 0)
	return data[:i], data[i:]
}

// readAnyJSON reads a response in any form.
func readAnyJSON(data []byte) (ErrorResponse, error) {
	var read responseJSON
	if err := json.Unmarshal(data, &read); err != nil {
		return ErrorResponse{}, jsonFault(err)
	}
	if read.Code == 0 {
		return ErrorResponse{}, codeAbsent()
	}
	return ErrorResponse(read), nil
}

// jsonFault says in the terms of the response what encoding/json says in those
// of Go.
func jsonFault(err error) error {
	var mismatch *json.UnmarshalTypeError
	var unknown *UnknownCodeError
	switch {
	case errors.As(err, &unknown):
		return unknown
	case !errors.As(err, &mismatch):
		return fmt.Errorf("autherr: want a JSON object: %w", err)
	case mismatch.Field == "":
		return fmt.Errorf("autherr: want a JSON object, found %s", mismatch.Value)
	default:
		return &FieldError{mismatch.Field, "found " + mismatch.Value + ", not a string"}
	}
}

// A RemoteError is an error response that another server gave us. It can be
// matched and logged like any other error:
//
//	if errors.Is(err, autherr.InvalidGrant) { … }
//
// but by itself it answers nothing: for [CodeOf] and [ErrorResponseFor] it has no
// code, so a server that is a client elsewhere does not pass on another's words
// as its own.
type RemoteError struct {
	Response ErrorResponse // as it was read; it need not be valid
}

// Error returns "remote: " and what the response's Error returns.
func (e *RemoteError) Error() string { return "remote: " + e.Response.Error() }

// Unwrap returns the response, and so, in two steps, its code.
func (e *RemoteError) Unwrap() error { return e.Response }

func (e *RemoteError) isRemote() {}
