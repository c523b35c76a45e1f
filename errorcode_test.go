package autherr_test

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

// edgeCodes are codes at every boundary that a number, an encoding or the registry has.
var edgeCodes = []autherr.ErrorCode{
	1, 2, 3, 4, 5, 6, 7, 8, 9, 23, 24, 255, 256, 65535, 65536, math.MaxInt32,
	-1, -24, -25, -256, -257, -65536, -65537, -99999, math.MinInt32,
}

// The names come from RFC 6749 §5.2 and RFC 9200 §8.3, the values from IANA's registry "OAuth Error Code
// CBOR Mappings".
func TestRegisteredCodesAreIANAs(t *testing.T) {
	for code, name := range map[autherr.ErrorCode]string{
		autherr.InvalidRequest: "1 invalid_request", autherr.InvalidClient: "2 invalid_client",
		autherr.InvalidGrant: "3 invalid_grant", autherr.UnauthorizedClient: "4 unauthorized_client",
		autherr.UnsupportedGrantType: "5 unsupported_grant_type", autherr.InvalidScope: "6 invalid_scope",
		autherr.UnsupportedPoPKey: "7 unsupported_pop_key", autherr.IncompatibleACEProfiles: "8 incompatible_ace_profiles",
	} {
		assert.Equal(t, name, fmt.Sprintf("%d %s", code, code))
		assert.True(t, code.IsRegistered())
	}
}

func TestOnlyRegisteredCodesHaveNameAndDescription(t *testing.T) {
	descriptions := map[string]bool{}
	for _, code := range append(edgeCodes, 0) {
		registered := 1 <= code && code <= 8
		assert.Equal(t, registered, code.IsRegistered(), code)
		assert.Equal(t, registered, code.Description() != "", code)
		assert.Equal(t, !registered, code.String() == "other("+strconv.Itoa(int(code))+")", code)
		assert.Equal(t, code.String(), code.Error())
		descriptions[code.Description()] = true
	}
	assert.Len(t, descriptions, 8+1, "no two codes are described in the same words")
}

func TestPrivateUseBeginsBelowMinus65536(t *testing.T) {
	for _, code := range append(edgeCodes, 0) {
		assert.Equal(t, int64(code) <= -65537, code.IsPrivateUse(), code)
	}
}

func TestOtherIsTheCodeOfThatValue(t *testing.T) {
	assert.Equal(t, autherr.InvalidGrant, autherr.Other(3))
	assert.ErrorIs(t, fmt.Errorf("wrapped: %w", autherr.Other(418)), autherr.Other(418))
	assert.NotErrorIs(t, autherr.Other(418), autherr.Other(419))
}

func TestStatusOfACodeIsTheSameInHTTPAndCoAP(t *testing.T) {
	for _, code := range append(edgeCodes, 0) {
		want := 400
		switch code {
		case 0:
			want = 500
		case autherr.InvalidClient:
			want = 401
		}
		assert.Equal(t, want, code.HTTPStatus(), code)
		assert.Equal(t, want, dotted(code.CoAPCode()), code)
	}
}

// dotted reads a CoAP code, 3 bits of class and 5 of detail, as c*100+dd (RFC 7252 §3).
func dotted(code uint8) int { return int(code>>5)*100 + int(code&0x1F) }

func TestTextOfACodeReadsBack(t *testing.T) {
	for _, code := range edgeCodes {
		text, err := code.MarshalText()
		require.NoError(t, err)
		assert.Equal(t, code.String(), string(text))

		parsed, err := autherr.ParseErrorCode(string(text))
		require.NoError(t, err)
		assert.Equal(t, code, parsed)

		data, err := json.Marshal(map[autherr.ErrorCode]autherr.ErrorCode{code: code})
		require.NoError(t, err)
		var read map[autherr.ErrorCode]autherr.ErrorCode
		require.NoError(t, json.Unmarshal(data, &read))
		assert.Equal(t, code, read[code])
	}
}

func TestTextThatIsNoCodeIsRefusedAndQuoted(t *testing.T) {
	for _, text := range []string{
		"", "server_error", "slow_down", "Invalid_Grant", "invalid_grant ", " invalid_grant", "invalid grant", "3",
		"other", "other()", "other(", "other(418", "other418", "Other(418)", "other(418) ", "other( 418)", "other(418))",
		"other(0)", "other(-0)", "other(3)", "other(8)", "other(+9)", "other(007)", "other(1e3)", "other(0x1A2)", "other(4_18)",
		"other(2147483648)", "other(-2147483649)", "other(99999999999999999999)", "other(١)",
		"caf\u00e9", "line\nbreak", "\xff", strings.Repeat("x", 1<<16),
	} {
		_, err := autherr.ParseErrorCode(text)
		requireUnknownCode(t, err, text)

		code := autherr.InvalidScope
		requireUnknownCode(t, code.UnmarshalText([]byte(text)), text)
		assert.Equal(t, autherr.InvalidScope, code, "a failed decode leaves the receiver alone")
	}
}

func requireUnknownCode(t *testing.T, err error, text string) {
	t.Helper()
	var unknown *autherr.UnknownCodeError
	require.ErrorAs(t, err, &unknown, "%q", text)
	assert.Equal(t, text, unknown.Name)
	assert.Contains(t, err.Error(), strconv.Quote(text))
}

func TestZeroIsNoCodeInAnyEncoding(t *testing.T) {
	buffer := []byte("kept")
	for name, encode := range map[string]func() ([]byte, error){
		"text": func() ([]byte, error) { return autherr.ErrorCode(0).AppendText(buffer) },
		"CBOR": func() ([]byte, error) { return autherr.ErrorCode(0).AppendCBOR(buffer) },
	} {
		b, err := encode()
		var field *autherr.FieldError
		require.ErrorAs(t, err, &field, name)
		assert.Equal(t, "error", field.Field)
		assert.Equal(t, buffer, b, name)
	}
	_, err := json.Marshal(autherr.ErrorCode(0))
	assert.Error(t, err)
	assert.Empty(t, autherr.ErrorCode(0).Description())
}

func TestErrorCodeAppendsText(t *testing.T) {
	var appender encoding.TextAppender = autherr.InvalidGrant
	b, err := appender.AppendText([]byte("error="))
	require.NoError(t, err)
	assert.Equal(t, "error=invalid_grant", string(b))
}

func FuzzParseErrorCode(f *testing.F) {
	for _, code := range edgeCodes {
		f.Add(code.String())
	}
	f.Add("other(03)")
	f.Fuzz(func(t *testing.T, text string) {
		code, err := autherr.ParseErrorCode(text)
		if err != nil {
			requireUnknownCode(t, err, text)
			return
		}
		assert.NotZero(t, code)
		assert.Equal(t, text, code.String(), "a code has one text form")
	})
}

// A refusal must stay what it was when it was returned, whoever else gets one.
func TestNobodyCanChangeTheErrorsOthersGet(t *testing.T) {
	_, first := autherr.ErrorCode(0).MarshalText()
	var field *autherr.FieldError
	require.True(t, errors.As(first, &field))
	before := field.Error()
	field.Reason = "changed"
	_, second := autherr.ErrorCode(0).MarshalText()
	assert.EqualError(t, second, before)
}
