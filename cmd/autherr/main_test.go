package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

func ask(args ...string) (stdout, stderr string, status int) {
	var out, errOut strings.Builder
	status = run(args, &out, &errOut)
	return out.String(), errOut.String(), status
}

// answerTo returns what is printed for args that all make sense.
func answerTo(t *testing.T, args ...string) string {
	t.Helper()
	stdout, stderr, status := ask(args...)
	require.Zero(t, status, stderr)
	require.Empty(t, stderr)
	return stdout
}

// valuesOf returns the values beside a label, without their indentation.
func valuesOf(page, label string) (values []string) {
	inside := false
	for line := range strings.Lines(page) {
		indented, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "  ")
		if !ok || len(indented) < labelWidth {
			inside = false
			continue
		}
		if at := strings.TrimSpace(indented[:labelWidth]); at != "" {
			inside = at == label
		}
		if inside {
			values = append(values, strings.TrimSpace(indented[labelWidth:]))
		}
	}
	return values
}

// after returns the rest of the value beside a label that begins with prefix, or "".
func after(page, label, prefix string) string {
	for _, value := range valuesOf(page, label) {
		if rest, ok := strings.CutPrefix(value, prefix); ok {
			return rest
		}
	}
	return ""
}

// constants returns the names of the constants of a type in a file of the root package, by their values.
func constants(t *testing.T, file, typeName string) map[string]string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), "../../"+file, nil, 0)
	require.NoError(t, err)
	names := make(map[string]string)
	ast.Inspect(parsed, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			if ident, ok := spec.Type.(*ast.Ident); ok && ident.Name == typeName && len(spec.Values) == 1 {
				names[spec.Values[0].(*ast.BasicLit).Value] = "autherr." + spec.Names[0].Name
			}
		}
		return true
	})
	return names
}

func TestConstantsAreThoseOfThePackage(t *testing.T) {
	codes := constants(t, "errorcode.go", "ErrorCode")
	assert.Len(t, codes, len(autherr.ErrorCodes()))
	for _, c := range autherr.ErrorCodes() {
		assert.Equal(t, codes[strconv.Quote(string(c))], constantOf(c))
	}
	sentinels := constants(t, "satoken_errors.go", "SaTokenError")
	assert.Len(t, sentinels, len(autherr.SaTokenErrors()))
	for _, e := range autherr.SaTokenErrors() {
		assert.Equal(t, sentinels[strconv.Itoa(int(e))], constantOf(e))
	}
	categories := constants(t, "satoken_errors.go", "Category")
	assert.Len(t, categories, len(autherr.Categories()))
	for _, c := range autherr.Categories() {
		assert.Equal(t, categories[strconv.Itoa(int(c))], constantOf(c))
	}
}

func TestCodeIsExplainedUnderEachOfItsSpellings(t *testing.T) {
	for _, c := range autherr.ErrorCodes() {
		explained := answerTo(t, string(c))
		spellings := []string{constantOf(c), " " + string(c) + "\n"}
		if value, ok := c.CBORValue(); ok {
			spellings = append(spellings, strconv.Itoa(int(value)))
		}
		if c != autherr.InvalidToken { // whose constant is also the name of an error
			bare := strings.TrimPrefix(constantOf(c), "autherr.")
			spellings = append(spellings, bare, strings.ToLower(bare), strings.ToUpper(string(c)), strconv.Quote(string(c)))
		}
		for _, spelling := range spellings {
			assert.Equal(t, explained, answerTo(t, spelling), spelling)
		}
		assert.Equal(t, c.Description(), strings.Join(valuesOf(explained, "meaning"), " "))
		assert.Equal(t, []string{c.Reference()}, valuesOf(explained, "specified in"))
		assert.Equal(t, []string{constantOf(c)}, valuesOf(explained, "in Go"))
		assertAnswers(t, explained, c)
		for _, e := range autherr.SaTokenErrors() {
			_, origins, _ := strings.Cut(explained, "with this code:\n")
			for _, endpoint := range endpoints {
				listed := strings.Fields(strings.ReplaceAll(strings.Join(valuesOf(origins, endpoint.String()), " "), ",", ""))
				is := assert.NotContains
				if endpoint.Answer(e).Response.Code == c {
					is = assert.Contains
				}
				is(t, listed, shortNameOf(e), "%v at the %v", c, endpoint)
			}
		}
	}
}

