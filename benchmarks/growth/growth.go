// Package growth has work of any size, to show how the cost of the verdict and of reading grows.
package growth

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// A Work is something that can be done in several sizes.
type Work struct {
	Name  string
	Unit  string // what a size counts
	Sizes []int
	Of    func(size int) func() // does the work once
}

var (
	errorsUpTo = []int{1, 10, 100, 1_000, 10_000}
	bytesUpTo  = []int{1 << 10, 4 << 10, 16 << 10, 64 << 10}
)

// Verdicts has the verdict on trees of errors that are deep or wide. It takes longest on InvalidTokenErrors,
// since each of them has a say.
var Verdicts = []Work{
	verdict("Answer: wrapped by one another", answer, deep),
	verdict("FaultOf: wrapped by one another", faultOf, deep),
	verdict("Answer: joined", answer, wide),
	verdict("FaultOf: joined", faultOf, wide),
	verdict("Answer: InvalidTokenErrors, wrapped by one another", answer, deepSpeaking),
	verdict("FaultOf: InvalidTokenErrors, wrapped by one another", faultOf, deepSpeaking),
	verdict("Answer: InvalidTokenErrors, joined", answer, wideSpeaking),
	verdict("FaultOf: InvalidTokenErrors, joined", faultOf, wideSpeaking),
}

func verdict(name string, ask func(error), tree func(int) error) Work {
	return Work{name, "error", errorsUpTo, func(size int) func() {
		err := tree(size)
		return func() { ask(err) }
	}}
}

func answer(err error)  { autherr.ProtectedResource.Answer(err) }
func faultOf(err error) { autherr.FaultOf(err) }

// A layer wraps an error as fmt.Errorf does, without a text that grows with what it wraps.
type layer struct{ err error }

func (l *layer) Error() string { return "layer" }
func (l *layer) Unwrap() error { return l.err }

func deep(n int) error {
	err := error(autherr.ErrTokenExpired)
	for range n - 1 {
		err = &layer{err}
	}
	return err
}

func wide(n int) error {
	all := make([]error, n)
	for i := range all {
		all[i] = &layer{autherr.ErrTokenExpired}
	}
	return errors.Join(all...)
}

func deepSpeaking(n int) error {
	err := error(autherr.ErrTokenExpired)
	for range n - 1 {
		err = &autherr.InvalidTokenError{Err: err}
	}
	return err
}

func wideSpeaking(n int) error {
	all := make([]error, n)
	for i := range all {
		all[i] = &autherr.InvalidTokenError{Reason: "too old"}
	}
	return errors.Join(all...)
}

// Readings has the hostile inputs that cost the most for their length, of the many that were tried.
// ParseChallenges reads the challenges, ReadError the bodies.
var Readings = []Work{
	parsing("challenges: schemes", repeated("", "a,", "")),
	parsing("challenges: one parameter each", repeated("", "a b=c,", "")),
	parsing("challenges: one with many parameters", numbered("a ", "X", "=y,", "")),
	reading("JSON: members", "application/json", numbered("{", `"`, `":0,`, `"error":"a"}`)),
	reading("JSON: one member again and again", "application/json", repeated("{", `"":0,`, `"error":"a"}`)),
	reading("JSON: a description that is not UTF-8", "application/json", repeated(`{"error":"a","error_description":"`, "\xff", `"}`)),
	reading("JSON: an array of arrays as the code", "application/json", repeated(`{"error":[`, "[],", "0]}")),
	reading("form: parameters", "application/x-www-form-urlencoded", numbered("", "xxxxx", "&", "error=a")),
	reading("CBOR: keys", autherr.MediaTypeACECBOR, numbered("\xBF\x18\x1E\x03", "\x65", "\x00", "\xFF")),
	reading("CBOR: a text in empty chunks", autherr.MediaTypeACECBOR, repeated("\xA2\x18\x1E\x03\x18\x1F\x7F", "\x60", "\xFF")),
}

func parsing(name string, input func(size int) string) Work {
	return Work{name, "byte", bytesUpTo, func(size int) func() {
		header := http.Header{"Www-Authenticate": {input(size)}}
		return func() { autherrhttp.ParseChallenges(header) }
	}}
}

func reading(name, mediaType string, input func(size int) string) Work {
	return Work{name, "byte", bytesUpTo, func(size int) func() {
		header := http.Header{"Content-Type": {mediaType}}
		body := []byte(input(size - 1)) // a longer one would be cut short by ReadError
		return func() {
			res := http.Response{StatusCode: http.StatusBadRequest, Header: header, Body: io.NopCloser(bytes.NewReader(body))}
			_ = autherrhttp.ReadError(&res)
		}
	}}
}

// repeated returns a function that makes texts of begin, as many units as there is room for, and end.
func repeated(begin, unit, end string) func(size int) string {
	return func(size int) string {
		return begin + strings.Repeat(unit, (size-len(begin)-len(end))/len(unit)) + end
	}
}

// numbered returns a function that makes texts of begin, as many different numbers as there is room for, each
// with five digits between before and after, and end.
func numbered(begin, before, after, end string) func(size int) string {
	return func(size int) string {
		var text strings.Builder
		text.WriteString(begin)
		for i := range (size - len(begin) - len(end)) / (len(before) + 5 + len(after)) {
			text.WriteString(before + strconv.Itoa(10_000+i) + after)
		}
		return text.String() + end
	}
}
