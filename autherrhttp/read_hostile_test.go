package autherrhttp_test

import (
	"bytes"
	"net/http"
	"net/url"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// fill returns begin, as many of unit as there is room for, and end, in size bytes or a few less.
func fill(size int, begin, unit, end string) string {
	return begin + strings.Repeat(unit, (size-len(begin)-len(end))/len(unit)) + end
}

// distinct returns texts that differ, in size bytes or a few less: each is a number between before and after.
func distinct(size int, begin, before, after, end string) string {
	var b strings.Builder
	b.WriteString(begin)
	for i := 0; ; i++ {
		number := string([]byte{'a' + byte(i>>12&15), 'a' + byte(i>>8&15), 'a' + byte(i>>4&15), 'a' + byte(i&15)})
		if b.Len()+len(before)+len(number)+len(after)+len(end) > size {
			return b.String() + end
		}
		b.WriteString(before + number + after)
	}
}

// worstChallenges are headers that could cost more than their length.
var worstChallenges = map[string]func(size int) string{
	"schemes":                    func(n int) string { return fill(n, "", "a,", "") },
	"schemes and spaces":         func(n int) string { return fill(n, "", "a ,", "") },
	"commas":                     func(n int) string { return fill(n, "", ",", "") },
	"spaces":                     func(n int) string { return fill(n, "", " ", "") },
	"spaces after a scheme":      func(n int) string { return fill(n, "a", " ", "b") },
	"spaces before =":            func(n int) string { return fill(n, "a b", " ", "=c") },
	"spaces after =":             func(n int) string { return fill(n, "a b=", " ", "c") },
	"spaces after a value":       func(n int) string { return fill(n, "a b=c", " ", "d=e") },
	"spaces between members":     func(n int) string { return fill(n, "a b=c", "    ,    d=e", "") },
	"spaces that lead to nought": func(n int) string { return fill(n, "a b=c", " ", "d") },
	"tokens":                     func(n int) string { return fill(n, "", "a", "") },
	"token68":                    func(n int) string { return fill(n, "a ", "b/", "=") },
	"token68 that is none":       func(n int) string { return fill(n, "a ", "b", "@") },
	"=":                          func(n int) string { return fill(n, "a b", "=", "") },
	"= that are a value":         func(n int) string { return fill(n, "a b", "=", "c d=e") },
	"one parameter":              func(n int) string { return fill(n, "a ", "b=c,", "") },
	"one parameter, no commas":   func(n int) string { return fill(n, "a ", "b=c ", "") },
	"parameters":                 func(n int) string { return distinct(n, "a ", "", "=,", "b=c") },
	"parameters in upper case":   func(n int) string { return distinct(n, "a ", "X", "=y,", "") },
	"challenges of one":          func(n int) string { return fill(n, "", "a b=c,", "") },
	"challenges with errors":     func(n int) string { return fill(n, "", "a error=c,", "") },
	"challenges with texts":      func(n int) string { return fill(n, "", "a error_uri=c,", "") },
	"quotes":                     func(n int) string { return fill(n, "a b=", `"`, "") },
	"quoted strings":             func(n int) string { return fill(n, "a ", `b="",`, "") },
	"quoted pairs":               func(n int) string { return fill(n, `a b="`, `\\`, `"`) },
	"quoted pairs without end":   func(n int) string { return fill(n, `a b="`, `\"`, ``) },
	"quoted pairs here and there": func(n int) string {
		return fill(n, "a ", `b="\c",`, "")
	},
	"a name that goes on": func(n int) string { return fill(n, "a b=c d=e ", "f", "") },
	"a fault at the end":  func(n int) string { return fill(n, "a ", "b=c,", "@") },
}

// worstBodies are bodies that could cost more than their length.
var worstBodies = map[string]func(size int) string{
	"{":                  func(n int) string { return fill(n, "", "{", "") },
	"[":                  func(n int) string { return fill(n, `{"error":`, "[", "") },
	"objects in objects": func(n int) string { n = min(n, 40000); return fill(n/2, "", `{"a":`, "0") + strings.Repeat("}", n/10) },
	"arrays in error":    func(n int) string { return fill(n, `{"error":[`, "[],", "0]}") },
	"numbers in error":   func(n int) string { return fill(n, `{"error":`, "9", "}") },
	"error again":        func(n int) string { return fill(n, "{", `"error":0,`, `"error":"a"}`) },
	"members":            func(n int) string { return distinct(n, "{", `"`, `":0,`, `"error":"a"}`) },
	"a long name":        func(n int) string { return fill(n, `{"`, "a", `":0}`) },
	"a long code":        func(n int) string { return fill(n, `{"error":"`, "a", `"}`) },
	"escapes":            func(n int) string { return fill(n, `{"error":"`, `\u0041`, `"}`) },
	"surrogates":         func(n int) string { return fill(n, `{"error":"`, `\ud800`, `"}`) },
	"backslashes":        func(n int) string { return fill(n, `{"error":"`, `\\`, ``) },
	"bytes beyond UTF-8": func(n int) string { return fill(n, `{"error":"`, "\xff", `"}`) },
	"space":              func(n int) string { return fill(n, "", " ", `{"error":"a"}`) },
	"space after":        func(n int) string { return fill(n, `{"error":"a"}`, " ", "") },
	"objects":            func(n int) string { return fill(n, "", `{"error":"a"}`, "") },
	"a page":             func(n int) string { return fill(n, "", "<", "") },
	"zeros":              func(n int) string { return fill(n, "", "\x00", "") },
	"digits":             func(n int) string { return fill(n, "", "9", "") },

	"form: &":              func(n int) string { return fill(n, "", "&", "error=a") },
	"form: few parameters": func(n int) string { return fill(n, "", "aaaaaaaaa&", "error=a") },
	"form: error again":    func(n int) string { return fill(n, "", "error=a&", "") },
	"form: parameters":     func(n int) string { return distinct(n, "", "xxxxx", "&", "") },
	"form: escapes":        func(n int) string { return fill(n, "error=", "%41", "") },
	"form: bad escapes":    func(n int) string { return fill(n, "", "%zzzzzzzz&", "error=a") },
	"form: semicolons":     func(n int) string { return fill(n, "", ";;;;;;;;;&", "error=a") },

	"CBOR: arrays":          func(n int) string { return fill(n, "\xA1\x00", "\x81", "\x00") },
	"CBOR: arrays in a map": func(n int) string { return fill(n, "\xBF\x18\x1E\x03", "\x00\x80", "\xFF") },
	"CBOR: keys":            func(n int) string { return distinct(n, "\xBF\x18\x1E\x03", "\x64", "\x00", "\xFF") },
	"CBOR: chunks":          func(n int) string { return fill(n, "\xA2\x18\x1E\x03\x18\x1F\x7F", "\x61a", "\xFF") },
	"CBOR: empty chunks":    func(n int) string { return fill(n, "\xA2\x18\x1E\x03\x18\x1F\x7F", "\x60", "\xFF") },
	"CBOR: tags":            func(n int) string { return fill(n, "\xA1\x00", "\xC1", "\x00") },
	"CBOR: arrays that nest": func(n int) string {
		return fill(n, "\xA1\x00\x9F", strings.Repeat("\x9F", 14)+strings.Repeat("\xFF", 14), "\xFF")
	},
	"CBOR: a length too long": func(n int) string { return fill(n, "\xA1\x18\x1E\x7B\x00\x00\x00\xFF\xFF\xFF\xFF\xFF", "a", "") },
}

func bodyType(name string) string {
	switch prefix, _, _ := strings.Cut(name, ":"); prefix {
	case "form":
		return "application/x-www-form-urlencoded"
	case "CBOR":
		return autherr.MediaTypeACECBOR
	default:
		return "application/json"
	}
}

const small = limit / 8

// cost returns the time and the memory that f takes. Both are of the whole process. The garbage collector
// waits meanwhile, since it takes longer the more is alive.
func cost(f func()) (took time.Duration, bytes uint64) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := time.Now()
	f()
	took = time.Since(begin)
	runtime.ReadMemStats(&after)
	return took, after.TotalAlloc - before.TotalAlloc
}

