package autherr

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

//go:generate go run ./internal/docgen

// SaTokenError is one of the 32 errors of the sa-token family of auth frameworks: what a
// server knows about what went wrong. Like syscall.Errno it is a small integer with a
// table behind it: a constant that nobody can reassign, that costs nothing to return, and
// that can be a case of a switch.
//
// To [errors.Is] and [errors.As], every SaTokenError is also its [Category] and, unless it
// is a server fault, its [ErrorCode].
//
// A value that is none of the 32, the zero value among them, has a message and a name that
// give its number, and is answered with 500 or 5.00; it has no category and no code.
type SaTokenError uint8

// The errors, by category. Their messages are part of the interface and do not change.
const (
	// Basic Token

	// ErrTokenNotFound says that the store holds no such token, or no longer.
	ErrTokenNotFound SaTokenError = iota + 1

	// ErrInvalidToken says that a token is malformed or makes no sense;
	// [InvalidTokenError] says in what way.
	ErrInvalidToken

	// ErrTokenExpired says that a token is known, but past its time.
	ErrTokenExpired

	// Authentication

	// ErrNotLogin says that a protected resource was requested without a login.
	ErrNotLogin

	// Authorization

	// ErrPermissionDenied says that the user lacks a permission; [PermissionDeniedError]
	// says which.
	ErrPermissionDenied

	// ErrRoleDenied says that the user lacks a role; [RoleDeniedError] says which.
	ErrRoleDenied

	// Account Status

	// ErrAccountBanned says that the account is banned; [AccountBannedError] says until
	// when.
	ErrAccountBanned

	// ErrAccountKickedOut says that the session was ended by force.
	ErrAccountKickedOut

	// Session

	// ErrSessionNotFound says that there is no such session.
	ErrSessionNotFound

	// Nonce

	// ErrNonceAlreadyUsed says that a nonce came a second time.
	ErrNonceAlreadyUsed

	// ErrInvalidNonceFormat says that a nonce is malformed.
	ErrInvalidNonceFormat

	// ErrInvalidNonceTimestamp says that the time in a nonce is malformed or outside the
	// window.
	ErrInvalidNonceTimestamp

	// Refresh Token

	// ErrRefreshTokenNotFound says that the store holds no such refresh token, or no
	// longer.
	ErrRefreshTokenNotFound

	// ErrRefreshTokenInvalidData says that the stored record of a refresh token cannot be
	// used.
	ErrRefreshTokenInvalidData

	// ErrRefreshTokenMissingLoginID says that the record of a refresh token does not say
	// whose it is.
	ErrRefreshTokenMissingLoginID

	// ErrRefreshTokenInvalidExpireTime says that the record of a refresh token has an
	// expiry time that cannot be read.
	ErrRefreshTokenInvalidExpireTime

	// Token Validation

	// ErrTokenEmpty says that a token is the empty string.
	ErrTokenEmpty

	// ErrTokenTooShort says that a token is shorter than any token can be.
	ErrTokenTooShort

	// ErrLoginIDNotNumber says that a login id is not the number that it has to be.
	ErrLoginIDNotNumber

	// OAuth2

	// ErrOAuth2ClientNotFound says that no client has this client_id.
	ErrOAuth2ClientNotFound

	// ErrOAuth2InvalidCredentials says that a client did not prove who it is.
	ErrOAuth2InvalidCredentials

	// ErrOAuth2ClientIDMismatch says that a flow is continued by another client than
	// started it.
	ErrOAuth2ClientIDMismatch

	// ErrOAuth2RedirectURIMismatch says that a redirect URI is not one of the client's.
	ErrOAuth2RedirectURIMismatch

	// ErrOAuth2CodeNotFound says that there is no such authorization code, or no longer.
	ErrOAuth2CodeNotFound

	// ErrOAuth2AccessTokenNotFound says that there is no such access token, or no longer.
	ErrOAuth2AccessTokenNotFound

	// ErrOAuth2RefreshTokenNotFound says that there is no such OAuth2 refresh token, or no
	// longer.
	ErrOAuth2RefreshTokenNotFound

	// ErrOAuth2InvalidRefreshToken says that the stored record of an OAuth2 refresh token
	// cannot be used.
	ErrOAuth2InvalidRefreshToken

	// ErrOAuth2InvalidScope says that a scope is malformed, or not the client's to ask
	// for.
	ErrOAuth2InvalidScope

	// System

	// ErrStorage says that the storage backend failed; [StorageError] says how.
	ErrStorage

	// ErrConfig says that the server is configured wrongly; [ConfigError] says where.
	ErrConfig

	// ErrSerialization says that data could not be written or read; [SerializationError]
	// says which.
	ErrSerialization

	// ErrInternal says that something happened that never should; [InternalError] says
	// what.
	ErrInternal
)

