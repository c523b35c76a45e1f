package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

// published is a response whose bytes are documented elsewhere.
const published = "A3181E04181F782D596F7520617265206E6F7420617574686F72697A656420746F2072656365697665207468697320746F6B656E2E18207468747470733A2F2F687474702E6361742F343031"

func ask(args ...string) (stdout, stderr string, status int) {
	var out, errOut strings.Builder
	status = run(args, &out, &errOut)
	return out.String(), errOut.String(), status
}

// answerTo returns what is printed for args that can all be answered.
func answerTo(t *testing.T, args ...string) string {
	t.Helper()
	stdout, stderr, status := ask(args...)
	require.Zero(t, status)
	require.Empty(t, stderr)
	return stdout
}

func TestErrorIsExplainedUnderEachOfItsSpellings(t *testing.T) {
	for _, e := range autherr.SaTokenErrors() {
		explained := answerTo(t, e.Name())
		assert.Equal(t, explained, answerTo(t, constant(e)))
		assert.Equal(t, explained, answerTo(t, fmt.Sprintf("%#v", e)))
		for _, known := range append(e.Causes(), e.Error(), e.Category().String(), e.Description(), e.Solution(), e.BearerError()) {
			assert.Contains(t, explained, known)
		}
		if code, ok := e.Code(); ok {
			assert.Contains(t, explained, code.String())
		}
	}
}

func TestCodeIsExplainedUnderEachOfItsSpellings(t *testing.T) {
	inGo := map[autherr.ErrorCode]string{
		autherr.InvalidRequest:          "InvalidRequest",
		autherr.InvalidClient:           "InvalidClient",
		autherr.InvalidGrant:            "InvalidGrant",
		autherr.UnauthorizedClient:      "UnauthorizedClient",
		autherr.UnsupportedGrantType:    "UnsupportedGrantType",
		autherr.InvalidScope:            "InvalidScope",
		autherr.UnsupportedPoPKey:       "UnsupportedPoPKey",
		autherr.IncompatibleACEProfiles: "IncompatibleACEProfiles",
	}
	for code := autherr.InvalidRequest; code.IsRegistered(); code++ {
		explained := answerTo(t, code.String())
		assert.Equal(t, explained, answerTo(t, inGo[code]))
		assert.Equal(t, explained, answerTo(t, "autherr."+inGo[code]))
		assert.Equal(t, explained, answerTo(t, strconv.Itoa(int(code))))
		assert.Contains(t, explained, code.Description())
		assert.Contains(t, explained, fmt.Sprintf(" %d, registered\n", code))
		for _, e := range autherr.SaTokenErrors() {
			assert.Equal(t, errors.Is(e, code), strings.Contains(explained, " "+constant(e)+"\n"), "%v of %v", e, code)
		}
	}
}

func TestEveryNumberButZeroIsACode(t *testing.T) {
	for number, status := range map[int32]string{
		math.MinInt32: "private use",
		-99999:        "private use",
		-65537:        "private use",
		-65536:        "not registered",
		-1:            "not registered",
		418:           "not registered",
		83010203:      "not registered", // although it could be hex
		math.MaxInt32: "not registered",
	} {
		explained := answerTo(t, strconv.Itoa(int(number)))
		assert.Equal(t, explained, answerTo(t, autherr.Other(number).String()))
		assert.Contains(t, explained, fmt.Sprintf(" %d, %s\n", number, status))
		assert.NotContains(t, explained, "meaning")
	}
}

func TestPublishedBytesAreExplained(t *testing.T) {
	for _, arg := range []string{published, strings.ToLower(published)} {
		explained := answerTo(t, arg)
		assert.Regexp(t, `code: +unauthorized_client\n`, explained)
		assert.Contains(t, explained, autherr.UnauthorizedClient.Description())
		assert.Regexp(t, `description: You are not authorized to receive this token\.\n`, explained)
		assert.Regexp(t, `URI: +https://http\.cat/401\n`, explained)
		assert.Contains(t, explained, `{30: 4, 31: "You are not`)
		assert.Contains(t, explained, `{"error":"unauthorized_client","error_description":"You are not`)
		assert.NotContains(t, explained, "not valid")
	}
}

