package autherrcoap

import (
	"fmt"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
	"github.com/plgd-dev/go-coap/v3/message/pool"

	"github.com/seed-e9190de5/autherr"
)

// Hints are the AS Request Creation Hints of RFC 9200 §5.3: what a resource server tells a client about
// the access token that it needs. All are optional, and the zero value says nothing.
type Hints struct {
	AS       string // key 1: the absolute URI of the authorization server's token endpoint
	KeyID    []byte // key 2, kid: the key of a token that the client may already have
	Audience string // key 5: the audience to ask for in the token request
	Scope    string // key 9: the scope to ask for; one that is not valid UTF-8 is sent as a byte string
	CNonce   []byte // key 39: to be sent in the token request, so that the token is fresh
}

// encodedHints are hints by their keys, in IANA's registry "ACE Authorization Server Request Creation
// Hints" (RFC 9200 §8.1).
type encodedHints struct {
	AS       cbor.RawMessage `cbor:"1,keyasint,omitempty"`
	KeyID    cbor.RawMessage `cbor:"2,keyasint,omitempty"`
	Audience cbor.RawMessage `cbor:"5,keyasint,omitempty"`
	Scope    cbor.RawMessage `cbor:"9,keyasint,omitempty"`
	CNonce   cbor.RawMessage `cbor:"39,keyasint,omitempty"`
}

// encode returns h in core deterministic encoding, or nil if there is nothing to say. An AS or audience
// that is not valid UTF-8 is left out.
func (h Hints) encode() []byte {
	scope := textItem(h.Scope)
	if scope == nil {
		scope = bytesItem([]byte(h.Scope))
	}
	hints := encodedHints{textItem(h.AS), bytesItem(h.KeyID), textItem(h.Audience), scope, bytesItem(h.CNonce)}
	if encoded := encode(hints); len(encoded) > 1 { // more than an empty map
		return encoded
	}
	return nil
}

func textItem(text string) cbor.RawMessage {
	if text == "" || !utf8.ValidString(text) {
		return nil
	}
	return encode(text)
}

func bytesItem(content []byte) cbor.RawMessage {
	if len(content) == 0 {
		return nil
	}
	return encode(content)
}

// ReadHints returns the hints in m, a response with a code of 4.xx, usually 4.01, in Content-Format 19.
// Keys that it does not know are ignored. A message with neither a payload nor a Content-Format has no
// hints, and that is not an error. For any other message, for nil, and for a payload of more than 64 KiB
// or one that is not a map with the types of RFC 9200 §5.3, it returns no hints and an error that says
// what is wrong.
//
// The payload of m can be read again afterwards, with ReadBody.
func ReadHints(m *pool.Message) (Hints, error) {
	hints, err := readHints(m)
	if err != nil {
		return Hints{}, fmt.Errorf("autherrcoap: %w", err)
	}
	return hints, nil
}

func readHints(m *pool.Message) (Hints, error) {
	if m == nil {
		return Hints{}, errNoMessage
	}
	if class := m.Code() >> 5; class != 4 {
		return Hints{}, fmt.Errorf("%s does not come with hints", digits(m.Code()))
	}
	body, err := readBody(m)
	if err != nil {
		return Hints{}, err
	}
	if _, ok := contentFormat(m); !ok && len(body) == 0 {
		return Hints{}, nil
	}
	if err := wantFormat(m, autherr.ContentFormatACECBOR); err != nil {
		return Hints{}, err
	}
	return decodeHints(body)
}

// wantFormat refuses a message that is not of the given Content-Format.
func wantFormat(m *pool.Message, want uint32) error {
	switch format, ok := contentFormat(m); {
	case !ok:
		return fmt.Errorf("want Content-Format %d, found none", want)
	case format != want:
		return fmt.Errorf("want Content-Format %d, found %d", want, format)
	}
	return nil
}

func decodeHints(payload []byte) (hints Hints, err error) {
	var encoded encodedHints
	if err := decodeMap(payload, &encoded); err != nil {
		return Hints{}, err
	}
	var faults [5]error
	hints.AS, faults[0] = optional[string](encoded.AS, "AS")
	hints.KeyID, faults[1] = optional[[]byte](encoded.KeyID, "kid")
	hints.Audience, faults[2] = optional[string](encoded.Audience, "audience")
	if isBytes(encoded.Scope) {
		var scope []byte
		scope, faults[3] = optional[[]byte](encoded.Scope, "scope")
		hints.Scope = string(scope)
	} else {
		hints.Scope, faults[3] = optional[string](encoded.Scope, "scope")
	}
	hints.CNonce, faults[4] = optional[[]byte](encoded.CNonce, "cnonce")
	if err := joined(faults[:]); err != nil {
		return Hints{}, err
	}
	return hints, nil
}
