package autherrcoap_test

import (
	"encoding/hex"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/plgd-dev/go-coap/v3/mux"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrcoap"
)

// writeHints returns the answer to a request without a token.
func writeHints(t testing.TB, hints autherrcoap.Hints) *pool.Message {
	t.Helper()
	return record(t, func(w mux.ResponseWriter, err error) error {
		return autherrcoap.WriteResourceError(w, err, hints)
	}, autherr.ErrNotLogin)
}

func TestHintsAreTheMapOfRFC9200(t *testing.T) {
	// The example of §5.3: an AS, an audience, a scope and a cnonce.
	got := writeHints(t, autherrcoap.Hints{AS: hints.AS, Audience: hints.Audience, Scope: hints.Scope, CNonce: hints.CNonce})
	want := "a4" + "01781c" + hex.EncodeToString([]byte("coaps://as.example.com/token")) +
		"0576" + hex.EncodeToString([]byte("coaps://rs.example.com")) +
		"0966" + hex.EncodeToString([]byte("rTempC")) + "182745" + "e0a156bb3f"
	assert.Equal(t, want, hex.EncodeToString(payload(t, got)))
	assert.Equal(t, codes.Unauthorized, got.Code())
}

func TestHintsAreReadBack(t *testing.T) {
	for name, hints := range map[string]autherrcoap.Hints{
		"all":             hints,
		"AS":              {AS: hints.AS},
		"kid":             {KeyID: []byte{0}},
		"audience":        {Audience: "ä"},
		"scope":           {Scope: "a b"},
		"scope of bytes":  {Scope: "\x82\xff"},
		"cnonce":          {CNonce: make([]byte, 300)},
		"audience, scope": {Audience: "a", Scope: "b"},
	} {
		t.Run(name, func(t *testing.T) {
			m := writeHints(t, hints)
			got, err := autherrcoap.ReadHints(m)
			require.NoError(t, err)
			assert.Equal(t, hints, got)
			again, err := autherrcoap.ReadHints(m)
			require.NoError(t, err)
			assert.Equal(t, got, again)
		})
	}
}

func TestThereAreNoHintsIfThereIsNothingToSay(t *testing.T) {
	for name, hints := range map[string]autherrcoap.Hints{
		"zero value":     {},
		"empty":          {KeyID: []byte{}, CNonce: []byte{}},
		"not UTF-8":      {AS: "\xff", Audience: "\xff"},
		"split mid-char": {AS: "ä"[:1]},
	} {
		t.Run(name, func(t *testing.T) {
			m := writeHints(t, hints)
			assert.Empty(t, payload(t, m))
			_, err := m.GetOptionUint32(message.ContentFormat)
			assert.ErrorIs(t, err, message.ErrOptionNotFound)
		})
	}
}

func TestOtherAnswersHaveNoHints(t *testing.T) {
	for name, err := range everyError() {
		got := record(t, writeResourceError, err)
		assert.Equal(t, got.Code() == codes.Unauthorized, len(payload(t, got)) > 0, name)
	}
}

