package autherrhttp_test

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

type params = map[string]string

// challengeLines returns a header with these lines.
func challengeLines(lines ...string) http.Header { return http.Header{"Www-Authenticate": lines} }

// wellFormed are headers as RFC 9110 §11.6.1 allows them.
var wellFormed = []struct {
	name  string
	lines []string
	want  []autherrhttp.Challenge
}{
	{"nothing", nil, nil},
	{"an empty line", []string{""}, nil},
	{"empty members only", []string{" , ,\t,", ","}, nil},
	{"a scheme only", []string{"Negotiate"}, []autherrhttp.Challenge{{Scheme: "Negotiate"}}},
	{"schemes only", []string{"Negotiate, NTLM ,Nego-2"}, []autherrhttp.Challenge{{Scheme: "Negotiate"}, {Scheme: "NTLM"}, {Scheme: "Nego-2"}}},
	{"a quoted string", []string{`Basic realm="a b, c=d"`}, []autherrhttp.Challenge{{Scheme: "Basic", Realm: "a b, c=d"}}},
	{"a token", []string{`Basic realm=api`}, []autherrhttp.Challenge{{Scheme: "Basic", Realm: "api"}}},
	{"a token of all its characters", []string{"!#$%&'*+-.^_`|~09azAZ realm=!#$%&'*+-.^_`|~09azAZ"},
		[]autherrhttp.Challenge{{Scheme: "!#$%&'*+-.^_`|~09azAZ", Realm: "!#$%&'*+-.^_`|~09azAZ"}}},
	{"each parameter that has a field", []string{`Bearer realm="r", scope="s t", resource_metadata="https://rs.example/m", error="e", error_description="d", error_uri="u"`},
		[]autherrhttp.Challenge{{Scheme: "Bearer", Realm: "r", Scope: "s t", ResourceMetadata: "https://rs.example/m",
			Response: autherr.ErrorResponse{Code: "e", Description: "d", URI: "u"}}}},
	{"other parameters", []string{`DPoP algs="ES256 PS256", max_age=5, realm*=UTF-8''x`},
		[]autherrhttp.Challenge{{Scheme: "DPoP", Params: params{"algs": "ES256 PS256", "max_age": "5", "realm*": "UTF-8''x"}}}},
	{"letters of any case", []string{`bEARER REALM="R", Error=E, Error_Description="D", ERROR_URI="U", SCOPE=S, Resource_Metadata=M, Max_Age="5"`},
		[]autherrhttp.Challenge{{Scheme: "bEARER", Realm: "R", Scope: "S", ResourceMetadata: "M", Params: params{"max_age": "5"},
			Response: autherr.ErrorResponse{Code: "E", Description: "D", URI: "U"}}}},
	{"quoted pairs", []string{`Basic realm="\"\\\a\ \	é\é", x="\""`},
		[]autherrhttp.Challenge{{Scheme: "Basic", Realm: "\"\\a \té\xc3\xa9", Params: params{"x": `"`}}}},
	{"bytes that are not UTF-8", []string{"Basic realm=\"\xff\xe9\""}, []autherrhttp.Challenge{{Scheme: "Basic", Realm: "\xff\xe9"}}},
	{"a quoted string without content", []string{`Bearer realm="", x=""`}, []autherrhttp.Challenge{{Scheme: "Bearer", Params: params{"x": ""}}}},
	{"space around =", []string{"Bearer realm \t= \t\"r\" , error\t=\te"},
		[]autherrhttp.Challenge{{Scheme: "Bearer", Realm: "r", Response: autherr.ErrorResponse{Code: "e"}}}},
	{"no space at all", []string{`Bearer realm="r",error="e",Basic realm="b"`},
		[]autherrhttp.Challenge{{Scheme: "Bearer", Realm: "r", Response: autherr.ErrorResponse{Code: "e"}}, {Scheme: "Basic", Realm: "b"}}},
	{"much space", []string{"\t Bearer  \t realm=\"r\"\t ,\t error=\"e\" \t"},
		[]autherrhttp.Challenge{{Scheme: "Bearer", Realm: "r", Response: autherr.ErrorResponse{Code: "e"}}}},
	{"empty members", []string{`, ,Basic , realm="r",, x=y,,,Bearer,`},
		[]autherrhttp.Challenge{{Scheme: "Basic", Realm: "r", Params: params{"x": "y"}}, {Scheme: "Bearer"}}},
	{"token68", []string{"Negotiate oYG/.-_~+09==, Basic abc, NTLM a="},
		[]autherrhttp.Challenge{{Scheme: "Negotiate"}, {Scheme: "Basic"}, {Scheme: "NTLM"}}},
	{"token68 and parameters of others", []string{`Negotiate abc==, Bearer realm="r", NTLM def=, Basic realm="b"`},
		[]autherrhttp.Challenge{{Scheme: "Negotiate"}, {Scheme: "Bearer", Realm: "r"}, {Scheme: "NTLM"}, {Scheme: "Basic", Realm: "b"}}},
	{"several lines", []string{`Basic realm="b"`, "", `Bearer realm="r", DPoP algs=ES256`},
		[]autherrhttp.Challenge{{Scheme: "Basic", Realm: "b"}, {Scheme: "Bearer", Realm: "r"}, {Scheme: "DPoP", Params: params{"algs": "ES256"}}}},
	{"a challenge that goes on in the next line", []string{`Bearer realm="r"`, `error="e", Basic realm="b"`},
		[]autherrhttp.Challenge{{Scheme: "Bearer", Realm: "r", Response: autherr.ErrorResponse{Code: "e"}}, {Scheme: "Basic", Realm: "b"}}},
	{"one scheme twice", []string{`Bearer error="a", Bearer error="b"`},
		[]autherrhttp.Challenge{{Scheme: "Bearer", Response: autherr.ErrorResponse{Code: "a"}}, {Scheme: "Bearer", Response: autherr.ErrorResponse{Code: "b"}}}},
	{"a scheme in a quoted string", []string{`Basic realm="Bearer error=x, DPoP"`}, []autherrhttp.Challenge{{Scheme: "Basic", Realm: "Bearer error=x, DPoP"}}},
	{"a parameter that is called like a scheme", []string{`Bearer basic=x, Basic=y`}, []autherrhttp.Challenge{{Scheme: "Bearer", Params: params{"basic": "x"}}}},
	{"all of it, as in the example of RFC 9110 §11.6.1", []string{`Basic realm="plain", Other realm="programs", kind=1, title="Enter the \"programs\""`},
		[]autherrhttp.Challenge{{Scheme: "Basic", Realm: "plain"}, {Scheme: "Other", Realm: "programs", Params: params{"kind": "1", "title": `Enter the "programs"`}}}},
}