func TestErrorIsExplainedUnderEachOfItsSpellings(t *testing.T) {
	for _, e := range autherr.SaTokenErrors() {
		constant := strings.TrimPrefix(constantOf(e), "autherr.")
		explained := answerTo(t, constant)
		spellings := []string{constantOf(e), strings.ToLower(constant)}
		if e != autherr.ErrInvalidToken { // whose name is also the constant of a code
			spellings = append(spellings, e.Name())
		}
		for _, spelling := range spellings {
			assert.Equal(t, explained, answerTo(t, spelling), spelling)
		}
		for _, spelling := range []string{e.Name(), e.Error(), strings.ToLower(e.Error()), "load: " + e.Error() + ": detail"} {
			assert.Contains(t, answerTo(t, spelling), explained, "two errors may share a message")
		}
		assert.Equal(t, e.Description(), strings.Join(valuesOf(explained, "meaning"), " "))
		assert.Equal(t, e.Causes(), valuesOf(explained, "causes"))
		assert.Equal(t, e.Solution(), strings.Join(valuesOf(explained, "way out"), " "))
		assert.Equal(t, []string{e.Error()}, valuesOf(explained, "message"))
		assert.Equal(t, []string{e.Name()}, valuesOf(explained, "name"))
		assert.Equal(t, []string{e.Category().String()}, valuesOf(explained, "category"))
		assertAnswers(t, explained, e)
	}
}

// assertAnswers compares what a page says of the answers to err with them, and reads what is to be sent
// back.
func assertAnswers(t *testing.T, page string, err error) {
	t.Helper()
	page, _, _ = strings.Cut(page, "The sa-token errors that it answers")
	for _, endpoint := range endpoints {
		answer := endpoint.Answer(err)
		values := valuesOf(page, endpoint.String())
		require.NotEmpty(t, values)
		assert.Regexp(t, fmt.Sprintf("^%d\\b", answer.HTTPStatus), values[0])
		if code := answer.Response.Code; code != "" {
			assert.Regexp(t, fmt.Sprintf("^%d %s(, |$)", answer.HTTPStatus, regexp.QuoteMeta(code.String())), values[0])
		}
	}
	fault := autherr.FaultOf(err)
	assert.Equal(t, []string{fmt.Sprintf("fault=%v, at level %v", fault, fault.Level())}, valuesOf(page, "log"))

	sent := autherr.TokenEndpoint.Answer(err).Response
	var read autherr.ErrorResponse
	require.NoError(t, read.UnmarshalJSON([]byte(after(page, "token endpoint", "JSON: "))))
	assert.Equal(t, sent, read)
	if _, ok := sent.Code.CBORValue(); ok {
		data, err := hex.DecodeString(after(page, "token endpoint", "CBOR: "))
		require.NoError(t, err)
		require.NoError(t, read.UnmarshalCBOR(data))
		assert.Equal(t, sent, read)
	} else {
		assert.Contains(t, after(page, "token endpoint", "CBOR: "), "no body")
	}

	answer := autherr.AuthorizationEndpoint.Answer(err)
	location, parseErr := url.Parse(after(page, "authorization endpoint", "Location: "))
	require.NoError(t, parseErr)
	if answer.HTTPStatus == http.StatusSeeOther {
		query := location.Query()
		assert.Equal(t, answer.Response, autherr.ErrorResponse{
			Code: autherr.ErrorCode(query.Get("error")), Description: query.Get("error_description"), URI: query.Get("error_uri"),
		})
	} else {
		assert.Empty(t, location.String())
	}

	answer = autherr.ProtectedResource.Answer(err)
	header := http.Header{"Www-Authenticate": {after(page, "protected resource", "WWW-Authenticate: ")}}
	challenges := autherrhttp.ParseChallenges(header)
	if len(challenges) > 0 {
		assert.Equal(t, answer.Response, challenges[0].Response)
	} else {
		assert.True(t, answer.Response.Code == "" || answer.HTTPStatus/100 == 5 || answer.HTTPStatus == 404, page)
		assert.NotEqual(t, 401, answer.HTTPStatus)
	}
}

func TestNameOfAnErrorAndOfACodeIsBoth(t *testing.T) {
	assert.Equal(t, answerTo(t, "invalid_token", "ErrInvalidToken"), answerTo(t, "InvalidToken"))
}

func TestCategoryIsExplainedByItsErrors(t *testing.T) {
	for _, c := range autherr.Categories() {
		explained := answerTo(t, c.String())
		assert.Equal(t, explained, answerTo(t, constantOf(c)))
		text := strings.Join(valuesOf(explained, "errors"), " ")
		for _, e := range autherr.SaTokenErrors() {
			assert.Equal(t, e.Category() == c, strings.Contains(text, shortNameOf(e)+": "+e.Description()), "%#v", e)
		}
	}
}

