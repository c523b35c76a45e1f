package autherr

import (
	"fmt"
	"strconv"
	"strings"
)

// ErrorCode is an OAuth 2.0 error code: what a client is told when its request
// fails. The constants below are the codes of RFC 6749 §5.2 and RFC 9200
// §5.8.3, and their values stand for them in CBOR.
//
// The set is open. Every int32 but 0 is a possible code, the registry can grow,
// and [Other] makes a code of any value; so a switch on an ErrorCode needs a
// default case. Other(3) and [InvalidGrant] are the same code.
//
// The zero value means "not set". It is no code: no encoding accepts it or
// yields it, and no error of this package has it.
//
// An ErrorCode is an error, so that it can be returned, wrapped and matched:
//
//	return fmt.Errorf("grant type %q: %w", grantType, autherr.UnsupportedGrantType)
type ErrorCode int32

// The registered codes, with their values in IANA's registry "OAuth Error Code CBOR
// Mappings" (RFC 9200 §8.4).
const (
	// InvalidRequest says that the request itself is malformed. Use it when a
	// required parameter is missing or one is repeated.
	InvalidRequest ErrorCode = 1

	// InvalidClient says that client authentication failed. Use it alike for an
	// unknown client and for a wrong secret, so that nobody learns which it was.
	InvalidClient ErrorCode = 2

	// InvalidGrant says that the authorization grant or refresh token is not, or
	// no longer, good for this client.
	InvalidGrant ErrorCode = 3

	// UnauthorizedClient says that a client that did authenticate may not do what
	// it asks for.
	UnauthorizedClient ErrorCode = 4

	// UnsupportedGrantType says that the server does not offer the grant type to
	// anybody.
	UnsupportedGrantType ErrorCode = 5

	// InvalidScope says that the scope asked for is malformed, unknown, or wider
	// than what was granted.
	InvalidScope ErrorCode = 6

	// UnsupportedPoPKey says that the resource server cannot process the
	// asymmetric proof-of-possession key that the client submitted.
	UnsupportedPoPKey ErrorCode = 7

	// IncompatibleACEProfiles says that client and resource server have no ACE
	// profile in common.
	IncompatibleACEProfiles ErrorCode = 8
)

// errorCodes is the table of the registered codes.
var errorCodes = [...]struct{ name, description string }{
	InvalidRequest: {
		"invalid_request",
		"The request lacks a required parameter, repeats one, gives one a value that is not supported, uses more than one credential or way of client authentication, or is malformed in another way.",
	},
	InvalidClient: {
		"invalid_client",
		"The client could not be authenticated, for example because it is unknown, its credentials are wrong, it sent none, or it used a method that the server does not support.",
	},
	InvalidGrant: {
		"invalid_grant",
		"The authorization grant or refresh token is invalid, expired or revoked, belongs to another redirect URI, or was issued to another client.",
	},
	UnauthorizedClient: {
		"unauthorized_client",
		"The client is authenticated, but is not allowed to use this grant type.",
	},
	UnsupportedGrantType: {
		"unsupported_grant_type",
		"The authorization server does not support this grant type.",
	},
	InvalidScope: {
		"invalid_scope",
		"The requested scope is invalid, unknown or malformed, or goes beyond what the resource owner granted.",
	},
	UnsupportedPoPKey: {
		"unsupported_pop_key",
		"The resource server cannot process the asymmetric key that the client submitted.",
	},
	IncompatibleACEProfiles: {
		"incompatible_ace_profiles",
		"The client and the resource server support no ACE profile in common.",
	},
}

// Other returns the code with the given value, whether or not a name is
// registered for it. Values below -65536 are for private use (RFC 9200 §8.4).
func Other(value int32) ErrorCode { return ErrorCode(value) }