func TestResponseThatIsNotValidIsExplainedWithAllItsFaults(t *testing.T) {
	response := autherr.ErrorResponse{Code: autherr.InvalidScope, Description: `say "please"`, URI: "a b"}
	explained := answerTo(t, encoded(t, map[int]any{30: response.Code, 31: response.Description, 32: response.URI}))
	for fault := range strings.SplitSeq(response.Validate().Error(), "\n") {
		assert.Contains(t, explained, fault)
	}
	assert.NotContains(t, explained, "JSON")

	explained = answerTo(t, encoded(t, map[int]any{30: response.Code, 32: "%zz"}))
	assert.Contains(t, explained, "not valid")
	assert.Contains(t, explained, "JSON", "encoding does not parse the URI")
}

func TestResponseIsExplainedAlthoughItHasNoDiagnosticNotation(t *testing.T) {
	explained := answerTo(t, "A2181E030061FF") // key 0 is ignored, and its text is not UTF-8
	assert.Contains(t, explained, "invalid_grant")
	assert.Regexp(t, `diagnostic: none: .*UTF-8`, explained)
}

func TestErrorsAreListedByCategoryInColumns(t *testing.T) {
	lines := strings.Split(answerTo(t), "\n")
	find := func(start string) int {
		for i, line := range lines {
			if line == start || strings.HasPrefix(line, start+" ") {
				return i
			}
		}
		require.Fail(t, "no line begins with "+start)
		return 0
	}
	last := find("constant")
	header := lines[last]
	for _, category := range autherr.Categories() {
		heading := find(category.String())
		require.Greater(t, heading, last)
		last = heading
		for _, e := range category.Errors() {
			last++
			cell := func(column, want string) {
				rest := lines[last][strings.Index(header, column):]
				assert.True(t, rest == want || strings.HasPrefix(rest, want+" "), "%s of %#v: %s", column, e, rest)
			}
			code := "-"
			if c, ok := e.Code(); ok {
				code = c.String()
			}
			bearer := "-"
			if e.BearerError() != "" {
				bearer = e.BearerError()
			}
			cell("constant", constant(e))
			cell("message", e.Error())
			cell("code", code)
			cell("HTTP", strconv.Itoa(e.HTTPStatus()))
			cell("CoAP", fmt.Sprintf("%d.%02d", e.CoAPCode()/32, e.CoAPCode()%32))
			cell("bearer", bearer)
		}
	}
	for _, line := range lines {
		assert.Equal(t, strings.TrimRight(line, " "), line, "blanks at the end of a line wrap in a narrow terminal")
	}
}

func TestHandlerHearsYesAndNoFromErrorCategoryAndCode(t *testing.T) {
	shown := answerTo(t)
	for _, kind := range []error{autherr.SaTokenError(0), autherr.Category(0), autherr.ErrorCode(0)} {
		for _, answer := range []bool{true, false} {
			assert.Regexp(t, fmt.Sprintf(`\n%T +\S+ +%t\n`, kind, answer), shown)
		}
	}
}

func TestErrorGrowsOnItsWayToTheHandler(t *testing.T) {
	var texts []string
	for _, stage := range regexp.MustCompile(`(?m)^(?:store|service|handler): +(.*)$`).FindAllStringSubmatch(answerTo(t), -1) {
		texts = append(texts, stage[1])
	}
	require.Len(t, texts, 3)
	assert.True(t, strings.HasSuffix(texts[1], ": "+texts[0]))
	assert.True(t, strings.HasSuffix(texts[2], ": "+texts[1]))
}

