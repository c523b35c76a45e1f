package autherr

import (
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
// has read belongs into a [RemoteError] instead.
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

// encodable is Validate without the parsing of the URI.
func (r ErrorResponse) encodable() error {
	if r.Code != 0 && descriptionChars.contains(r.Description) && uriChars.contains(r.URI) {
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
	return descriptionChars.fault(paramDescription, r.Description)
}

func (r ErrorResponse) uriFault() error {
	if err := uriChars.fault(paramURI, r.URI); err != nil {
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

func (e *FieldError) Error() string { return "autherr: " + e.Field + ": " + e.Reason }

// noCode refuses the zero ErrorCode. It is a new value each time, because its
// receiver could change it.
func noCode() error { return &FieldError{paramError, "required, found 0, which is no code"} }

// codeAbsent refuses a response that was read and has no code.
func codeAbsent() error { return &FieldError{paramError, "required, but absent"} }

// A charset is a set of ASCII characters: 0 for those in it, 1 for all others.
type charset [256]byte

var (
	descriptionChars = newCharset(func(c byte) bool {
		return ' ' <= c && c <= '~' && c != '"' && c != '\\'
	})
	uriChars = newCharset(func(c byte) bool {
		return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' ||
			strings.IndexByte("-._~"+":/?#[]@"+"!$&'()*+,;="+"%", c) >= 0
	})
)

func newCharset(has func(byte) bool) *charset {
	var set charset
	for c := range set {
		if !has(byte(c)) {
			set[c] = 1
		}
	}
	return &set
}

// contains reports whether all of text is in the set. Most of the time that a
// response takes to encode goes by here; four characters at a time instead of one
// make the whole a third faster.
func (s *charset) contains(text string) bool {
	var outside byte
	for ; len(text) >= 4; text = text[4:] {
		outside |= s[text[0]] | s[text[1]] | s[text[2]] | s[text[3]]
	}
	for i := range len(text) {
		outside |= s[text[i]]
	}
	return outside == 0
}

// fault names the first character of text that is not in the set.
func (s *charset) fault(param, text string) error {
	for i, char := range text {
		if s[text[i]] != 0 {
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

// MarshalJSON returns r as the JSON object of RFC 6749 §5.2. It refuses, with
// [*FieldError]s, a response without a code and one with a character that
// [ErrorResponse.Validate] would refuse.
func (r ErrorResponse) MarshalJSON() ([]byte, error) {
	if err := r.encodable(); err != nil {
		return nil, err
	}
	return json.Marshal(responseJSON(r))
}

// UnmarshalJSON sets r to the response in data, a JSON object as in RFC 6749
// §5.2. Members that it does not know are ignored, and null is the same as
// absent. Description and URI may be any text, so a response that was read need
// not be valid.
//
// It returns an [*UnknownCodeError] where error is a text that has no
// [ErrorCode], a [*FieldError] where a parameter is of another type or error is
// absent, and else the error of encoding/json. When it fails, r is left as it
// was.
func (r *ErrorResponse) UnmarshalJSON(data []byte) error {
	var read responseJSON
	if err := json.Unmarshal(data, &read); err != nil {
		return jsonFault(err)
	}
	if read.Code == 0 {
		return codeAbsent()
	}
	*r = ErrorResponse(read)
	return nil
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
