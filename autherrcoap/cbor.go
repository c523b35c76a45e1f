package autherrcoap

import (
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"github.com/seed-e9190de5/autherr"
)

// The major types of CBOR that hints and problem details are made of (RFC 8949 §3.1).
const (
	majorBytes = 2
	majorText  = 3
	majorTag   = 6
)

var (
	encMode = must(cbor.CoreDetEncOptions().EncMode())
	decMode = must(cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF}.DecMode())
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// encode is for what can always be encoded.
func encode(value any) []byte { return must(encMode.Marshal(value)) }

// decodeMap decodes a map from a peer into a struct of items.
//
// It first reads the payload as an error response, whose keys are all others. That refuses what is not
// well-formed, in the same way on all platforms: if an int has 32 bits, fxamacker/cbor takes a length of
// 2^32 for 0.
func decodeMap(payload []byte, items any) error {
	err := new(autherr.ErrorResponse).UnmarshalCBOR(payload)
	if _, ok := errors.AsType[*autherr.FieldError](err); err != nil && !ok {
		return err
	}
	if err := decMode.Unmarshal(payload, items); err != nil {
		return errors.New(foreign(err.Error())) // may name a key of the peer's
	}
	return nil
}

// optional returns the value of a parameter, or the zero value if it is absent. It has to be a text string
// for a string, and a byte string for a []byte: fxamacker/cbor by itself would accept a tagged one too, or an array.
func optional[T string | []byte](item cbor.RawMessage, name string) (value T, err error) {
	if item == nil {
		return value, nil
	}
	major, kind := byte(majorText), "a text string"
	if _, ok := any(value).([]byte); ok {
		major, kind = majorBytes, "a byte string"
	}
	if item[0]>>5 != major || decMode.Unmarshal(item, &value) != nil {
		return value, fmt.Errorf("%s is not %s", name, kind)
	}
	return value, nil
}

func isBytes(item cbor.RawMessage) bool { return len(item) > 0 && item[0]>>5 == majorBytes }
