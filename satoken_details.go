package autherr

import "time"

// An InvalidTokenError is [ErrInvalidToken] with what is wrong with the token. It unwraps
// to ErrInvalidToken and to Err; use it as a pointer.
type InvalidTokenError struct {
	Reason string // what is wrong; "" if Err says it
	Err    error  // the cause, or nil
}

// Error returns "Token is invalid: " and the reason, the cause, or "reason: cause"; the
// message alone where there is neither.
func (e *InvalidTokenError) Error() string { return ErrInvalidToken.detailed(e.Reason, e.Err) }

// Unwrap returns [ErrInvalidToken] and the cause.
func (e *InvalidTokenError) Unwrap() []error { return ErrInvalidToken.causedBy(e.Err) }

// A PermissionDeniedError is [ErrPermissionDenied] with the permission that is missing. It
// unwraps to ErrPermissionDenied; use it as a pointer.
type PermissionDeniedError struct {
	Permission string // such as "user:write"
}

// Error returns "Permission denied: missing permission 'user:write'", or "Permission denied"
// where the permission is "".
func (e *PermissionDeniedError) Error() string {
	return ErrPermissionDenied.missing("permission", e.Permission)
}

// Unwrap returns [ErrPermissionDenied].
func (e *PermissionDeniedError) Unwrap() error { return ErrPermissionDenied }

// A RoleDeniedError is [ErrRoleDenied] with the role that is missing. It unwraps to
// ErrRoleDenied; use it as a pointer.
type RoleDeniedError struct {
	Role string // such as "admin"
}

// Error returns "Role denied: missing role 'admin'", or "Role denied" where the role is "".
func (e *RoleDeniedError) Error() string { return ErrRoleDenied.missing("role", e.Role) }

// Unwrap returns [ErrRoleDenied].
func (e *RoleDeniedError) Unwrap() error { return ErrRoleDenied }

// An AccountBannedError is [ErrAccountBanned] with the end of the ban. It unwraps to
// ErrAccountBanned; use it as a pointer.
type AccountBannedError struct {
	Until time.Time // the zero time if the ban is for good
}

// Error returns "Account is banned until 2026-11-21T18:34:00Z", in RFC 3339 and UTC, or
// "Account is banned permanently".
func (e *AccountBannedError) Error() string {
	if e.Until.IsZero() {
		return ErrAccountBanned.Error() + " permanently"
	}
	return ErrAccountBanned.Error() + " until " + e.Until.UTC().Format(time.RFC3339)
}

// Unwrap returns [ErrAccountBanned].
func (e *AccountBannedError) Unwrap() error { return ErrAccountBanned }

// A StorageError is [ErrStorage] with what failed. It unwraps to ErrStorage and to Err; use
// it as a pointer.
type StorageError struct {
	Details string // what failed; "" if Err says it
	Err     error  // the cause, or nil
}

// Error returns "Storage error: " and the details, the cause, or "details: cause"; the
// message alone where there is neither.
func (e *StorageError) Error() string { return ErrStorage.detailed(e.Details, e.Err) }

// Unwrap returns [ErrStorage] and the cause.
func (e *StorageError) Unwrap() []error { return ErrStorage.causedBy(e.Err) }

// A ConfigError is [ErrConfig] with the setting at fault. It unwraps to ErrConfig and to Err;
// use it as a pointer.
type ConfigError struct {
	Details string // which setting, and what about it; "" if Err says it
	Err     error  // the cause, or nil
}

// Error returns "Configuration error: " and the details, the cause, or "details: cause"; the
// message alone where there is neither.
func (e *ConfigError) Error() string { return ErrConfig.detailed(e.Details, e.Err) }

// Unwrap returns [ErrConfig] and the cause.
func (e *ConfigError) Unwrap() []error { return ErrConfig.causedBy(e.Err) }

// A SerializationError is [ErrSerialization] with the data at fault. It unwraps to
// ErrSerialization and to Err; use it as a pointer.
type SerializationError struct {
	Details string // which data, and what about it; "" if Err says it
	Err     error  // the cause, or nil
}

// Error returns "Serialization error: " and the details, the cause, or "details: cause"; the
// message alone where there is neither.
func (e *SerializationError) Error() string { return ErrSerialization.detailed(e.Details, e.Err) }

// Unwrap returns [ErrSerialization] and the cause.
func (e *SerializationError) Unwrap() []error { return ErrSerialization.causedBy(e.Err) }

// An InternalError is [ErrInternal] with what happened. It unwraps to ErrInternal and to Err;
// use it as a pointer.
type InternalError struct {
	Details string // what happened; "" if Err says it
	Err     error  // the cause, or nil
}

// Error returns "Internal error: " and the details, the cause, or "details: cause"; the
// message alone where there is neither.
func (e *InternalError) Error() string { return ErrInternal.detailed(e.Details, e.Err) }

// Unwrap returns [ErrInternal] and the cause.
func (e *InternalError) Unwrap() []error { return ErrInternal.causedBy(e.Err) }

// detailed returns e's message with what is known beyond it.
func (e SaTokenError) detailed(details string, cause error) string {
	switch {
	case cause == nil:
	case details == "":
		details = cause.Error()
	default:
		details += ": " + cause.Error()
	}
	if details == "" {
		return e.Error()
	}
	return e.Error() + ": " + details
}

// missing returns e's message with the permission or role that is missing.
func (e SaTokenError) missing(kind, name string) string {
	if name == "" {
		return e.Error()
	}
	return e.Error() + ": missing " + kind + " '" + name + "'"
}

// causedBy returns e and its cause, if there is one.
func (e SaTokenError) causedBy(cause error) []error {
	if cause == nil {
		return []error{e}
	}
	return []error{e, cause}
}
