package autherr

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/seed-e9190de5/autherr/internal/plain"
)

// The keys of the map, in IANA's registry "OAuth Parameters CBOR Mappings" (RFC 9200 §8.10).
const (
	keyError       = 30
	keyDescription = 31
	keyURI         = 32

	keyHead = majorUnsigned<<5 | 24 // each of them is one byte after this head
)

// params are the parameters, in the order of their keys.
var params = [...]string{paramError, paramDescription, paramURI}

// AppendCBOR appends r to b as a CBOR map (RFC 9200 §5.8.3) in core deterministic encoding (RFC 8949
// §4.2.1). It allocates nothing if b has room. It returns one [*FieldError] or several, joined, and b as it
// was, if r has a code without an [ErrorCode.CBORValue] or a character that [ErrorResponse.Validate]
// would refuse.
func (r ErrorResponse) AppendCBOR(b []byte) ([]byte, error) {
	code := r.Code.registeredValue() // not CBORValue, which the compiler does not inline
	if code == 0 {
		code, _ = r.Code.otherValue()
	}
	valid, pairs := code != 0, byte(1)
	if r.Description != "" {
		valid = valid && plain.Has(r.Description, plain.TextChar)
		pairs++
	}
	if r.URI != "" {
		valid = valid && plain.Has(r.URI, plain.URIChar)
		pairs++
	}
	if !valid {
		return b, r.cborFaults(code)
	}
	b = append(b, majorMap<<5|pairs, keyHead, keyError)
	major, argument := intHead(code)
	b = appendHead(b, major, argument)
	if r.Description != "" {
		b = appendHead(append(b, keyHead, keyDescription), majorText, uint64(len(r.Description)))
		b = append(b, r.Description...)
	}
	if r.URI != "" {
		b = appendHead(append(b, keyHead, keyURI), majorText, uint64(len(r.URI)))
		b = append(b, r.URI...)
	}
	return b, nil
}

// cborFaults returns why r cannot be encoded with the given value of its code, which is 0 if it has none.
func (r ErrorResponse) cborFaults(code int32) error {
	if code == 0 && plain.IsCode(string(r.Code)) {
		return errors.Join(noCBORValue(r.Code), r.descriptionFault(), r.uriFault())
	}
	return r.Validate()
}

// MarshalCBOR returns r as [ErrorResponse.AppendCBOR] writes it.
func (r ErrorResponse) MarshalCBOR() ([]byte, error) { return r.AppendCBOR(nil) }

// UnmarshalCBOR sets r to the response in data. That must be one CBOR map with an integer within
// int32, and not 0, under key 30 (error), and a text string, null or nothing under the keys 31
// (error_description) and 32 (error_uri).
//
// It accepts indefinite lengths, heads longer than needed, and keys in any order. A pair with
// another key is ignored, whatever its value, if the key is text or an integer within int64. A value
// may have 16 levels of arrays, maps and tags, and each array and map, the response's own included,
// 131072 elements or pairs. Any UTF-8 text is accepted, so r need not be valid afterwards.
//
// For anything else, duplicate keys and bytes after the map included, it returns an error that says
// what was found, a [*FieldError] if that is in one of the three parameters. It then leaves r as it
// was.
func (r *ErrorResponse) UnmarshalCBOR(data []byte) error {
	if err := wellFormed(data); err != nil {
		return err
	}
	// From here on, items are looked at one by one, since fxamacker/cbor would read through tag 55799
	// into any Go type, and refuse tags in values that are ignored.
	head, rest := cutHead(data)
	if head.major != majorMap {
		return errors.New("autherr: want a CBOR map, found " + kindOf(data))
	}
	if head.indefinite {
		rest = rest[:len(rest)-1] // the break
	}
	var (
		read   ErrorResponse
		code   int32
		seen   [len(params)]bool
		others map[any]bool // keys, by int64 or string
	)
	for len(rest) > 0 {
		var key, value []byte
		head, key, rest = cutItem(rest)
		if head.major != majorUnsigned || head.argument < keyError || head.argument > keyURI {
			if others == nil {
				others = make(map[any]bool)
			}
			if err := addKey(others, head, key); err != nil {
				return err
			}
			_, _, rest = cutItem(rest)
			continue
		}
		param := head.argument
		if seen[param-keyError] {
			return &FieldError{params[param-keyError], "found twice in the map"}
		}
		seen[param-keyError] = true
		var err error
		head, value, rest = cutItem(rest)
		switch param {
		case keyError:
			code, err = codeOf(head, value)
		case keyDescription:
			read.Description, err = optionalText(paramDescription, head, value)
		case keyURI:
			read.URI, err = optionalText(paramURI, head, value)
		}
		if err != nil {
			return err
		}
	}
	if code == 0 {
		return codeAbsent()
	}
	read.Code = Other(code)
	*r = read
	return nil
}

// addKey adds a key with head h, which must be text or an integer within int64. It refuses one that was
// added before.
func addKey(keys map[any]bool, h head, item []byte) error {
	var key any
	var text string
	switch {
	case h.major == majorText:
		content, ok := textOf(h, item)
		if !ok {
			return errors.New("autherr: a key in the map is not valid UTF-8")
		}
		key, text = content, strconv.Quote(plain.Cut(content))
	case h.major <= majorNegative && h.argument <= math.MaxInt64:
		number := int64(h.argument)
		if h.major == majorNegative {
			number = -1 - number
		}
		key, text = number, strconv.FormatInt(number, 10)
	default:
		return errors.New("autherr: a key in the map is neither text nor an integer within int64: found " + kindOf(item))
	}
	if keys[key] {
		return fmt.Errorf("autherr: key %s found twice in the map", text)
	}
	keys[key] = true
	return nil
}

// optionalText returns the value of a parameter that is a text string or null.
func optionalText(param string, h head, item []byte) (string, error) {
	if isNull(item) {
		return "", nil
	}
	if h.major != majorText {
		return "", &FieldError{param, "found " + kindOf(item) + ", not a text string"}
	}
	text, ok := textOf(h, item)
	if !ok {
		return "", &FieldError{param, "found a text string that is not valid UTF-8"}
	}
	return text, nil
}
