package autherr_test

import (
	"bytes"
	"cmp"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

// numberFrom returns the number in an environment variable. A flag would not do, since go test ./...
// gives it to packages that do not know it.
func numberFrom(t *testing.T, variable string, otherwise uint64) uint64 {
	t.Helper()
	text := cmp.Or(os.Getenv(variable), strconv.FormatUint(otherwise, 10))
	n, err := strconv.ParseUint(text, 10, 64)
	require.NoError(t, err, variable)
	return n
}

// A mutator makes hostile inputs of valid ones.
type mutator struct {
	*rand.Rand
	valid [][]byte
}

func newMutator(t *testing.T, seed uint64) *mutator {
	m := &mutator{Rand: rand.New(rand.NewPCG(seed, 0))}
	for _, r := range validResponses {
		if data, err := r.MarshalCBOR(); err == nil && len(data) < 1<<10 {
			m.valid = append(m.valid, data)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(acceptedCBOR)) { // so that a seed always gives the same inputs
		m.valid = append(m.valid, unhex(t, acceptedCBOR[name]))
	}
	m.valid = append(m.valid, append(append(unhex(t, "BF 181E 04"), pairs(500)...), 0xFF))
	return m
}

// tokens are bytes with a meaning in CBOR: heads of every kind and length, keys of ours, and the break.
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

func TestHostileInputIsHarmless(t *testing.T) {
	const together = 16 // reading the memory's statistics takes longer than decoding
	inputs, seed := numberFrom(t, "AUTHERR_HOSTILE", 2000), numberFrom(t, "AUTHERR_SEED", 1)
	m := newMutator(t, seed)
	accepted := 0
	for n := uint64(0); n < inputs && !t.Failed(); n += together {
		var batch [][]byte
		shortest := 1 << 20
		for range together {
			data := m.input()
			checkUnmarshalCBOR(t, data)
			if new(autherr.ErrorResponse).UnmarshalCBOR(data) == nil {
				accepted++
			}
			batch = append(batch, data)
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
		if allocated(decode(batch...)) <= allowed(shortest) {
			continue // so none takes more than is allowed
		}
		for _, data := range batch {
			assert.LessOrEqual(t, allocated(decode(data)), allowed(len(data)), "%x", data)
		}
	}
	t.Logf("%d inputs from seed %d, of which %d are responses", inputs, seed, accepted)
	assert.NotZero(t, accepted, "changes are small enough to leave some valid")
}