func TestPayloadIsExplainedInEachOfItsForms(t *testing.T) {
	response := autherr.ErrorResponse{Code: autherr.UnauthorizedClient, Description: "You may not.", URI: "https://a.example/help"}
	binary, err := response.MarshalCBOR()
	require.NoError(t, err)
	text, err := response.MarshalJSON()
	require.NoError(t, err)
	values := url.Values{"error": {string(response.Code)}, "error_description": {response.Description}, "error_uri": {response.URI}}
	challenge := `Bearer error="unauthorized_client", error_description="You may not.", error_uri="https://a.example/help"`
	for name, arg := range map[string]string{
		"CBOR":                             fmt.Sprintf("%X", binary),
		"CBOR in lower case":               fmt.Sprintf("%x", binary),
		"CBOR with blanks":                 fmt.Sprintf("% x", binary),
		"CBOR with 0x":                     fmt.Sprintf("0x%x", binary),
		"JSON":                             string(text),
		"JSON with blanks":                 "\n " + string(text) + " \n",
		"redirect":                         "https://client.example/cb?" + values.Encode(),
		"redirect with a fragment":         "app://cb#" + values.Encode(),
		"redirect's parameters":            values.Encode(),
		"challenge":                        challenge,
		"challenge after its field's name": "www-authenticate: " + challenge,
	} {
		t.Run(name, func(t *testing.T) {
			explained := answerTo(t, arg)
			assert.Equal(t, []string{string(response.Code)}, valuesOf(explained, "error"))
			assert.Equal(t, []string{response.Description}, valuesOf(explained, "error_description"))
			assert.Equal(t, []string{response.URI}, valuesOf(explained, "error_uri"))
			assert.Equal(t, []string{response.Code.Reference()}, valuesOf(explained, "specified in"))
			assert.Empty(t, valuesOf(explained, "also there"))
			assert.Empty(t, valuesOf(explained, "not fit to be sent"))
			assertAnswers(t, explained, response)
		})
	}
}

func TestDiagnosticNotationIsThatOfTheBytes(t *testing.T) {
	assert.Contains(t, answerTo(t, "A3181E04181F6161182069622F632F642F652F66"), `which is {30: 4, 31: "a", 32: "b/c/d/e/f"}`)
	assert.Contains(t, answerTo(t, "-99999"), "which is {30: -99999}")
}

func TestWhatElseIsInAPayloadIsNamed(t *testing.T) {
	assert.Equal(t, []string{"interval, ticket"}, valuesOf(answerTo(t, `{"ticket":1,"error":"need_info","interval":[5]}`), "also there"))
	assert.Equal(t, []string{"iss, state"}, valuesOf(answerTo(t, "?error=access_denied&state=1&iss=https%3A%2F%2Fa.example"), "also there"))

	explained := answerTo(t, `DPoP algs="ES256 PS256", realm=here, scope="a b", Bearer resource_metadata="https://a.example/r", error=invalid_token`)
	assert.Equal(t, []string{"ES256 PS256"}, valuesOf(explained, "algs"))
	assert.Equal(t, []string{"here"}, valuesOf(explained, "realm"))
	assert.Equal(t, []string{"a b"}, valuesOf(explained, "scope"))
	assert.Equal(t, []string{"https://a.example/r"}, valuesOf(explained, "resource_metadata"))
	assert.Regexp(t, `(?s)^DPoP, .*\n\nBearer, .*error +invalid_token\n`, explained)
}

func TestSchemeAloneIsAChallengeIfItIsCommon(t *testing.T) {
	for _, arg := range []string{"Bearer", "dpop", "Basic", "Negotiate abcd==", "WWW-Authenticate: Strange"} {
		assert.Contains(t, answerTo(t, arg), ", a challenge")
	}
	_, _, status := ask("Strange")
	assert.Equal(t, 1, status)
}

