package autherr_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

func FuzzValidate(f *testing.F) {
	for _, r := range slices.Concat(validResponses, invalidResponses) {
		f.Add(string(r.Code), r.Description, r.URI)
	}
	for c := range 256 {
		char := string([]byte{byte(c)})
		f.Add("a"+char, "a"+char, "/"+char+"20")
	}
	f.Fuzz(func(t *testing.T, code, description, uri string) {
		r := autherr.ErrorResponse{Code: autherr.ErrorCode(code), Description: description, URI: uri}
		err := r.Validate()
		faults, _ := faultsOf(r)
		require.Equal(t, faults, fieldsOf(t, err))
		if err != nil {
			_, joined := err.(interface{ Unwrap() []error })
			assert.True(t, joined, "callers can rely on finding all of them")
			field, ok := errors.AsType[*autherr.FieldError](err)
			require.True(t, ok)
			assert.Equal(t, faults[0], field.Field)
		}
	})
}

// The checks look at several characters at once, so it could matter where a character is and how many
// there are.
func TestACharacterCountsTheSameAtEveryPlace(t *testing.T) {
	for c := range 256 {
		char := string([]byte{byte(c)})
		inText, inURI := descriptionCharacters.MatchString(char), uriCharacters.MatchString(char) && char != "%"
		for length := range 27 {
			for place := range length {
				text := strings.Repeat("a", place) + char + strings.Repeat("a", length-place-1)
				for _, tt := range []struct {
					param string
					r     autherr.ErrorResponse
					valid bool
				}{
					{"error", autherr.ErrorResponse{Code: autherr.ErrorCode(text)}, inText},
					{"error_description", autherr.ErrorResponse{Code: autherr.InvalidGrant, Description: text}, inText},
					{"error_uri", autherr.ErrorResponse{Code: autherr.InvalidGrant, URI: "/" + text}, inURI},
				} {
					if char == "%" && tt.param == "error_uri" {
						continue // it depends on what follows
					}
					err := tt.r.Validate()
					_, jsonErr := tt.r.MarshalJSON()
					if (err == nil) != tt.valid || (jsonErr == nil) != tt.valid {
						t.Fatalf("%s %q: %v, %v", tt.param, text, err, jsonErr)
					}
					if tt.param == "error" {
						continue
					}
					if _, cborErr := tt.r.AppendCBOR(nil); (cborErr == nil) != tt.valid {
						t.Fatalf("%s %q: %v", tt.param, text, cborErr)
					}
				}
			}
		}
	}
}

