package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/examples/internal/stdout"
)

// rows returns the words of each line of text, by the first word.
func rows(text string) map[string][]string {
	byFirst := make(map[string][]string)
	for line := range strings.Lines(text) {
		if cells := strings.Fields(line); len(cells) > 0 {
			byFirst[cells[0]] = cells
		}
	}
	return byFirst
}

func TestLinesFitIntoATerminal(t *testing.T) {
	for line := range strings.Lines(stdout.Of(t, main)) {
		line = strings.TrimSuffix(line, "\n")
		assert.LessOrEqual(t, utf8.RuneCountInString(line), 104, line)
		assert.Equal(t, strings.TrimRight(line, " "), line)
		assert.NotContains(t, line, "%!")
	}
}

func TestEveryErrorHasARowWithItsAnswers(t *testing.T) {
	table := rows(stdout.Of(t, main))
	for _, e := range autherr.SaTokenErrors() {
		want := []string{strings.TrimPrefix(fmt.Sprintf("%#v", e), "autherr.")}
		for _, endpoint := range endpoints {
			answer := endpoint.Answer(e)
			code := string(answer.Response.Code)
			if code == "" {
				code = "-"
			}
			want = append(want, fmt.Sprint(answer.HTTPStatus), code)
		}
		assert.Equal(t, want, table[want[0]])
	}
}

func TestEveryCodeHasARowWithItsAnswers(t *testing.T) {
	_, text, _ := strings.Cut(stdout.Of(t, main), "\n2. ")
	table := rows(text)
	for _, c := range autherr.ErrorCodes() {
		cells := table[string(c)]
		require.Len(t, cells, 2+2*len(endpoints), "%v", c)
		if value, ok := c.CBORValue(); ok {
			assert.Equal(t, fmt.Sprint(value), cells[1])
		} else {
			assert.Equal(t, "-", cells[1])
		}
		for i, endpoint := range endpoints {
			answer := endpoint.Answer(c)
			code := map[string]autherr.ErrorCode{"=": c, "-": ""}
			told, special := code[cells[3+2*i]]
			if !special {
				told = autherr.ErrorCode(cells[3+2*i])
			}
			assert.Equal(t, fmt.Sprint(answer.HTTPStatus), cells[2+2*i], "%v at the %v", c, endpoint)
			assert.Equal(t, answer.Response.Code, told, "%v at the %v", c, endpoint)
		}
	}
}

func TestFormsOnTheWireAreOneResponse(t *testing.T) {
	forms := regexp.MustCompile(`(?s)In CBOR, (\d+) bytes:\n  (\S+)\n.*and in JSON, (\d+) bytes:\n  ([^\n]+)\n`).FindStringSubmatch(stdout.Of(t, main))
	require.NotNil(t, forms)
	binary, err := hex.DecodeString(forms[2])
	require.NoError(t, err)
	assert.Equal(t, forms[1], fmt.Sprint(len(binary)))
	assert.Equal(t, forms[3], fmt.Sprint(len(forms[4])))
	var fromCBOR, fromJSON autherr.ErrorResponse
	require.NoError(t, fromCBOR.UnmarshalCBOR(binary))
	require.NoError(t, json.Unmarshal([]byte(forms[4]), &fromJSON))
	assert.Equal(t, fromCBOR, fromJSON)
}
