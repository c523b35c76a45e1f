package autherr

import (
	"encoding/json"
	"errors"
	"fmt"
)

// MarshalJSON returns r as the JSON object of RFC 6749 §5.2. It returns the faults that
// [ErrorResponse.Validate] finds if r has no code or a forbidden character.
func (r ErrorResponse) MarshalJSON() ([]byte, error) {
	if err := r.encodable(); err != nil {
		return nil, err
	}
	// What may be sent holds nothing that JSON has to escape.
	const allNames = `{"error":"","error_description":"","error_uri":""}`
	b := make([]byte, 0, len(allNames)+len(r.Code)+len(r.Description)+len(r.URI))
	b = append(append(b, `{"error":"`...), r.Code...)
	if r.Description != "" {
		b = append(append(b, `","error_description":"`...), r.Description...)
	}
	if r.URI != "" {
		b = append(append(b, `","error_uri":"`...), r.URI...)
	}
	return append(b, `"}`...), nil
}

// UnmarshalJSON sets r to the response in data, a JSON object as in RFC 6749 §5.2. Names are compared
// exactly. Of several members with one name the last counts, and members with other names are
// ignored. "" and null are the same as absent. Any text is accepted, so r need not be valid
// afterwards. What is not UTF-8 becomes U+FFFD.
//
// UnmarshalJSON returns one [*FieldError] or several, joined, if error is absent, or if one of the three
// parameters is not a string. If data is not a JSON object, it returns an error that says what was found;
// null counts as an object without members. If it returns an error, it leaves r as it was.
func (r *ErrorResponse) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return fmt.Errorf("autherr: want a JSON object, found %s", mismatch.Value)
		}
		return fmt.Errorf("autherr: want a JSON object: %w", err)
	}
	code, codeErr := textOfMember(members, paramError)
	description, descriptionErr := textOfMember(members, paramDescription)
	uri, uriErr := textOfMember(members, paramURI)
	switch {
	case codeErr != nil || descriptionErr != nil || uriErr != nil:
		return errors.Join(codeErr, descriptionErr, uriErr)
	case code == "":
		return codeAbsent()
	}
	*r = ErrorResponse{ErrorCode(code), description, uri}
	return nil
}

// textOfMember returns a member of a JSON object that is a string, or "" if it is null or absent.
func textOfMember(members map[string]json.RawMessage, name string) (string, error) {
	value, ok := members[name]
	if !ok {
		return "", nil
	}
	var text string
	if err := json.Unmarshal(value, &text); err != nil {
		mismatch, _ := errors.AsType[*json.UnmarshalTypeError](err)
		return "", &FieldError{name, "found " + mismatch.Value + ", not a string"}
	}
	return text, nil
}