// assertLinear compares the cost of one input with that of eight which are an eighth as long. It is about
// the same if it is linear, and eight times as much if it is quadratic. Anything else the machine does may
// spoil a measurement, so one of many has to come out right. If the cost is quadratic, none does.
func assertLinear(t *testing.T, input func(size int) string, read func(input string)) {
	t.Helper()
	long, short := input(limit), input(small)
	read(long) // what happens only once happens now
	for range 50 {
		oneTime, oneMemory := cost(func() {
			for range 4 {
				read(long)
			}
		})
		eightTime, eightMemory := cost(func() {
			for range 8 * 4 {
				read(short)
			}
		})
		if oneTime < 4*eightTime+time.Millisecond && oneMemory < 3*eightMemory+1<<20 && oneMemory/4 < 500*limit {
			return
		}
	}
	assert.Fail(t, "64 KiB cost more than 8 times 8 KiB, however often they are measured")
}

func TestChallengesCostLinearTimeAndMemory(t *testing.T) {
	for name, input := range worstChallenges {
		t.Run(name, func(t *testing.T) {
			assertLinear(t, input, func(input string) { autherrhttp.ParseChallenges(challengeLines(input)) })
			assertLinear(t, input, func(input string) {
				autherrhttp.ReadErrorBody(&http.Response{Header: challengeLines(input)}, nil)
			})
		})
	}
	t.Run("lines", func(t *testing.T) {
		assertLinear(t, worstChallenges["challenges of one"], func(input string) {
			autherrhttp.ParseChallenges(challengeLines(strings.SplitAfter(input, ",")...))
		})
	})
}