// ParseErrorCode returns the code whose text form is text: a registered name,
// such as "invalid_grant", or "other(N)" just as [ErrorCode.String] writes it
// for a code without one. Any other text, "other(3)", "other(0)" and
// "other(+9)" among it, is an [*UnknownCodeError].
func ParseErrorCode(text string) (ErrorCode, error) {
	if code, ok := codeNamed(text); ok {
		return code, nil
	}
	if digits, ok := strings.CutPrefix(text, "other("); ok {
		value, _ := strconv.ParseInt(strings.TrimSuffix(digits, ")"), 10, 32)
		if code := Other(int32(value)); code != 0 && code.String() == text {
			return code, nil
		}
	}
	return 0, &UnknownCodeError{Name: text}
}

// codeNamed returns the code with a registered name.
func codeNamed[T string | []byte](name T) (ErrorCode, bool) {
	for code := InvalidRequest; code.IsRegistered(); code++ {
		if errorCodes[code].name == string(name) {
			return code, true
		}
	}
	return 0, false
}

// An UnknownCodeError reports a text that is no [ErrorCode]. Not every OAuth
// error has one: server_error and slow_down, for instance, have no ACE value.
// [ParseErrorCode] and every decoding of text return it, as a pointer.
type UnknownCodeError struct {
	Name string // the text as it was found
}

// Error quotes the text that was found.
func (e *UnknownCodeError) Error() string {
	return fmt.Sprintf("autherr: error %q is not a known code", e.Name)
}

// IsRegistered reports whether c is one of the eight codes that have a name.
func (c ErrorCode) IsRegistered() bool { return 0 < c && int(c) < len(errorCodes) }

// IsPrivateUse reports whether c is below -65536, where RFC 9200 §8.4 leaves
// the values to private use.
func (c ErrorCode) IsPrivateUse() bool { return c < -65536 }

// String returns the name of c, such as "invalid_grant", or "other(N)" with its
// value in decimal where no name is registered.
func (c ErrorCode) String() string {
	if c.IsRegistered() {
		return errorCodes[c].name
	}
	return fmt.Sprintf("other(%d)", int32(c))
}

// Error returns what [ErrorCode.String] does.
func (c ErrorCode) Error() string { return c.String() }

// Description returns a sentence for people that says what c means, or "" where
// no name is registered. Nothing sends it, unless the caller puts it into a
// response.
func (c ErrorCode) Description() string {
	if c.IsRegistered() {
		return errorCodes[c].description
	}
	return ""
}

// HTTPStatus returns the status with which a token endpoint answers over HTTP:
// 401 for [InvalidClient], 400 for every other code (RFC 6749 §5.2), and 500 for
// 0, which is no code.
func (c ErrorCode) HTTPStatus() int {
	switch c {
	case 0:
		return 500
	case InvalidClient:
		return 401
	default:
		return 400
	}
}

// CoAPCode returns the response code with which a token endpoint answers over
// CoAP, as its byte: 129 (4.01) for [InvalidClient], 128 (4.00) for every other
// code (RFC 9200 §5.8.3), and 160 (5.00) for 0, which is no code.
func (c ErrorCode) CoAPCode() uint8 { return coapCode(c.HTTPStatus()) }

// coapCode returns the CoAP response code with the class and the detail, below 32, that
// an HTTP status has as its first and its other digits (RFC 7252 §3).
func coapCode(httpStatus int) uint8 {
	return uint8(httpStatus/100<<5 | httpStatus%100)
}

// AppendText appends the text form of c, which is that of [ErrorCode.String].
// It implements [encoding.TextAppender]. It fails for 0 alone, with a [*FieldError],
// and then returns b as it was.
func (c ErrorCode) AppendText(b []byte) ([]byte, error) {
	if c == 0 {
		return b, noCode()
	}
	return append(b, c.String()...), nil
}

// MarshalText returns the text form of c as [ErrorCode.AppendText] writes it.
func (c ErrorCode) MarshalText() ([]byte, error) { return c.AppendText(nil) }

// UnmarshalText sets c to the code whose text form is text, by the rules of
// [ParseErrorCode]. When it fails, with an [*UnknownCodeError], c is left as it
// was.
func (c *ErrorCode) UnmarshalText(text []byte) error {
	code, err := ParseErrorCode(string(text))
	if err != nil {
		return err
	}
	*c = code
	return nil
}