func TestHintsOfOthersAreRead(t *testing.T) {
	for name, tt := range map[string]struct {
		payload any // encoded, or bytes
		want    autherrcoap.Hints
	}{
		"nothing":         {"\xa0", autherrcoap.Hints{}},
		"any order":       {"\xa2\x09\x61b\x05\x61a", autherrcoap.Hints{Audience: "a", Scope: "b"}},
		"long heads":      {"\xb9\x00\x01\x18\x05\x78\x01a", autherrcoap.Hints{Audience: "a"}},
		"indefinite":      {"\xbf\x05\x7f\x61a\x61b\xff\x18\x27\x5f\x41a\xff\xff", autherrcoap.Hints{Audience: "ab", CNonce: []byte("a")}},
		"unknown keys":    {map[any]any{5: "a", 100: []any{1.5, nil}, -7: "x", "sign_info": true}, autherrcoap.Hints{Audience: "a"}},
		"scope of bytes":  {map[any]any{9: []byte("a")}, autherrcoap.Hints{Scope: "a"}},
		"an error beside": {map[any]any{5: "a", 30: "text"}, autherrcoap.Hints{Audience: "a"}},
		"empty ones":      {map[any]any{1: "", 2: []byte{}}, autherrcoap.Hints{KeyID: []byte{}}},
	} {
		t.Run(name, func(t *testing.T) {
			payload, ok := tt.payload.(string)
			if !ok {
				encoded, err := cbor.Marshal(tt.payload)
				require.NoError(t, err)
				payload = string(encoded)
			}
			got, err := autherrcoap.ReadHints(answer(codes.Unauthorized, 19, payload))
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestReadHintsSaysWhatIsWrong(t *testing.T) {
	noFormat := answer(codes.Unauthorized, 0, "\xa0")
	noFormat.Remove(message.ContentFormat)
	hints := func(payload string) *pool.Message { return answer(codes.Unauthorized, 19, payload) }
	for name, tt := range map[string]struct {
		message *pool.Message
		want    string
	}{
		"no message":     {nil, "no message"},
		"success":        {answer(codes.Content, 19, "\xa0"), "2.05 does not come with hints"},
		"server fault":   {answer(codes.InternalServerError, 19, "\xa0"), "5.00 does not come with hints"},
		"no format":      {noFormat, "want Content-Format 19, found none"},
		"another format": {answer(codes.Unauthorized, 60, "\xa0"), "want Content-Format 19, found 60"},
		"no payload":     {hints(""), "autherr: want one CBOR data item: EOF"},
		"no map":         {hints("\x80"), "autherr: want a CBOR map, found an array"},
		"truncated":      {hints("\xa1\x01"), "autherr: want one CBOR data item: unexpected EOF"},
		"twice":          {hints("\xa2\x05\x61a\x05\x61a"), "autherr: key 5 found twice in the map"},
		"twice, hidden":  {hints("\xa3\x18\x1e\x60\x05\x61a\x05\x61a"), "cbor: found duplicate map key 5 at map element index 2"},
		"twice, long":    {hints("\xa3\x18\x1e\x60" + strings.Repeat("\x79\x01\x00"+strings.Repeat("x", 256)+"\x00", 2)), `cbor: found duplicate map key "` + strings.Repeat("x", 169) + "..."},
		"AS bytes":       {hints("\xa1\x01\x41a"), "AS is not a text string"},
		"AS null":        {hints("\xa1\x01\xf6"), "AS is not a text string"},
		"AS tagged":      {hints("\xa1\x01\xd8\x20\x61a"), "AS is not a text string"},
		"AS not UTF-8":   {hints("\xa1\x01\x61\xff"), "AS is not a text string"},
		"kid text":       {hints("\xa1\x02\x61a"), "kid is not a byte string"},
		"kid array":      {hints("\xa1\x02\x81\x01"), "kid is not a byte string"},
		"cnonce text":    {hints("\xa1\x18\x27\x61a"), "cnonce is not a byte string"},
		"audience":       {hints("\xa1\x05\x01"), "audience is not a text string"},
		"scope array":    {hints("\xa1\x09\x81\x61a"), "scope is not a text string"},
		"two faults":     {hints("\xa2\x01\x01\x02\x01"), "AS is not a text string; kid is not a byte string"},
		"length of 2^32": {hints("\xa2\x02\x5b\x00\x00\x00\x01\x00\x00\x00\x00\x05\x61a"), "autherr: want one CBOR data item: unexpected EOF"},
		"too long":       {hints("\xa1\x02\x5a\x00\x01\x00\x00" + strings.Repeat("x", 64<<10)), "payload of more than 65536 bytes"},
		"broken body":    {withBody(brokenBody{failAt: -1}), "read the payload: " + io.ErrClosedPipe.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := autherrcoap.ReadHints(tt.message)
			assert.EqualError(t, err, "autherrcoap: "+tt.want)
			assert.Zero(t, got)
		})
	}
}

func FuzzReadHints(f *testing.F) {
	f.Add(payload(f, writeHints(f, hints)))
	f.Add([]byte("\xbf\x05\x7f\x61a\x61b\xff\x18\x27\x5f\x41a\xff\xff"))
	f.Add([]byte("\xa3\x09\x42\x82\xff\x18\x1e\x03\x20\xd8\x26\x80"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		m := answer(codes.Unauthorized, autherr.ContentFormatACECBOR, string(payload))
		got, err := autherrcoap.ReadHints(m)
		if err != nil {
			assert.Zero(t, got)
			assert.True(t, printable(strings.ReplaceAll(err.Error(), "\n", " ")), "%q", err)
			return
		}
		assert.True(t, utf8.ValidString(got.AS) && utf8.ValidString(got.Audience))
		var all map[any]any // what another reader finds
		if cbor.Unmarshal(payload, &all) == nil {
			assert.Equal(t, got.AS != "", all[uint64(1)] != nil && all[uint64(1)] != "")
			assert.Equal(t, got.Audience != "", all[uint64(5)] != nil && all[uint64(5)] != "")
		}

		again, err := autherrcoap.ReadHints(writeHints(t, got))
		empty := got.AS == "" && got.Audience == "" && got.Scope == "" && len(got.KeyID) == 0 && len(got.CNonce) == 0
		if empty {
			assert.NoError(t, err, "it is not an error that there are no hints")
			assert.Zero(t, again)
			return
		}
		require.NoError(t, err)
		assert.Equal(t, got.AS, again.AS)
		assert.Equal(t, got.Audience, again.Audience)
		assert.Equal(t, got.Scope, again.Scope)
		assert.Equal(t, string(got.KeyID), string(again.KeyID))
		assert.Equal(t, string(got.CNonce), string(again.CNonce))
	})
}
