package main

import (
	"bytes"
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

func TestEachRunPrintsTheSameAndFitsIntoATerminal(t *testing.T) {
	text := stdout.Of(t, main)
	assert.Equal(t, text, stdout.Of(t, main))
	for _, line := range stdout.Find(text, `(?m)^(  .*)$`) {
		assert.LessOrEqual(t, utf8.RuneCountInString(line), 104, line)
		assert.Equal(t, strings.TrimRight(line, " "), line)
	}
	assert.NotContains(t, text, "%!")
}

func TestAnswersAreThoseOfRFC9200(t *testing.T) {
	text := stdout.Of(t, main)
	assert.Equal(t, []string{"4.01", "4.01", "4.01", "4.00", "5.00", "5.03"}, stdout.Find(text, `(?m)^  answer +(\S+) `))
	hints := `{1: "coaps://as.example/token", 9: "open"}`
	assert.Equal(t, []string{hints, "{30: 2}", "{30: 2}", "{30: 6}", "", ""}, stdout.Find(text, `(?m)^  payload +\[(.*)\]$`))
	assert.Equal(t, []string{"false", "false", "false", "false", "true", "true"}, stdout.Find(text, `again: (\w+)`))
	assert.Equal(t, []string{"0s", "0s", "0s", "0s", "0s", "1m30s"}, stdout.Find(text, `after: (\w+)`))
	assert.Contains(t, text, "ask coaps://as.example/token for scope \"open\"")
}

func TestOnlyTheLogSaysWhatHappened(t *testing.T) {
	text := stdout.Of(t, main)
	assert.Equal(t, []string{"INFO", "INFO", "INFO", "ERROR", "ERROR"}, stdout.Find(text, `(?m)^([A-Z]+) `))
	told := strings.Join(stdout.Find(text, `(?m)^(  .*)$`), "\n")
	for _, internal := range []string{"10.0.0.5", "stranger"} {
		assert.Contains(t, text, internal)
		assert.NotContains(t, told, internal)
	}
}

func TestAPanicIsAnErrorOfTheServer(t *testing.T) {
	answer, err := issue(nil)
	assert.Equal(t, autherr.ServerError, autherr.CodeOf(err))
	assert.ErrorContains(t, err, "panic: ")
	assert.Empty(t, answer)
}

func TestRequestsThatAreNotForATokenAreInvalid(t *testing.T) {
	right, err := cbor.Marshal(tokenRequest{"open", "phone", "long and random"})
	require.NoError(t, err)
	padded, err := cbor.Marshal(map[int]any{9: "open", 24: "phone", 25: []byte("long and random"), 99: make([]byte, 512)})
	require.NoError(t, err)
	long, err := cbor.Marshal(tokenRequest{"open", strings.Repeat("\n", 450), ""})
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
		{"a long client", codes.POST, long, autherr.InvalidClient},
		{"an empty map", codes.POST, []byte{0xA0}, autherr.InvalidClient},
		{"null", codes.POST, []byte{0xF6}, autherr.InvalidClient},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := pool.NewMessage(t.Context())
			m.SetCode(row.method)
			m.SetBody(bytes.NewReader(row.payload))
			answer, err := issue(&mux.Message{Message: m})
			require.ErrorIs(t, err, row.want)
			assert.Equal(t, err == nil, len(answer) > 0)
			assert.Less(t, len(autherr.LogAttr(err).String()), 500)
		})
	}
}
