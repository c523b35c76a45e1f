package autherr

import (
	"time"

	"github.com/seed-e9190de5/autherr/internal/plain"
)

// InvalidTokenError is [ErrInvalidToken] with what is wrong with the token. It unwraps to
// ErrInvalidToken and to Err. Use it as a pointer.
//
// If the cause is the server's fault, such as a key set that cannot be read, Err has to be a
// System error, for instance a [*StorageError]. The answer is then that of a server fault. If another
// server answered something that says nothing about the token, return the [*RemoteError] without an
// InvalidTokenError around it: that would make it the client's fault.
type InvalidTokenError struct {
	Reason string // what is wrong; "" if Err says it
	Err    error  // the cause, or nil
}

// Error returns "Token is invalid: " and the reason, the cause, or "reason: cause". It returns the
// message of [ErrInvalidToken] if there is neither.
func (e *InvalidTokenError) Error() string { return e.detail().after(ErrInvalidToken.Error()) }

// Unwrap returns [ErrInvalidToken] and the cause.
func (e *InvalidTokenError) Unwrap() []error { return e.detail().beside(ErrInvalidToken) }

func (e *InvalidTokenError) decide(self error) decision {
	return e.detail().decide(ErrInvalidToken, self == error(e))
}

func (e *InvalidTokenError) detail() detail {
	if e == nil {
		return detail{}
	}
	return detail{e.Reason, e.Err}
}

// PermissionDeniedError is [ErrPermissionDenied] with the permission that is missing. It unwraps
// to ErrPermissionDenied. Use it as a pointer.
type PermissionDeniedError struct {
	Permission string // such as "user:write"
}

// Error returns "Permission denied: missing permission 'user:write'", or "Permission denied" if
// the permission is "".
func (e *PermissionDeniedError) Error() string {
	if e == nil || e.Permission == "" {
		return ErrPermissionDenied.Error()
	}
	return ErrPermissionDenied.Error() + ": missing permission '" + e.Permission + "'"
}

// Unwrap returns [ErrPermissionDenied].
func (e *PermissionDeniedError) Unwrap() error { return ErrPermissionDenied }

func (e *PermissionDeniedError) decide(self error) decision { return ErrPermissionDenied.decide(self) }

// RoleDeniedError is [ErrRoleDenied] with the role that is missing. It unwraps to ErrRoleDenied.
// Use it as a pointer.
type RoleDeniedError struct {
	Role string // such as "admin"
}

// Error returns "Role denied: missing role 'admin'", or "Role denied" if the role is "".
func (e *RoleDeniedError) Error() string {
	if e == nil || e.Role == "" {
		return ErrRoleDenied.Error()
	}
	return ErrRoleDenied.Error() + ": missing role '" + e.Role + "'"
}

// Unwrap returns [ErrRoleDenied].
func (e *RoleDeniedError) Unwrap() error { return ErrRoleDenied }

func (e *RoleDeniedError) decide(self error) decision { return ErrRoleDenied.decide(self) }

// AccountBannedError is [ErrAccountBanned] with the end of the ban. It unwraps to
// ErrAccountBanned. Use it as a pointer.
type AccountBannedError struct {
	Until time.Time // the zero time if the ban is permanent
}

// Error returns "Account is banned until 2026-11-21T18:34:00Z", in RFC 3339 and UTC, or "Account
// is banned permanently".
func (e *AccountBannedError) Error() string {
	switch {
	case e == nil:
		return ErrAccountBanned.Error()
	case e.Until.IsZero():
		return ErrAccountBanned.Error() + " permanently"
	default:
		return ErrAccountBanned.Error() + " until " + e.Until.UTC().Format(time.RFC3339)
	}
}

// Unwrap returns [ErrAccountBanned].
func (e *AccountBannedError) Unwrap() error { return ErrAccountBanned }

func (e *AccountBannedError) decide(self error) decision { return ErrAccountBanned.decide(self) }

// StorageError is [ErrStorage] with what failed. It unwraps to ErrStorage and to Err. Use it as a
// pointer. It is answered with 500, or with 503 if Err is a timeout or another fault that passes. If the backend will be back
// soon, put it into an [UnavailableError].
type StorageError struct {
	Details string // what failed; "" if Err says it
	Err     error  // the cause, or nil
}

// Error returns "Storage error: " and the details, the cause, or "details: cause". It returns the
// message of [ErrStorage] if there is neither.
func (e *StorageError) Error() string { return e.detail().after(ErrStorage.Error()) }

// Unwrap returns [ErrStorage] and the cause.
func (e *StorageError) Unwrap() []error { return e.detail().beside(ErrStorage) }

func (e *StorageError) decide(self error) decision {
	return e.detail().decide(ErrStorage, self == error(e))
}

func (e *StorageError) detail() detail {
	if e == nil {
		return detail{}
	}
	return detail{e.Details, e.Err}
}

// ConfigError is [ErrConfig] with the setting at fault, in the fields of [StorageError]. It
// unwraps to ErrConfig and to Err. Use it as a pointer.
type ConfigError StorageError

// Error returns "Configuration error: " and the details, the cause, or
// "details: cause".
func (e *ConfigError) Error() string { return (*StorageError)(e).detail().after(ErrConfig.Error()) }

// Unwrap returns [ErrConfig] and the cause.
func (e *ConfigError) Unwrap() []error { return (*StorageError)(e).detail().beside(ErrConfig) }

