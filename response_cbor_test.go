package autherr_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

// From the tests of the Rust crate dcaf.
var published = map[string]autherr.ErrorResponse{
	"A3181E04181F782D596F7520617265206E6F7420617574686F72697A656420746F2072656365697665207468697320746F6B656E2E18207468747470733A2F2F687474702E6361742F343031": {
		Code: autherr.UnauthorizedClient, Description: "You are not authorized to receive this token.", URI: "https://http.cat/401",
	},
	"A3181E1901A2181F7824492063616E27742068656C7020796F752C2049276D206A757374206120746561706F742E18207468747470733A2F2F687474702E6361742F343138": {
		Code: autherr.Other(418), Description: "I can't help you, I'm just a teapot.", URI: "https://http.cat/418",
	},
	"A1181E04": {Code: autherr.UnauthorizedClient},
}

// IANA, "Media Types" and "CoAP Content-Formats". The constants have no type, so that they fit into
// the types of other packages.
func TestFormatIsIANAs(t *testing.T) {
	type mediaType string
	type contentFormat uint16
	assert.Equal(t, mediaType("application/ace+cbor"), autherr.MediaTypeACECBOR+mediaType(""))
	assert.Equal(t, contentFormat(19), autherr.ContentFormatACECBOR+contentFormat(0))
}

func TestPublishedBytes(t *testing.T) {
	for digits, response := range published {
		data, err := response.MarshalCBOR()
		require.NoError(t, err)
		assert.Equal(t, unhex(t, digits), data)

		var read autherr.ErrorResponse
		require.NoError(t, read.UnmarshalCBOR(data))
		assert.Equal(t, response, read)
	}
}

// mapOf is the map of RFC 9200 §5.8.3 for another encoder, for a code that has a value.
func mapOf(r autherr.ErrorResponse, value int32) map[int]any {
	m := map[int]any{30: value}
	if r.Description != "" {
		m[31] = r.Description
	}
	if r.URI != "" {
		m[32] = r.URI
	}
	return m
}

// checkAppendCBOR compares AppendCBOR with another encoder, with no room in the slice, some room and enough.
func checkAppendCBOR(t *testing.T, r autherr.ErrorResponse) {
	t.Helper()
	faults, encodable := faultsOf(r)
	value, hasValue := valueOf(r.Code)
	want, err := coreDeterministic.Marshal(mapOf(r, value))
	require.NoError(t, err)
	for _, room := range []int{0, len(want) / 2, len(want)} {
		buffer := bytes.Repeat([]byte{0xEE}, 2+room)
		got, err := r.AppendCBOR(buffer[: 2 : 2+room])
		if encodable && hasValue {
			require.NoError(t, err)
			assert.Equal(t, append([]byte{0xEE, 0xEE}, want...), got)
			assert.Equal(t, []byte{0xEE, 0xEE}, buffer[:2])
			assert.Equal(t, room == len(want), &got[0] == &buffer[0], "room is used if there is enough")
			continue
		}
		if hasValue || slices.Contains(faults, "error") {
			assert.Equal(t, faults, fieldsOf(t, err))
		} else {
			assert.Equal(t, append([]string{"error"}, faults...), fieldsOf(t, err))
			assert.ErrorContains(t, err, " has no CBOR value")
		}
		assert.Equal(t, []byte{0xEE, 0xEE}, got)
		assert.Equal(t, bytes.Repeat([]byte{0xEE}, 2+room), buffer, "a failed append writes nowhere")
	}
}

func FuzzAppendCBOR(f *testing.F) {
	for _, r := range slices.Concat(validResponses, invalidResponses) {
		f.Add(string(r.Code), r.Description, r.URI)
		f.Add("invalid_grant", r.Description, r.URI)
		f.Add("access_denied", r.Description, r.URI)
	}
	f.Fuzz(func(t *testing.T, code, description, uri string) {
		checkAppendCBOR(t, autherr.ErrorResponse{Code: autherr.ErrorCode(code), Description: description, URI: uri})
	})
}

