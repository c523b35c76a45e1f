package autherr

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
)

// The names of the CBOR format of an [ErrorResponse], in HTTP and in CoAP (RFC 9200 §8.15 and §8.16).
const (
	MediaTypeACECBOR     = "application/ace+cbor"
	ContentFormatACECBOR = 19
)

// The major types of CBOR (RFC 8949 §3.1).
const (
	majorUnsigned = iota
	majorNegative
	majorBytes
	majorText
	majorArray
	majorMap
	majorTag
	majorSimple
)

// breakCode ends an item of indefinite length (RFC 8949 §3.2.1).
const breakCode = 0xFF

// decMode reads what peers send us.
var decMode = must(cbor.DecOptions{
	// The response's own map, and 16 levels in a parameter that we ignore.
	MaxNestedLevels: 1 + 16,
	// The defaults of fxamacker/cbor. A CoAP message, for which this is made,
	// does not come near them.
	MaxArrayElements: 131072,
	MaxMapPairs:      131072,
}.DecMode())

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// wellFormed refuses data that is not exactly one well-formed CBOR data item within the limits of
// decMode.
func wellFormed(data []byte) error {
	if math.MaxInt == math.MaxInt32 {
		data = clampLength(data)
	}
	if err := decMode.Wellformed(data); err != nil {
		return fmt.Errorf("autherr: want one CBOR data item: %w", err)
	}
	return nil
}

// clampLength returns data as it is, or a copy in which the first length beyond
// math.MaxInt32 is one that fxamacker/cbor refuses. That converts lengths to int, which
// has 32 bits on some platforms, so that it reads 2^32 as 0 there. A length beyond int64
// becomes math.MaxUint64, so that the error has the same words as on 64 bits.
func clampLength(data []byte) []byte {
	for rest := data; len(rest) > 0; {
		size := argumentSize(rest[0])
		if len(rest) <= size {
			break
		}
		head, content := cutHead(rest)
		if majorBytes <= head.major && head.major <= majorMap && head.argument > math.MaxInt32 {
			begin := len(data) - len(content) - size
			clamped := bytes.Clone(data)
			switch {
			case size == 4:
				binary.BigEndian.PutUint32(clamped[begin:], math.MaxInt32)
			case head.argument <= math.MaxInt64:
				binary.BigEndian.PutUint64(clamped[begin:], math.MaxInt32)
			default:
				binary.BigEndian.PutUint64(clamped[begin:], math.MaxUint64)
			}
			return clamped
		}
		if head.major == majorBytes || head.major == majorText {
			if head.argument > uint64(len(content)) {
				break
			}
			content = content[head.argument:]
		}
		rest = content
	}
	return data
}

// argumentSize returns how many bytes follow the first one of a head.
func argumentSize(first byte) int {
	if info := first & 0x1F; 24 <= info && info <= 27 {
		return 1 << (info - 24)
	}
	return 0
}

// intHead returns the head of an integer, which is all that there is of it.
func intHead(value int32) (major byte, argument uint64) {
	if value < 0 {
		return majorNegative, uint64(-1 - value)
	}
	return majorUnsigned, uint64(value)
}

// appendHead appends the shortest head of a data item (RFC 8949 §3). It is split in two so that
// the first part, which is enough for most heads, is inlined: that makes AppendCBOR of a
// response with texts a tenth faster.
func appendHead(b []byte, major byte, argument uint64) []byte {
	if argument < 24 {
		return append(b, major<<5|byte(argument))
	}
	return appendLongHead(b, major<<5, argument)
}

func appendLongHead(b []byte, major byte, argument uint64) []byte {
	switch {
	case argument <= math.MaxUint8:
		return append(b, major|24, byte(argument))
	case argument <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(argument))
	case argument <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(argument))
	default:
		return binary.BigEndian.AppendUint64(append(b, major|27), argument)
	}
}

// A head is how every data item begins (RFC 8949 §3).
type head struct {
	major      byte
	argument   uint64
	indefinite bool // the item goes on until a break, and argument is 0
}

// cutHead splits well-formed CBOR after the head of its first data item.
func cutHead(data []byte) (head, []byte) {
	major, info, rest := data[0]>>5, data[0]&0x1F, data[1:]
	switch info {
	case 24:
		return head{major: major, argument: uint64(rest[0])}, rest[1:]
	case 25:
		return head{major: major, argument: uint64(binary.BigEndian.Uint16(rest))}, rest[2:]
	case 26:
		return head{major: major, argument: uint64(binary.BigEndian.Uint32(rest))}, rest[4:]
	case 27:
		return head{major: major, argument: binary.BigEndian.Uint64(rest)}, rest[8:]
	case 31:
		return head{major: major, indefinite: true}, rest
	default:
		return head{major: major, argument: uint64(info)}, rest
	}
}

// cutItem splits well-formed CBOR after its first data item, which has head h.
func cutItem(data []byte) (h head, item, rest []byte) {
	h, content := cutHead(data)
	rest = skipContent(h, content)
	return h, data[:len(data)-len(rest)], rest
}

// skipContent returns what follows the content of a data item in well-formed CBOR.
func skipContent(h head, data []byte) []byte {
	if h.indefinite {
		for data[0] != breakCode {
			data = skipItem(data)
		}
		return data[1:]
	}
	var children uint64
	switch h.major {
	case majorBytes, majorText:
		return data[h.argument:]
	case majorArray:
		children = h.argument
	case majorMap:
		children = 2 * h.argument
	case majorTag:
		children = 1
	}
	for range children {
		data = skipItem(data)
	}
	return data
}

// skipItem returns what follows the first data item of well-formed CBOR.
func skipItem(data []byte) []byte { return skipContent(cutHead(data)) }

// textOf returns the content of a text string with head h. ok is false if that is not valid UTF-8.
func textOf(h head, item []byte) (text string, ok bool) {
	if h.indefinite {
		return textOfChunks(item)
	}
	content := item[len(item)-int(h.argument):]
	return string(content), utf8.Valid(content)
}

// textOfChunks is a function of its own because its result escapes to the heap, which would cost
// textOf an allocation.
func textOfChunks(item []byte) (text string, ok bool) {
	err := decMode.Unmarshal(item, &text)
	return text, err == nil
}

// isNull reports whether a data item is null, which has one encoding only.
func isNull(item []byte) bool { return item[0] == 0xF6 }

// kindOf returns what a data item is, for people to read.
func kindOf(item []byte) string {
	major := item[0] >> 5
	switch {
	case major != majorSimple:
		return [...]string{"an integer", "an integer", "a byte string", "a text string", "an array", "a map", "a tagged value"}[major]
	case isNull(item):
		return "null"
	}
	switch item[0] {
	case 0xF4, 0xF5:
		return "a boolean"
	case 0xF7:
		return "undefined"
	case 0xF9, 0xFA, 0xFB:
		return "a float"
	default:
		return "a simple value"
	}
}
