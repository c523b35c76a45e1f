package autherr_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/seed-e9190de5/autherr"
)

// remoteTexts are the texts of a RemoteError with each subset of its parts. What a line contains says
// which parts those are.
const remoteTexts = `remote
remote: 401
remote: invalid_grant
remote: Expired.
remote: (/help)
remote: EOF
remote: 401 invalid_grant
remote: 401: Expired.
remote: 401 (/help)
remote: 401: EOF
remote: invalid_grant: Expired.
remote: invalid_grant (/help)
remote: invalid_grant: EOF
remote: Expired. (/help)
remote: Expired.: EOF
remote: (/help): EOF
remote: 401 invalid_grant: Expired.
remote: 401 invalid_grant (/help)
remote: 401 invalid_grant: EOF
remote: 401: Expired. (/help)
remote: 401: Expired.: EOF
remote: 401 (/help): EOF
remote: invalid_grant: Expired. (/help)
remote: invalid_grant: Expired.: EOF
remote: invalid_grant (/help): EOF
remote: Expired. (/help): EOF
remote: 401 invalid_grant: Expired. (/help)
remote: 401 invalid_grant: Expired.: EOF
remote: 401 invalid_grant (/help): EOF
remote: 401: Expired. (/help): EOF
remote: invalid_grant: Expired. (/help): EOF
remote: 401 invalid_grant: Expired. (/help): EOF`

func TestARemoteErrorSaysEachPartThatThereIs(t *testing.T) {
	subsets := map[[5]bool]bool{}
	for line := range strings.SplitSeq(remoteTexts, "\n") {
		var has [5]bool
		for i, part := range []string{"401", "invalid_grant", "Expired.", "/help", "EOF"} {
			has[i] = strings.Contains(line, part)
		}
		subsets[has] = true

		var e autherr.RemoteError
		var wraps []error
		if has[0] {
			e.Status = 401
		}
		if has[1] {
			e.Response.Code = autherr.InvalidGrant
			wraps = append(wraps, autherr.InvalidGrant)
		}
		if has[2] {
			e.Response.Description = "Expired."
		}
		if has[3] {
			e.Response.URI = "/help"
		}
		if has[4] {
			e.Err = io.EOF
			wraps = append(wraps, io.EOF)
		}
		assert.EqualError(t, &e, line)
		assert.Equal(t, wraps, e.Unwrap(), line)

		e.RetryAfter, e.Body, e.Header = time.Minute, []byte(secret), map[string][]string{secret: {secret}}
		assert.EqualError(t, &e, line, "nothing of the wait, the body and the header")
	}
	assert.Len(t, subsets, 32, "that is all of them")
}

func TestARemoteErrorIsItsCodeAndItsCause(t *testing.T) {
	for _, code := range slices.Concat(codes, forbiddenCodes[1:]) {
		cause := &fs.PathError{Op: "read", Path: "body", Err: fs.ErrClosed}
		e := &autherr.RemoteError{Response: autherr.ErrorResponse{Code: code, Description: "d", URI: "/u"}, Status: 400, Err: cause}
		for _, err := range []error{e, fmt.Errorf("refresh: %w", e), errors.Join(io.EOF, fmt.Errorf("a: %w", e))} {
			assert.Equal(t, []autherr.ErrorCode{code}, foundIn(err, slices.Concat(codes, forbiddenCodes)))
			found, ok := errors.AsType[autherr.ErrorCode](err)
			assert.True(t, ok)
			assert.Equal(t, code, found)
			assert.ErrorIs(t, err, fs.ErrClosed)
			assert.ErrorIs(t, err, cause)

			whole, ok := errors.AsType[*autherr.RemoteError](err)
			assert.True(t, ok)
			assert.Same(t, e, whole)
		}
	}
}

// A server that found a response there could send it on as its own.
func TestThereIsNoResponseInARemoteError(t *testing.T) {
	for _, r := range slices.Concat(validResponses, invalidResponses) {
		err := fmt.Errorf("refresh: %w", &autherr.RemoteError{Response: r, Status: 400})
		_, ok := errors.AsType[autherr.ErrorResponse](err)
		assert.False(t, ok)
		_, ok = errors.AsType[*autherr.ErrorResponse](err)
		assert.False(t, ok)
		assert.NotErrorIs(t, err, r)
		assert.Empty(t, foundIn(err, autherr.SaTokenErrors()))
		assert.Empty(t, foundIn(err, autherr.Categories()))
	}
	_, ok := any(autherr.RemoteError{}).(error)
	assert.False(t, ok, "it is used as a pointer")
}

func TestARemoteErrorWithoutACodeHasNone(t *testing.T) {
	err := &autherr.RemoteError{Response: autherr.ErrorResponse{Description: "d"}, Status: 502, Err: io.EOF}
	assert.Empty(t, foundIn(err, codes))
	_, ok := errors.AsType[autherr.ErrorCode](err)
	assert.False(t, ok)
	assert.ErrorIs(t, err, io.EOF)
}

func TestANilRemoteErrorHasATextAndNothingElse(t *testing.T) {
	var e *autherr.RemoteError
	assert.EqualError(t, e, "remote")
	assert.Empty(t, e.Unwrap())
	err := fmt.Errorf("refresh: %w", e)
	assert.Empty(t, foundIn(err, codes))
	_, ok := errors.AsType[autherr.ErrorCode](err)
	assert.False(t, ok)
}

func TestWhatARemoteServerSaidIsBounded(t *testing.T) {
	for _, char := range []string{"a", "令", "\u202e", "\x00", "\xff", "\U000e0001", "\"", "\n", ":", "("} {
		text := long(char)
		e := &autherr.RemoteError{
			Response: autherr.ErrorResponse{Code: autherr.ErrorCode(text), Description: text, URI: text}, Status: 400, Err: errors.New(text),
			Header: map[string][]string{text: {text}}, Body: []byte(text),
		}
		assert.Less(t, len(e.Error()), 4*(4*200+20), "%q", char)
		assert.Equal(t, 4, strings.Count(e.Error(), "..."), "each part says that it was cut")
		assert.ErrorIs(t, e, autherr.ErrorCode(text), "what is kept is not cut")
	}
}

func TestARemoteErrorSaysThatItsCauseHasNoText(t *testing.T) {
	e := &autherr.RemoteError{Status: 502, Err: panicking{"Error", nil}}
	assert.EqualError(t, e, "remote: 502: autherr_test.panicking: its method Error panics with a autherr_test.panicking")
}

func TestEachPartIsCutAndQuotedByItself(t *testing.T) {
	e := &autherr.RemoteError{
		Response: autherr.ErrorResponse{Code: "令牌无效", Description: strings.Repeat("令", 67), URI: "/\u202e" + strings.Repeat("u", 300)},
		Status:   400, Err: errors.New("line\nbreak"),
	}
	assert.EqualError(t, e, "remote: 400 令牌无效: "+strings.Repeat("令", 66)+`... ("/\u202e`+strings.Repeat("u", 196)+`..."): "line\nbreak"`)
}