func TestFormsOnTheWireAreOneResponseAndTheirSizesAreTrue(t *testing.T) {
	forms := make(map[string]string)
	for _, form := range regexp.MustCompile(`(?m)^(\S+): +(\d+) bytes +(.*)$`).FindAllStringSubmatch(answerTo(t), -1) {
		name, size, text := form[1], form[2], form[3]
		if name == "CBOR" {
			data, err := hex.DecodeString(text)
			require.NoError(t, err)
			assert.Equal(t, size, strconv.Itoa(len(data)))
		} else {
			assert.Equal(t, size, strconv.Itoa(len(text)))
		}
		forms[name] = text
	}
	require.Len(t, forms, 3)
	assert.Equal(t, published, forms["CBOR"])
	explained := answerTo(t, forms["CBOR"])
	assert.Contains(t, explained, forms["diagnostic"])
	assert.Contains(t, explained, forms["JSON"])
}

func TestInputThatMakesNoSenseGetsOneLineThatQuotesIt(t *testing.T) {
	for name, tc := range map[string]struct{ arg, reason string }{
		"nothing":                    {"", "neither"},
		"a blank":                    {" ", "neither"},
		"a word":                     {"teapot", "neither"},
		"a flag":                     {"-x", "neither"},
		"dashes":                     {"--", "neither"},
		"a name in another case":     {"tokennotfound", "neither"},
		"a number that is a name":    {"other(3)", "neither"},
		"no code":                    {"0", "int32"},
		"no code, with a sign":       {"-0", "int32"},
		"above int32":                {"2147483648", "int32"},
		"below int32":                {"-2147483649", "int32"},
		"hex, but a number":          {"9999999999", "int32"},
		"hex, but not of a map":      {"F6", "neither"},
		"hex, but not all of it":     {"A1181E0G", "neither"},
		"half a byte":                {"A1181E0", "odd length"},
		"half a response":            {"A1181E", "EOF"},
		"a byte too much":            {"A1181E0400", "extraneous"},
		"no error in it":             {"A0", "error: required"},
		"0 for an error":             {"A1181E00", "0, which is no code"},
		"a text for an error":        {"A1181E6131", "a text string"},
		"a key twice":                {"A2181E03181E03", "twice"},
		"escape sequences":           {"\x1b[2J\a", "neither"},
		"a line break":               {"one\ntwo\r\nthree\u2028four", "neither"},
		"text that changes its mind": {"abc\u202edef", "neither"},
		"no text at all":             {"\xff\xfe\x9b", "neither"},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, status := ask(tc.arg)
			assert.Equal(t, 1, status)
			assert.Empty(t, stdout)
			assert.Equal(t, 1, strings.Count(stderr, "\n"))
			assert.True(t, strings.HasPrefix(stderr, "tour: "+strconv.QuoteToASCII(tc.arg)+": "), stderr)
			assert.Contains(t, stderr, tc.reason)
			assert.True(t, fitForTerminal(stderr))
		})
	}
}

func TestLongInputIsCutShort(t *testing.T) {
	long := strings.Repeat("a", 99999)
	for name, arg := range map[string]string{
		"a long word":     long + "z",
		"half a byte":     long,
		"a long key":      "A3181E03" + strings.Repeat("791000"+strings.Repeat("61", 0x1000)+"00", 2),
		"control strokes": strings.Repeat("\x1b", 9999),
	} {
		_, stderr, status := ask(arg)
		assert.Equal(t, 1, status, name)
		assert.Less(t, len(stderr), 300, name)
		assert.Equal(t, 1, strings.Count(stderr, "\n"), name)
	}
}

func TestWhatMakesNoSenseDoesNotHideTheRest(t *testing.T) {
	stdout, stderr, status := ask("3", "nonsense", "ErrStorage", "-x", "a1181e04")
	assert.Equal(t, 1, status)
	assert.Equal(t, 2, strings.Count(stderr, "\n"))
	assert.Equal(t, answerTo(t, "3", "ErrStorage", "a1181e04"), stdout)
	assert.Equal(t, answerTo(t, "3")+"\n"+answerTo(t, "ErrStorage")+"\n"+answerTo(t, "a1181e04"), stdout)
}

