package autherr_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/seed-e9190de5/autherr"
)

// withCause makes each of the errors that have a text and a cause.
var withCause = map[autherr.SaTokenError]func(details string, cause error) error{
	autherr.ErrInvalidToken:  func(d string, err error) error { return &autherr.InvalidTokenError{Reason: d, Err: err} },
	autherr.ErrStorage:       func(d string, err error) error { return &autherr.StorageError{Details: d, Err: err} },
	autherr.ErrConfig:        func(d string, err error) error { return &autherr.ConfigError{Details: d, Err: err} },
	autherr.ErrSerialization: func(d string, err error) error { return &autherr.SerializationError{Details: d, Err: err} },
	autherr.ErrInternal:      func(d string, err error) error { return &autherr.InternalError{Details: d, Err: err} },
}

// withoutCause are the others, with a detail and without.
var withoutCause = map[autherr.SaTokenError][]error{
	autherr.ErrPermissionDenied: {&autherr.PermissionDeniedError{Permission: "user:write"}, &autherr.PermissionDeniedError{}},
	autherr.ErrRoleDenied:       {&autherr.RoleDeniedError{Role: "admin"}, &autherr.RoleDeniedError{}},
	autherr.ErrAccountBanned:    {&autherr.AccountBannedError{Until: time.Unix(1, 0)}, &autherr.AccountBannedError{}},
}

func TestDetailFollowsTheMessage(t *testing.T) {
	for sentinel, make := range withCause {
		assert.EqualError(t, make("", nil), sentinel.Error())
		assert.EqualError(t, make("users table", nil), sentinel.Error()+": users table")
		assert.EqualError(t, make("", io.EOF), sentinel.Error()+": EOF")
		assert.EqualError(t, make("users table", io.EOF), sentinel.Error()+": users table: EOF")
	}
	cest := time.FixedZone("CEST", 2*60*60)
	assert.EqualError(t, &autherr.AccountBannedError{Until: time.Time{}.In(cest)}, "Account is banned permanently")
	for message, err := range map[string]error{
		"Permission denied: missing permission 'user:write'": &autherr.PermissionDeniedError{Permission: "user:write"},
		"Permission denied":                            &autherr.PermissionDeniedError{},
		"Role denied: missing role 'admin'":            &autherr.RoleDeniedError{Role: "admin"},
		"Role denied":                                  &autherr.RoleDeniedError{},
		"Account is banned until 2026-11-21T18:34:00Z": &autherr.AccountBannedError{Until: time.Date(2026, 11, 21, 20, 34, 0, 999, cest)},
		"Account is banned until 0001-01-01T00:00:01Z": &autherr.AccountBannedError{Until: time.Time{}.Add(time.Second)},
		"Account is banned permanently":                &autherr.AccountBannedError{},
	} {
		assert.EqualError(t, err, message)
	}
}

func TestADetailedErrorIsItsSentinel(t *testing.T) {
	all := map[autherr.SaTokenError][]error{}
	for sentinel, make := range withCause {
		all[sentinel] = []error{make("", nil), make("x", nil), make("", io.EOF), make("x", io.EOF)}
	}
	for sentinel, errs := range withoutCause {
		all[sentinel] = errs
	}
	for sentinel, errs := range all {
		for _, err := range errs {
			wrapped := fmt.Errorf("handler: %w", err)
			for _, other := range autherr.SaTokenErrors() {
				assert.Equal(t, other == sentinel, errors.Is(wrapped, other), "%v is %#v", err, other)
			}
			assert.ErrorIs(t, wrapped, sentinel.Category())
			if code, ok := sentinel.Code(); ok {
				assert.ErrorIs(t, wrapped, code)
			}
			found, ok := autherr.SaTokenErrorOf(wrapped)
			assert.True(t, ok)
			assert.Equal(t, sentinel, found)
		}
	}
}

func TestTheCauseIsKept(t *testing.T) {
	cause := &fs.PathError{Op: "open", Path: "users.db", Err: fs.ErrNotExist}
	for _, make := range withCause {
		err := fmt.Errorf("handler: %w", make("", fmt.Errorf("load: %w", cause)))
		assert.ErrorIs(t, err, fs.ErrNotExist)
		var path *fs.PathError
		assert.ErrorAs(t, err, &path)
		assert.Same(t, cause, path)
	}
}

func TestErrorsAsFindsTheDetails(t *testing.T) {
	err := fmt.Errorf("handler: %w", errors.Join(io.EOF, &autherr.PermissionDeniedError{Permission: "user:write"}))
	denied, ok := errors.AsType[*autherr.PermissionDeniedError](err)
	assert.True(t, ok)
	assert.Equal(t, "user:write", denied.Permission)
	_, ok = errors.AsType[*autherr.RoleDeniedError](err)
	assert.False(t, ok)
}