func TestResponseThatIsNotFitToBeSentIsExplainedWithItsFaults(t *testing.T) {
	response := autherr.ErrorResponse{Code: autherr.InvalidScope, Description: `say "please"`, URI: "a b"}
	text, err := json.Marshal(map[string]string{"error": string(response.Code), "error_description": response.Description, "error_uri": response.URI})
	require.NoError(t, err)
	explained := answerTo(t, string(text))
	faults := valuesOf(explained, "not fit to be sent")
	for fault := range strings.SplitSeq(response.Validate().Error(), "\n") {
		assert.Contains(t, faults, strings.TrimPrefix(fault, "autherr: "))
	}
	assertAnswers(t, explained, response)

	explained = answerTo(t, `{"error":"say \"please\""}`)
	assert.Len(t, valuesOf(explained, "not fit to be sent"), 1)
	assertAnswers(t, explained, autherr.ErrorCode(`say "please"`))
}

func TestCodeThatIsNotKnownIsExplained(t *testing.T) {
	explained := answerTo(t, `{"error":"invalid_grand"}`)
	assert.Equal(t, []string{"invalid_grant"}, valuesOf(explained, "similar"))
	assert.Equal(t, []string{`autherr.ErrorCode("invalid_grand")`}, valuesOf(explained, "in Go"))
	assertAnswers(t, explained, autherr.ErrorCode("invalid_grand"))
	assert.Empty(t, valuesOf(answerTo(t, `{"error":"mfa_required"}`), "similar"))
}

func TestEveryIntegerButZeroIsACodeInCBOR(t *testing.T) {
	for _, n := range []int32{math.MinInt32, -99999, -65537, -65536, -1, 9, 1234, 83010203, math.MaxInt32} {
		explained := answerTo(t, strconv.Itoa(int(n)))
		code := autherr.Other(n)
		assert.Equal(t, code.IsPrivateUse(), strings.Contains(explained, "private use"))
		assert.Equal(t, []string{strconv.Itoa(int(n))}, valuesOf(explained, "CBOR value"))
		assert.Equal(t, []string{fmt.Sprintf("autherr.Other(%d)", n)}, valuesOf(explained, "in Go"))
		assertAnswers(t, explained, code)
	}
}

func TestStatusIsExplainedByWhatIsAnsweredWithIt(t *testing.T) {
	explained := answerTo(t, "401")
	status, value, found := strings.Cut(explained, "\n401, a CBOR value\n")
	require.True(t, found, "a number may be both")
	assert.Equal(t, status, answerTo(t, "4.01"), "a CoAP status is not a CBOR value")
	assert.Equal(t, []string{"autherr.Other(401)"}, valuesOf(value, "in Go"))
	resource := strings.Join(valuesOf(status, "protected resource"), " ")
	for _, c := range autherr.ErrorCodes() {
		assert.Equal(t, autherr.ProtectedResource.Answer(c).HTTPStatus == 401, strings.Contains(resource+",", c.String()+","), "%v", c)
	}
	for arg, member := range map[string]string{
		"429": "*autherr.RateLimitedError", "502": "*autherr.RemoteError", "5.03": "*autherr.UnavailableError", "303": "invalid_request", "404": "not_found",
	} {
		assert.Contains(t, answerTo(t, arg), member)
	}
	assert.NotEmpty(t, valuesOf(answerTo(t, "503"), "another try"))
	assert.Empty(t, valuesOf(answerTo(t, "418"), "another try"))
}

func TestMisspeltNameGetsTheNearest(t *testing.T) {
	for misspelt, want := range map[string]string{
		"slow_dwn":             "slow_down",
		"slowdwon":             "slow_down",
		"invalid-grants":       "invalid_grant",
		"unauthorised_client":  "unauthorized_client",
		"ErrTokenExpird":       "ErrTokenExpired",
		"TokenExpird":          "ErrTokenExpired",
		"autherr.SlowDwn":      "slow_down",
		"Acount Status":        "Account Status",
		"pending":              "authorization_pending",
		"Token has expierd":    "ErrTokenExpired",
		"temporary_unavailabe": "temporarily_unavailable",
	} {
		stdout, stderr, status := ask(misspelt)
		assert.Empty(t, stdout)
		assert.Equal(t, 1, status)
		assert.Contains(t, stderr, want)
		assert.Regexp(t, `^autherr: ".*": not known; did you mean .*\?\n$`, stderr)
	}
	for _, c := range autherr.ErrorCodes() {
		_, stderr, _ := ask(string(c[:len(c)-1]) + "q")
		assert.Contains(t, stderr, string(c))
	}
}

func TestDistance(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "ab", 1}, {"kitten", "sitting", 3}, {"ab", "ba", 2}, {"flaw", "lawn", 2}} {
		assert.Equal(t, tc.want, distance(tc.a, tc.b), "%s %s", tc.a, tc.b)
		assert.Equal(t, tc.want, distance(tc.b, tc.a), "%s %s", tc.b, tc.a)
	}
}

