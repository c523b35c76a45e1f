package main

import (
	"bytes"
	"encoding/hex"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/plgd-dev/go-coap/v3/mux"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/examples/internal/stdout"
)

// shown is what is printed of an answer: its code, and of an error Max-Age, the payload and its diagnosis, and what
// the client makes of it.
var shown = regexp.MustCompile(`(?m)^  answer  (\d\.\d\d) \w+\n(?:  Max-Age (\d+)\n  payload h'(.*)'\n       is \[(.*)\]\n  client  (.*)\n +(.*)\n)?`)

func TestEachRunPrintsTheSameAndFitsIntoATerminal(t *testing.T) {
	text := stdout.Of(t, main)
	assert.Equal(t, text, stdout.Of(t, main))
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		assert.LessOrEqual(t, utf8.RuneCountInString(line), 104, line)
		assert.Equal(t, strings.TrimRight(line, " "), line)
		assert.NotContains(t, line, "%!")
	}
}

func TestAnswersAreThoseOfRFC9200(t *testing.T) {
	want := [][]string{
		{"4.01", "0", `{1: "coaps://as.example/token", 9: "open"}`, "InvalidClient false, try again false, after 0s"},
		{"4.01", "0", "{30: 2}", "InvalidClient true, try again false, after 0s"},
		{"4.01", "0", "{30: 2}", "InvalidClient true, try again false, after 0s"}, // as with a wrong secret
		{"4.00", "0", "{30: 6}", "InvalidClient false, try again false, after 0s"},
		{"5.00", "0", "", "InvalidClient false, try again true, after 0s"},
		{"5.03", "90", "", "InvalidClient false, try again true, after 1m30s"},
		{"5.00", "0", "", "InvalidClient false, try again true, after 0s"},
		{"2.01", "", "", ""},
	}
	var got [][]string
	for _, parts := range shown.FindAllStringSubmatch(stdout.Of(t, main), -1) {
		got = append(got, []string{parts[1], parts[2], parts[4], parts[6]})
		payload, err := hex.DecodeString(parts[3])
		require.NoError(t, err)
		diagnosis, err := cbor.Diagnose(payload)
		if len(payload) == 0 {
			require.ErrorIs(t, err, io.EOF)
		}
		assert.Equal(t, diagnosis, parts[4])
	}
	assert.Equal(t, want, got)
}

func TestOnlyTheLogSaysWhatHappened(t *testing.T) {
	var logged, told strings.Builder
	for line := range strings.Lines(stdout.Of(t, main)) {
		if strings.HasPrefix(line, "  ") {
			told.WriteString(line)
		} else {
			logged.WriteString(line)
		}
	}
	for _, internal := range []string{"10.0.0.5", "panic", "stranger"} {
		assert.Contains(t, logged.String(), internal)
		assert.NotContains(t, told.String(), internal)
	}
}

func TestRequestsThatAreNotForATokenAreInvalid(t *testing.T) {
	right, err := cbor.Marshal(tokenRequest{"open", "phone", []byte("long and random")})
	require.NoError(t, err)
	padded, err := cbor.Marshal(map[int]any{9: "open", 24: "phone", 25: []byte("long and random"), 99: make([]byte, 512)})
	require.NoError(t, err)
	twice := append([]byte{right[0] + 1}, append(right[1:len(right):len(right)], 0x09, 0x60)...) // scope "", too
	for _, row := range []struct {
		name    string
		method  codes.Code
		payload []byte
		want    error
	}{
		{"right", codes.POST, right, nil},
		{"another method", codes.PUT, right, autherr.InvalidRequest},
		{"no payload", codes.POST, nil, autherr.InvalidRequest},
		{"too long", codes.POST, padded, autherr.InvalidRequest},
		{"cut off", codes.POST, right[:len(right)-1], autherr.InvalidRequest},
		{"one byte more", codes.POST, append(bytes.Clone(right), 0), autherr.InvalidRequest},
		{"a key twice", codes.POST, twice, autherr.InvalidRequest},
		{"a secret that is text", codes.POST, []byte{0xA1, 0x18, 25, 0x61, 'x'}, autherr.InvalidRequest},
		{"an empty map", codes.POST, []byte{0xA0}, autherr.InvalidClient},
		{"null", codes.POST, []byte{0xF6}, autherr.InvalidClient},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := pool.NewMessage(t.Context())
			m.SetCode(row.method)
			m.SetBody(bytes.NewReader(row.payload))
			token, err := issue(&mux.Message{Message: m})
			require.ErrorIs(t, err, row.want)
			assert.Equal(t, err == nil, len(token) > 0)
		})
	}
}
