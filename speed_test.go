package autherr_test

import (
	"flag"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

var speed = flag.Bool("speed", false, "hold the package to the ratios that it promises, which wants a quiet machine")

// ratio returns how many times as long slow takes as fast. It measures them in turn and compares the
// best of each, so that what else the machine does counts little.
func ratio(slow, fast func()) float64 {
	const rounds, calls = 400, 1000
	best := [2]time.Duration{time.Hour, time.Hour}
	for range rounds {
		for i, f := range []func(){slow, fast} {
			start := time.Now()
			for range calls {
				f()
			}
			best[i] = min(best[i], time.Since(start))
		}
	}
	return float64(best[0]) / float64(best[1])
}

func TestDecodingIsFasterThanAGeneralDecoder(t *testing.T) {
	if !*speed {
		t.Skip("only with -speed")
	}
	for _, tt := range responses {
		data, err := tt.response.MarshalCBOR()
		require.NoError(t, err)
		got := ratio(
			func() {
				var read keyAsInt
				_ = cbor.Unmarshal(data, &read)
			},
			func() {
				var read autherr.ErrorResponse
				_ = read.UnmarshalCBOR(data)
			},
		)
		t.Logf("UnmarshalCBOR, %s: %.1f times as fast as fxamacker/cbor", tt.name, got)
		assert.GreaterOrEqual(t, got, 4.0, tt.name)
	}
}

func TestEncodingIsFasterThanAGeneralEncoder(t *testing.T) {
	if !*speed {
		t.Skip("only with -speed")
	}
	atLeast := map[string]float64{"code": 10, "all": 4}
	for _, tt := range responses {
		content := keyAsInt{int32(tt.response.Code), tt.response.Description, tt.response.URI}
		buffer := make([]byte, 0, 128)
		got := ratio(
			func() { _, _ = coreDeterministic.Marshal(content) },
			func() { _, _ = tt.response.AppendCBOR(buffer) },
		)
		t.Logf("AppendCBOR, %s: %.1f times as fast as fxamacker/cbor", tt.name, got)
		assert.GreaterOrEqual(t, got, atLeast[tt.name], tt.name)
	}
}
