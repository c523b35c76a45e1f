package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"github.com/seed-e9190de5/autherr"
)

// explanation returns the page about arg. Where arg makes no sense, it fails with an error that
// quotes arg and is fit for a terminal.
func explanation(arg string) page {
	return func(w io.Writer) error {
		if err := explain(w, arg); err != nil {
			return fmt.Errorf("%s: %s", short(strconv.QuoteToASCII(arg)), short(printable(err.Error())))
		}
		return nil
	}
}

func explain(w io.Writer, arg string) error {
	number, err := strconv.ParseInt(arg, 10, 32)
	if err == nil && number != 0 {
		explainCode(w, autherr.Other(int32(number)))
		return nil
	}
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return errors.New("the number of a code is an int32, and not 0")
	}
	for _, e := range autherr.SaTokenErrors() {
		switch arg {
		case e.Name(), constant(e), "autherr." + constant(e):
			explainError(w, e)
			return nil
		}
	}
	if code, ok := codeNamed(arg); ok {
		explainCode(w, code)
		return nil
	}
	data, err := hex.DecodeString(arg)
	isHex := err == nil || errors.Is(err, hex.ErrLength)
	if !isHex || strings.IndexAny(arg, "ABab") != 0 { // the first digit of every CBOR map
		return errors.New("neither an error, nor a code, nor an error response in hex; -h says how to ask")
	}
	if err != nil {
		return err
	}
	return explainResponse(w, data)
}

// codeNamed returns the code that has this name, on the wire or in Go.
func codeNamed(name string) (autherr.ErrorCode, bool) {
	for code := autherr.InvalidRequest; code.IsRegistered(); code++ {
		// invalid_grant is InvalidGrant in Go: they differ in underscores and case alone.
		inGo := strings.ReplaceAll(code.String(), "_", "")
		if strings.EqualFold(inGo, strings.TrimPrefix(name, "autherr.")) {
			return code, true
		}
	}
	code, err := autherr.ParseErrorCode(name)
	return code, err == nil
}

func explainError(w io.Writer, e autherr.SaTokenError) {
	code, ok := e.Code()
	endpoint, resource := answer(code), answer(e)
	if ok {
		endpoint += ", " + code.String()
	}
	if e.BearerError() != "" {
		resource += ", " + e.BearerError()
	}
	fmt.Fprintln(w, constant(e))
	field(w, "name", e.Name())
	field(w, "message", e.Error())
	field(w, "category", e.Category().String())
	field(w, "meaning", e.Description())
	field(w, "causes", e.Causes()...)
	field(w, "way out", e.Solution())
	field(w, "token endpoint", endpoint)
	field(w, "protected resource", resource)
}

func explainCode(w io.Writer, code autherr.ErrorCode) {
	status := "not registered"
	switch {
	case code.IsRegistered():
		status = "registered"
	case code.IsPrivateUse():
		status = "private use"
	}
	var members []string
	for _, e := range autherr.SaTokenErrors() {
		if errors.Is(e, code) {
			members = append(members, constant(e))
		}
	}
	fmt.Fprintln(w, code)
	field(w, "value", fmt.Sprintf("%d, %s", code, status))
	field(w, "meaning", code.Description())
	field(w, "token endpoint", answer(code))
	field(w, "errors", members...)
}

func explainResponse(w io.Writer, data []byte) error {
	var response autherr.ErrorResponse
	if err := response.UnmarshalCBOR(data); err != nil {
		return err
	}
	diagnostic, err := cbor.Diagnose(data)
	if err != nil { // over the value of a key that UnmarshalCBOR ignores
		diagnostic = "none: " + err.Error()
	}
	fmt.Fprintf(w, "error response of %d bytes\n", len(data))
	field(w, "code", response.Code.String())
	field(w, "meaning", response.Code.Description())
	field(w, "description", printable(response.Description))
	field(w, "URI", printable(response.URI))
	field(w, "diagnostic", diagnostic)
	if text, err := json.Marshal(response); err == nil {
		field(w, "JSON", string(text))
	}
	if err := response.Validate(); err != nil {
		field(w, "not valid", strings.Split(err.Error(), "\n")...)
	}
	return nil
}

// field writes a label and its values, each on a line of its own, and nothing where there is no
// value.
func field(w io.Writer, label string, values ...string) {
	label += ":"
	for _, value := range values {
		if value != "" {
			fmt.Fprintf(w, "  %s\t%s\n", label, value)
			label = ""
		}
	}
}

// answer returns what an endpoint answers with, over HTTP and over CoAP.
func answer(e interface {
	HTTPStatus() int
	CoAPCode() uint8
}) string {
	return fmt.Sprintf("HTTP %d, CoAP %s", e.HTTPStatus(), coap(e.CoAPCode()))
}

// printable returns text, quoted unless it is printable ASCII: a terminal does what it is told.
func printable(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
		return strconv.QuoteToASCII(text)
	}
	return text
}

// short cuts off ASCII text that would fill the terminal.
func short(text string) string {
	const most = 120
	if len(text) > most {
		return text[:most] + "..."
	}
	return text
}