func TestFaultsSayWhichCharacterIsWhere(t *testing.T) {
	err := autherr.ErrorResponse{Code: "needs\u4e00\u4e01", Description: "four\u00e9\n", URI: "/\x00 "}.Validate()
	assert.EqualError(t, err, `autherr: error: '\u4e00' at byte 5 is not allowed
autherr: error_description: '\u00e9' at byte 4 is not allowed
autherr: error_uri: '\x00' at byte 1 is not allowed`)

	for _, char := range []string{`"`, `\`, "\n", "\x7f", "é", "\u202e", "令", "🍵"} {
		for _, before := range []int{0, 1, 7, 8, 9, 1 << 16} {
			err := autherr.ErrorResponse{Code: "c", Description: strings.Repeat("d", before) + char + char}.Validate()
			assert.EqualError(t, err, fmt.Sprintf("autherr: error_description: %s at byte %d is not allowed", strconv.QuoteRuneToASCII([]rune(char)[0]), before))
		}
	}

	// A byte that is not UTF-8 is told from the character that stands for such bytes.
	assert.EqualError(t, autherr.ErrorResponse{Code: "c\xff"}.Validate(), `autherr: error: '\xff' at byte 1 is not allowed`)
	assert.EqualError(t, autherr.ErrorResponse{Code: "c\uFFFD"}.Validate(), `autherr: error: '\ufffd' at byte 1 is not allowed`)

	err = autherr.ErrorResponse{Code: "c", URI: "https://as.example:port/"}.Validate()
	assert.ErrorContains(t, err, "autherr: error_uri: not a URI reference: ")
	assert.ErrorContains(t, err, strconv.Quote(":port"))
	assert.NotContains(t, err.Error(), "as.example", "the reason is enough")
}

// extended is an error type of a user's own, with a member that the response does not have.
type extended struct {
	autherr.ErrorResponse
	ticket string
}

func TestAResponseIsItsCodeAndAnEqualResponse(t *testing.T) {
	for _, r := range slices.Concat(validResponses, invalidResponses) {
		for _, err := range []error{r, &r, extended{r, "t"}, &extended{r, "t"}, fmt.Errorf("token endpoint: %w", r), errors.Join(errors.New("x"), &r)} {
			for _, code := range slices.Concat(codes, forbiddenCodes) {
				if got, want := errors.Is(err, code), r.Code == code && code != ""; got != want {
					t.Errorf("%T is %s: %t", err, code, got)
				}
			}
			for _, other := range slices.Concat(validResponses, invalidResponses) {
				if got, want := errors.Is(err, other), r == other; got != want {
					t.Errorf("%T is %s: %t", err, other, got)
				}
			}
			code, ok := errors.AsType[autherr.ErrorCode](err)
			assert.Equal(t, r.Code != "", ok)
			assert.Equal(t, r.Code, code)
			found, ok := errors.AsType[autherr.ErrorResponse](err)
			assert.True(t, ok, "as a value or as a pointer")
			assert.Equal(t, r, found)

			_, ok = errors.AsType[autherr.Category](err)
			assert.False(t, ok)
			_, ok = errors.AsType[autherr.SaTokenError](err)
			assert.False(t, ok)
			_, ok = errors.AsType[*autherr.RemoteError](err)
			assert.False(t, ok)
		}
		assert.NoError(t, errors.Unwrap(r), "its own Is and As say what it is")
	}
}

func TestAResponseSaysAllItHolds(t *testing.T) {
	for _, tt := range []struct {
		response autherr.ErrorResponse
		want     string
	}{
		{autherr.ErrorResponse{}, "no error code"},
		{autherr.ErrorResponse{Description: "d", URI: "/u"}, "no error code: d (/u)"},
		{autherr.ErrorResponse{Code: autherr.InvalidGrant}, "invalid_grant"},
		{autherr.ErrorResponse{Code: autherr.InvalidGrant, Description: `Say "please".`}, `invalid_grant: Say "please".`},
		{autherr.ErrorResponse{Code: autherr.InvalidGrant, URI: "/~help"}, `invalid_grant (/~help)`},
		{autherr.ErrorResponse{Code: autherr.Other(418), Description: "Tea.", URI: "/help"}, `other(418): Tea. (/help)`},
		{autherr.ErrorResponse{Code: "mfa required", Description: "a\x1b[2J\n"}, `mfa required: "a\x1b[2J\n"`},
		{autherr.ErrorResponse{Code: "令\u2066牌", Description: "café", URI: "/\u202e"}, `"令\u2066牌": café ("/\u202e")`},
		{autherr.ErrorResponse{Code: "\xff", Description: "令牌无效", URI: "\x7f"}, `"\xff": 令牌无效 ("\x7f")`},
	} {
		assert.EqualError(t, tt.response, tt.want)
		assert.Equal(t, slog.StringValue(tt.want), tt.response.LogValue())
	}
}

// A field error is found by its parameter, and changing one changes no other.
func TestNobodyCanChangeTheErrorsOthersGet(t *testing.T) {
	for _, r := range []autherr.ErrorResponse{{}, {Code: "\n"}, {Code: "c", Description: "\n"}, {Code: "c", URI: "%"}} {
		first, ok := errors.AsType[*autherr.FieldError](r.Validate())
		require.True(t, ok)
		before := first.Error()
		first.Field, first.Reason = "changed", "changed"
		assert.EqualError(t, r.Validate(), before)
	}
}

func TestSlogWritesTheErrorText(t *testing.T) {
	for _, err := range []error{
		autherr.ErrTokenNotFound, autherr.SaTokenError(0), autherr.SaTokenError(33), autherr.CategoryOAuth2,
		autherr.InvalidGrant, autherr.ErrorCode(""), autherr.ErrorCode("a\nb"), autherr.Other(-70000),
		autherr.ErrorResponse{}, &autherr.ErrorResponse{Code: autherr.InvalidGrant, Description: "é"}, &autherr.FieldError{Field: "error", Reason: "r"},
		&autherr.RemoteError{Status: 500, Body: []byte("{}"), Header: map[string][]string{"A": {"b"}}}, &autherr.StorageError{Details: "d"}, &autherr.RateLimitedError{},
	} {
		for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
			"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			"JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var log, plain bytes.Buffer
			slog.New(handler(&log)).Info("", "err", err)
			slog.New(handler(&plain)).Info("", "err", err.Error())
			_, got, _ := strings.Cut(log.String(), "err")
			_, want, _ := strings.Cut(plain.String(), "err")
			assert.Equal(t, want, got, "%s of %T", name, err)
		}
	}
}