func TestParseChallengesOfAnyForm(t *testing.T) {
	for _, test := range wellFormed {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, autherrhttp.ParseChallenges(challengeLines(test.lines...)))
		})
	}
	assert.Nil(t, autherrhttp.ParseChallenges(nil))
	assert.Nil(t, autherrhttp.ParseChallenges(http.Header{"Proxy-Authenticate": {"Basic"}, "Authorization": {"Bearer x"}}))
}

// RFC 9110 §5.3: several lines mean the same as one line that joins them with commas.
func TestChallengesInOneLineOrSeveral(t *testing.T) {
	for _, test := range wellFormed {
		assert.Equal(t, test.want, autherrhttp.ParseChallenges(challengeLines(strings.Join(test.lines, ","))), test.name)
	}
}

func TestLenientChallenges(t *testing.T) {
	for _, test := range []struct {
		name  string
		lines []string
		want  []autherrhttp.Challenge
	}{
		{"no commas", []string{`Bearer scope="s" error="invalid_token"  error_description = "d"`},
			[]autherrhttp.Challenge{{Scheme: "Bearer", Scope: "s", Response: autherr.ErrorResponse{Code: "invalid_token", Description: "d"}}}},
		{"no commas after tokens", []string{`Bearer realm=r error=e, Basic realm=b`},
			[]autherrhttp.Challenge{{Scheme: "Bearer", Realm: "r", Response: autherr.ErrorResponse{Code: "e"}}, {Scheme: "Basic", Realm: "b"}}},
		{"an address without quotes", []string{`Bearer authorization_uri=https://as.example/t?a=b;c, Basic realm="b"`},
			[]autherrhttp.Challenge{{Scheme: "Bearer", Params: params{"authorization_uri": "https://as.example/t?a=b;c"}}, {Scheme: "Basic", Realm: "b"}}},
		{"no value", []string{`Bearer realm=, error=e, x=, Basic`},
			[]autherrhttp.Challenge{{Scheme: "Bearer", Params: params{"x": ""}, Response: autherr.ErrorResponse{Code: "e"}}, {Scheme: "Basic"}}},
		{"a parameter after a token68", []string{`Negotiate abc==, realm="r"`}, []autherrhttp.Challenge{{Scheme: "Negotiate", Realm: "r"}}},
		{"parameters twice", []string{`Bearer realm="a", realm="b", error="c", ERROR="d", x=e, X=f`},
			[]autherrhttp.Challenge{{Scheme: "Bearer", Realm: "a", Params: params{"x": "e"}, Response: autherr.ErrorResponse{Code: "c"}}}},
		{"parameters twice, empty first", []string{`Bearer realm="", realm="b", error="", error="d", x="", x=f`},
			[]autherrhttp.Challenge{{Scheme: "Bearer", Realm: "b", Params: params{"x": "f"}, Response: autherr.ErrorResponse{Code: "d"}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, autherrhttp.ParseChallenges(challengeLines(test.lines...)))
		})
	}
}

