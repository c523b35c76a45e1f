package autherr

import (
	"encoding/hex"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Some of these lengths are longer than any text in a test.
func TestHeadsAreTheShortestForEveryArgument(t *testing.T) {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	require.NoError(t, err)
	for bits := range 64 {
		for _, argument := range []uint64{1<<bits - 1, 1 << bits, 1<<bits + 1, math.MaxUint64 - 1<<bits} {
			want, err := mode.Marshal(argument)
			require.NoError(t, err)
			assert.Equal(t, want, appendHead(nil, majorUnsigned, argument))
			head, rest := cutHead(want)
			assert.Equal(t, argument, head.argument)
			assert.Empty(t, rest)
		}
	}
}

func digits(t *testing.T, text string) []byte {
	t.Helper()
	data, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	require.NoError(t, err)
	return data
}

func TestTheFirstLengthBeyond32BitsIsClamped(t *testing.T) {
	for given, want := range map[string]string{
		"5B0000000100000000":           "5B000000007FFFFFFF",
		"7B7FFFFFFFFFFFFFFF":           "7B000000007FFFFFFF",
		"9B8000000000000000":           "9BFFFFFFFFFFFFFFFF",
		"BB00000001000000005B":         "BB000000007FFFFFFF5B",
		"BB0000000080000000":           "BB000000007FFFFFFF",
		"5A80000000":                   "5A7FFFFFFF",
		"82 5A80000000 5AFFFFFFFF":     "82 5A7FFFFFFF 5AFFFFFFFF",
		"A1 425BFF 5B0000000100000000": "A1 425BFF 5B000000007FFFFFFF",
		"A1 7801FF 5AFFFFFFFF":         "A1 7801FF 5A7FFFFFFF",
		"C1 5AFFFFFFFF":                "C1 5A7FFFFFFF",
		"9F 5AFFFFFFFF FF":             "9F 5A7FFFFFFF FF",
	} {
		assert.Equal(t, digits(t, want), clampLength(digits(t, given)), given)
	}
	for _, kept := range []string{
		"", "5A7FFFFFFF", "1BFFFFFFFFFFFFFFFF", "3AFFFFFFFF", "DB0000000100000000 00", "FBFFFFFFFFFFFFFFFF", "FAFFFFFFFF", "5B00000001000000", "5A800000", "58",
		"45 5AFFFFFFFF", "65 5AFFFFFFFF", "42 5AFFFFFFFF", "5F 45 5AFFFFFFFF FF",
	} {
		assert.Equal(t, digits(t, kept), clampLength(digits(t, kept)), kept)
	}
}

// If an int has 64 bits, fxamacker/cbor says of a length what it is to say on every platform.
func FuzzAClampedLengthIsRefusedInTheSameWords(f *testing.F) {
	if math.MaxInt == math.MaxInt32 {
		f.Skip("there is nothing to compare with on a platform of 32 bits")
	}
	for _, digits := range []string{
		"A1181E04", "5B0000000100000000", "5A80000000", "5A7FFFFFFF", "9B00000001FFFFFFFF", "BA80000000", "A2005B0000000100000000015B0000000100000000",
		"7F7B0000000100000000FF", "C25B7FFFFFFFFFFFFFFF", "1BFFFFFFFFFFFFFFFF", "FB0000000100000000", "DB0000000100000000F6", "425B0000", "5BFFFFFFFFFFFFFFFF", "5B00", "59FFFF00", "7AFFFF",
	} {
		data, err := hex.DecodeString(digits)
		require.NoError(f, err)
		f.Add(data)
	}
	number := regexp.MustCompile(`length \d+ is`) // beyond int64, where the number is not kept
	f.Fuzz(func(t *testing.T, data []byte) {
		clamped := clampLength(data)
		require.Len(t, clamped, len(data))
		want, got := "", ""
		if err := decMode.Wellformed(data); err != nil {
			want = number.ReplaceAllString(err.Error(), "")
		}
		if err := decMode.Wellformed(clamped); err != nil {
			got = number.ReplaceAllString(err.Error(), "")
		}
		assert.Equal(t, want, got, "%x", data)
	})
}
