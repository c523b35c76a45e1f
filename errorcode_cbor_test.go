package autherr_test

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

func FuzzErrorCodeCBOR(f *testing.F) {
	for _, value := range edgeValues {
		f.Add(value)
	}
	f.Add(int32(0))
	f.Fuzz(func(t *testing.T, value int32) {
		data, err := autherr.Other(value).MarshalCBOR()
		if value == 0 {
			assert.Equal(t, []string{"error"}, fieldsOf(t, err))
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

var refusedCodeCBOR = map[string]struct{ data, says string }{
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
	"byte string of 2^32":       {"5B 0000000100000000", "EOF"},
}

func TestErrorCodeDecodesOneShortestIntegerOnly(t *testing.T) {
	for name, tt := range refusedCodeCBOR {
		t.Run(name, func(t *testing.T) {
			code := autherr.InvalidScope
			err := code.UnmarshalCBOR(unhex(t, tt.data))
			require.ErrorContains(t, err, tt.says)
			assert.True(t, strings.HasPrefix(err.Error(), "autherr: "), err)
			assertNoGoInMessage(t, err)
			assert.Equal(t, autherr.InvalidScope, code, "a failed decode leaves the receiver alone")

			if !strings.Contains(err.Error(), "want one CBOR data item") {
				assert.Equal(t, []string{"error"}, fieldsOf(t, err))
			}
		})
	}
}

func FuzzUnmarshalErrorCodeCBOR(f *testing.F) {
	for _, code := range edgeCodes {
		data, err := code.MarshalCBOR()
		require.NoError(f, err)
		f.Add(data)
	}
	for _, tt := range refusedCodeCBOR {
		f.Add(unhex(f, tt.data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		read := autherr.Other(-1)
		input := bytes.Clone(data)
		err := read.UnmarshalCBOR(data)
		assert.Equal(t, input, data, "the input is not written to")

		var value int32
		peerErr := cbor.Unmarshal(data, &value)
		shortest, _ := coreDeterministic.Marshal(value)
		if peerErr == nil && value != 0 && bytes.Equal(shortest, data) {
			require.NoError(t, err, "%x", data)
			assert.Equal(t, autherr.Other(value), read)
			return
		}
		require.Error(t, err, "%x", data)
		assert.Equal(t, autherr.Other(-1), read, "a failed decode leaves the receiver alone")
		assertShortAndPrintable(t, err.Error())
	})
}

// An ErrorCode is read and written within a structure of the user's own.
func TestErrorCodeWithinAnotherStructure(t *testing.T) {
	type introspection struct {
		Code autherr.ErrorCode `cbor:"1,keyasint"`
	}
	for _, value := range edgeValues {
		code := autherr.Other(value)
		data, err := coreDeterministic.Marshal(introspection{code})
		require.NoError(t, err)
		want, err := coreDeterministic.Marshal(map[int]int32{1: value})
		require.NoError(t, err)
		assert.Equal(t, want, data)

		var read introspection
		require.NoError(t, cbor.Unmarshal(data, &read))
		assert.Equal(t, code, read.Code)
	}
	_, err := coreDeterministic.Marshal(introspection{autherr.ServerError})
	assert.ErrorContains(t, err, "server_error has no CBOR value")
}

func TestErrorCodeAppendsCBORInPlace(t *testing.T) {
	buffer := bytes.Repeat([]byte{0xEE}, 16)
	b, err := autherr.Other(math.MinInt32).AppendCBOR(buffer[:2])
	require.NoError(t, err)
	assert.Equal(t, unhex(t, "EEEE 3A7FFFFFFF"), b)
	assert.Equal(t, b, buffer[:7], "there was room")
	for _, code := range edgeCodes {
		assert.Zero(t, testing.AllocsPerRun(10, func() { _, _ = code.AppendCBOR(buffer[:2]) }), code)
	}
}

func TestACodeWithoutAValueIsRefusedInCBOR(t *testing.T) {
	for _, code := range slices.Concat(codes, forbiddenCodes) {
		buffer := bytes.Repeat([]byte{0xEE}, 16)
		b, err := code.AppendCBOR(buffer[:2])
		if _, ok := valueOf(code); ok {
			require.NoError(t, err, code)
			continue
		}
		require.Equal(t, []string{"error"}, fieldsOf(t, err), "%.100q", code)
		if code == "" {
			assert.EqualError(t, err, "autherr: error: required, but absent")
		} else {
			assert.ErrorContains(t, err, " has no CBOR value")
		}
		assert.Equal(t, []byte{0xEE, 0xEE}, b)
		assert.Equal(t, bytes.Repeat([]byte{0xEE}, 16), buffer, "a failed append writes nowhere")

		data, err := code.MarshalCBOR()
		assert.Error(t, err)
		assert.Nil(t, data)
	}
	_, err := autherr.ErrorCode("需要验证").MarshalCBOR()
	assert.EqualError(t, err, "autherr: error: 需要验证 has no CBOR value")
	_, err = autherr.ErrorCode("a\u202eb").MarshalCBOR()
	assert.EqualError(t, err, `autherr: error: "a\u202eb" has no CBOR value`)
}