// Over ACE, the status then says it all.
func TestAResponseWhoseCodeHasNoValueIsRefusedInCBOR(t *testing.T) {
	for _, code := range codes {
		for _, r := range []autherr.ErrorResponse{{Code: code}, {Code: code, Description: "d", URI: "u"}} {
			checkAppendCBOR(t, r)
		}
	}
	data, err := autherr.ErrorResponse{Code: autherr.ServerError, Description: "d"}.MarshalCBOR()
	assert.EqualError(t, err, "autherr: error: server_error has no CBOR value")
	assert.Nil(t, data)
}

func TestAppendCBORAllocatesNothingIfThereIsRoom(t *testing.T) {
	buffer := make([]byte, 1, 1<<18)
	for _, r := range validResponses {
		if _, ok := valueOf(r.Code); ok {
			assert.Zero(t, testing.AllocsPerRun(10, func() { _, _ = r.AppendCBOR(buffer) }), "%.100v", r)
		}
	}
}

func TestUnmarshalCBORAllocatesTheTextsOnly(t *testing.T) {
	for _, code := range edgeCodes[:8] {
		for texts, r := range []autherr.ErrorResponse{{Code: code}, {Code: code, URI: "/u"}, {Code: code, Description: "d d", URI: "/u"}} {
			data, err := r.MarshalCBOR()
			require.NoError(t, err)
			var read autherr.ErrorResponse
			assert.EqualValues(t, texts, testing.AllocsPerRun(10, func() { _ = read.UnmarshalCBOR(data) }), r)
		}
	}
}

// A response is read and written within a structure of the user's own.
func TestResponseWithinAnotherStructure(t *testing.T) {
	type envelope struct {
		Response autherr.ErrorResponse `cbor:"1,keyasint"`
	}
	for digits, response := range published {
		data, err := coreDeterministic.Marshal(envelope{response})
		require.NoError(t, err)
		assert.Equal(t, append(unhex(t, "A1 01"), unhex(t, digits)...), data)
		var read envelope
		require.NoError(t, cbor.Unmarshal(data, &read))
		assert.Equal(t, response, read.Response)
	}
}

func TestAppendCBORWithEveryLengthOfHead(t *testing.T) {
	for _, code := range edgeCodes {
		for _, length := range []int{1, 23, 24, 255, 256, 65535, 65536} {
			checkAppendCBOR(t, autherr.ErrorResponse{Code: code, Description: strings.Repeat("d", length), URI: strings.Repeat("u", length)})
		}
	}
}

// peer reads what UnmarshalCBOR may read, into a map, within the same limits.
var peer = func() cbor.DecMode {
	mode, err := cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF, MaxNestedLevels: 17}.DecMode()
	if err != nil {
		panic(err)
	}
	return mode
}()

// onlyPeer lists what fxamacker/cbor reads into a map[any]any and UnmarshalCBOR refuses.
var onlyPeer = map[string]func(m map[any]any, data []byte) bool{
	"error is required, must be an integer and must not be 0": func(m map[any]any, _ []byte) bool {
		code, ok := asInt64(m[uint64(30)])
		return !ok || code == 0
	},
	"error must be within int32": func(m map[any]any, _ []byte) bool {
		code, ok := asInt64(m[uint64(30)])
		return ok && code != int64(int32(code))
	},
	"error_description and error_uri must be text or null": func(m map[any]any, _ []byte) bool {
		return !isTextOrNil(m[uint64(31)]) || !isTextOrNil(m[uint64(32)])
	},
	"undefined is not null, though both are nil in Go": func(m map[any]any, data []byte) bool {
		return (m[uint64(31)] == nil || m[uint64(32)] == nil) && bytes.IndexByte(data, 0xF7) >= 0
	},
	"a key is text or an integer within int64": func(m map[any]any, _ []byte) bool {
		for key := range m {
			if _, ok := key.(string); !ok {
				if _, ok := asInt64(key); !ok {
					return true
				}
			}
		}
		return false
	},
	"a length that fits into 32 bits only if its upper half is cut off": func(_ map[any]any, data []byte) bool {
		return math.MaxInt == math.MaxInt32 && bytes.ContainsAny(data, "\x5B\x7B\x9B\xBB")
	},
	"a tagged value is another type; fxamacker/cbor reads through tag 55799": func(_ map[any]any, data []byte) bool {
		return bytes.Contains(data, []byte{0xD9, 0xF7})
	},
}

