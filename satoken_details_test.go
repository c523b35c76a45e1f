package autherr_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

// ban is when a ban ends, in a zone that is not UTC.
var ban = time.Date(2026, 11, 21, 20, 34, 0, 999, time.FixedZone("CEST", 2*60*60))

// detailOf returns the message of the specification with a detail in place of the "…".
func detailOf(row specified, detail string) string {
	return row.message + strings.Replace(row.detail, "…", detail, 1)
}

func TestADetailGoesWhereTheSpecificationHasIt(t *testing.T) {
	count := 0
	for i, row := range specifiedErrors(t) {
		e := autherr.SaTokenError(i + 1)
		makeCause, hasCause := withCause[e]
		makeText, hasText := withText[e]
		isBan := e == autherr.ErrAccountBanned
		require.Equal(t, row.detail != "", hasCause || hasText || isBan, row.name)
		for _, text := range append([]string{"user:write", "it's", "a: b"}, hostileTexts...) {
			switch {
			case hasCause:
				assert.EqualError(t, makeCause(text, nil), detailOf(row, text))
				assert.EqualError(t, makeCause("", errors.New(text)), detailOf(row, text))
				assert.EqualError(t, makeCause(text, io.EOF), detailOf(row, text+": EOF"))
				assert.EqualError(t, makeCause("", nil), row.message)
				assert.EqualError(t, makeCause(long(text), errors.New(long(text))), detailOf(row, long(text)+": "+long(text)), "our own text is kept whole")
			case hasText:
				assert.EqualError(t, makeText(text), detailOf(row, text))
				assert.EqualError(t, makeText(long(text)), detailOf(row, long(text)))
				assert.EqualError(t, makeText(""), row.message)
			case isBan:
				assert.EqualError(t, &autherr.AccountBannedError{Until: ban}, detailOf(row, "2026-11-21T18:34:00Z"))
			}
		}
		if row.detail != "" {
			count++
		}
	}
	assert.Equal(t, len(withCause)+len(withText)+1, count)
}

func TestABanEndsOrIsPermanent(t *testing.T) {
	for until, want := range map[time.Time]string{
		{}:                             "permanently",
		time.Time{}.In(ban.Location()): "permanently",
		time.Time{}.Add(time.Second):   "until 0001-01-01T00:00:01Z",
		time.Unix(0, 0):                "until 1970-01-01T00:00:00Z",
		ban:                            "until 2026-11-21T18:34:00Z",
	} {
		assert.EqualError(t, &autherr.AccountBannedError{Until: until}, "Account is banned "+want)
	}
}

// allDetails has errors with details by what they unwrap to: with all of their fields set, with none,
// and as nil pointers.
func allDetails() map[error][]error {
	all := map[error][]error{
		autherr.ErrAccountBanned: {&autherr.AccountBannedError{Until: ban}, &autherr.AccountBannedError{}, (*autherr.AccountBannedError)(nil)},
		autherr.TemporarilyUnavailable: {
			&autherr.UnavailableError{RetryAfter: time.Minute, Err: io.EOF}, &autherr.UnavailableError{}, (*autherr.UnavailableError)(nil),
			&autherr.RateLimitedError{RetryAfter: time.Minute, Err: io.EOF}, &autherr.RateLimitedError{}, (*autherr.RateLimitedError)(nil),
		},
		autherr.ErrInvalidToken:     {(*autherr.InvalidTokenError)(nil)},
		autherr.ErrPermissionDenied: {(*autherr.PermissionDeniedError)(nil)},
		autherr.ErrRoleDenied:       {(*autherr.RoleDeniedError)(nil)},
		autherr.ErrStorage:          {(*autherr.StorageError)(nil)},
		autherr.ErrConfig:           {(*autherr.ConfigError)(nil)},
		autherr.ErrSerialization:    {(*autherr.SerializationError)(nil)},
		autherr.ErrInternal:         {(*autherr.InternalError)(nil)},
	}
	for sentinel, make := range withCause {
		all[sentinel] = append(all[sentinel], make("", nil), make(secret, nil), make("", io.EOF), make(secret, io.EOF))
	}
	for sentinel, make := range withText {
		all[sentinel] = append(all[sentinel], make(""), make(secret))
	}
	return all
}

func TestAnErrorWithDetailsIsItsSentinelAndNoOther(t *testing.T) {
	for sentinel, errs := range allDetails() {
		var sentinels []autherr.SaTokenError
		var categories []autherr.Category
		want := []autherr.ErrorCode{autherr.TemporarilyUnavailable}
		if e, ok := sentinel.(autherr.SaTokenError); ok {
			sentinels, categories, want = []autherr.SaTokenError{e}, []autherr.Category{e.Category()}, []autherr.ErrorCode{e.Code()}
		}
		for _, err := range errs {
			for _, err := range []error{err, fmt.Errorf("handler: %w", err), errors.Join(fs.ErrExist, err)} {
				assert.ErrorIs(t, err, sentinel)
				assert.Equal(t, sentinels, foundIn(err, autherr.SaTokenErrors()), "%#v", err)
				assert.Equal(t, categories, foundIn(err, autherr.Categories()), "%#v", err)
				assert.Equal(t, want, foundIn(err, codes), "%#v", err)
				code, ok := errors.AsType[autherr.ErrorCode](err)
				assert.True(t, ok)
				assert.Equal(t, want[0], code)
				_, ok = errors.AsType[autherr.SaTokenError](err)
				assert.Equal(t, sentinels != nil, ok)
				_, ok = errors.AsType[autherr.ErrorResponse](err)
				assert.False(t, ok)
			}
		}
	}
}

