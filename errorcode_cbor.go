package autherr

import (
	"fmt"
	"math"

	"github.com/fxamacker/cbor/v2"

	"github.com/seed-e9190de5/autherr/internal/plain"
)

// AppendCBOR appends the CBOR form of c to b: an integer (RFC 9200 §5.8.3) in its shortest form.
// It returns a [*FieldError], and b as it was, if c has no [ErrorCode.CBORValue].
func (c ErrorCode) AppendCBOR(b []byte) ([]byte, error) {
	value, ok := c.CBORValue()
	if !ok {
		return b, noCBORValue(c)
	}
	major, argument := intHead(value)
	return appendHead(b, major, argument), nil
}

// noCBORValue refuses a code without a CBOR value.
func noCBORValue(code ErrorCode) error {
	if code == "" {
		return codeAbsent()
	}
	return &FieldError{paramError, plain.Foreign(string(code)) + " has no CBOR value"}
}

// MarshalCBOR returns the CBOR form of c as [ErrorCode.AppendCBOR] writes it.
func (c ErrorCode) MarshalCBOR() ([]byte, error) { return c.AppendCBOR(nil) }

// UnmarshalCBOR sets c to the code that data holds. That must be one integer within int32, not 0,
// in its shortest form. For anything else it returns an error that says what was found, a
// [*FieldError] if that is one data item, and leaves c as it was.
func (c *ErrorCode) UnmarshalCBOR(data []byte) error {
	if err := wellFormed(data); err != nil {
		return err
	}
	head, _ := cutHead(data)
	value, err := codeOf(head, data)
	if err != nil {
		return err
	}
	code := Other(value)
	if shortest, _ := code.MarshalCBOR(); len(data) > len(shortest) {
		return &FieldError{paramError, fmt.Sprintf("found %d in %d bytes instead of %d", value, len(data), len(shortest))}
	}
	*c = code
	return nil
}

// codeOf returns the CBOR value of the code that a data item with head h holds.
func codeOf(h head, item []byte) (value int32, err error) {
	switch {
	case h.major > majorNegative:
		return 0, &FieldError{paramError, "found " + kindOf(item) + ", not an integer"}
	case h.argument > math.MaxInt32:
		number, _ := cbor.Diagnose(item) // which does not fail for an integer
		return 0, &FieldError{paramError, "found " + number + ", outside int32"}
	case h.major == majorNegative:
		return int32(-1 - int64(h.argument)), nil
	case h.argument == 0:
		return 0, &FieldError{paramError, "found 0, which is no code"}
	default:
		return int32(h.argument), nil
	}
}
