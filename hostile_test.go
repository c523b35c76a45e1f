package autherr_test

import (
	"bytes"
	"flag"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

var (
	hostileInputs = flag.Int("hostile", 2000, "how many hostile `inputs` to decode")
	hostileSeed   = flag.Uint64("seed", 1, "what the hostile inputs are made from")
)

// A mutator makes hostile inputs of valid ones.
type mutator struct {
	*rand.Rand
	valid [][]byte
}

func newMutator(t *testing.T, seed uint64) *mutator {
	m := &mutator{Rand: rand.New(rand.NewPCG(seed, 0))}
	for _, r := range validResponses {
		data, err := r.MarshalCBOR()
		require.NoError(t, err)
		m.valid = append(m.valid, data)
	}
	for _, digits := range acceptedCBOR {
		m.valid = append(m.valid, unhex(t, digits))
	}
	m.valid = append(m.valid, append(append(unhex(t, "BF 181E 04"), pairs(500)...), 0xFF))
	return m
}

// tokens are bytes that mean much in CBOR: heads of every kind and length, keys of ours, and the break.
var tokens = []byte{0x00, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1E, 0x1F, 0x20, 0x3B, 0x40, 0x5F, 0x60, 0x7B, 0x7F, 0x80, 0x9B, 0x9F, 0xA1, 0xBB, 0xBF, 0xC2, 0xD9, 0xDB, 0xF6, 0xF7, 0xF8, 0xFB, 0xFF}

// input returns a valid input with one to four changes.
func (m *mutator) input() []byte {
	data := bytes.Clone(m.valid[m.IntN(len(m.valid))])
	for range 1 + m.IntN(4) {
		if len(data) == 0 {
			break
		}
		i, j := m.IntN(len(data)), m.IntN(len(data))
		i, j = min(i, j), max(i, j)
		switch m.IntN(7) {
		case 0:
			data[i] ^= 1 << m.IntN(8)
		case 1:
			data[i] = tokens[m.IntN(len(tokens))]
		case 2:
			data = append(data[:i], append([]byte{tokens[m.IntN(len(tokens))]}, data[i:]...)...)
		case 3:
			data = append(data[:i], data[j:]...)
		case 4:
			data = append(data[:j], append(bytes.Clone(data[i:j]), data[j:]...)...)
		case 5:
			data = data[:j]
		case 6:
			other := m.valid[m.IntN(len(m.valid))]
			data = append(data[:i], other[m.IntN(len(other)):]...)
		}
	}
	return data
}

// allocated returns how many bytes f takes. The runtime counts those of the whole process, so what else runs may
// add to a measurement, but not take from it: the least of three is nearest to the truth.
func allocated(f func()) uint64 {
	least := uint64(math.MaxUint64)
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

func TestHostileInputIsHarmless(t *testing.T) {
	const together = 16 // reading the memory's statistics takes longer than decoding
	m := newMutator(t, *hostileSeed)
	accepted := 0
	for n := 0; n < *hostileInputs && !t.Failed(); n += together {
		var inputs [][]byte
		shortest := 1 << 20
		for range together {
			data := m.input()
			checkUnmarshalCBOR(t, data)
			if new(autherr.ErrorResponse).UnmarshalCBOR(data) == nil {
				accepted++
			}
			inputs = append(inputs, data)
			shortest = min(shortest, len(data))
		}
		allowed := func(length int) uint64 { return uint64(64*length + 4096) }
		decode := func(inputs ...[]byte) func() {
			return func() {
				for _, data := range inputs {
					_ = new(autherr.ErrorResponse).UnmarshalCBOR(data)
				}
			}
		}
		if allocated(decode(inputs...)) <= allowed(shortest) {
			continue // so none takes more than it may
		}
		for _, data := range inputs {
			assert.LessOrEqual(t, allocated(decode(data)), allowed(len(data)), "%x", data)
		}
	}
	t.Logf("%d inputs from seed %d, of which %d are responses", *hostileInputs, *hostileSeed, accepted)
	assert.NotZero(t, accepted, "changes are small enough to leave some valid")
}
