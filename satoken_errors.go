package autherr

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/seed-e9190de5/autherr/internal/plain"
)

//go:generate go run ./internal/docgen

// Category is one of the ten groups of sa-token errors. It is an error, so that it can be a
// target of [errors.Is] and [errors.As]:
//
//	if errors.Is(err, autherr.CategoryNonce) { … }
//
// The zero value is not a category.
type Category uint8

// The categories, by value.
const (
	CategoryBasicToken      Category = 1  // a token is absent, malformed or expired
	CategoryAuthentication  Category = 2  // nobody is logged in
	CategoryAuthorization   Category = 3  // the user may not do this
	CategoryAccountStatus   Category = 4  // the account is banned or was logged out by force
	CategorySession         Category = 5  // the session is gone
	CategoryNonce           Category = 6  // a nonce was used before, is malformed, or is too old or too new
	CategoryRefreshToken    Category = 7  // a refresh token or its record is not usable
	CategoryTokenValidation Category = 8  // a token or a login id fails a check of its form
	CategoryOAuth2          Category = 9  // a step of an OAuth 2.0 flow fails
	CategorySystem          Category = 10 // the server itself fails, which is all that a client is told
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

// Categories returns the ten categories in the order of their values, in a fresh slice.
func Categories() []Category {
	var all []Category
	for c := CategoryBasicToken; c <= CategorySystem; c++ {
		all = append(all, c)
	}
	return all
}

// Errors returns the errors of category c, in the order of [SaTokenErrors], in a fresh slice. It
// returns nil if c is not a category.
func (c Category) Errors() []SaTokenError {
	var members []SaTokenError
	for _, e := range SaTokenErrors() {
		if e.Category() == c {
			members = append(members, e)
		}
	}
	return members
}

// String returns the name of c, such as "Basic Token", or "Category(N)" if c is not a category.
func (c Category) String() string {
	if c.isKnown() {
		return categoryNames[c]
	}
	return fmt.Sprintf("Category(%d)", uint8(c))
}

func (c Category) isKnown() bool { return CategoryBasicToken <= c && c <= CategorySystem }

// Error returns what [Category.String] does.
func (c Category) Error() string { return c.String() }

// Is reports whether target is c. With it, [errors.Is] finds a category that is held by a pointer or
// embedded in a struct.
func (c Category) Is(target error) bool {
	category, ok := target.(Category)
	return ok && category == c && c != 0
}

// As sets target to c if it is a [*Category] and c is not 0. It does for [errors.As] what
// [Category.Is] does for errors.Is.
func (c Category) As(target any) bool {
	category, ok := target.(*Category)
	if !ok || c == 0 {
		return false
	}
	*category = c
	return true
}

// LogValue returns what [Category.String] does. Without it, some of log/slog's handlers would report an
// error for 0.
func (c Category) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText returns the name of c, and an error if c is not a category.
func (c Category) MarshalText() ([]byte, error) {
	if !c.isKnown() {
		return nil, fmt.Errorf("autherr: %s is not one of the 10 categories", c)
	}
	return []byte(c.String()), nil
}

// UnmarshalText sets c to the category with the given name. If there is none, it returns an error
// that quotes text, and leaves c as it was.
func (c *Category) UnmarshalText(text []byte) error {
	i := slices.Index(categoryNames[CategoryBasicToken:], string(text))
	if i < 0 {
		return fmt.Errorf("autherr: no category is named %q", plain.Cut(string(text)))
	}
	*c = CategoryBasicToken + Category(i)
	return nil
}

// SaTokenError is one of the 32 errors of the sa-token family of auth frameworks: what a server
// knows about what went wrong. Like [syscall.Errno], it is a small integer with a table behind
// it. The 32 are constants: nobody can reassign them, they cost nothing to return, and they can be
// cases of a switch.
//
// To [errors.Is] and [errors.As], every SaTokenError is also its [Category] and its
// [SaTokenError.Code].
//
// A value outside the 32, such as the zero value, has a message and a name that give its number.
// It has no category and no code, and is a server fault.
type SaTokenError uint8

// The errors, by category. Their messages are part of the interface and do not change.
const (
	// Basic Token

	// ErrTokenNotFound says that the store has no such token: it was never there, or it has
	// expired.
	ErrTokenNotFound SaTokenError = 1

	// ErrInvalidToken says that the format or the content of a token is wrong.
	// [InvalidTokenError] says in what way.
	ErrInvalidToken SaTokenError = 2

	// ErrTokenExpired says that a token is known, but past its expiry time.
	//
	// errors.Is(ErrTokenExpired, [InvalidToken]) is false, though a protected resource answers
	// it with that code: to errors.Is it is [InvalidGrant], the token endpoint's code. For what an
	// endpoint answers, ask the endpoint:
	//
	//	autherr.ProtectedResource.Answer(err).Response.Code == autherr.InvalidToken
	ErrTokenExpired SaTokenError = 3

	// Authentication

	// ErrNotLogin says that a protected resource was requested without a login.
	//
	// To errors.Is it is [InvalidGrant]. An authorization endpoint answers it with
	// [LoginRequired], which is for prompt=none. Without prompt=none, show the login page
	// instead.
	ErrNotLogin SaTokenError = 4

	// Authorization

	// ErrPermissionDenied says that the user lacks a permission. [PermissionDeniedError] says
	// which. A token endpoint answers it with [UnauthorizedClient], since of the codes that fit
	// only this one has a CBOR value.
	ErrPermissionDenied SaTokenError = 5

	// ErrRoleDenied says that the user lacks a role. [RoleDeniedError] says which. A protected
	// resource names no code for it, since a token with more scope would not help.
	ErrRoleDenied SaTokenError = 6

	// Account Status

	// ErrAccountBanned says that the account is banned. [AccountBannedError] says until when.
	ErrAccountBanned SaTokenError = 7

	// ErrAccountKickedOut says that the session of the account was ended by force.
	ErrAccountKickedOut SaTokenError = 8

	// Session

	// ErrSessionNotFound says that the session does not exist, or was deleted.
	ErrSessionNotFound SaTokenError = 9

	// Nonce

	// ErrNonceAlreadyUsed says that a nonce was used a second time.
	ErrNonceAlreadyUsed SaTokenError = 10

	// ErrInvalidNonceFormat says that a nonce is malformed.
	ErrInvalidNonceFormat SaTokenError = 11

	// ErrInvalidNonceTimestamp says that the time in a nonce is malformed or outside the window.
	ErrInvalidNonceTimestamp SaTokenError = 12

	// Refresh Token

	// ErrRefreshTokenNotFound says that the refresh token does not exist, or has expired.
	ErrRefreshTokenNotFound SaTokenError = 13

	// ErrRefreshTokenInvalidData says that the stored record of a refresh token is corrupt.
	ErrRefreshTokenInvalidData SaTokenError = 14

	// ErrRefreshTokenMissingLoginID says that the record of a refresh token has no login_id.
	ErrRefreshTokenMissingLoginID SaTokenError = 15

	// ErrRefreshTokenInvalidExpireTime says that the record of a refresh token has an expiry
	// time that cannot be parsed.
	ErrRefreshTokenInvalidExpireTime SaTokenError = 16

	// Token Validation

	// ErrTokenEmpty says that a token is the empty string.
	ErrTokenEmpty SaTokenError = 17

	// ErrTokenTooShort says that a token is shorter than the minimum of 8 characters.
	ErrTokenTooShort SaTokenError = 18

	// ErrLoginIDNotNumber says that a login id is not a number, but has to be one.
	ErrLoginIDNotNumber SaTokenError = 19

	// OAuth2

	// ErrOAuth2ClientNotFound says that no client has this client_id.
	ErrOAuth2ClientNotFound SaTokenError = 20

	// ErrOAuth2InvalidCredentials says that a client id and its secret do not match. Every
	// endpoint answers it as it does [ErrOAuth2ClientNotFound], so that nobody learns which it
	// was.
	ErrOAuth2InvalidCredentials SaTokenError = 21

	// ErrOAuth2ClientIDMismatch says that a client continues a flow that another client started.
	ErrOAuth2ClientIDMismatch SaTokenError = 22

	// ErrOAuth2RedirectURIMismatch says that a redirect URI is not one of the client's.
	ErrOAuth2RedirectURIMismatch SaTokenError = 23

	// ErrOAuth2CodeNotFound says that the authorization code does not exist, or has expired.
	ErrOAuth2CodeNotFound SaTokenError = 24

	// ErrOAuth2AccessTokenNotFound says that the access token does not exist, or has expired.
	ErrOAuth2AccessTokenNotFound SaTokenError = 25

	// ErrOAuth2RefreshTokenNotFound says that the OAuth2 refresh token does not exist, or has
	// expired.
	ErrOAuth2RefreshTokenNotFound SaTokenError = 26

	// ErrOAuth2InvalidRefreshToken says that the stored record of an OAuth2 refresh token is
	// corrupt or invalid.
	ErrOAuth2InvalidRefreshToken SaTokenError = 27

	// ErrOAuth2InvalidScope says that a scope is malformed, or that the client may not ask for
	// it. A protected resource answers it with [InvalidRequest]: if a token grants too little,
	// return [ErrPermissionDenied].
	ErrOAuth2InvalidScope SaTokenError = 28

	// System

	// ErrStorage says that the storage backend failed. [StorageError] says how, and
	// [UnavailableError] is for a backend that will be back soon.
	ErrStorage SaTokenError = 29

	// ErrConfig says that the configuration lacks something, or is invalid. [ConfigError] says
	// what is wrong.
	ErrConfig SaTokenError = 30

	// ErrSerialization says that data could not be serialized or parsed. [SerializationError]
	// says what data.
	ErrSerialization SaTokenError = 31

	// ErrInternal says that something happened that should not be possible. [InternalError] says
	// what.
	ErrInternal SaTokenError = 32
)

// A saTokenRow is all that is known of one error.
type saTokenRow struct {
	name          string
	message       string
	category      Category
	token         ErrorCode // what a token endpoint answers
	authorization ErrorCode // what an authorization endpoint answers
	resource      ErrorCode // what a protected resource answers; "" if its status says it all
	status        int       // the HTTP status of a protected resource
	description   string
	causes        []string
	solution      string
}

// saTokenErrors is the table of the 32 errors.
var saTokenErrors = [...]saTokenRow{
	ErrTokenNotFound: {
		name: "TokenNotFound", message: "Token not found or expired", category: CategoryBasicToken,
		token: InvalidGrant, authorization: LoginRequired, resource: InvalidToken, status: 401,
		description: "The store has no such token: it was never there, or it has expired.",
		causes:      []string{"the token was never created", "it has expired", "somebody deleted it by hand"},
		solution:    "Log in again to get a new token.",
	},
	ErrInvalidToken: {
		name: "InvalidToken", message: "Token is invalid", category: CategoryBasicToken,
		token: InvalidGrant, authorization: LoginRequired, resource: InvalidToken, status: 401,
		description: "The format or the content of the token is wrong.",
		causes:      []string{"the token was corrupted on its way", "somebody tampered with it", "it is not in the format that this server issues"},
		solution:    "Check that the token is complete, unaltered and in the format that this server issues.",
	},
	ErrTokenExpired: {
		name: "TokenExpired", message: "Token has expired", category: CategoryBasicToken,
		token: InvalidGrant, authorization: LoginRequired, resource: InvalidToken, status: 401,
		description: "The token is past its expiry time.",
		causes:      []string{"the token has lived longer than the configured timeout"},
		solution:    "Use the refresh token, or authenticate again.",
	},
	ErrNotLogin: {
		name: "NotLogin", message: "User not logged in", category: CategoryAuthentication,
		token: InvalidGrant, authorization: LoginRequired, status: 401,
		description: "A protected resource was requested without authentication.",
		causes:      []string{"the request carries no token", "the token is not where the server looks for it in the request"},
		solution:    "Log in first, and send the token with the request.",
	},
	ErrPermissionDenied: {
		name: "PermissionDenied", message: "Permission denied", category: CategoryAuthorization,
		token: UnauthorizedClient, authorization: AccessDenied, resource: InsufficientScope, status: 403,
		description: "The user does not have the permission that the action needs.",
		causes:      []string{"the permission was granted neither to the user nor to any of their roles"},
		solution:    "Grant the permission to the user or to one of their roles.",
	},
	ErrRoleDenied: {
		name: "RoleDenied", message: "Role denied", category: CategoryAuthorization,
		token: UnauthorizedClient, authorization: AccessDenied, status: 403,
		description: "The user does not have the role that the action needs.",
		causes:      []string{"the role was never assigned to the user"},
		solution:    "Assign the role to the user.",
	},
	ErrAccountBanned: {
		name: "AccountBanned", message: "Account is banned", category: CategoryAccountStatus,
		token: InvalidGrant, authorization: AccessDenied, status: 403,
		description: "The account is banned, for a time or for good.",
		causes:      []string{"the terms of use were violated", "there was a security incident", "an administrator decided so"},
		solution:    "Wait until the ban ends, or ask an administrator to lift it.",
	},
	ErrAccountKickedOut: {
		name: "AccountKickedOut", message: "Account is kicked out", category: CategoryAccountStatus,
		token: InvalidGrant, authorization: LoginRequired, resource: InvalidToken, status: 401,
		description: "The session of the account was ended by force.",
		causes:      []string{"an administrator kicked the account out", "the account logged in on another device"},
		solution:    "Log in again.",
	},
	ErrSessionNotFound: {
		name: "SessionNotFound", message: "Session not found", category: CategorySession,
		token: InvalidGrant, authorization: LoginRequired, resource: InvalidToken, status: 401,
		description: "The session does not exist, or no longer exists.",
		causes:      []string{"the session has expired", "somebody deleted it by hand", "it was never created"},
		solution:    "Log in, which starts a new session.",
	},
	ErrNonceAlreadyUsed: {
		name: "NonceAlreadyUsed", message: "Nonce has been used, possible replay attack detected", category: CategoryNonce,
		token: InvalidRequest, authorization: InvalidRequest, resource: InvalidRequest, status: 400,
		description: "The nonce was used before, so the request may be a replay.",
		causes:      []string{"the same request was sent twice", "somebody is replaying a recorded request"},
		solution:    "Use a fresh nonce for every request.",
	},
	ErrInvalidNonceFormat: {
		name: "InvalidNonceFormat", message: "Invalid nonce format", category: CategoryNonce,
		token: InvalidRequest, authorization: InvalidRequest, resource: InvalidRequest, status: 400,
		description: "The nonce does not have the expected format.",
		causes:      []string{"the nonce was corrupted", "it was made by hand"},
		solution:    "Generate nonces with the standard generator.",
	},
	ErrInvalidNonceTimestamp: {
		name: "InvalidNonceTimestamp", message: "Nonce timestamp is invalid or expired", category: CategoryNonce,
		token: InvalidRequest, authorization: InvalidRequest, resource: InvalidRequest, status: 400,
		description: "The time in the nonce cannot be read, or is outside the accepted window.",
		causes:      []string{"the clocks of client and server have drifted apart", "the nonce is too old", "somebody tampered with the time in it"},
		solution:    "Synchronize the clocks, and make a fresh nonce.",
	},
	ErrRefreshTokenNotFound: {
		name: "RefreshTokenNotFound", message: "Refresh token not found or expired", category: CategoryRefreshToken,
		token: InvalidGrant, authorization: LoginRequired, resource: InvalidToken, status: 401,
		description: "There is no such refresh token, or it has expired.",
		causes:      []string{"it was never issued", "it has expired", "it was revoked"},
		solution:    "Authenticate again.",
	},
	ErrRefreshTokenInvalidData: {
		name: "RefreshTokenInvalidData", message: "Invalid refresh token data", category: CategoryRefreshToken,
		token: InvalidGrant, authorization: LoginRequired, resource: InvalidToken, status: 401,
		description: "The record that the store keeps of the refresh token is corrupt or malformed.",
		causes:      []string{"the storage corrupted it", "somebody tampered with it", "it was serialized wrongly"},
		solution:    "Authenticate again, which writes a new record.",
	},
	ErrRefreshTokenMissingLoginID: {
		name: "RefreshTokenMissingLoginId", message: "Missing login_id in refresh token", category: CategoryRefreshToken,
		token: InvalidGrant, authorization: LoginRequired, resource: InvalidToken, status: 401,
		description: "The record of the refresh token has no login_id.",
		causes:      []string{"the data was corrupted", "the record was not written completely"},
		solution:    "Issue a new refresh token.",
	},
	ErrRefreshTokenInvalidExpireTime: {
		name: "RefreshTokenInvalidExpireTime", message: "Invalid expire time format in refresh token", category: CategoryRefreshToken,
		token: InvalidGrant, authorization: LoginRequired, resource: InvalidToken, status: 401,
		description: "The expiry time in the record of the refresh token cannot be parsed.",
		causes:      []string{"the date was written in another format", "the data was corrupted"},
		solution:    "Issue a new refresh token, with its expiry time in the right format.",
	},
	ErrTokenEmpty: {
		name: "TokenEmpty", message: "Token is empty", category: CategoryTokenValidation,
		token: InvalidRequest, authorization: LoginRequired, status: 401,
		description: "The token that was passed is empty.",
		causes:      []string{"an empty string was passed for the token"},
		solution:    "Pass a token.",
	},
	ErrTokenTooShort: {
		name: "TokenTooShort", message: "Token is too short", category: CategoryTokenValidation,
		token: InvalidGrant, authorization: LoginRequired, resource: InvalidToken, status: 401,
		description: "The token has fewer than the 8 characters that every token has.",
		causes:      []string{"the token was cut off", "what was passed is not a token at all"},
		solution:    "Pass the whole token.",
	},
	ErrLoginIDNotNumber: {
		name: "LoginIdNotNumber", message: "Login ID is not a valid number", category: CategoryTokenValidation,
		token: InvalidRequest, authorization: InvalidRequest, resource: InvalidRequest, status: 400,
		description: "The login id cannot be parsed as a number.",
		causes:      []string{"the server expects numeric login ids and got another kind"},
		solution:    "Use login ids of the type that the server expects.",
	},
	ErrOAuth2ClientNotFound: {
		name: "OAuth2ClientNotFound", message: "OAuth2 client not found", category: CategoryOAuth2,
		token: InvalidClient, authorization: InvalidClient, resource: InvalidToken, status: 401,
		description: "No client has this client_id.",
		causes:      []string{"the client is not registered", "the client_id is wrong"},
		solution:    "Register the client, or check its client_id.",
	},
	ErrOAuth2InvalidCredentials: {
		name: "OAuth2InvalidCredentials", message: "Invalid client credentials", category: CategoryOAuth2,
		token: InvalidClient, authorization: InvalidClient, resource: InvalidToken, status: 401,
		description: "The client secret does not belong to this client_id.",
		causes:      []string{"the secret is wrong", "the credentials contain a typing error"},
		solution:    "Check the client's credentials.",
	},
	ErrOAuth2ClientIDMismatch: {
		name: "OAuth2ClientIdMismatch", message: "Client ID mismatch", category: CategoryOAuth2,
		token: InvalidGrant, authorization: InvalidRequest, resource: InvalidRequest, status: 400,
		description: "The client_id is not that of the client that started the flow.",
		causes:      []string{"the authorization code or refresh token belongs to another client"},
		solution:    "Continue with the client that started the flow.",
	},
	ErrOAuth2RedirectURIMismatch: {
		name: "OAuth2RedirectUriMismatch", message: "Redirect URI mismatch", category: CategoryOAuth2,
		token: InvalidGrant, authorization: InvalidRedirectURI, resource: InvalidRequest, status: 400,
		description: "The redirect URI is not among those registered for the client.",
		causes:      []string{"the URI is not on the client's allow list", "it contains a typing error"},
		solution:    "Use a redirect URI that is registered for the client.",
	},
	ErrOAuth2CodeNotFound: {
		name: "OAuth2CodeNotFound", message: "Authorization code not found or expired", category: CategoryOAuth2,
		token: InvalidGrant, authorization: InvalidRequest, resource: InvalidRequest, status: 400,
		description: "There is no such authorization code, or it has expired.",
		causes:      []string{"the code was used before", "it has expired, commonly after 10 minutes"},
		solution:    "Ask for a new authorization code.",
	},
	ErrOAuth2AccessTokenNotFound: {
		name: "OAuth2AccessTokenNotFound", message: "Access token not found or expired", category: CategoryOAuth2,
		token: InvalidGrant, authorization: LoginRequired, resource: InvalidToken, status: 401,
		description: "There is no such access token, or it has expired.",
		causes:      []string{"it has expired, commonly after 1 hour", "it was revoked", "it was never issued"},
		solution:    "Refresh the access token, or authorize again.",
	},
	ErrOAuth2RefreshTokenNotFound: {
		name: "OAuth2RefreshTokenNotFound", message: "Refresh token not found or expired", category: CategoryOAuth2,
		token: InvalidGrant, authorization: LoginRequired, resource: InvalidToken, status: 401,
		description: "There is no such OAuth2 refresh token, or it has expired.",
		causes:      []string{"it has expired, commonly after 30 days", "it was revoked", "it was never issued"},
		solution:    "Authorize again.",
	},
	ErrOAuth2InvalidRefreshToken: {
		name: "OAuth2InvalidRefreshToken", message: "Invalid refresh token data", category: CategoryOAuth2,
		token: InvalidGrant, authorization: LoginRequired, resource: InvalidToken, status: 401,
		description: "The record that the store keeps of the OAuth2 refresh token is corrupt or invalid.",
		causes:      []string{"the data was corrupted", "somebody tampered with it"},
		solution:    "Authorize again, which issues new tokens.",
	},
	ErrOAuth2InvalidScope: {
		name: "OAuth2InvalidScope", message: "Invalid scope data", category: CategoryOAuth2,
		token: InvalidScope, authorization: InvalidScope, resource: InvalidRequest, status: 400,
		description: "The scope is invalid or corrupt.",
		causes:      []string{"the scope is malformed", "the client may not ask for it"},
		solution:    "Ask only for scopes that are valid and that the client may have.",
	},
	ErrStorage: {
		name: "StorageError", message: "Storage error", category: CategorySystem,
		token: ServerError, authorization: ServerError, resource: ServerError, status: 500,
		description: "The storage backend failed.",
		causes:      []string{"the connection to the database was lost", "Redis is down", "the network failed"},
		solution:    "Check the storage backend and the connection to it.",
	},
	ErrConfig: {
		name: "ConfigError", message: "Configuration error", category: CategorySystem,
		token: ServerError, authorization: ServerError, resource: ServerError, status: 500,
		description: "The configuration lacks something, or something in it is invalid.",
		causes:      []string{"a required setting is absent", "a setting has a bad value"},
		solution:    "Review the configuration.",
	},
	ErrSerialization: {
		name: "SerializationError", message: "Serialization error", category: CategorySystem,
		token: ServerError, authorization: ServerError, resource: ServerError, status: 500,
		description: "Data could not be serialized or parsed.",
		causes:      []string{"the data does not have the structure that the code expects", "the JSON is corrupt"},
		solution:    "Check the format and the structure of the data.",
	},
	ErrInternal: {
		name: "InternalError", message: "Internal error", category: CategorySystem,
		token: ServerError, authorization: ServerError, resource: ServerError, status: 500,
		description: "Something happened that should not be possible.",
		causes:      []string{"there is an error in the program", "the program is in an unexpected state"},
		solution:    "Report it to the developers, with the details.",
	},
}

// SaTokenErrors returns the 32 errors in the order of their values, in a fresh slice.
func SaTokenErrors() []SaTokenError {
	var all []SaTokenError
	for e := ErrTokenNotFound; e <= ErrInternal; e++ {
		all = append(all, e)
	}
	return all
}

// ParseSaTokenError returns the error with the given [SaTokenError.Name], or 0 and an error that
// quotes name if there is none.
func ParseSaTokenError(name string) (SaTokenError, error) {
	for e := ErrTokenNotFound; e <= ErrInternal; e++ {
		if e.Name() == name {
			return e, nil
		}
	}
	return 0, fmt.Errorf("autherr: no sa-token error is named %q", plain.Cut(name))
}

// row returns what is known of e, which is nothing if e is outside the 32.
func (e SaTokenError) row() *saTokenRow {
	if int(e) < len(saTokenErrors) {
		return &saTokenErrors[e]
	}
	return &saTokenErrors[0]
}

func (e SaTokenError) isKnown() bool { return ErrTokenNotFound <= e && e <= ErrInternal }

// Error returns the message of e, such as "Token has expired".
func (e SaTokenError) Error() string {
	if !e.isKnown() {
		return fmt.Sprintf("Unknown sa-token error %d", uint8(e))
	}
	return e.row().message
}

// Name returns the name that sa-token itself uses, such as "OAuth2ClientIdMismatch", or
// "SaTokenError(N)" if e is outside the 32.
func (e SaTokenError) Name() string {
	if !e.isKnown() {
		return fmt.Sprintf("SaTokenError(%d)", uint8(e))
	}
	return e.row().name
}

// GoString returns the constant as it is written in Go, such as "autherr.ErrStorage". It is for
// the verb %#v.
func (e SaTokenError) GoString() string {
	if !e.isKnown() {
		return "autherr." + e.Name()
	}
	name := strings.NewReplacer("Id", "ID", "Uri", "URI").Replace(e.Name())
	return "autherr.Err" + strings.TrimSuffix(name, "Error")
}

// Category returns the category of e, or 0 if e is outside the 32.
func (e SaTokenError) Category() Category { return e.row().category }

// Code returns the code that a token endpoint answers e with: [ServerError] for a System error,
// and "" if e is outside the 32. For other endpoints, ask [Endpoint.Answer].
func (e SaTokenError) Code() ErrorCode { return e.row().token }

// Description returns a sentence for people that says what e means, or "" if e is outside the 32.
func (e SaTokenError) Description() string { return e.row().description }

// Causes returns what commonly causes e, each a phrase, in a fresh slice. It returns nil if e is
// outside the 32.
func (e SaTokenError) Causes() []string { return slices.Clone(e.row().causes) }

// Solution returns a sentence for people that says what to do about e, or "" if e is outside the
// 32.
func (e SaTokenError) Solution() string { return e.row().solution }

// Is reports whether target is e, its [Category] or its [SaTokenError.Code]. It is for
// [errors.Is].
func (e SaTokenError) Is(target error) bool {
	switch target := target.(type) {
	case SaTokenError:
		return target == e
	case Category:
		return e.Category().Is(target)
	case ErrorCode:
		return e.Code().Is(target)
	default:
		return false
	}
}

// As sets target to e, its [Category] or its [SaTokenError.Code], if it is a pointer to one of
// these types and e has a value for it. It is for [errors.As].
func (e SaTokenError) As(target any) bool {
	switch target := target.(type) {
	case *SaTokenError:
		*target = e
		return true
	case *Category:
		return e.Category().As(target)
	case *ErrorCode:
		return e.Code().As(target)
	default:
		return false
	}
}

func (e SaTokenError) decide(self error) decision {
	_, whole := self.(SaTokenError)
	return decision{kind: isSaToken, saToken: e, whole: whole}
}

// LogValue returns the message. Without it, some of log/slog's handlers would write the name.
func (e SaTokenError) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// AppendText appends the name of e to b. It returns an error, and b as it was, if e is outside the
// 32. It implements [encoding.TextAppender].
func (e SaTokenError) AppendText(b []byte) ([]byte, error) {
	if !e.isKnown() {
		return b, fmt.Errorf("autherr: %s is not one of the 32 sa-token errors", e.Name())
	}
	return append(b, e.Name()...), nil
}

// MarshalText returns the name of e as [SaTokenError.AppendText] writes it.
func (e SaTokenError) MarshalText() ([]byte, error) { return e.AppendText(nil) }

// UnmarshalText sets e to the error that text names. If there is none, it returns the error of
// [ParseSaTokenError] and leaves e as it was.
func (e *SaTokenError) UnmarshalText(text []byte) error {
	parsed, err := ParseSaTokenError(string(text))
	if err != nil {
		return err
	}
	*e = parsed
	return nil
}
