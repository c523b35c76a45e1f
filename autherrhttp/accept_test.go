package autherrhttp_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/seed-e9190de5/autherr"
)

func TestNegotiation(t *testing.T) {
	const json, cbor = "application/json", "application/ace+cbor"
	for _, test := range []struct {
		name   string
		accept []string
		want   string
	}{
		{"absent", nil, json},
		{"empty", []string{""}, json},
		{"JSON", []string{"application/json"}, json},
		{"CBOR", []string{"application/ace+cbor"}, cbor},
		{"upper case", []string{"APPLICATION/ACE+CBOR;Q=0.5"}, cbor},
		{"other types", []string{"text/html, application/cbor, application/problem+json"}, json},
		{"wildcards do not name CBOR", []string{"*/*, application/*"}, json},
		{"no such wildcard", []string{"*/ace+cbor, */json"}, json},
		{"CBOR before JSON", []string{"application/ace+cbor, application/json"}, cbor},
		{"JSON before CBOR", []string{"application/json, application/ace+cbor"}, cbor},
		{"CBOR more", []string{"application/json;q=0.8, application/ace+cbor;q=0.9"}, cbor},
		{"CBOR as much", []string{"application/json;q=0.80, application/ace+cbor;q=0.8"}, cbor},
		{"CBOR less", []string{"application/json;q=0.801, application/ace+cbor;q=0.8"}, json},
		{"CBOR not at all", []string{"application/ace+cbor;q=0"}, json},
		{"neither at all", []string{"application/ace+cbor;q=0.000, application/json;q=0"}, json},
		{"JSON not at all", []string{"application/json;q=0, application/ace+cbor;q=0.001, */*"}, cbor},
		{"any as much as CBOR", []string{"application/ace+cbor, */*"}, cbor},
		{"any more than CBOR", []string{"application/ace+cbor;q=0.5, */*;q=0.6"}, json},
		{"any less than CBOR", []string{"application/ace+cbor;q=0.5, */*;q=0.4"}, cbor},
		{"application more than CBOR", []string{"application/ace+cbor;q=0.5, application/*;q=0.6, */*;q=0.1"}, json},
		{"application before any", []string{"*/*, application/*;q=0.4, application/ace+cbor;q=0.5"}, cbor},
		{"JSON before application", []string{"application/*, application/json;q=0.4, application/ace+cbor;q=0.5"}, cbor},
		{"JSON before any, in any order", []string{"application/json;q=0.4, */*, application/ace+cbor;q=0.5"}, cbor},
		{"text is no JSON", []string{"text/*, application/ace+cbor;q=0.1"}, cbor},
		{"repeated lines", []string{"application/json;q=0.5", "text/html", "application/ace+cbor"}, cbor},
		{"a range twice", []string{"application/ace+cbor;q=0, application/ace+cbor;q=0.3"}, cbor},
		{"a range twice, the other way round", []string{"application/ace+cbor;q=0.3", "application/ace+cbor;q=0"}, cbor},
		{"parameters", []string{`application/json;charset="utf-8";q=0.5, application/ace+cbor;v=1;q=0.4`}, json},
		{"the weight before parameters", []string{"application/ace+cbor;q=0.4;v=1, application/json;q=0.5"}, json},
		{"no space at all", []string{"application/json;q=0.5,application/ace+cbor;q=0.6"}, cbor},
		{"space everywhere", []string{"\t application/json ; q=0.5 \t, \t application/ace+cbor ; q=0.6 "}, cbor},
		{"empty members", []string{", ,application/ace+cbor,, "}, cbor},
		{"a weight of 1.", []string{"application/ace+cbor;q=1., application/json;q=0."}, cbor},
		{"a weight of 1.000", []string{"application/ace+cbor;q=1.000, application/json"}, cbor},
		{"a comma in quotes", []string{`text/html;x="a, application/ace+cbor"`}, json},
		{"a comma in quotes of CBOR", []string{`application/ace+cbor;x="a,b";q=0.5, application/json;q=0.4`}, cbor},
		{"a quoted quote", []string{`text/html;x="\", application/ace+cbor, \""`}, json},
		{"a quoted backslash", []string{`text/html;x="\\", application/ace+cbor`}, cbor},
		{"a backslash outside quotes", []string{`text\, application/ace+cbor`}, cbor},
		{"quotes without end", []string{`text/html;x=", application/ace+cbor`}, json},
		{"quotes without end, on a line of its own", []string{`text/html;x="`, "application/ace+cbor"}, cbor},
		{"a malformed neighbour", []string{"@, text/, /, application/json;q, application/ace+cbor"}, cbor},
		{"parameters that are empty", []string{"application/ace+cbor;; q=0.5 ;, application/json;q=0.4"}, cbor},
		{"a parameter without a name", []string{"application/ace+cbor;=;q=0.5"}, json},
		{"a parameter without a value", []string{"application/ace+cbor;v;q=0.5"}, json},
		{"a parameter that is no token", []string{"application/ace+cbor;v=a/b"}, json},
		{"a parameter that is quoted", []string{`application/ace+cbor;v="a/b; é\"";q=0.5`}, cbor},
		{"a parameter that is not quoted to its end", []string{`application/ace+cbor;v="a"b`}, json},
		{"a weight that is quoted", []string{`application/ace+cbor;q="0.5"`}, json},
		{"a weight in RFC 2231", []string{"application/ace+cbor;q*=utf-8''0.5, application/json;q=0.9"}, cbor},
		{"letters that only look alike", []string{"appl\u0130cation/ace+cbor"}, json},
		{"letters that only fold alike", []string{"application/ace+cbor;q=0.5, application/j\u017fon"}, cbor},
		{"space that is not ASCII", []string{"\u00a0application/ace+cbor"}, json},
		{"a malformed weight before", []string{"application/json;q=7, application/ace+cbor"}, cbor},
		{"a malformed type before", []string{"text/, application/ace+cbor"}, cbor},
		{"a neighbour without end", []string{"application/ace+cbor", "application/json;x=\"\\"}, cbor},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := post()
			if test.accept != nil {
				r.Header["Accept"] = test.accept
			}
			assert.Equal(t, test.want, tokenAnswer(r, autherr.InvalidGrant).contentType())
		})
	}
}