func (e *ConfigError) decide(self error) decision {
	return (*StorageError)(e).detail().decide(ErrConfig, self == error(e))
}

// SerializationError is [ErrSerialization] with the data at fault, in the fields of
// [StorageError]. It unwraps to ErrSerialization and to Err. Use it as a pointer.
type SerializationError StorageError

// Error returns "Serialization error: " and the details, the cause, or
// "details: cause".
func (e *SerializationError) Error() string {
	return (*StorageError)(e).detail().after(ErrSerialization.Error())
}

// Unwrap returns [ErrSerialization] and the cause.
func (e *SerializationError) Unwrap() []error {
	return (*StorageError)(e).detail().beside(ErrSerialization)
}

func (e *SerializationError) decide(self error) decision {
	return (*StorageError)(e).detail().decide(ErrSerialization, self == error(e))
}

// InternalError is [ErrInternal] with what happened, in the fields of [StorageError]. It unwraps
// to ErrInternal and to Err. Use it as a pointer.
type InternalError StorageError

// Error returns "Internal error: " and the details, the cause, or
// "details: cause".
func (e *InternalError) Error() string {
	return (*StorageError)(e).detail().after(ErrInternal.Error())
}

// Unwrap returns [ErrInternal] and the cause.
func (e *InternalError) Unwrap() []error { return (*StorageError)(e).detail().beside(ErrInternal) }

func (e *InternalError) decide(self error) decision {
	return (*StorageError)(e).detail().decide(ErrInternal, self == error(e))
}

// UnavailableError says that the server, or something that it depends on, is unavailable for now: a
// database is busy, say, or there is maintenance. Every endpoint answers it with
// [TemporarilyUnavailable] and 503, the authorization endpoint by redirect. It unwraps to
// TemporarilyUnavailable and to Err. Use it as a pointer.
//
// For a busy database, let Err be a [*StorageError], so that the log names it:
//
//	&autherr.UnavailableError{RetryAfter: time.Second, Err: &autherr.StorageError{Err: err}}
type UnavailableError struct {
	RetryAfter time.Duration // how long to wait before another try; 0 if that is not known
	Err        error         // the cause, or nil
}

// Error returns "Temporarily unavailable", or "Temporarily unavailable: cause".
func (e *UnavailableError) Error() string { return e.detail().after("Temporarily unavailable") }

// Unwrap returns [TemporarilyUnavailable] and the cause.
func (e *UnavailableError) Unwrap() []error { return e.detail().beside(TemporarilyUnavailable) }

func (e *UnavailableError) decide(self error) decision { return e.decideAs(isCode, self == error(e)) }

// decideAs returns the decision of an error that has the fields of e.
func (e *UnavailableError) decideAs(kind kind, whole bool) decision {
	d := decision{kind: kind, code: TemporarilyUnavailable, whole: whole}
	if e != nil {
		d.wait, d.cause = e.RetryAfter, e.Err
	}
	return d
}

func (e *UnavailableError) detail() detail {
	if e == nil {
		return detail{}
	}
	return detail{cause: e.Err}
}

// RateLimitedError says that a client sends too many requests. Every endpoint answers it with
// [TemporarilyUnavailable] and 429 (RFC 6585 §4), the authorization endpoint by redirect. To
// [errors.Is] and [errors.As] it is TemporarilyUnavailable, but [FaultOf] says that it is the client's
// fault. It unwraps to Err. Use it as a pointer.
type RateLimitedError struct {
	RetryAfter time.Duration // how long to wait before another try; 0 if that is not known
	Err        error         // the cause, or nil
}

// Error returns "Too many requests", or "Too many requests: cause".
func (e *RateLimitedError) Error() string {
	return (*UnavailableError)(e).detail().after("Too many requests")
}

// Unwrap returns the cause.
func (e *RateLimitedError) Unwrap() error {
	return (*UnavailableError)(e).detail().cause
}

// Is reports whether target is [TemporarilyUnavailable]. It is for [errors.Is].
func (e *RateLimitedError) Is(target error) bool { return TemporarilyUnavailable.Is(target) }

// As sets target to [TemporarilyUnavailable] if it is an [*ErrorCode]. It is for [errors.As].
func (e *RateLimitedError) As(target any) bool { return TemporarilyUnavailable.As(target) }

func (e *RateLimitedError) decide(self error) decision {
	return (*UnavailableError)(e).decideAs(isRateLimit, self == error(e))
}

// A detail is what an error says beyond its sentinel. A nil pointer says nothing beyond it.
type detail struct {
	text  string
	cause error
}

// after returns the sentinel's message and the detail.
func (d detail) after(sentinel string) string {
	text := sentinel
	if d.text != "" {
		text += ": " + d.text
	}
	if d.cause != nil {
		text += ": " + plain.OfError(d.cause)
	}
	return text
}

// decide returns the decision of an error that unwraps to the sentinel and the cause.
func (d detail) decide(sentinel SaTokenError, whole bool) decision {
	return decision{kind: isSaToken, saToken: sentinel, cause: d.cause, whole: whole}
}

// beside returns the sentinel and the cause, if there is one.
func (d detail) beside(sentinel error) []error {
	if d.cause == nil {
		return []error{sentinel}
	}
	return []error{sentinel, d.cause}
}