func TestANilPointerSaysItsMessageWithoutDetails(t *testing.T) {
	for message, err := range map[string]error{
		"Token is invalid":        (*autherr.InvalidTokenError)(nil),
		"Permission denied":       (*autherr.PermissionDeniedError)(nil),
		"Role denied":             (*autherr.RoleDeniedError)(nil),
		"Account is banned":       (*autherr.AccountBannedError)(nil),
		"Storage error":           (*autherr.StorageError)(nil),
		"Configuration error":     (*autherr.ConfigError)(nil),
		"Serialization error":     (*autherr.SerializationError)(nil),
		"Internal error":          (*autherr.InternalError)(nil),
		"Temporarily unavailable": (*autherr.UnavailableError)(nil),
		"Too many requests":       (*autherr.RateLimitedError)(nil),
	} {
		assert.EqualError(t, err, message)
	}
}

// wrapped returns what err unwraps to.
func wrapped(err error) []error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return many.Unwrap()
	}
	if inner := errors.Unwrap(err); inner != nil {
		return []error{inner}
	}
	return nil
}

func TestErrorsWithDetailsUnwrapToTheirSentinelAndTheirCause(t *testing.T) {
	for sentinel, errs := range allDetails() {
		for _, err := range errs {
			var want []error
			if _, isLimit := err.(*autherr.RateLimitedError); !isLimit { // which does not unwrap to a fault of the server's
				want = append(want, sentinel)
			}
			if strings.HasSuffix(err.Error(), ": EOF") {
				want = append(want, io.EOF)
			}
			assert.Equal(t, want, wrapped(err), "%T %v", err, err)
		}
	}
}

func TestTheCauseIsKept(t *testing.T) {
	cause := &fs.PathError{Op: "open", Path: "users.db", Err: fs.ErrNotExist}
	inner := fmt.Errorf("load: %w", cause)
	errs := []error{&autherr.UnavailableError{Err: inner}, &autherr.RateLimitedError{Err: inner}}
	for _, make := range withCause {
		errs = append(errs, make("", inner), make(secret, inner))
	}
	for _, err := range errs {
		assert.ErrorIs(t, err, fs.ErrNotExist)
		found, ok := errors.AsType[*fs.PathError](fmt.Errorf("handler: %w", err))
		assert.True(t, ok)
		assert.Same(t, cause, found)
	}
}

// To errors.Is, a rate limit is TemporarilyUnavailable, but nothing in its tree is.
func TestARateLimitIsNotAnUnavailableServer(t *testing.T) {
	limit := &autherr.RateLimitedError{RetryAfter: time.Second, Err: io.EOF}
	assert.True(t, limit.Is(autherr.TemporarilyUnavailable))
	assert.False(t, limit.Is(autherr.ServerError))
	assert.False(t, limit.Is(io.EOF))
	var code autherr.ErrorCode
	assert.True(t, limit.As(&code))
	assert.Equal(t, autherr.TemporarilyUnavailable, code)
	var category autherr.Category
	assert.False(t, limit.As(&category))
	_, ok := errors.AsType[*autherr.UnavailableError](error(limit))
	assert.False(t, ok)
}

func TestMessagesOfBothWaits(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&autherr.UnavailableError{}, "Temporarily unavailable"},
		{&autherr.UnavailableError{RetryAfter: time.Minute}, "Temporarily unavailable"},
		{&autherr.UnavailableError{RetryAfter: time.Minute, Err: io.EOF}, "Temporarily unavailable: EOF"},
		{&autherr.RateLimitedError{}, "Too many requests"},
		{&autherr.RateLimitedError{RetryAfter: time.Minute}, "Too many requests"},
		{&autherr.RateLimitedError{RetryAfter: time.Minute, Err: io.EOF}, "Too many requests: EOF"},
	} {
		assert.EqualError(t, tt.err, tt.want)
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

// The four System errors have the same fields, so that one can be made of another.
func TestSystemErrorsConvertIntoOneAnother(t *testing.T) {
	storage := autherr.StorageError{Details: "d", Err: io.EOF}
	config, serialization, internal := autherr.ConfigError(storage), autherr.SerializationError(storage), autherr.InternalError(storage)
	for sentinel, err := range map[autherr.SaTokenError]error{
		autherr.ErrStorage: &storage, autherr.ErrConfig: &config, autherr.ErrSerialization: &serialization, autherr.ErrInternal: &internal,
	} {
		assert.Equal(t, []autherr.SaTokenError{sentinel}, foundIn(err, autherr.SaTokenErrors()))
		assert.EqualError(t, err, sentinel.Error()+": d: EOF")
	}
	_, ok := errors.AsType[*autherr.StorageError](error(&config))
	assert.False(t, ok, "each is a type of its own")
}

func TestErrorsWithDetailsAreUsedAsPointers(t *testing.T) {
	for _, value := range []any{
		autherr.InvalidTokenError{}, autherr.PermissionDeniedError{}, autherr.RoleDeniedError{}, autherr.AccountBannedError{}, autherr.StorageError{},
		autherr.ConfigError{}, autherr.SerializationError{}, autherr.InternalError{}, autherr.UnavailableError{}, autherr.RateLimitedError{},
	} {
		_, ok := value.(error)
		assert.False(t, ok, "%T", value)
	}
}
