package autherr_test

import (
	"bytes"
	"encoding/hex"
	"math"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

// coreDeterministic is another implementation of RFC 8949 §4.2.1.
var coreDeterministic = func() cbor.EncMode {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err)
	}
	return mode
}()

func unhex(t testing.TB, digits string) []byte {
	t.Helper()
	data, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	require.NoError(t, err)
	return data
}

func FuzzErrorCodeCBOR(f *testing.F) {
	for _, code := range edgeCodes {
		f.Add(int32(code))
	}
	f.Add(int32(0))
	f.Fuzz(func(t *testing.T, value int32) {
		data, err := autherr.Other(value).MarshalCBOR()
		if value == 0 {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		want, err := coreDeterministic.Marshal(value)
		require.NoError(t, err)
		assert.Equal(t, want, data)

		var read autherr.ErrorCode
		require.NoError(t, read.UnmarshalCBOR(data))
		assert.Equal(t, autherr.Other(value), read)
	})
}

func TestErrorCodeDecodesOneShortestIntegerOnly(t *testing.T) {
	for name, tt := range map[string]struct{ data, says string }{
		"nothing":                   {"", "EOF"},
		"truncated":                 {"19 01", "EOF"},
		"not well-formed":           {"1C", "invalid additional information"},
		"bytes after it":            {"03 03", "extraneous"},
		"zero":                      {"00", "found 0"},
		"3 in two bytes":            {"18 03", "found 3 in 2 bytes"},
		"3 in nine bytes":           {"1B 0000000000000003", "found 3 in 9 bytes"},
		"-1 in three bytes":         {"39 0000", "found -1 in 3 bytes"},
		"one above int32":           {"1A 80000000", "found 2147483648"},
		"one below int32":           {"3A 80000000", "found -2147483649"},
		"the largest integer":       {"1B FFFFFFFFFFFFFFFF", "found 18446744073709551615"},
		"the smallest integer":      {"3B FFFFFFFFFFFFFFFF", "found -18446744073709551616"},
		"byte string":               {"41 03", "byte string"},
		"text":                      {"6D 696E76616C69645F6772616E74", "text string"},
		"array":                     {"81 03", "array"},
		"map":                       {"A0", "map"},
		"tag":                       {"C1 03", "tag"},
		"self-described":            {"D9D9F7 03", "tag"},
		"bignum":                    {"C2 41 03", "tag"},
		"false":                     {"F4", "boolean"},
		"true":                      {"F5", "boolean"},
		"null":                      {"F6", "null"},
		"undefined":                 {"F7", "undefined"},
		"an unassigned simple":      {"F8 FF", "simple value"},
		"3.0 in half precision":     {"F9 4200", "float"},
		"3.0 in single precision":   {"FA 40400000", "float"},
		"3.0 in double precision":   {"FB 4008000000000000", "float"},
		"integer of 2^32 above one": {"1B 0000000100000001", "found 4294967297"},
	} {
		t.Run(name, func(t *testing.T) {
			code := autherr.InvalidScope
			err := code.UnmarshalCBOR(unhex(t, tt.data))
			require.ErrorContains(t, err, tt.says)
			assert.True(t, strings.HasPrefix(err.Error(), "autherr: "), err)
			assertNoGoInMessage(t, err)
			assert.Equal(t, autherr.InvalidScope, code, "a failed decode leaves the receiver alone")
		})
	}
}

// An ErrorCode is read and written within a structure of the user's own.
func TestErrorCodeWithinAnotherStructure(t *testing.T) {
	type introspection struct {
		Code autherr.ErrorCode `cbor:"1,keyasint"`
	}
	for _, code := range edgeCodes {
		data, err := coreDeterministic.Marshal(introspection{code})
		require.NoError(t, err)
		want, err := coreDeterministic.Marshal(map[int]int32{1: int32(code)})
		require.NoError(t, err)
		assert.Equal(t, want, data)

		var read introspection
		require.NoError(t, cbor.Unmarshal(data, &read))
		assert.Equal(t, code, read.Code)
	}
}

func TestErrorCodeAppendsCBORInPlace(t *testing.T) {
	buffer := bytes.Repeat([]byte{0xEE}, 16)
	b, err := autherr.Other(math.MinInt32).AppendCBOR(buffer[:2])
	require.NoError(t, err)
	assert.Equal(t, unhex(t, "EEEE 3A7FFFFFFF"), b)
	assert.Equal(t, b, buffer[:7], "there was room")
}
