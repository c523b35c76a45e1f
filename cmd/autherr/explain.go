package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
	"github.com/seed-e9190de5/autherr/internal/plain"
)

// explain returns a page about arg, or an error if arg makes no sense.
func explain(arg string) (string, error) {
	var p page
	arg = strings.TrimSpace(arg)
	number, notNumber := strconv.ParseInt(arg, 10, 32)
	digits, isHex := cutHex(arg)
	challenges := challengesIn(arg)
	var err error
	switch found := lookUp(arg); {
	case errors.Is(notNumber, strconv.ErrRange):
		err = errors.New("a code in CBOR is an int32")
	case notNumber == nil:
		err = p.number(int32(number))
	case coapStatus(arg) != 0:
		p.status(coapStatus(arg))
	case strings.HasPrefix(arg, "{"):
		err = p.json(arg)
	case found != nil:
		p.subjects(found)
	case isHex:
		err = p.cbor(digits)
	case strings.Contains(arg, "error=") && !strings.ContainsAny(arg, " \t\""):
		err = p.redirect(arg)
	case challenges != nil:
		p.challenges(challenges)
	default:
		if found = messageIn(arg); found == nil {
			return "", unknown(arg)
		}
		p.subjects(found)
	}
	return p.String(), err
}

// cutHex returns the hexadecimal digits of arg, if it may be a response in CBOR: a map begins with the
// digit A or B.
func cutHex(arg string) (digits string, ok bool) {
	arg = strings.Join(strings.Fields(arg), "")
	digits, marked := strings.CutPrefix(arg, "0x")
	_, err := hex.DecodeString(digits)
	isHex := err == nil || errors.Is(err, hex.ErrLength)
	return digits, isHex && (marked || strings.IndexAny(digits, "ABab") == 0)
}

// coapStatus returns the HTTP status for a CoAP status: 401 for "4.01". It returns 0 if arg is not one.
func coapStatus(arg string) int {
	class, detail, _ := strings.Cut(arg, ".")
	status, err := strconv.ParseUint(class+detail, 10, 16)
	if err != nil || len(class) != 1 || len(detail) != 2 || (autherr.Answer{HTTPStatus: int(status)}).CoAPCode() == 0 {
		return 0
	}
	return int(status)
}

// challengesIn returns the challenges that arg seems to be. Any two words parse as a challenge, so one
// of them has to have a parameter or a common scheme, unless arg says that it is a header.
func challengesIn(arg string) []autherrhttp.Challenge {
	const name = "WWW-Authenticate:"
	isHeader := len(arg) > len(name) && strings.EqualFold(arg[:len(name)], name)
	if isHeader {
		arg = arg[len(name):]
	}
	challenges := autherrhttp.ParseChallenges(http.Header{"Www-Authenticate": {arg}})
	if !isHeader && !slices.ContainsFunc(challenges, isPlausible) {
		return nil
	}
	return challenges
}

func isPlausible(c autherrhttp.Challenge) bool {
	hasScheme := func(scheme string) bool { return strings.EqualFold(c.Scheme, scheme) }
	return slices.ContainsFunc([]string{"Basic", "Bearer", "Digest", "DPoP", "Negotiate"}, hasScheme) ||
		c.Realm != "" || c.Scope != "" || c.ResourceMetadata != "" || c.Params != nil || c.Response != autherr.ErrorResponse{}
}

// unknown returns the error for an argument that makes no sense.
func unknown(arg string) error {
	if like := namesLike(arg); like != "" {
		return errors.New("not known; did you mean " + like + "?")
	}
	return errors.New("neither an error, nor a code, nor a payload of one; -h says how to ask")
}

// refused returns the error for an argument that seems to be of a form, but is not.
func refused(form string, err error) error {
	return fmt.Errorf("as %s: %s", form, strings.Join(faults(err), "; "))
}

// messageIn returns what the first part of a message names that is a name. The message of an error that
// wraps a sa-token error, or adds a detail to one, has such a part.
func messageIn(arg string) []error {
	for part := range strings.SplitSeq(arg, ": ") {
		if found := subjects(func(n name) bool { return n.text == part }); found != nil {
			return found
		}
	}
	return nil
}

// json explains an error response in JSON.
func (p *page) json(arg string) error {
	var r autherr.ErrorResponse
	var members map[string]any
	err := r.UnmarshalJSON([]byte(arg))
	if err == nil {
		err = json.Unmarshal([]byte(arg), &members)
	}
	if err != nil {
		return refused("JSON", err)
	}
	p.title("%s, an error response in JSON (RFC 6749 §5.2)", plain.Foreign(arg))
	p.payload(r, slices.Sorted(maps.Keys(members)))
	return nil
}

// cbor explains an error response in CBOR.
func (p *page) cbor(digits string) error {
	var r autherr.ErrorResponse
	data, err := hex.DecodeString(digits)
	if err == nil {
		err = r.UnmarshalCBOR(data)
	}
	if err != nil {
		return refused("CBOR in hex", err)
	}
	p.title("%s, an error response in CBOR (RFC 9200 §5.8.3), %d bytes", plain.Foreign(digits), len(data))
	p.payload(r, nil)
	return nil
}

// redirect explains a redirect from an authorization endpoint to a client, or its query or fragment.
func (p *page) redirect(arg string) error {
	query := arg
	if start := strings.IndexAny(arg, "?#"); start >= 0 {
		query = arg[start+1:]
	}
	values, err := url.ParseQuery(query)
	if err == nil && values.Get("error") == "" {
		err = errors.New("it has no error")
	}
	if err != nil {
		return refused("a redirect", err)
	}
	p.title("%s, a redirect to a client (RFC 6749 §4.1.2.1)", plain.Foreign(arg))
	p.prose("beware", "Anybody can send a browser to a client: check state, and iss (RFC 9207), first.")
	p.payload(autherr.ErrorResponse{
		Code:        autherr.ErrorCode(values.Get("error")),
		Description: values.Get("error_description"),
		URI:         values.Get("error_uri"),
	}, slices.Sorted(maps.Keys(values)))
	return nil
}

// challenges explains what a protected resource, or a server that wants its client to authenticate, asks
// for.
func (p *page) challenges(challenges []autherrhttp.Challenge) {
	for _, c := range challenges {
		p.title("%s, a challenge (RFC 9110 §11.6.1)", plain.Foreign(c.Scheme))
		p.row("realm", plain.Foreign(c.Realm))
		p.row("scope", plain.Foreign(c.Scope))
		p.row("resource_metadata", plain.Foreign(c.ResourceMetadata))
		for _, param := range slices.Sorted(maps.Keys(c.Params)) {
			p.row(plain.Foreign(param), plain.Foreign(c.Params[param]))
		}
		p.payload(c.Response, nil)
	}
}

// payload explains a response that was in an argument, and names the other members or parameters there.
// Only a challenge may have no code.
func (p *page) payload(r autherr.ErrorResponse, members []string) {
	p.row("error", plain.Foreign(string(r.Code)))
	p.row("error_description", plain.Foreign(r.Description))
	p.row("error_uri", plain.Foreign(r.URI))
	others := slices.DeleteFunc(members, func(member string) bool {
		return member == "error" || member == "error_description" || member == "error_uri"
	})
	p.row("also there", plain.Foreign(strings.Join(others, ", ")))
	if r.Code == "" {
		p.prose("meaning", "Authenticate in this way. It names no error, as is usual if the request had no credentials.")
		return
	}
	p.WriteString("\n")
	p.response(r)
}
