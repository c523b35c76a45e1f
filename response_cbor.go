package autherr

import (
	"fmt"
	"math"
	"unicode/utf8"
)

// The keys of the map (RFC 9200 §8.10, registry "OAuth Parameters CBOR
// Mappings").
const (
	keyError       = 30
	keyDescription = 31
	keyURI         = 32

	keyHead = majorUnsigned<<5 | 24 // each of them is one byte after this head
)

var paramOfKey = map[any]string{
	int64(keyError):       paramError,
	int64(keyDescription): paramDescription,
	int64(keyURI):         paramURI,
}

// AppendCBOR appends r to b as a CBOR map in core deterministic encoding (RFC
// 9200 §5.8.3, RFC 8949 §4.2.1). It allocates nothing where b has room. It
// refuses, with [*FieldError]s, a response without a code and one with a
// character that [ErrorResponse.Validate] would refuse, and then returns b as it
// was.
func (r ErrorResponse) AppendCBOR(b []byte) ([]byte, error) {
	if err := r.encodable(); err != nil {
		return b, err
	}
	mapHead := len(b)
	b = r.Code.appendItem(append(b, majorMap<<5|1, keyHead, keyError))
	if r.Description != "" {
		b = appendTextPair(b, keyDescription, r.Description)
		b[mapHead]++
	}
	if r.URI != "" {
		b = appendTextPair(b, keyURI, r.URI)
		b[mapHead]++
	}
	return b, nil
}

func appendTextPair(b []byte, key byte, text string) []byte {
	b = appendHead(append(b, keyHead, key), majorText, uint64(len(text)))
	return append(b, text...)
}

// MarshalCBOR returns r as [ErrorResponse.AppendCBOR] writes it.
func (r ErrorResponse) MarshalCBOR() ([]byte, error) { return r.AppendCBOR(nil) }

// UnmarshalCBOR sets r to the response in data, which must be one CBOR map with
// an integer within int32, and not 0, under key 30 (error), and a text string,
// null or nothing under keys 31 (error_description) and 32 (error_uri).
//
// It takes indefinite lengths, heads longer than need be and keys in any order.
// Pairs under other keys are ignored, whatever their value, as long as the key is
// text or an integer within int64, and within limits: 16 levels of arrays, maps and
// tags in tags in a value, and 131072 elements or pairs in each array and map, the
// response's own included. Description and URI may be any UTF-8 text, so a response
// that was read need not be valid.
//
// For anything else, duplicate keys and bytes after the map included, it returns an
// error that says what was found where, a [*FieldError] if that is one of the
// three parameters. When it fails, r is left as it was.
func (r *ErrorResponse) UnmarshalCBOR(data []byte) error {
	response, ok := readCanonical(data)
	if !ok {
		var err error
		if response, err = readAny(data); err != nil {
			return err
		}
	}
	*r = response
	return nil
}

// readCanonical reads a response in the form in which AppendCBOR writes it, unless that
// has a head of more than two bytes. It is a short cut for what nearly every peer sends: it
// refuses nothing, but leaves to readAny all that it does not know at sight.
func readCanonical(data []byte) (response ErrorResponse, ok bool) {
	if len(data) < 4 || data[1] != keyHead || data[2] != keyError {
		return ErrorResponse{}, false
	}
	head, rest, ok := cutShortHead(data[3:])
	if !ok {
		return ErrorResponse{}, false
	}
	if response.Code, ok = head.code(); !ok {
		return ErrorResponse{}, false
	}
	pairs := byte(1)
	texts := string(rest) // one copy for both
	if response.Description, texts, ok = cutTextPair(texts, keyDescription); ok {
		pairs++
	}
	if response.URI, texts, ok = cutTextPair(texts, keyURI); ok {
		pairs++
	}
	return response, texts == "" && data[0] == majorMap<<5|pairs
}

// cutTextPair splits data after the pair of key and a text string, if it begins with one.
func cutTextPair(data string, key byte) (text, rest string, ok bool) {
	if len(data) < 3 || data[0] != keyHead || data[1] != key {
		return "", data, false
	}
	head, content, ok := cutShortHead(data[2:])
	if !ok || head.major != majorText || head.argument > uint64(len(content)) || !utf8.ValidString(content[:head.argument]) {
		return "", data, false
	}
	return content[:head.argument], content[head.argument:], true
}

// readAny reads a response in any form.
func readAny(data []byte) (response ErrorResponse, err error) {
	if err := wellFormed(data); err != nil {
		return ErrorResponse{}, err
	}
	// From here on, items are looked at one by one, since fxamacker/cbor would read
	// through tag 55799 into any Go type, and refuse tags in values that we ignore.
	head, rest := cutHead(data)
	if head.major != majorMap {
		return ErrorResponse{}, fmt.Errorf("autherr: want a CBOR map, found %s", kindOf(data))
	}
	if head.indefinite {
		rest = rest[:len(rest)-1] // the break
	}
	seen := make(map[any]bool)
	for len(rest) > 0 {
		var keyItem, value []byte
		keyItem, rest = cutItem(rest)
		value, rest = cutItem(rest)
		key, err := keyOfItem(keyItem)
		if err != nil {
			return ErrorResponse{}, err
		}
		param := paramOfKey[key]
		if seen[key] {
			if param != "" {
				return ErrorResponse{}, &FieldError{param, "found twice in the map"}
			}
			return ErrorResponse{}, fmt.Errorf("autherr: key %#v found twice in the map", key)
		}
		seen[key] = true
		switch param {
		case paramError:
			response.Code, err = codeOfItem(value)
		case paramDescription:
			response.Description, err = optionalText(param, value)
		case paramURI:
			response.URI, err = optionalText(param, value)
		}
		if err != nil {
			return ErrorResponse{}, err
		}
	}
	if response.Code == 0 {
		return ErrorResponse{}, codeAbsent()
	}
	return response, nil
}

// keyOfItem returns the map key that a well-formed data item is: an int64 or a
// string.
func keyOfItem(item []byte) (any, error) {
	head, _ := cutHead(item)
	switch {
	case head.major == majorText:
		key, err := textOfItem(item)
		if err != nil {
			return nil, fmt.Errorf("autherr: a key in the map is not text: %w", err)
		}
		return key, nil
	case head.major <= majorNegative && head.argument <= math.MaxInt64:
		if head.major == majorNegative {
			return -1 - int64(head.argument), nil
		}
		return int64(head.argument), nil
	default:
		return nil, fmt.Errorf("autherr: a key in the map is neither text nor an integer within int64: found %s", kindOf(item))
	}
}

// optionalText returns the value of a parameter that is a text string or null.
func optionalText(param string, item []byte) (string, error) {
	if item[0] == null {
		return "", nil
	}
	if head, _ := cutHead(item); head.major != majorText {
		return "", &FieldError{param, "found " + kindOf(item) + ", not a text string"}
	}
	text, err := textOfItem(item)
	if err != nil {
		return "", &FieldError{param, "found a text string that is not valid UTF-8"}
	}
	return text, nil
}