// The values of the error attribute of a Bearer challenge (RFC 6750 §3.1).
const (
	invalidRequest    = "invalid_request"
	invalidToken      = "invalid_token"
	insufficientScope = "insufficient_scope"
)

// A saTokenRow is all that is known of one error.
type saTokenRow struct {
	name        string
	message     string
	category    Category
	code        ErrorCode // at a token endpoint; 0 for a server fault
	httpStatus  int       // at a protected resource
	bearerError string    // at a protected resource; "" where RFC 6750 has nothing to say
	description string
	causes      []string
	solution    string
}

// saTokenErrors is the table of the 32 errors. Its first row answers for every value that is
// none of them.
var saTokenErrors = [...]saTokenRow{
	0: {httpStatus: 500},

	ErrTokenNotFound: {
		name:        "TokenNotFound",
		message:     "Token not found or expired",
		category:    CategoryBasicToken,
		code:        InvalidGrant,
		httpStatus:  401,
		bearerError: invalidToken,
		description: "The store has no such token: it was never there, or its time is over.",
		causes:      []string{"the token was never created", "it has expired", "somebody deleted it by hand"},
		solution:    "Log in again to get a new token.",
	},
	ErrInvalidToken: {
		name:        "InvalidToken",
		message:     "Token is invalid",
		category:    CategoryBasicToken,
		code:        InvalidGrant,
		httpStatus:  401,
		bearerError: invalidToken,
		description: "The format or the content of the token is wrong.",
		causes:      []string{"the token was corrupted on its way", "somebody tampered with it", "it has another format than this server issues"},
		solution:    "Check that the token is complete, unaltered and in the format that this server issues.",
	},
	ErrTokenExpired: {
		name:        "TokenExpired",
		message:     "Token has expired",
		category:    CategoryBasicToken,
		code:        InvalidGrant,
		httpStatus:  401,
		bearerError: invalidToken,
		description: "The token is past its expiry time.",
		causes:      []string{"the token has lived longer than the configured timeout"},
		solution:    "Use the refresh token, or authenticate again.",
	},
	ErrNotLogin: {
		name:        "NotLogin",
		message:     "User not logged in",
		category:    CategoryAuthentication,
		code:        InvalidGrant,
		httpStatus:  401,
		description: "A protected resource was requested without authentication.",
		causes:      []string{"the request carries no token", "the token is not where the server looks for it in the request"},
		solution:    "Log in first, and send the token with the request.",
	},
	ErrPermissionDenied: {
		name:        "PermissionDenied",
		message:     "Permission denied",
		category:    CategoryAuthorization,
		code:        UnauthorizedClient,
		httpStatus:  403,
		bearerError: insufficientScope,
		description: "The user does not have the permission that the action needs.",
		causes:      []string{"the permission was never given to the user, nor to a role of theirs"},
		solution:    "Grant the permission to the user or to one of their roles.",
	},
	ErrRoleDenied: {
		name:        "RoleDenied",
		message:     "Role denied",
		category:    CategoryAuthorization,
		code:        UnauthorizedClient,
		httpStatus:  403,
		bearerError: insufficientScope,
		description: "The user does not have the role that the action needs.",
		causes:      []string{"the role was never assigned to the user"},
		solution:    "Assign the role to the user.",
	},
	ErrAccountBanned: {
		name:        "AccountBanned",
		message:     "Account is banned",
		category:    CategoryAccountStatus,
		code:        InvalidGrant,
		httpStatus:  403,
		description: "The account is banned, for a time or for good.",
		causes:      []string{"the terms of use were violated", "there was a security incident", "an administrator decided so"},
		solution:    "Wait until the ban ends, or ask an administrator to lift it.",
	},
	ErrAccountKickedOut: {
		name:        "AccountKickedOut",
		message:     "Account is kicked out",
		category:    CategoryAccountStatus,
		code:        InvalidGrant,
		httpStatus:  401,
		bearerError: invalidToken,
		description: "The session of the account was ended by force.",
		causes:      []string{"an administrator kicked the account out", "the account logged in on another device"},
		solution:    "Log in again.",
	},
	ErrSessionNotFound: {
		name:        "SessionNotFound",
		message:     "Session not found",
		category:    CategorySession,
		code:        InvalidGrant,
		httpStatus:  401,
		bearerError: invalidToken,
		description: "The session does not exist, or does not exist any more.",
		causes:      []string{"the session has expired", "somebody deleted it by hand", "it was never created"},
		solution:    "Log in, which starts a new session.",
	},
	ErrNonceAlreadyUsed: {
		name:        "NonceAlreadyUsed",
		message:     "Nonce has been used, possible replay attack detected",
		category:    CategoryNonce,
		code:        InvalidRequest,
		httpStatus:  400,
		bearerError: invalidRequest,
		description: "The nonce was used before, so the request may be a replay.",
		causes:      []string{"the same request was sent twice", "somebody replays a recorded request"},
		solution:    "Use a fresh nonce for every request.",
	},
	ErrInvalidNonceFormat: {
		name:        "InvalidNonceFormat",
		message:     "Invalid nonce format",
		category:    CategoryNonce,
		code:        InvalidRequest,
		httpStatus:  400,
		bearerError: invalidRequest,
		description: "The nonce does not have the expected format.",
		causes:      []string{"the nonce was corrupted", "it was made by hand"},
		solution:    "Generate nonces with the standard generator.",
	},
	ErrInvalidNonceTimestamp: {
		name:        "InvalidNonceTimestamp",
		message:     "Nonce timestamp is invalid or expired",
		category:    CategoryNonce,
		code:        InvalidRequest,
		httpStatus:  400,
		bearerError: invalidRequest,
		description: "The time inside the nonce cannot be read, or lies outside the accepted window.",
		causes:      []string{"the clocks of client and server have drifted apart", "the nonce is too old", "somebody tampered with the time in it"},
		solution:    "Synchronize the clocks, and make a fresh nonce.",
	},
	ErrRefreshTokenNotFound: {
		name:        "RefreshTokenNotFound",
		message:     "Refresh token not found or expired",
		category:    CategoryRefreshToken,
		code:        InvalidGrant,
		httpStatus:  401,
		bearerError: invalidToken,
		description: "There is no such refresh token, or its time is over.",
		causes:      []string{"it was never issued", "it has expired", "it was revoked"},
		solution:    "Authenticate again.",
	},
	ErrRefreshTokenInvalidData: {
		name:        "RefreshTokenInvalidData",
		message:     "Invalid refresh token data",
		category:    CategoryRefreshToken,
		code:        InvalidGrant,
		httpStatus:  401,
		bearerError: invalidToken,
		description: "The record that the store keeps of the refresh token is corrupt or malformed.",
		causes:      []string{"the storage corrupted it", "somebody tampered with it", "it was serialized wrongly"},
		solution:    "Authenticate again, which writes a new record.",
	},
	ErrRefreshTokenMissingLoginID: {
		name:        "RefreshTokenMissingLoginId",
		message:     "Missing login_id in refresh token",
		category:    CategoryRefreshToken,
		code:        InvalidGrant,
		httpStatus:  401,
		bearerError: invalidToken,
		description: "The record of the refresh token has no login_id.",
		causes:      []string{"the data was corrupted", "the record was not written completely"},
		solution:    "Issue a new refresh token.",
	},
	ErrRefreshTokenInvalidExpireTime: {
		name:        "RefreshTokenInvalidExpireTime",
		message:     "Invalid expire time format in refresh token",
		category:    CategoryRefreshToken,
		code:        InvalidGrant,
		httpStatus:  401,
		bearerError: invalidToken,
		description: "The expiry time in the record of the refresh token cannot be parsed.",
		causes:      []string{"the date was written in another format", "the data was corrupted"},
		solution:    "Issue a new refresh token, with its expiry time in the right format.",
	},
	ErrTokenEmpty: {
		name:        "TokenEmpty",
		message:     "Token is empty",
		category:    CategoryTokenValidation,
		code:        InvalidRequest,
		httpStatus:  401,
		description: "The token that was passed is empty.",
		causes:      []string{"an empty string was passed for the token"},
		solution:    "Pass a token.",
	},
	ErrTokenTooShort: {
		name:        "TokenTooShort",
		message:     "Token is too short",
		category:    CategoryTokenValidation,
		code:        InvalidGrant,
		httpStatus:  401,
		bearerError: invalidToken,
		description: "The token has fewer than the 8 characters that every token has.",
		causes:      []string{"the token was cut off", "what was passed is not a token at all"},
		solution:    "Pass the whole token.",
	},
	ErrLoginIDNotNumber: {
		name:        "LoginIdNotNumber",
		message:     "Login ID is not a valid number",
		category:    CategoryTokenValidation,
		code:        InvalidRequest,
		httpStatus:  400,
		bearerError: invalidRequest,
		description: "The login id cannot be parsed as a number.",
		causes:      []string{"the server expects numeric login ids and got another kind"},
		solution:    "Use login ids of the type that the server expects.",
	},
	ErrOAuth2ClientNotFound: {
		name:        "OAuth2ClientNotFound",
		message:     "OAuth2 client not found",
		category:    CategoryOAuth2,
		code:        InvalidClient,
		httpStatus:  401,
		bearerError: invalidToken,
		description: "No client is known by this client_id.",
		causes:      []string{"the client is not registered", "the client_id is wrong"},
		solution:    "Register the client, or check its client_id.",
	},
	ErrOAuth2InvalidCredentials: {
		name:        "OAuth2InvalidCredentials",
		message:     "Invalid client credentials",
		category:    CategoryOAuth2,
		code:        InvalidClient,
		httpStatus:  401,
		bearerError: invalidToken,
		description: "The client secret does not belong to this client_id.",
		causes:      []string{"the secret is wrong", "there is a typing error in the credentials"},
		solution:    "Check the client's credentials.",
	},
	ErrOAuth2ClientIDMismatch: {
		name:        "OAuth2ClientIdMismatch",
		message:     "Client ID mismatch",
		category:    CategoryOAuth2,
		code:        InvalidGrant,
		httpStatus:  400,
		bearerError: invalidRequest,
		description: "The client_id is not that of the client that started the flow.",
		causes:      []string{"the authorization code or refresh token belongs to another client"},
		solution:    "Go on with the client that started the flow.",
	},
	ErrOAuth2RedirectURIMismatch: {
		name:        "OAuth2RedirectUriMismatch",
		message:     "Redirect URI mismatch",
		category:    CategoryOAuth2,
		code:        InvalidGrant,
		httpStatus:  400,
		bearerError: invalidRequest,
		description: "The redirect URI is not among those registered for the client.",
		causes:      []string{"the URI is not on the client's allow list", "there is a typing error in it"},
		solution:    "Use a redirect URI that is registered for the client.",
	},
	ErrOAuth2CodeNotFound: {
		name:        "OAuth2CodeNotFound",
		message:     "Authorization code not found or expired",
		category:    CategoryOAuth2,
		code:        InvalidGrant,
		httpStatus:  400,
		bearerError: invalidRequest,
		description: "There is no such authorization code, or its time is over.",
		causes:      []string{"the code was used before", "it has expired, commonly after 10 minutes"},
		solution:    "Ask for a new authorization code.",
	},
	ErrOAuth2AccessTokenNotFound: {
		name:        "OAuth2AccessTokenNotFound",
		message:     "Access token not found or expired",
		category:    CategoryOAuth2,
		code:        InvalidGrant,
		httpStatus:  401,
		bearerError: invalidToken,
		description: "There is no such access token, or its time is over.",
		causes:      []string{"it has expired, commonly after 1 hour", "it was revoked", "it was never issued"},
		solution:    "Refresh the access token, or authorize again.",
	},
	ErrOAuth2RefreshTokenNotFound: {
		name:        "OAuth2RefreshTokenNotFound",
		message:     "Refresh token not found or expired",
		category:    CategoryOAuth2,
		code:        InvalidGrant,
		httpStatus:  401,
		bearerError: invalidToken,
		description: "There is no such OAuth2 refresh token, or its time is over.",
		causes:      []string{"it has expired, commonly after 30 days", "it was revoked", "it was never issued"},
		solution:    "Authorize again.",
	},
	ErrOAuth2InvalidRefreshToken: {
		name:        "OAuth2InvalidRefreshToken",
		message:     "Invalid refresh token data",
		category:    CategoryOAuth2,
		code:        InvalidGrant,
		httpStatus:  401,
		bearerError: invalidToken,
		description: "The record that the store keeps of the OAuth2 refresh token is corrupt or invalid.",
		causes:      []string{"the data was corrupted", "somebody tampered with it"},
		solution:    "Authorize again, which issues new tokens.",
	},
	ErrOAuth2InvalidScope: {
		name:        "OAuth2InvalidScope",
		message:     "Invalid scope data",
		category:    CategoryOAuth2,
		code:        InvalidScope,
		httpStatus:  400,
		bearerError: invalidRequest,
		description: "The scope is invalid or corrupt.",
		causes:      []string{"the scope is malformed", "the client may not ask for it"},
		solution:    "Ask only for scopes that are valid and open to the client.",
	},
	ErrStorage: {
		name:        "StorageError",
		message:     "Storage error",
		category:    CategorySystem,
		httpStatus:  500,
		description: "The storage backend failed.",
		causes:      []string{"the connection to the database was lost", "Redis is down", "the network failed"},
		solution:    "Check the storage backend and the way to it.",
	},
	ErrConfig: {
		name:        "ConfigError",
		message:     "Configuration error",
		category:    CategorySystem,
		httpStatus:  500,
		description: "The configuration lacks something, or something in it is invalid.",
		causes:      []string{"a required setting is absent", "a setting has a bad value"},
		solution:    "Review the configuration.",
	},
	ErrSerialization: {
		name:        "SerializationError",
		message:     "Serialization error",
		category:    CategorySystem,
		httpStatus:  500,
		description: "Data could not be serialized or parsed.",
		causes:      []string{"the data does not have the structure that the code expects", "the JSON is corrupt"},
		solution:    "Check the format and the structure of the data.",
	},
	ErrInternal: {
		name:        "InternalError",
		message:     "Internal error",
		category:    CategorySystem,
		httpStatus:  500,
		description: "Something happened that should not be possible.",
		causes:      []string{"there is an error in the program", "the program is in a state that nobody expected"},
		solution:    "Report it to the developers, with the details.",
	},
}