// onlyOurs lists what UnmarshalCBOR accepts and fxamacker/cbor cannot put into a map[any]any. All of
// it is in values that the reader of a response ignores: they need only be well-formed.
var onlyOurs = map[string]func(err error) bool{
	"an ignored value holds text that is not valid UTF-8": func(err error) bool {
		var semantic *cbor.SemanticError
		return errors.As(err, &semantic)
	},
	"an ignored value is a map with a duplicate key": func(err error) bool {
		var duplicate *cbor.DupMapKeyError
		return errors.As(err, &duplicate)
	},
	"an ignored value is a map with a key that no Go map can have": func(err error) bool {
		var key *cbor.UnmarshalTypeError
		return errors.As(err, &key) || strings.Contains(err.Error(), "map key")
	},
	"an ignored value has a tag that its content does not fit": func(err error) bool {
		return strings.Contains(err.Error(), "tag number") || strings.Contains(err.Error(), "time")
	},
}

func asInt64(value any) (int64, bool) {
	switch n := value.(type) {
	case int64:
		return n, true
	case uint64:
		return int64(n), n <= math.MaxInt64
	default:
		return 0, false
	}
}

func isTextOrNil(value any) bool {
	_, ok := value.(string)
	return ok || value == nil
}

func FuzzUnmarshalCBOR(f *testing.F) {
	for _, r := range validResponses {
		if _, ok := valueOf(r.Code); !ok {
			continue
		}
		data, err := r.MarshalCBOR()
		require.NoError(f, err)
		f.Add(data)
		f.Add(data[:len(data)-1])
		f.Add(append(data, 0))
	}
	for _, digits := range acceptedCBOR {
		f.Add(unhex(f, digits))
	}
	for _, tt := range refusedCBOR {
		f.Add(unhex(f, tt.data))
	}
	f.Fuzz(checkUnmarshalCBOR)
}

// checkUnmarshalCBOR holds UnmarshalCBOR to its promises and to fxamacker/cbor.
func checkUnmarshalCBOR(t *testing.T, data []byte) {
	before := autherr.ErrorResponse{Code: "before", Description: "before", URI: "/before"}
	read := before
	input := bytes.Clone(data)
	err := read.UnmarshalCBOR(data)
	assert.Equal(t, input, data, "the input is not written to")
	if err != nil {
		assert.Equal(t, before, read, "a failed decode leaves the receiver alone")
		assertShortAndPrintable(t, err.Error())
	}

	var m map[any]any
	peerErr := peer.Unmarshal(data, &m)
	isMap := len(data) > 0 && data[0]>>5 == 5 // fxamacker/cbor also reads null and tags
	switch {
	case err == nil && peerErr == nil:
		code, _ := asInt64(m[uint64(30)])
		value, ok := read.Code.CBORValue()
		assert.True(t, ok, "what is read can be written")
		assert.EqualValues(t, code, value)
		description, _ := m[uint64(31)].(string)
		assert.Equal(t, description, read.Description)
		uri, _ := m[uint64(32)].(string)
		assert.Equal(t, uri, read.URI)
	case err == nil:
		for _, reason := range onlyOurs {
			if reason(peerErr) {
				peerErr = nil
				break
			}
		}
		assert.NoError(t, peerErr, "only UnmarshalCBOR accepts %x, for no listed reason", data)
	case peerErr == nil && isMap:
		listed := false
		for _, reason := range onlyPeer {
			listed = listed || reason(m, data)
		}
		assert.True(t, listed, "only fxamacker/cbor accepts %x, for no listed reason: %v", data, err)
	}

	if err == nil && read.Validate() == nil {
		again, err := read.MarshalCBOR()
		require.NoError(t, err)
		var second autherr.ErrorResponse
		require.NoError(t, second.UnmarshalCBOR(again))
		assert.Equal(t, read, second)
	}
}

// nested returns depth arrays, each in the one before.
func nested(depth int) string { return strings.Repeat("81", depth-1) + "80" }