func TestWhatMakesNoSenseGetsOneLine(t *testing.T) {
	for name, tc := range map[string]struct{ arg, reason string }{
		"nothing":                {"", "neither"},
		"a blank":                {" ", "neither"},
		"a word":                 {"teapot", "neither"},
		"words":                  {"hello world", "neither"},
		"a flag":                 {"-x", "neither"},
		"no code":                {"0", "no code"},
		"above int32":            {"2147483648", "int32"},
		"below int32":            {"-2147483649", "int32"},
		"a success of CoAP":      {"2.05", "neither"},
		"not a status of CoAP":   {"4.32", "neither"},
		"hex, but not of a map":  {"0xF6", "want a CBOR map"},
		"hex, but not all of it": {"A1181E0G", "neither"},
		"half a byte":            {"A1181E0", "odd length"},
		"half a response":        {"A1181E", "EOF"},
		"a byte too much":        {"A1181E0400", "extraneous"},
		"no error in CBOR":       {"A0", "error: required"},
		"0 for an error":         {"A1181E00", "0, which is no code"},
		"half an object":         {`{"error":`, "as JSON"},
		"no error in JSON":       {"{}", "error: required"},
		"members of wrong types": {`{"error":1,"error_uri":[]}`, "error: found number, not a string; error_uri: found array"},
		"no error in a redirect": {"?error=&state=1", "it has no error"},
		"a malformed redirect":   {"?error=%zz", "as a redirect"},
		"no challenge":           {"WWW-Authenticate: ,", "neither"},
		"escape sequences":       {"\x1b[2J\a", "neither"},
		"line breaks":            {"one\ntwo\r\nthree\u2028four", "neither"},
		"no text at all":         {"\xff\xfe\x9b", "neither"},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, status := ask(tc.arg)
			assert.Equal(t, 1, status)
			assert.Empty(t, stdout)
			assert.True(t, strings.HasPrefix(stderr, "autherr: "+strconv.Quote(tc.arg)+": "), stderr)
			assert.Contains(t, stderr, tc.reason)
			assertFit(t, stderr)
			assert.Equal(t, 1, strings.Count(stderr, "\n"))
		})
	}
}

func TestWhatMakesNoSenseDoesNotHideTheRest(t *testing.T) {
	stdout, stderr, status := ask("3", "nonsense", "ErrStorage", "-x", "a1181e04")
	assert.Equal(t, 1, status)
	assert.Equal(t, 2, strings.Count(stderr, "\n"))
	assert.Equal(t, answerTo(t, "3")+"\n"+answerTo(t, "ErrStorage")+"\n"+answerTo(t, "a1181e04"), stdout)
}

func TestUsageNamesWhatCanBeAsked(t *testing.T) {
	stdout, stderr, status := ask()
	assert.Equal(t, 2, status)
	assert.Empty(t, stdout)
	for _, flag := range []string{"-h", "-help", "--help"} {
		assert.Equal(t, stderr, answerTo(t, "nonsense", flag))
	}
	_, forms, _ := strings.Cut(stderr, "is one of\n")
	forms, _, found := strings.Cut(forms, "\nIt exits")
	require.True(t, found)
	asked := 0
	for line := range strings.Lines(forms) {
		if form := regexp.MustCompile(`^  ('[^']+'|\S+)`).FindStringSubmatch(line); form != nil {
			answerTo(t, strings.Trim(form[1], "'"))
			asked++
		}
	}
	assert.GreaterOrEqual(t, asked, 10)
}

func TestPackageCommentShowsWhatIsPrinted(t *testing.T) {
	parsed, err := parser.ParseFile(token.NewFileSet(), "main.go", nil, parser.ParseComments)
	require.NoError(t, err)
	examples := regexp.MustCompile(`(?m)^\t\$ autherr (\S+)\n((?:(?:\t.*)?\n)+)`).FindAllStringSubmatch(parsed.Doc.Text(), -1)
	require.Len(t, examples, 2)
	for _, example := range examples {
		stdout, stderr, _ := ask(example[1])
		assert.Equal(t, strings.TrimSpace(stdout+stderr), strings.TrimSpace(strings.ReplaceAll(example[2], "\n\t", "\n")))
	}
}