// SaTokenErrors returns all 32 errors, in order, in a slice of the caller's own.
func SaTokenErrors() []SaTokenError {
	var all []SaTokenError
	for e := ErrTokenNotFound; e <= ErrInternal; e++ {
		all = append(all, e)
	}
	return all
}

// ParseSaTokenError returns the error with the given [SaTokenError.Name], and an error that
// quotes name where there is none.
func ParseSaTokenError(name string) (SaTokenError, error) {
	for e := ErrTokenNotFound; e <= ErrInternal; e++ {
		if saTokenErrors[e].name == name {
			return e, nil
		}
	}
	return 0, fmt.Errorf("autherr: no sa-token error is named %q", name)
}

// row returns what is known of e.
func (e SaTokenError) row() *saTokenRow {
	if !e.isKnown() {
		return &saTokenErrors[0]
	}
	return &saTokenErrors[e]
}

// isKnown reports whether e is one of the 32.
func (e SaTokenError) isKnown() bool { return ErrTokenNotFound <= e && e <= ErrInternal }

// Error returns the message.
func (e SaTokenError) Error() string {
	if !e.isKnown() {
		return fmt.Sprintf("Unknown sa-token error %d", uint8(e))
	}
	return e.row().message
}

// Name returns the name that sa-token itself uses, such as "OAuth2ClientIdMismatch", or
// "SaTokenError(N)" where e is none of the 32.
func (e SaTokenError) Name() string {
	if !e.isKnown() {
		return fmt.Sprintf("SaTokenError(%d)", uint8(e))
	}
	return e.row().name
}

