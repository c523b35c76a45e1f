// Package autherr is one vocabulary for what goes wrong in an auth server: typed
// errors that its stores return, its handlers match, its endpoints send and its
// clients read back.
//
// # One error, from store to wire
//
// A store that does not find an authorization code returns one of the 32 errors
// of the sa-token family. They are constants of type [SaTokenError], so returning
// one allocates nothing and nobody can reassign it:
//
//	return autherr.ErrOAuth2CodeNotFound
//
// On its way up, the error is wrapped and joined as any other:
//
//	return fmt.Errorf("redeem code for %s: %w", clientID, err)
//
// A handler can ask what happened, with the errors package alone, at whichever
// level it cares about: by error, by [Category] or by OAuth [ErrorCode]. Every
// sa-token error is its category and its code as far as [errors.Is] and
// [errors.As] can tell:
//
//	errors.Is(err, autherr.ErrOAuth2CodeNotFound) // true
//	errors.Is(err, autherr.CategoryOAuth2)        // true
//	errors.Is(err, autherr.InvalidGrant)          // true
//
// At the edge, [ErrorResponseFor] turns whatever error came up into what the client
// is told, an [ErrorResponse], and says if it is to be told nothing because the
// fault is the server's own:
//
//	response, ok := autherr.ErrorResponseFor(err)
//	if !ok {
//		// 500 over HTTP, 5.00 over CoAP
//	}
//	body, err := response.MarshalCBOR() // A1181E03, or {"error":"invalid_grant"} in JSON
//
// [LogAttr] gives the log the whole of it. And the client that reads the answer
// wraps it in a [RemoteError], which matches InvalidGrant again.
//
// # Four promises
//
//  1. What leaves a token endpoint depends on the code alone. A response made from
//     an error carries nothing of its text, so an unknown client cannot be told from
//     a wrong secret.
//  2. A server fault is never dressed up as a client's. An error of [CategorySystem]
//     anywhere in the tree, and an error that the package does not know, has no code
//     and no response.
//  3. No missing code and no forbidden character reaches the wire.
//  4. What another server said is never passed on as our own word. A [RemoteError]
//     has no code and no response by itself.
//
// # The verdict on an error
//
// [errors.Is] says what is in a tree of errors; [ErrorResponseFor], [CodeOf],
// [SaTokenErrorOf] and [CategoryOf] say what to make of it. One rule serves them all:
//
//  1. A System error anywhere in the tree, whatever errors.Is calls one, makes it a
//     server fault, at any depth and in any order: it has no code and no response, its
//     category is System, and its sa-token error is the first of the System errors. To
//     end a System error's say, wrap it with %v instead of %w.
//  2. Else the first [ErrorCode], [SaTokenError], [ErrorResponse] or [*RemoteError]
//     decides alone, in the order of [errors.As]: an outer error decides for what it
//     wraps. A RemoteError decides that there is no code.
//  3. Else, and for nil, there is none, and the second result is false.
//
// An error type of your own joins in by unwrapping to one of these.
package autherr

import (
	"errors"
	"fmt"
	"log/slog"
)

// A Category is one of the ten groups of sa-token errors. It is an error so that it
// can be a target of [errors.Is] and [errors.As]:
//
//	if errors.Is(err, autherr.CategoryNonce) { … }
//
// The zero value is no category.
type Category uint8

// The categories, in the order of [Categories].
const (
	CategoryBasicToken      Category = iota + 1 // a token is absent, malformed or expired
	CategoryAuthentication                      // nobody is logged in
	CategoryAuthorization                       // the user may not do this
	CategoryAccountStatus                       // the account is banned or was logged out by force
	CategorySession                             // the session is gone
	CategoryNonce                               // a nonce is used up, malformed or out of time
	CategoryRefreshToken                        // a refresh token or its record is no good
	CategoryTokenValidation                     // a token or login id fails a check of form
	CategoryOAuth2                              // a step of an OAuth 2.0 flow fails
	CategorySystem                              // the server itself fails: no client is told more than that
)

var categoryNames = [...]string{
	CategoryBasicToken:      "Basic Token",
	CategoryAuthentication:  "Authentication",
	CategoryAuthorization:   "Authorization",
	CategoryAccountStatus:   "Account Status",
	CategorySession:         "Session",
	CategoryNonce:           "Nonce",
	CategoryRefreshToken:    "Refresh Token",
	CategoryTokenValidation: "Token Validation",
	CategoryOAuth2:          "OAuth2",
	CategorySystem:          "System",
}

// Categories returns all categories, in order, in a slice of the caller's own.
func Categories() []Category {
	var all []Category
	for c := CategoryBasicToken; c <= CategorySystem; c++ {
		all = append(all, c)
	}
	return all
}

