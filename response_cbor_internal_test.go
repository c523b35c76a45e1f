package autherr

import (
	"bytes"
	"encoding/hex"
	"math"
	"regexp"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the short cut takes, the long way takes with the same result; so it does not matter to anybody which
// way a response was read.
func FuzzBothWaysOfReadingAgree(f *testing.F) {
	for _, digits := range []string{
		"A1181E04", "A1181E1863", "A1181E20", "A1181E38FF", "A2181E04181F6161", "A2181E0418206161", "A3181E04181F6161182061" + "62",
		"A3181E04181F60182060", "A2181E04181F7801" + "61", "A1181E1804", "A1181E00", "A1181E60", "A1181EF6", "A1181E190400", "A2181E04",
		"A1181E04181F6161", "A2181E0418206161181F6161", "A3181E04181F6161181F6161", "A2181E04181F61FF", "A2181E04181F62C3", "A2181E04181F7861",
		"A2181E04181F4161", "A2181E04181F7F6161FF", "A2181E04181FF6", "BF181E04FF", "82181E04", "A118", "A1181E", "A1181E18", "A2181E04181F", "A1181F04",
	} {
		data, err := hex.DecodeString(digits)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		short, ok := readCanonical(bytes.Clone(data))
		if !ok {
			return
		}
		long, err := readAny(data)
		require.NoError(t, err, "%x", data)
		assert.Equal(t, long, short, "%x", data)
	})
}

// Heads of lengths that no text in a test can have.
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

// On a platform whose int has 64 bits, fxamacker/cbor says of a length what it shall say on every platform.
func FuzzAClampedLengthIsRefusedInTheSameWords(f *testing.F) {
	if math.MaxInt == math.MaxInt32 {
		f.Skip("there is nothing to compare with on a platform of 32 bits")
	}
	for _, digits := range []string{
		"A1181E04", "5B0000000100000000", "5A80000000", "5A7FFFFFFF", "9B00000001FFFFFFFF", "BA80000000", "A2005B0000000100000000015B0000000100000000",
		"7F7B0000000100000000FF", "C25B7FFFFFFFFFFFFFFF", "1BFFFFFFFFFFFFFFFF", "FB0000000100000000", "DB0000000100000000F6", "425B0000", "5BFFFFFFFFFFFFFFFF",
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

func TestWhatIsWrittenIsReadTheShortWay(t *testing.T) {
	text := string(bytes.Repeat([]byte("t"), 255))
	for _, code := range []ErrorCode{1, 23, 24, 255, -1, -24, -25, -256} {
		for _, response := range []ErrorResponse{
			{Code: code}, {Code: code, Description: "d"}, {Code: code, URI: "u"}, {Code: code, Description: text, URI: text[:24]}, {Code: code, Description: text[:23], URI: text},
		} {
			data, err := response.MarshalCBOR()
			require.NoError(t, err)
			read, ok := readCanonical(data)
			assert.True(t, ok, "%x", data)
			assert.Equal(t, response, read)
		}
	}
}
