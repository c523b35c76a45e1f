package autherr_test

import (
	"errors"
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

// keyAsInt is the same content for fxamacker/cbor.
type keyAsInt struct {
	Code        int32  `cbor:"30,keyasint"`
	Description string `cbor:"31,keyasint,omitempty"`
	URI         string `cbor:"32,keyasint,omitempty"`
}

func BenchmarkReturnSentinel(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = store(false)
	}
}

func BenchmarkErrorsIs(b *testing.B) {
	for name, target := range map[string]error{
		"error": autherr.ErrOAuth2CodeNotFound, "category": autherr.CategoryOAuth2, "code": autherr.InvalidGrant, "miss": autherr.ErrTokenExpired,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = errors.Is(errWrapped, target)
			}
		})
	}
}

func BenchmarkSentinelToWire(b *testing.B) {
	buffer := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		_ = toWire(buffer, errWrapped)
	}
}

// responses are what the encoders are compared with.
var responses = []struct {
	name     string
	response autherr.ErrorResponse
}{
	{"code", autherr.ErrorResponse{Code: autherr.UnauthorizedClient}},
	{"all", longResponse},
}

func BenchmarkAppendCBOR(b *testing.B) {
	for _, bb := range responses {
		b.Run(bb.name+"/autherr", func(b *testing.B) {
			buffer := make([]byte, 0, 128)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = bb.response.AppendCBOR(buffer)
			}
		})
		b.Run(bb.name+"/fxamacker", func(b *testing.B) {
			content := keyAsInt{int32(bb.response.Code), bb.response.Description, bb.response.URI}
			b.ReportAllocs()
			for b.Loop() {
				_, _ = coreDeterministic.Marshal(content)
			}
		})
	}
}

func BenchmarkUnmarshalCBOR(b *testing.B) {
	for _, bb := range responses {
		data, err := bb.response.MarshalCBOR()
		if err != nil {
			b.Fatal(err)
		}
		b.Run(bb.name+"/autherr", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var read autherr.ErrorResponse
				_ = read.UnmarshalCBOR(data)
			}
		})
		b.Run(bb.name+"/fxamacker", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var read keyAsInt
				_ = cbor.Unmarshal(data, &read)
			}
		})
	}
}