// Errors returns the errors of category c, in the order of [SaTokenErrors]; none
// where c is no category.
func (c Category) Errors() []SaTokenError {
	var members []SaTokenError
	for _, e := range SaTokenErrors() {
		if e.Category() == c {
			members = append(members, e)
		}
	}
	return members
}

// String returns the name of c, such as "Basic Token", or "Category(N)" where c is no
// category.
func (c Category) String() string {
	if 0 < c && int(c) < len(categoryNames) {
		return categoryNames[c]
	}
	return fmt.Sprintf("Category(%d)", uint8(c))
}

// Error returns what [Category.String] does.
func (c Category) Error() string { return c.String() }

// ErrorResponseFor returns what to tell the client about err, and false where that is
// nothing, since the fault is not the client's: then the answer is 500 over HTTP and
// 5.00 over CoAP, without a reason.
//
// The response holds the code of [CodeOf] and no more, unless it was an [ErrorResponse]
// in err that decided: then it is that response, without a description or URI that
// [ErrorResponse.Validate] would refuse. It can always be encoded.
func ErrorResponseFor(err error) (ErrorResponse, bool) { return responseOf(decider(err)) }

// CodeOf returns the code that a token endpoint answers err with, and false where it
// has none to give: for a server fault, for an error that the package does not know, for
// another server's answer and for nil.
func CodeOf(err error) (ErrorCode, bool) {
	response, ok := ErrorResponseFor(err)
	return response.Code, ok
}

// SaTokenErrorOf returns the sa-token error that decides on err, and false where there is
// none or something else decides.
func SaTokenErrorOf(err error) (SaTokenError, bool) {
	e, ok := decider(err).(SaTokenError)
	return e, ok
}

// CategoryOf returns [CategorySystem] for a server fault, else the category of what
// [SaTokenErrorOf] returns, and false where there is none.
func CategoryOf(err error) (Category, bool) { return categoryOf(decider(err)) }

// LogAttr returns all of err for a log, as the group "error" of strings: message, which is
// its whole text, and where they are known name, category and code, by [SaTokenErrorOf],
// [CategoryOf] and [CodeOf]. The code is that of a token endpoint; a protected resource has
// told its client another. For nil it returns the empty Attr, which handlers ignore.
func LogAttr(err error) slog.Attr {
	if err == nil {
		return slog.Attr{}
	}
	attrs := []slog.Attr{slog.String("message", err.Error())}
	decider := decider(err)
	if e, ok := decider.(SaTokenError); ok {
		attrs = append(attrs, slog.String("name", e.Name()))
	}
	if category, ok := categoryOf(decider); ok {
		attrs = append(attrs, slog.String("category", category.String()))
	}
	if response, ok := responseOf(decider); ok {
		attrs = append(attrs, slog.String("code", response.Code.String()))
	}
	return slog.GroupAttrs("error", attrs...)
}

// responseOf returns what to tell the client where decider decides.
func responseOf(decider error) (response ErrorResponse, ok bool) {
	switch d := decider.(type) {
	case ErrorCode:
		response.Code = d
	case SaTokenError:
		response.Code, _ = d.Code()
	case ErrorResponse:
		response = d.sendable()
	case *ErrorResponse:
		response = d.sendable()
	}
	if response.Code == 0 {
		return ErrorResponse{}, false
	}
	return response, true
}

// categoryOf returns the category where decider decides.
func categoryOf(decider error) (category Category, ok bool) {
	switch d := decider.(type) {
	case Category:
		category = d
	case SaTokenError:
		category = d.Category()
	}
	return category, category != 0
}

// decider returns the error in err's tree that decides on all of it, or nil. For a server
// fault that is the first System error, or CategorySystem where errors.Is knows that there
// is one, but no SaTokenError says it.
func decider(err error) error {
	if !errors.Is(err, CategorySystem) {
		return first(err, isOurs)
	}
	if e := first(err, isSystem); e != nil {
		return e
	}
	return CategorySystem
}

// isSystem reports whether err itself, whatever it wraps, is a System error.
func isSystem(err error) bool {
	e, ok := err.(SaTokenError)
	return ok && e.Category() == CategorySystem
}

// isOurs reports whether err itself, whatever it wraps, is of a type that decides. It may be
// a RemoteError by embedding one, since that has it unwrap to the response.
func isOurs(err error) bool {
	switch err.(type) {
	case ErrorCode, SaTokenError, ErrorResponse, *ErrorResponse, interface{ isRemote() }:
		return true
	default:
		return false
	}
}

// first returns the first error in err's tree that match accepts, in the order of
// errors.As, or nil.
func first(err error, match func(error) bool) error {
	for err != nil {
		if match(err) {
			return err
		}
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			err = e.Unwrap()
		case interface{ Unwrap() []error }:
			for _, branch := range e.Unwrap() {
				if found := first(branch, match); found != nil {
					return found
				}
			}
			return nil
		default:
			return nil
		}
	}
	return nil
}