// GoString returns the constant as it is written in Go, such as "autherr.ErrStorage", for
// the verb %#v.
func (e SaTokenError) GoString() string {
	if !e.isKnown() {
		return "autherr." + e.Name()
	}
	name := strings.NewReplacer("Id", "ID", "Uri", "URI").Replace(e.Name())
	return "autherr.Err" + strings.TrimSuffix(name, "Error")
}

// Category returns the category of e, or 0 where e is none of the 32.
func (e SaTokenError) Category() Category { return e.row().category }

// Code returns what a token endpoint tells the client, and false where that is nothing,
// since e is a server fault.
func (e SaTokenError) Code() (ErrorCode, bool) {
	code := e.row().code
	return code, code != 0
}

// HTTPStatus returns the status with which a protected resource answers over HTTP: 400, 401,
// 403 or 500. A token endpoint's status is that of the code, [ErrorCode.HTTPStatus].
func (e SaTokenError) HTTPStatus() int { return e.row().httpStatus }

// CoAPCode returns the response code with which a protected resource answers over CoAP, as
// its byte: 128 (4.00), 129 (4.01), 131 (4.03) or 160 (5.00).
func (e SaTokenError) CoAPCode() uint8 { return coapCode(e.HTTPStatus()) }

// BearerError returns the error attribute of a protected resource's Bearer challenge (RFC 6750
// §3.1), or "" where none of its values says what happened, or the client is told nothing.
func (e SaTokenError) BearerError() string { return e.row().bearerError }

