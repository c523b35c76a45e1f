package autherr_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

// errorOf returns the text of the error that is a function's second result.
func errorOf[T any](_ T, err error) string { return err.Error() }

type unmarshalText interface{ UnmarshalText([]byte) error }

// refusalOf returns what u says of a text that is not one of its type.
func refusalOf(u unmarshalText, text string) string { return u.UnmarshalText([]byte(text)).Error() }

func remote(response autherr.ErrorResponse, err error) string {
	return (&autherr.RemoteError{Status: 401, Response: response, Err: err}).Error()
}

// places are where another text can be in one of ours, at the "…". It is quoted there unless it is printable.
var places = []struct {
	says string
	of   func(text string) string

	cut    bool // the text comes from a peer
	always bool // it is quoted even if it is printable
	utf8   bool // the text cannot be there if it is not UTF-8
}{
	{says: "…", of: func(s string) string { return autherr.ErrorCode(s).Error() }},
	{says: "…", of: func(s string) string { return autherr.ErrorCode(s).String() }},
	{says: "…: d", of: func(s string) string {
		return autherr.ErrorResponse{Code: autherr.ErrorCode(s), Description: "d"}.Error()
	}},
	{says: "server_error: …", of: func(s string) string { return autherr.ErrorResponse{Code: autherr.ServerError, Description: s}.Error() }},
	{says: "server_error (…)", of: func(s string) string { return autherr.ErrorResponse{Code: autherr.ServerError, URI: s}.Error() }},
	{says: "server_error: …", of: func(s string) string {
		return autherr.ErrorResponse{Code: autherr.ServerError, Description: s}.LogValue().String()
	}},
	{says: "remote: 401 …", cut: true, of: func(s string) string { return remote(autherr.ErrorResponse{Code: autherr.ErrorCode(s)}, nil) }},
	{says: "remote: 401: …", cut: true, of: func(s string) string { return remote(autherr.ErrorResponse{Description: s}, nil) }},
	{says: "remote: 401 (…)", cut: true, of: func(s string) string { return remote(autherr.ErrorResponse{URI: s}, nil) }},
	{says: "remote: 401: …", cut: true, of: func(s string) string { return remote(autherr.ErrorResponse{}, errors.New(s)) }},
	{says: "autherr: no sa-token error is named …", cut: true, always: true, of: func(s string) string { return errorOf(autherr.ParseSaTokenError(s)) }},
	{says: "autherr: no sa-token error is named …", cut: true, always: true, of: func(s string) string { return refusalOf(new(autherr.SaTokenError), s) }},
	{says: "autherr: no category is named …", cut: true, always: true, of: func(s string) string { return refusalOf(new(autherr.Category), s) }},
	{says: "autherr: error: … has no CBOR value", cut: true, of: func(s string) string { return errorOf(autherr.ErrorCode(s).MarshalCBOR()) }},
	{says: "autherr: key … found twice in the map", cut: true, always: true, utf8: true, of: func(s string) string {
		key, err := coreDeterministic.Marshal(s)
		if err != nil {
			panic(err)
		}
		return new(autherr.ErrorResponse).UnmarshalCBOR(slices.Concat([]byte{0xA2}, key, []byte{0}, key, []byte{0})).Error()
	}},
}

// isTaken reports whether a text is one that some place would not refuse.
func isTaken(text string) bool {
	_, isCode := autherr.ErrorCode(text).CBORValue()
	_, err := autherr.ParseSaTokenError(text)
	return text == "" || isCode || err == nil || new(autherr.Category).UnmarshalText([]byte(text)) == nil
}

// checkPlaces checks every place with one text.
func checkPlaces(t *testing.T, text string) {
	t.Helper()
	if isTaken(text) {
		return
	}
	unprintable := func(char rune) bool { return !strconv.IsPrint(char) }
	for _, place := range places {
		if place.utf8 && !utf8.ValidString(text) {
			continue
		}
		kept := text
		if place.cut {
			kept = asCut(text)
		}
		if place.always {
			kept = strconv.Quote(kept)
		} else {
			kept = asQuoted(kept)
		}
		got := place.of(text)
		require.Equal(t, strings.Replace(place.says, "…", kept, 1), got)
		require.False(t, strings.ContainsFunc(got, unprintable) || !utf8.ValidString(got), "%.300q", got)
		if place.cut {
			assertShortAndPrintable(t, got)
		}
	}
}

// asQuoted returns text as it is if strconv.Quote would escape only quotation marks and backslashes,
// else in the form of strconv.Quote.
func asQuoted(text string) string {
	quoted := strconv.Quote(text)
	inside := quoted[1 : len(quoted)-1]
	if strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(inside) == text {
		return text
	}
	return quoted
}

// asCut returns the characters of text that fit into 200 bytes, and "..." if that is not all.
func asCut(text string) string {
	if len(text) <= 200 {
		return text
	}
	end := 0
	for i := range text {
		if i <= 200 {
			end = i
		}
	}
	return text[:end] + "..."
}

// hostileTexts are texts of all kinds, printable or not.
var hostileTexts = []string{
	"plain", "with a space", `"quoted"`, `back\slash`, `\n`, "'", "<script>&", // printable
	"令牌无效", "需要验证", "café", "🍵", "\ufffd", // printable too
	"a\u202eb", "令\u2066牌\u2069", "\u200f", "\u061c", // bidirectional controls
	"\u200b", "\ufeff", "\u00a0", "\u3000", "\u2028", "\u00ad", "\ue000", "\U000e0001", // not seen
	"\x00", "\n", "\r\n", "\t", "\x1b[2J", "\x7f", "\u0085", // control characters
	"\xff", "a\xc3", "\xe4\xbb", "令\xbb", "\xed\xa0\x80", "\xc0\x80", // not UTF-8
}

func TestTextsAreQuotedUnlessPrintable(t *testing.T) {
	for _, text := range hostileTexts {
		checkPlaces(t, text)
		if utf8.ValidString(text) {
			checkPlaces(t, long(text))
		}
	}
}

func TestTextsAreNotCutWithinACharacter(t *testing.T) {
	for _, char := range []string{"a", "é", "令", "🍵", "\u202e", "\n", "\U000e0001"} {
		for before := range 9 {
			for _, length := range []int{196, 197, 198, 199, 200, 201, 202, 203, 204} {
				checkPlaces(t, strings.Repeat("a", before)+strings.Repeat(char, (length-before)/len(char)))
			}
		}
	}
}

// What is not UTF-8 has no characters, but the text is bounded and printable all the same.
func TestWhatIsNotUTF8IsBoundedAndPrintable(t *testing.T) {
	for _, text := range []string{"\xff", "\x80", "\xc3", "\xe4\xbb", "\xf0\x9f\x8d"} {
		for _, place := range places {
			if !place.cut || place.utf8 {
				continue
			}
			got := place.of(long(text))
			assertShortAndPrintable(t, got)
			assert.Regexp(t, `^[ -~]*$`, got)
			assert.Contains(t, got, `..."`, "what is left out is told within the quotes")
		}
	}
}

func FuzzTexts(f *testing.F) {
	for _, text := range hostileTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 200 && !utf8.ValidString(text) {
			text = text[:200]
		}
		checkPlaces(t, text)
	})
}