func TestLinesFitIntoATerminal(t *testing.T) {
	for _, n := range names {
		for line := range strings.Lines(answerTo(t, n.text)) {
			line = strings.TrimSuffix(line, "\n")
			assert.LessOrEqual(t, utf8.RuneCountInString(line), 2+labelWidth+valueWidth, line)
			assert.Equal(t, strings.TrimRight(line, " "), line)
			assert.NotContains(t, line, "%!")
		}
		assert.NotContains(t, answerTo(t, n.text), "\n\n\n")
	}
}

// hostile are texts that must not reach a terminal as they are.
var hostile = []string{
	"\x1b]0;owned\a\x1b[2J", "\u009b2J", "fine\r\nJSON: {}\v\f\u0085\u2028\u2029", "a\tb\tc", "abc\x7f", "\u202eabc\u2066def\u200f",
	"\x00", "\U000e0001\U0001f600", "\xff\xfe", "%s%d%!", strings.Repeat("x", 64<<10), strings.Repeat("\x1b", 64<<10), strings.Repeat("é", 32<<10),
}

func TestHostileTextIsQuotedAndCut(t *testing.T) {
	for _, text := range hostile {
		object, err := json.Marshal(map[string]string{"error": "invalid_grant", "error_description": text, "error_uri": text, text: text})
		require.NoError(t, err)
		code, err := json.Marshal(map[string]string{"error": text})
		require.NoError(t, err)
		values := url.Values{"error": {text}, "error_description": {text}, text: {text}}
		length := []byte{0x7A, 0, byte(len(text) >> 16), byte(len(text) >> 8), byte(len(text))}
		for _, arg := range []string{
			text, string(object), string(code), "?" + values.Encode(),
			"Bearer error=invalid_token, error_description=" + strconv.Quote(text), `Bearer realm="` + text + `"`, text + ` realm="x"`,
			"WWW-Authenticate: " + text, "A2181E03181F" + hex.EncodeToString(length) + hex.EncodeToString([]byte(text)),
			"A2181E03" + hex.EncodeToString(length) + hex.EncodeToString([]byte(text)) + "00", "0x" + hex.EncodeToString([]byte(text)),
		} {
			stdout, stderr, status := ask(arg)
			assertFit(t, stdout+stderr)
			assert.Equal(t, status == 0, stderr == "")
			assert.Equal(t, status, strings.Count(stderr, "\n"))
		}
	}
}

// assertFit asserts that a terminal does not act on text, and that no line is long.
func assertFit(t *testing.T, text string) {
	t.Helper()
	const most = 3000 // 200 characters, each of 10 bytes when it is quoted, and some more
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if len(line) > most || strings.ContainsFunc(line, func(r rune) bool { return !strconv.IsPrint(r) }) || !utf8.ValidString(line) {
			assert.Fail(t, "not fit for a terminal", "%d bytes: %.300q", len(line), line)
		}
	}
}

func TestFailureToWriteIsReported(t *testing.T) {
	for _, args := range [][]string{{"-h"}, {"3"}} {
		var stderr strings.Builder
		disk, stdout := io.Pipe()
		disk.CloseWithError(errors.New("disk full"))
		assert.Equal(t, 1, run(args, stdout, &stderr))
		assert.Equal(t, "autherr: disk full\n", stderr.String())
	}
}

func FuzzAnyArgumentIsExplainedOrRefused(f *testing.F) {
	for _, n := range names {
		f.Add(n.text)
	}
	for _, arg := range []string{
		"", "0", "-99999", "401", "4.01", "A1181E04", "BF181F7F61616162FF181E39FFFFFF", "A1181EC249010000000000000000", "other(-1)", "0x3", "%s", "+3",
		`{"error":"invalid_grant"}`, `{"error":"a\"b","x":[{}]}`, `Bearer error="invalid_token", realm=x, DPoP algs="ES256"`, "WWW-Authenticate: a",
		"https://a.example/cb?error=access_denied&state=1", "#error=a;b", "load: Storage error: redis",
	} {
		f.Add(arg)
	}
	for _, text := range hostile[:10] {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, arg string) {
		stdout, stderr, status := ask(arg)
		assertFit(t, stdout+stderr)
		switch {
		case arg == "-h" || arg == "-help" || arg == "--help":
			assert.Equal(t, usage, stdout)
		case status == 0:
			assert.NotEmpty(t, stdout)
			assert.Empty(t, stderr)
		default:
			assert.Equal(t, 1, status)
			assert.Empty(t, stdout)
			assert.Equal(t, 1, strings.Count(stderr, "\n"))
		}
	})
}