// acceptedCBOR are responses that say unauthorized_client and nothing else. Only the first is as AppendCBOR writes it.
var acceptedCBOR = map[string]string{
	"canonical":                       "A1 181E 04",
	"indefinite length":               "BF 181E 04 FF",
	"longer heads":                    "BB0000000000000001 1B000000000000001E 1B0000000000000004",
	"null as description and URI":     "A3 181E 04 181F F6 1820 F6",
	"empty description and URI":       "A3 181E 04 181F 60 1820 7FFF",
	"another order":                   "A3 1820 F6 181F F6 181E 04",
	"unknown integers as keys":        "A4 00 00 20 00 181E 04 1B7FFFFFFFFFFFFFFF 00",
	"the smallest key":                "A2 3B7FFFFFFFFFFFFFFF 00 181E 04",
	"unknown text as keys":            "A4 6130 00 623330 05 60 00 181E 04",
	"text that names no field":        "A4 64436F6465 05 623330 05 656572726F72 05 181E 04",
	"text key in chunks":              "A2 7F61616162FF 00 181E 04",
	"the same key as text and number": "A3 00 00 6130 00 181E 04",
	"ignored: 16 arrays deep":         "A2 181E 04 00" + nested(16),
	"ignored: 16 maps deep":           "A2 181E 04 00" + strings.Repeat("A100", 15) + "A0",
	"ignored: 16 tags deep":           "A2 181E 04 00" + strings.Repeat("C1", 16) + "00",
	"ignored: indefinite, 16 deep":    "A2 181E 04 00" + strings.Repeat("9F", 16) + strings.Repeat("FF", 16),
	"ignored: text that is not UTF-8": "A2 181E 04 00 61FF",
	"ignored: duplicate keys":         "A2 181E 04 00 A200000000",
	"ignored: an array as key":        "A2 181E 04 00 A18000",
	"ignored: a tag of another type":  "A2 181E 04 00 C0 05",
	"ignored: simple values, floats":  "A5 181E 04 00 F7 01 F8FF 02 F97E00 03 FB7FF0000000000000",
	"ignored: bytes in chunks":        "A2 181E 04 00 5F4100420102FF",
	"ignored: an error in an error":   "A2 181E 04 00 A1181E03",
	"ignored: self-described":         "A2 181E 04 00 D9D9F700",
}

func TestReadsEveryFormOfAResponse(t *testing.T) {
	accepted := map[string][]byte{}
	for name, digits := range acceptedCBOR {
		accepted[name] = unhex(t, digits)
	}
	accepted["ignored: 131072 elements"] = append(unhex(t, "A2 181E 04 00 9A00020000"), make([]byte, 131072)...)
	accepted["131072 pairs"] = append(unhex(t, "BA 00020000 181E 04"), pairs(131071)...)
	accepted["ignored: 131072 elements, indefinite"] = append(append(unhex(t, "A2 181E 04 00 9F"), make([]byte, 131072)...), 0xFF)
	for name, data := range accepted {
		t.Run(name, func(t *testing.T) {
			var read autherr.ErrorResponse
			require.NoError(t, read.UnmarshalCBOR(data))
			assert.Equal(t, autherr.ErrorResponse{Code: autherr.UnauthorizedClient}, read)
		})
	}
}

// pairs returns n pairs with keys that are not ours.
func pairs(n int) []byte {
	var b []byte
	for i := range n {
		b = append(b, 0x1A, 0xFF, byte(i>>16), byte(i>>8), byte(i), 0)
	}
	return b
}

func TestMoreElementsThanTheLimitAreRefused(t *testing.T) {
	for name, data := range map[string][]byte{
		"pairs":                append(unhex(t, "BA 00020001 181E 04"), pairs(131072)...),
		"pairs, indefinite":    append(append(unhex(t, "BF 181E 04"), pairs(131072)...), 0xFF),
		"elements":             append(unhex(t, "A2 181E 04 00 9A00020001"), make([]byte, 131073)...),
		"elements, indefinite": append(append(unhex(t, "A2 181E 04 00 9F"), make([]byte, 131073)...), 0xFF),
	} {
		t.Run(name, func(t *testing.T) {
			var read autherr.ErrorResponse
			assert.ErrorContains(t, read.UnmarshalCBOR(data), "exceeded max number")
		})
	}
}