// A member with a malformed weight does not name its type.
func TestMalformedWeights(t *testing.T) {
	for _, q := range []string{
		"", "2", "1.001", "1.0000", "0.1234", "-0", "-0.5", "+1", ".5", "00.5", "01", "0,5", "0.5.5", "1e0", "0x1", "0x1p-1",
		"NaN", "Inf", "one", "0.5 0.5", "½", "1\x00", `"1`, `"1"`, "0_1", "0.5;q=0.6", " 0.5",
	} {
		a := tokenAnswer(post("Accept", "application/ace+cbor;q="+q), autherr.InvalidGrant)
		assert.Equal(t, "application/json", a.contentType(), q)
		a = tokenAnswer(post("Accept", "application/ace+cbor;q=0.1, application/json;q="+q), autherr.InvalidGrant)
		assert.Equal(t, "application/ace+cbor", a.contentType(), q)
	}
}

// Where Accept says nothing, the client is answered in its own language.
func TestNegotiationByTheRequestsBody(t *testing.T) {
	const json, cbor = "application/json", "application/ace+cbor"
	for _, test := range []struct {
		name, contentType string
		accept            []string
		want              string
	}{
		{"CBOR", "application/ace+cbor", nil, cbor},
		{"upper case and parameters", "Application/ACE+CBOR; v=1", nil, cbor},
		{"malformed parameters", "application/ace+cbor; v", nil, cbor},
		{"a form", "application/x-www-form-urlencoded", nil, json},
		{"another CBOR", "application/cbor", nil, json},
		{"a parameter twice", "application/ace+cbor;a=1;a=2", nil, cbor},
		{"a letter that folds to one of ASCII", "application/ace+cbor\u017f", nil, json},
		{"two types", "application/ace+cbor, application/json", nil, json},
		{"nothing", "", nil, json},
		{"Accept any", "application/ace+cbor", []string{"*/*"}, cbor},
		{"Accept nothing, and name neither", "application/ace+cbor", []string{"*/*;q=0"}, cbor},
		{"Accept others", "application/ace+cbor", []string{"text/html, application/*;q=0.1"}, cbor},
		{"Accept empty", "application/ace+cbor", []string{""}, cbor},
		{"Accept malformed", "application/ace+cbor", []string{"application/json;q=7"}, cbor},
		{"Accept JSON", "application/ace+cbor", []string{"application/json;q=0.1"}, json},
		{"Accept JSON with a parameter", "application/ace+cbor", []string{"application/json;charset=utf-8"}, json},
		{"Accept not JSON", "application/ace+cbor", []string{"application/json;q=0"}, json},
		{"Accept not CBOR", "application/ace+cbor", []string{"application/ace+cbor;q=0"}, json},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := post("Content-Type", test.contentType)
			if test.accept != nil {
				r.Header["Accept"] = test.accept
			}
			assert.Equal(t, test.want, tokenAnswer(r, autherr.InvalidGrant).contentType())
		})
	}
}

func FuzzNegotiation(f *testing.F) {
	for _, accept := range []string{
		"", "application/ace+cbor", "application/ace+cbor;q=0.5, application/json;q=0.7, */*;q=0.1",
		`text/html;x="a, application/ace+cbor"`, `a/b;x="\",`, "application/ace+cbor;q*=utf-8''1", ";,;=\"\\",
	} {
		f.Add(accept)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		answerTo := func(lines ...string) string {
			r := post()
			r.Header["Accept"] = lines
			return tokenAnswer(r, autherr.InvalidGrant).contentType()
		}
		got := answerTo(accept)
		switch got {
		case "application/json":
		case "application/ace+cbor":
			assert.Contains(t, strings.ToLower(accept), "application/ace+cbor", "CBOR has to be named")
		default:
			assert.Fail(t, "sent "+got)
		}
		assert.Equal(t, got, answerTo("", "application/ace+cbor;q=7", accept, "application/json;q=x, text/html"), "what does not parse does not count")
		assert.Equal(t, got, answerTo(strings.Map(upperASCII, accept)), "case does not count")
		assert.Equal(t, "application/ace+cbor", answerTo(accept, "application/ace+cbor"), "no weight is above 1")
	})
}

func upperASCII(r rune) rune {
	if 'a' <= r && r <= 'z' {
		return r - 'a' + 'A'
	}
	return r
}