// Description returns a sentence for people that says what e means.
func (e SaTokenError) Description() string { return e.row().description }

// Causes returns what commonly causes e, each a phrase, in a slice of the caller's own.
func (e SaTokenError) Causes() []string { return slices.Clone(e.row().causes) }

// Solution returns a sentence for people that says what to do about e.
func (e SaTokenError) Solution() string { return e.row().solution }

// Is reports whether target is the category or the code of e. It is for [errors.Is], which
// compares e itself with target first.
func (e SaTokenError) Is(target error) bool {
	switch target := target.(type) {
	case Category:
		return target != 0 && target == e.Category()
	case ErrorCode:
		code, ok := e.Code()
		return ok && target == code
	default:
		return false
	}
}

// As sets target if it is a [*Category] or an [*ErrorCode] and e has one. It is for
// [errors.As].
func (e SaTokenError) As(target any) bool {
	switch target := target.(type) {
	case *Category:
		if category := e.Category(); category != 0 {
			*target = category
			return true
		}
	case *ErrorCode:
		if code, ok := e.Code(); ok {
			*target = code
			return true
		}
	}
	return false
}

// LogValue returns what [SaTokenError.Error] does. Without it, some of log/slog's handlers
// would write the name instead of the message.
func (e SaTokenError) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// AppendText appends the name of e. It implements [encoding.TextAppender]. It fails where e is
// none of the 32, and then returns b as it was.
func (e SaTokenError) AppendText(b []byte) ([]byte, error) {
	if !e.isKnown() {
		return b, fmt.Errorf("autherr: %s is not one of the %d sa-token errors", e.Name(), ErrInternal)
	}
	return append(b, e.Name()...), nil
}

// MarshalText returns the text form of e as [SaTokenError.AppendText] writes it.
func (e SaTokenError) MarshalText() ([]byte, error) { return e.AppendText(nil) }

// UnmarshalText sets e to the error that text names, by the rules of [ParseSaTokenError]. When
// it fails, e is left as it was.
func (e *SaTokenError) UnmarshalText(text []byte) error {
	parsed, err := ParseSaTokenError(string(text))
	if err != nil {
		return err
	}
	*e = parsed
	return nil
}