func TestReadsTextOfAnyKind(t *testing.T) {
	for name, tt := range map[string]struct{ data, description, uri string }{
		"forbidden characters": {"A3 181E 04 181F 63 22 5C 0A 1820 61 20", "\"\\\n", " "},
		"beyond ASCII":         {"A2 181E 04 181F 64 F09F8DB5", "🍵", ""},
		"in chunks":            {"A2 181E 04 181F 7F 61 61 60 62 C3A9 FF", "aé", ""},
		"with longer heads":    {"A3 181E 04 181F 7800 1820 7B0000000000000001 61", "", "a"},
	} {
		t.Run(name, func(t *testing.T) {
			var read autherr.ErrorResponse
			require.NoError(t, read.UnmarshalCBOR(unhex(t, tt.data)))
			assert.Equal(t, autherr.ErrorResponse{Code: autherr.UnauthorizedClient, Description: tt.description, URI: tt.uri}, read)
		})
	}
}

var refusedCBOR = map[string]struct{ data, says string }{
	"nothing":                        {"", "EOF"},
	"truncated":                      {"A1 181E", "EOF"},
	"truncated text":                 {"A2 181E 04 181F 62 61", "EOF"},
	"no break":                       {"BF 181E 04", "EOF"},
	"a break in place of a value":    {"BF 181E FF", "break"},
	"reserved additional info":       {"A1 181E 1C", "additional information"},
	"bytes after it":                 {"A1 181E 04 00", "extraneous"},
	"two responses":                  {"A1 181E 04 A1 181E 04", "extraneous"},
	"an array":                       {"82 181E 04", "found an array"},
	"an integer":                     {"04", "found an integer"},
	"text":                           {"60", "found a text string"},
	"null":                           {"F6", "found null"},
	"a tagged map":                   {"C1 A1 181E 04", "found a tagged value"},
	"a self-described map":           {"D9D9F7 A1 181E 04", "found a tagged value"},
	"no error":                       {"A0", "error: required, but absent"},
	"no error, indefinite":           {"BFFF", "error: required, but absent"},
	"nothing but a description":      {"A1 181F 60", "error: required"},
	"error under a text key":         {"A1 656572726F72 04", "error: required"},
	"null as error":                  {"A1 181E F6", "error: found null"},
	"undefined as error":             {"A1 181E F7", "error: found undefined"},
	"zero as error":                  {"A1 181E 00", "error: found 0"},
	"zero as error, in nine bytes":   {"A1 181E 1B0000000000000000", "error: found 0"},
	"text as error":                  {"A1 181E 6D696E76616C69645F6772616E74", "error: found a text string"},
	"float as error":                 {"A1 181E F94400", "error: found a float"},
	"boolean as error":               {"A1 181E F5", "error: found a boolean"},
	"bytes as error":                 {"A1 181E 4104", "error: found a byte string"},
	"array as error":                 {"A1 181E 8104", "error: found an array"},
	"bignum as error":                {"A1 181E C24104", "error: found a tagged value"},
	"tagged error":                   {"A1 181E C104", "error: found a tagged value"},
	"self-described error":           {"A1 181E D9D9F704", "error: found a tagged value"},
	"self-described, longer head":    {"A1 181E DA0000D9F704", "error: found a tagged value"},
	"error above int32":              {"A1 181E 1A80000000", "error: found 2147483648"},
	"error below int32":              {"A1 181E 3A80000000", "error: found -2147483649"},
	"error beyond int64":             {"A1 181E 3BFFFFFFFFFFFFFFFF", "error: found -18446744073709551616"},
	"integer as description":         {"A2 181E 04 181F 00", "error_description: found an integer"},
	"bytes as description":           {"A2 181E 04 181F 40", "error_description: found a byte string"},
	"undefined as description":       {"A2 181E 04 181F F7", "error_description: found undefined"},
	"tagged description":             {"A2 181E 04 181F C060", "error_description: found a tagged value"},
	"self-described description":     {"A2 181E 04 181F D9D9F760", "error_description: found a tagged value"},
	"self-described null":            {"A2 181E 04 181F D9D9F7F6", "error_description: found a tagged value"},
	"array as URI":                   {"A2 181E 04 1820 8160", "error_uri: found an array"},
	"map as URI":                     {"A2 181E 04 1820 A0", "error_uri: found a map"},
	"description not UTF-8":          {"A2 181E 04 181F 61FF", "error_description: found a text string that is not valid UTF-8"},
	"character split between chunks": {"A2 181E 04 181F 7F61C361A9FF", "error_description: found a text string that is not valid UTF-8"},
	"URI not UTF-8":                  {"A2 181E 04 1820 62C328", "error_uri: found a text string that is not valid UTF-8"},
	"error twice":                    {"A2 181E 04 181E 04", "error: found twice"},
	"error twice, one long":          {"A2 181E 04 19001E 04", "error: found twice"},
	"description twice":              {"A3 181E 04 181F 60 181F F6", "error_description: found twice"},
	"URI twice":                      {"BF 1820 60 181E 04 1820 60 FF", "error_uri: found twice"},
	"unknown key twice":              {"A3 181E 04 07 00 1807 00", "key 7 found twice"},
	"unknown negative key twice":     {"A3 181E 04 26 00 26 00", "key -7 found twice"},
	"unknown text twice":             {"A3 181E 04 620A61 00 7F610A6161FF 00", `key "\na" found twice`},
	"key not UTF-8":                  {"A2 181E 04 61FF 00", "UTF-8"},
	"key beyond int64":               {"A2 181E 04 1B8000000000000000 00", "found an integer"},
	"negative key beyond int64":      {"A2 181E 04 3B8000000000000000 00", "found an integer"},
	"bytes as key":                   {"A2 181E 04 4100 00", "found a byte string"},
	"float as key":                   {"A2 181E 04 F90000 00", "found a float"},
	"boolean as key":                 {"A2 181E 04 F4 00", "found a boolean"},
	"unassigned simple as key":       {"A2 181E 04 E0 00", "found a simple value"},
	"tagged key":                     {"A2 181E 04 C100 00", "found a tagged value"},
	"self-described key":             {"A1 D9D9F7181E 04", "found a tagged value"},
	"ignored, 17 arrays deep":        {"A2 181E 04 00" + nested(17), "nested"},
	"ignored, 10000 arrays deep":     {"A2 181E 04 00" + nested(10000), "nested"},
	"ignored, more than announced":   {"A2 181E 04 00 9AFFFFFFFF", "exceeded max number of elements"},
	"text longer than all memory":    {"A2 181E 04 181F 7BFFFFFFFFFFFFFFFF", "too large"},
	"a map of more than all memory":  {"BBFFFFFFFFFFFFFFFF", "too large"},

	// Lengths that are 0, or 1, in the lower 32 bits.
	"2^32 bytes":              {"A2 181E 04 00 5B0000000100000000", "unexpected EOF"},
	"2^32 bytes of text":      {"A2 181E 04 00 7B0000000100000000", "unexpected EOF"},
	"2^32 elements":           {"A2 181E 04 00 9B0000000100000000", "exceeded max number of elements"},
	"2^32 pairs in a value":   {"A2 181E 04 00 BB0000000100000000", "exceeded max number of key-value pairs"},
	"description of 2^32":     {"A2 181E 04 181F 7B0000000100000000", "unexpected EOF"},
	"URI of 2^32":             {"A2 181E 04 1820 7B0000000100000000", "unexpected EOF"},
	"text key of 2^32":        {"A2 181E 04 7B0000000100000000 00", "unexpected EOF"},
	"chunk of 2^32":           {"A2 181E 04 00 5F 5B0000000100000000 FF", "unexpected EOF"},
	"2^32+1 pairs":            {"BB0000000100000001 181E 04", "exceeded max number of key-value pairs"},
	"2^31 bytes":              {"A2 181E 04 00 5A80000000", "unexpected EOF"},
	"2^31 elements":           {"A2 181E 04 00 9A80000000", "exceeded max number of elements"},
	"2^63 bytes":              {"A2 181E 04 00 5B8000000000000000", "too large"},
	"2^32 bytes after a text": {"A3 181E 04 00 625BFF 01 5B0000000100000000", "unexpected EOF"},
}