func TestBodiesCostLinearTimeAndMemory(t *testing.T) {
	for name, input := range worstBodies {
		t.Run(name, func(t *testing.T) {
			header := http.Header{"Content-Type": {bodyType(name)}}
			assertLinear(t, input, func(input string) {
				autherrhttp.ReadErrorBody(&http.Response{Header: header}, []byte(input))
			})
		})
	}
}

func TestOtherHeadersCostLinearTimeAndMemory(t *testing.T) {
	for name, unit := range map[string]string{"digits": "9", "dots": ".", "zeros": "0", "letters": "F", "commas": ",", "spaces": " "} {
		t.Run(name, func(t *testing.T) {
			assertLinear(t, func(n int) string { return fill(n, "", unit, "") }, func(input string) {
				autherrhttp.ReadErrorBody(&http.Response{Header: http.Header{"Retry-After": {input}, "Date": {input}, "Content-Type": {input}}}, nil)
			})
		})
	}
}

func TestRedirectsCostLinearTimeAndMemory(t *testing.T) {
	assertLinear(t, func(n int) string { return fill(n, "", "x", "") }, func(input string) {
		many := strings.Split(input, "")
		autherrhttp.ReadRedirect(url.Values{"error": many, "error_description": {input}, "error_uri": make([]string, len(input))})
	})
}

// Of the worst inputs, too, the whole body is kept, and Error stays short.
func TestHostileAnswersStayBounded(t *testing.T) {
	check := func(name string, body []byte, headers ...string) {
		remote := remoteOf(t, autherrhttp.ReadErrorBody(response(400, nil, headers...), body))
		assert.True(t, bytes.Equal(body, remote.Body), name)
		assert.Less(t, len(remote.Error()), 6<<10, name)
		if remote.Err != nil {
			assert.Less(t, len(remote.Err.Error()), 1<<10, name)
		}
	}
	for name, input := range worstBodies {
		check(name, []byte(input(limit)), "Content-Type", bodyType(name))
	}
	for name, input := range worstChallenges {
		check(name, nil, "WWW-Authenticate", input(limit))
	}
}
