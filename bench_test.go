package autherr_test

import (
	"errors"
	"net/url"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/seed-e9190de5/autherr"
)

// longResponse has a description of 45 characters and a URI of 20.
var longResponse = autherr.ErrorResponse{
	Code:        autherr.UnauthorizedClient,
	Description: "You are not authorized to receive this token.",
	URI:         "https://http.cat/401",
}

// keyAsInt is a response for fxamacker/cbor.
type keyAsInt struct {
	Code        int32  `cbor:"30,keyasint"`
	Description string `cbor:"31,keyasint,omitempty"`
	URI         string `cbor:"32,keyasint,omitempty"`
}

// A task is something that the package does, and what its speed is compared with.
type task struct {
	name    string
	do      func()
	than    string
	compare func()
	atLeast float64 // do is so many times as fast as compare, or
	atMost  float64 // takes so many times as long, not counting net/url's parsing if that is part of it
	parses  bool
}

// tasks are all that the package promises a speed for.
func tasks(tb testing.TB) []task {
	buffer := make([]byte, 0, 128)
	var all []task
	for _, code := range []autherr.ErrorCode{
		autherr.InvalidRequest, autherr.InvalidClient, autherr.InvalidGrant, autherr.UnauthorizedClient,
		autherr.UnsupportedGrantType, autherr.InvalidScope, autherr.UnsupportedPoPKey, autherr.IncompatibleACEProfiles,
	} {
		response := autherr.ErrorResponse{Code: code}
		value, _ := code.CBORValue()
		content := keyAsInt{Code: value}
		all = append(all, task{
			name: "AppendCBOR of " + string(code), do: func() { _, _ = response.AppendCBOR(buffer) },
			than: "fxamacker/cbor", compare: func() { _, _ = coreDeterministic.Marshal(content) }, atLeast: 8,
		})
	}
	appendLong := func() { _, _ = longResponse.AppendCBOR(buffer) }
	content := keyAsInt{4, longResponse.Description, longResponse.URI}
	all = append(all, task{
		name: "AppendCBOR of a long response", do: appendLong,
		than: "fxamacker/cbor", compare: func() { _, _ = coreDeterministic.Marshal(content) }, atLeast: 4,
	})
	for name, response := range map[string]autherr.ErrorResponse{"a code": {Code: autherr.UnauthorizedClient}, "a long response": longResponse} {
		data, err := response.MarshalCBOR()
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, task{
			name: "UnmarshalCBOR of " + name, do: func() { var read autherr.ErrorResponse; _ = read.UnmarshalCBOR(data) },
			than: "fxamacker/cbor", compare: func() { var read keyAsInt; _ = cbor.Unmarshal(data, &read) }, atLeast: 1.5,
		})
	}
	built := error(longResponse)
	find := func() { _ = errors.Is(errWrapped, autherr.ErrOAuth2CodeNotFound) }
	return append(all,
		task{name: "Build of a long response", do: func() {
			_, _ = autherr.NewErrorResponseBuilder().Error(longResponse.Code).Description(longResponse.Description).URI(longResponse.URI).Build()
		}, than: "its AppendCBOR", compare: appendLong, atMost: 3, parses: true},
		task{name: "Validate of a long response", do: func() { _ = longResponse.Validate() }, than: "its AppendCBOR", compare: appendLong, atMost: 3, parses: true},
		task{name: "Answer for a long response", do: func() { _ = autherr.TokenEndpoint.Answer(built) }, than: "its AppendCBOR", compare: appendLong, atMost: 4, parses: true},
		task{name: "Answer for a sentinel wrapped three times", do: func() { _ = autherr.TokenEndpoint.Answer(errWrapped) }, than: "errors.Is that finds it", compare: find, atMost: 5},
	)
}

// parse is net/url's part of what a response with a URI takes.
func parse() { _, _ = url.Parse(longResponse.URI) }

func BenchmarkTasks(b *testing.B) {
	for _, task := range tasks(b) {
		b.Run(task.name, func(b *testing.B) { measure(b, task.do) })
		b.Run(task.name+", compared with "+task.than, func(b *testing.B) { measure(b, task.compare) })
	}
	b.Run("parsing of a URI by net/url", func(b *testing.B) { measure(b, parse) })
}

func measure(b *testing.B, f func()) {
	b.ReportAllocs()
	for b.Loop() {
		f()
	}
}

func BenchmarkReturnSentinel(b *testing.B) { measure(b, func() { _ = store(false) }) }

func BenchmarkErrorsIs(b *testing.B) {
	for name, target := range map[string]error{
		"error": autherr.ErrOAuth2CodeNotFound, "category": autherr.CategoryOAuth2, "code": autherr.InvalidGrant, "miss": autherr.ErrTokenExpired,
	} {
		b.Run(name, func(b *testing.B) { measure(b, func() { _ = errors.Is(errWrapped, target) }) })
	}
}

func BenchmarkSentinelToCBOR(b *testing.B) {
	buffer := make([]byte, 0, 64)
	measure(b, func() { _ = toWire(buffer, errWrapped) })
}