func TestCBORThatIsNoResponseIsRefused(t *testing.T) {
	for name, tt := range refusedCBOR {
		t.Run(name, func(t *testing.T) {
			before := autherr.ErrorResponse{Code: autherr.InvalidScope, Description: "before", URI: "/before"}
			read := before
			err := read.UnmarshalCBOR(unhex(t, tt.data))
			require.ErrorContains(t, err, tt.says)
			assert.True(t, strings.HasPrefix(err.Error(), "autherr: "), err)
			assertNoGoInMessage(t, err)
			assert.Equal(t, before, read, "a failed decode leaves the receiver alone")
			if param, _, ok := strings.Cut(tt.says, ": "); ok {
				var field *autherr.FieldError
				require.ErrorAs(t, err, &field)
				assert.Equal(t, param, field.Field)
			}
		})
	}
}

func TestErrorsDoNotGrowWithTheInput(t *testing.T) {
	text := append([]byte{0x7A, 0, 1, 0, 0}, long("k")...)
	chinese := append([]byte{0x7A, 0, 0, 0xFF, 0xFF}, long("码")...)
	for name, tt := range map[string]struct {
		data []byte
		says string
	}{
		"text key twice":          {slices.Concat(unhex(t, "A3 181E 04"), text, []byte{0}, text, []byte{0}), `autherr: key "` + strings.Repeat("k", 200) + `..." found twice in the map`},
		"Chinese key twice":       {slices.Concat(unhex(t, "A3 181E 04"), chinese, []byte{0}, chinese, []byte{0}), `autherr: key "` + strings.Repeat("码", 66) + `..." found twice in the map`},
		"bidirectional key twice": {unhex(t, "A3 181E 04 64 61E280AE 00 64 61E280AE 00"), `autherr: key "a\u202e" found twice in the map`},
		"key not UTF-8":           {slices.Concat(unhex(t, "A2 181E 04"), text[:len(text)-1], []byte{0xFF, 0}), "autherr: a key in the map is not valid UTF-8"},
		"bytes as key":            {slices.Concat(unhex(t, "A2 181E 04"), []byte{0x5A}, text[1:], []byte{0}), "autherr: a key in the map is neither text nor an integer within int64: found a byte string"},
		"text as error":           {slices.Concat(unhex(t, "A1 181E"), text), "autherr: error: found a text string, not an integer"},
		"bytes as description":    {slices.Concat(unhex(t, "A1 181F 5A"), text[1:]), "autherr: error_description: found a byte string, not a text string"},
		"text alone":              {text, "autherr: want a CBOR map, found a text string"},
	} {
		t.Run(name, func(t *testing.T) {
			var read autherr.ErrorResponse
			assert.EqualError(t, read.UnmarshalCBOR(tt.data), tt.says)
		})
	}
}

