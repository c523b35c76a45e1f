package autherr

import (
	"fmt"
	"math"

	"github.com/fxamacker/cbor/v2"
)

// AppendCBOR appends the CBOR form of c to b: an integer (RFC 9200 §5.8.3), in its
// shortest form. It fails for 0 alone, which is no code, with a [*FieldError], and then
// returns b as it was.
func (c ErrorCode) AppendCBOR(b []byte) ([]byte, error) {
	if c == 0 {
		return b, noCode()
	}
	return c.appendItem(b), nil
}

// MarshalCBOR returns the CBOR form of c as [ErrorCode.AppendCBOR] writes it.
func (c ErrorCode) MarshalCBOR() ([]byte, error) { return c.AppendCBOR(nil) }

// UnmarshalCBOR sets c to the code that data holds, which must be one integer
// within int32, not 0, and in its shortest form. For anything else it returns
// an error that says what was found, a [*FieldError] if that is one data item, and
// leaves c as it was.
func (c *ErrorCode) UnmarshalCBOR(data []byte) error {
	if err := wellFormed(data); err != nil {
		return err
	}
	code, err := codeOfItem(data)
	if err != nil {
		return err
	}
	if shortest := len(code.appendItem(nil)); len(data) > shortest {
		return &FieldError{paramError, fmt.Sprintf("found %d in %d bytes, where %d would do", code, len(data), shortest)}
	}
	*c = code
	return nil
}

// appendItem appends c, which must not be 0, as a CBOR data item.
func (c ErrorCode) appendItem(b []byte) []byte {
	if c < 0 {
		return appendHead(b, majorNegative, uint64(-1-int64(c)))
	}
	return appendHead(b, majorUnsigned, uint64(c))
}

// codeOfItem returns the code that a well-formed CBOR data item holds.
func codeOfItem(item []byte) (ErrorCode, error) {
	head, _ := cutHead(item)
	code, ok := head.code()
	switch {
	case ok:
		return code, nil
	case head.major > majorNegative:
		return 0, &FieldError{paramError, "found " + kindOf(item) + ", not an integer"}
	case head.argument == 0:
		return 0, &FieldError{paramError, "found 0, which is no code"}
	default:
		number, _ := cbor.Diagnose(item) // which does not fail for an integer
		return 0, &FieldError{paramError, "found " + number + ", outside int32"}
	}
}

// code returns the code that an item with head h is, and false where it is none.
func (h head) code() (ErrorCode, bool) {
	switch {
	case h.major > majorNegative || h.argument > math.MaxInt32:
		return 0, false
	case h.major == majorNegative:
		return ErrorCode(-1 - int64(h.argument)), true
	default:
		return ErrorCode(h.argument), h.argument != 0
	}
}