func TestHelpNamesWhatCanBeAsked(t *testing.T) {
	usage := answerTo(t, "-h")
	assert.Equal(t, usage, answerTo(t, "-help"))
	assert.Equal(t, usage, answerTo(t, "--help"))
	assert.Equal(t, usage, answerTo(t, "nonsense", "-h"))
	_, examples, _ := strings.Cut(usage, "is one of\n")
	for line := range strings.Lines(strings.TrimSpace(examples)) {
		spellings, _, _ := strings.Cut(strings.TrimSpace(line), "  ")
		for spelling := range strings.SplitSeq(spellings, ", ") {
			answerTo(t, strings.Trim(spelling, "'"))
		}
	}
}

func TestHostileTextNeverReachesTheTerminal(t *testing.T) {
	for name, text := range map[string]string{
		"escape sequences":     "\x1b]0;owned\a\x1b[2J",
		"C1 control sequence":  "\u009b2J",
		"line breaks":          "fine\r\nJSON: {}\v\f\u0085\u2028\u2029",
		"tabs":                 "a\tb\tc",
		"delete":               "abc\x7f\x7f\x7f",
		"bidi controls":        "\u202eabc\u2066def\u200f",
		"right to left":        "\u05d0\u05d1\u05d2",
		"zero":                 "\x00",
		"beyond the BMP":       "\U000e0001\U0001f600",
		"escapes of tabwriter": "\u00ff\ufffd",
	} {
		t.Run(name, func(t *testing.T) {
			stdout := answerTo(t, encoded(t, map[any]any{30: 4, 31: text, 32: text, text: text, -1: []byte(text)}))
			assert.True(t, fitForTerminal(stdout), "%q", stdout)
			assert.Contains(t, stdout, strconv.QuoteToASCII(text))

			pair := strings.TrimPrefix(encoded(t, map[any]any{text: 1}), "a1")
			_, stderr, status := ask("A3181E04" + pair + pair)
			assert.Equal(t, 1, status)
			assert.Equal(t, 1, strings.Count(stderr, "\n"))
			assert.True(t, fitForTerminal(stderr), "%q", stderr)
		})
	}
}

func TestFailureToWriteIsReported(t *testing.T) {
	for _, args := range [][]string{nil, {"-h"}, {"3"}} {
		var stderr strings.Builder
		disk, stdout := io.Pipe()
		disk.CloseWithError(errors.New("disk full"))
		assert.Equal(t, 1, run(args, stdout, &stderr))
		assert.Equal(t, "tour: disk full\n", stderr.String())
	}
}

func FuzzAnyInputIsEitherExplainedOrRefused(f *testing.F) {
	for _, arg := range []string{published, "BF181F7F61616162FF181E39FFFFFF", "A1181EC249010000000000000000", "other(-1)", "0x3", "%s", "+3"} {
		f.Add(arg)
	}
	random := rand.New(rand.NewPCG(9200, 6749))
	for range 1000 {
		junk := []byte{0xA0 | byte(random.IntN(32)), 0x18, 30 + byte(random.IntN(3))}
		for range random.IntN(40) {
			junk = append(junk, byte(random.IntN(256)))
		}
		f.Add(hex.EncodeToString(junk))
		f.Add(string(junk))
	}
	f.Fuzz(func(t *testing.T, arg string) {
		stdout, stderr, status := ask(arg)
		assert.True(t, fitForTerminal(stdout+stderr), "%q", stdout+stderr)
		if status == 0 {
			assert.NotEmpty(t, stdout)
			assert.Empty(t, stderr)
			return
		}
		assert.Equal(t, 1, status)
		assert.Empty(t, stdout)
		assert.Equal(t, 1, strings.Count(stderr, "\n"))
	})
}

func fitForTerminal(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && (r < ' ' || r > '~') })
}

// encoded returns a response in hex that the library itself would not make.
func encoded(t *testing.T, response any) string {
	t.Helper()
	data, err := cbor.Marshal(response)
	require.NoError(t, err)
	return hex.EncodeToString(data)
}