func TestDecodingTakesMemoryInProportion(t *testing.T) {
	var keys, texts, empty bytes.Buffer
	for i := range 100000 {
		keys.Write([]byte{0x1A, 0xFF, byte(i >> 16), byte(i >> 8), byte(i), 0})
		fmt.Fprintf(&texts, "\x65%05d\x00", i)
	}
	empty.Write(bytes.Repeat([]byte{0x80}, 131071)) // one less than announced
	says := map[string]string{
		"integer keys": "error: required", "text keys": "error: required", "empty arrays": "EOF",
		"a huge map ahead": "EOF", "a huge text": "EOF",
	}
	for name, data := range map[string][]byte{
		"integer keys":     append(append([]byte("\xbf"), keys.Bytes()...), 0xFF),
		"text keys":        append(append([]byte("\xbf"), texts.Bytes()...), 0xFF),
		"empty arrays":     append([]byte("\xa2\x18\x1e\x04\x00\x9a\x00\x02\x00\x00"), empty.Bytes()...),
		"a huge map ahead": []byte("\xba\x00\x01\xff\xff\x18\x1e\x04"),
		"a huge text":      []byte("\xa2\x18\x1e\x04\x18\x1f\x7a\x7f\xff\xff\xff"),
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			taken := allocated(func() {
				var read autherr.ErrorResponse
				err = read.UnmarshalCBOR(data)
			})
			assert.ErrorContains(t, err, says[name])
			assert.LessOrEqual(t, taken, uint64(64*len(data)+4096))
		})
	}
}