// faults end the line that they are in.
var faults = []string{
	`@`, `"`, `"x"`, `=`, `=x`, `é`, "\x00", "\x7f", `\`, `/`, `(`,
	`Fault "x"`, `Fault"x"`, `Fault@`, `Fault/x`, `Fault x y`, `Fault a b=c`, `Fault @`, `Fault a=b c`, `Fault a="b" c`,
	`Fault a="`, `Fault a="b`, `Fault a="b\`, `Fault a="b\"`, "Fault a=\"\x00\"", "Fault a=\"\\\x00\"", "Fault a=\"\n\"", "Fault a=\"\x7f\"", "Fault a=\x7f", `Fault a="b"c`, `Fault a="b"c=d`, `Fault a="b""c"`, `Fault a=b"c"`, `Fault a="b" =c`, `Fault a=b =c`,
	"Fault a=\x01", `Fault a==b"`, `Fault abc===x y`, `Fault a="b";c="d"`, `OAuth "a" "b" "c"`, `Fault "a"="b"`, `Fault a="say "b" to c"`,
}

// A line counts up to its fault, and other lines count in full.
func TestWhatStandsBeforeAFaultIsKept(t *testing.T) {
	for _, fault := range faults {
		assert.Nil(t, autherrhttp.ParseChallenges(challengeLines(fault)), fault)
		for _, test := range wellFormed {
			line := strings.Join(test.lines, ",")
			assert.Equal(t, test.want, autherrhttp.ParseChallenges(challengeLines(line+", "+fault)), "%s, %s", line, fault)
			assert.Equal(t, test.want, autherrhttp.ParseChallenges(challengeLines(line+", "+fault+", Lost realm=x")), "%s, %s", line, fault)
			assert.Equal(t, test.want, autherrhttp.ParseChallenges(challengeLines(append([]string{fault}, test.lines...)...)), "%s, %s", fault, line)
		}
	}
	code := autherr.ErrorResponse{Code: "invalid_token"}
	for _, line := range []string{
		`Bearer error="invalid_token", error_description="the "exp" claim"`,
		`Bearer error="invalid_token", error_description="cut sho`,
		`Bearer error="invalid_token", error_description=The token has expired`,
		`Bearer error="invalid_token", @, realm="x"`,
		`Bearer error=invalid_token, Fault "x`,
	} {
		got := autherrhttp.ParseChallenges(challengeLines(line, `realm="of no challenge"`, `Basic realm="b"`))
		assert.Equal(t, []autherrhttp.Challenge{{Scheme: "Bearer", Response: code}, {Scheme: "Basic", Realm: "b"}}, got, line)
	}
}

// A parameter that belongs to no challenge ends its line, and a line after a fault begins anew.
func TestParametersBelongToAChallenge(t *testing.T) {
	for _, lines := range [][]string{
		{`realm="x"`},
		{`, error="x"`},
		{"", `error="x"`},
		{`Fault "`, `error="x"`},
		{`Basic realm="b", Fault "`, `error="x", Bearer`},
		{`Basic realm="b", Fault "`, "", `error="x"`},
	} {
		for _, c := range autherrhttp.ParseChallenges(challengeLines(lines...)) {
			assert.Equal(t, autherrhttp.Challenge{Scheme: "Basic", Realm: "b"}, c, lines)
		}
	}
}

func TestChallengesBeyond64KiBAreNotRead(t *testing.T) {
	long := `Bearer realm="` + strings.Repeat("x", 60<<10) + `"`
	rest := strings.Repeat("y", 64<<10-len(long)-len(`Basic realm=`))
	assert.Len(t, autherrhttp.ParseChallenges(challengeLines(long, `Basic realm=`+rest)), 2)
	assert.Len(t, autherrhttp.ParseChallenges(challengeLines(long, `Basic realm=`+rest+"y", `Basic`)), 1, "not a part of a line")
	assert.Empty(t, autherrhttp.ParseChallenges(challengeLines(strings.Repeat(" ", 64<<10)+"Bearer")))
}

// A challengeWriter writes challenges in one of the many ways that RFC 9110 §11.6.1 allows.
type challengeWriter struct {
	style uint64 // bits, used up one by one
	lines []string
}

func (w *challengeWriter) choose(texts ...string) string {
	choice := w.style % uint64(len(texts))
	w.style = w.style/uint64(len(texts)) ^ w.style<<59
	return texts[choice]
}

func (w *challengeWriter) write(challenges []autherrhttp.Challenge) []string {
	line := w.choose("", " ", ",", ", \t,")
	for _, c := range challenges {
		line += c.Scheme
		all := maps.Clone(c.Params)
		if all == nil {
			all = params{}
		}
		for name, value := range map[string]string{
			"realm": c.Realm, "scope": c.Scope, "resource_metadata": c.ResourceMetadata,
			"error": string(c.Response.Code), "error_description": c.Response.Description, "error_uri": c.Response.URI,
		} {
			if value != "" {
				all[name] = value
			}
		}
		separator := w.choose(" ", "  ", " \t")
		for _, name := range slices.Sorted(maps.Keys(all)) {
			shown := w.choose(name, strings.ToUpper(name))
			line += separator + shown + w.choose("=", " =", "= ", " \t=\t ") + w.value(all[name])
			separator = w.choose(",", ", ", " , ", ",,\t", " ,\t, ")
		}
		if w.choose("more", "new") == "new" {
			w.lines, line = append(w.lines, line), w.choose("", ",", " ")
		} else {
			line += w.choose(",", ", ", " ,, ")
		}
	}
	return append(w.lines, line)
}

var tokenOnly = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

func (w *challengeWriter) value(text string) string {
	if tokenOnly.MatchString(text) && w.choose("quoted", "token") == "token" {
		return text
	}
	quoted := `"`
	for i := range len(text) {
		if text[i] == '"' || text[i] == '\\' || w.choose("", "", "", `\`) != "" {
			quoted += `\`
		}
		quoted += text[i : i+1]
	}
	return quoted + `"`
}

// Whatever is read can be written and read again.
func TestChallengesRoundTrip(t *testing.T) {
	for _, test := range wellFormed {
		for style := range uint64(200) {
			w := challengeWriter{style: style * 0x9E3779B97F4A7C15}
			lines := w.write(test.want)
			assert.Equal(t, test.want, autherrhttp.ParseChallenges(challengeLines(lines...)), "%q", lines)
		}
	}
}

func FuzzParseChallenges(f *testing.F) {
	for i, test := range wellFormed {
		f.Add(strings.Join(test.lines, "\n"), uint64(i))
	}
	for i, fault := range faults {
		f.Add(`Bearer realm="r", `+fault+"\n"+`error=e, Basic realm="b"`, uint64(i)<<32)
	}
	f.Fuzz(func(t *testing.T, header string, style uint64) {
		lines := strings.Split(header, "\n")
		challenges := autherrhttp.ParseChallenges(challengeLines(lines...))
		kept := 0
		for _, c := range challenges {
			assert.Regexp(t, tokenOnly, c.Scheme)
			kept += len(c.Scheme) + len(c.Realm) + len(c.Scope) + len(c.ResourceMetadata)
			kept += len(c.Response.Code) + len(c.Response.Description) + len(c.Response.URI)
			for name, value := range c.Params {
				assert.Regexp(t, tokenOnly, name)
				assert.Equal(t, strings.ToLower(name), name)
				assert.NotContains(t, []string{"realm", "scope", "resource_metadata", "error", "error_description", "error_uri"}, name)
				kept += len(name) + len(value)
			}
		}
		assert.LessOrEqual(t, kept, len(header), "nothing is made up")

		assert.Equal(t, challenges, autherrhttp.ParseChallenges(challengeLines(append(lines, "", `@`)...)), "what has no challenge adds none")
		alone := autherrhttp.ParseChallenges(challengeLines(lines[0]))
		for i, c := range alone[:max(len(alone)-1, 0)] { // the next line may go on with the last one
			assert.Equal(t, c, challenges[i], "no line changes what is before")
		}

		w := challengeWriter{style: style}
		written := w.write(challenges)
		if len(strings.Join(written, "")) <= 64<<10 {
			assert.Equal(t, challenges, autherrhttp.ParseChallenges(challengeLines(written...)), "%q", written)
		}
	})
}
