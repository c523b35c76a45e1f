package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"github.com/seed-e9190de5/autherr"
)

// tour is the page for those who ask nothing.
func tour(w io.Writer) error {
	listErrors(w)
	err := followError(w)
	if err := showResponse(w, err); err != nil {
		return err
	}
	fmt.Fprint(w, "\n",
		"Ask for more:\tgo run -C examples ./tour A1181E04 ErrTokenNotFound invalid_grant -99999\n",
		"Talk to a server:\tgo run -C examples ./tokenserver\tover HTTP\n",
		"\tgo run -C examples ./aceserver\tover CoAP and DTLS\n")
	return nil
}

func listErrors(w io.Writer) {
	fmt.Fprint(w, "THE ERRORS\n\n",
		"The code is what a token endpoint tells the client. HTTP status, CoAP code and bearer error\n",
		"are what a protected resource answers.\n\n",
		"constant\tmessage\tcode\tHTTP\tCoAP\tbearer\n")
	for _, category := range autherr.Categories() {
		// A line with fewer tabs than the others would end the columns.
		fmt.Fprintf(w, "\t\t\t\t\t\n%v\t\t\t\t\t\n", category)
		for _, e := range category.Errors() {
			code, bearer := "-", "-"
			if c, ok := e.Code(); ok {
				code = c.String()
			}
			if e.BearerError() != "" {
				bearer = e.BearerError()
			}
			fmt.Fprintf(w, "%s\t%v\t%s\t%d\t%s\t%s\n", constant(e), e, code, e.HTTPStatus(), coap(e.CoAPCode()), bearer)
		}
	}
}

// followError returns the error that it follows, as it reaches the handler.
func followError(w io.Writer) error {
	var stored error = &autherr.PermissionDeniedError{Permission: "token:issue"}
	wrapped := fmt.Errorf("issue token: %w", stored)
	handled := fmt.Errorf("client thermostat: %w", wrapped)

	fmt.Fprint(w, "\n\nONE ERROR, FROM A STORE TO A HANDLER\n\n")
	fmt.Fprintf(w, "store:\t%v\n", stored)
	fmt.Fprintf(w, "service:\t%v\n", wrapped)
	fmt.Fprintf(w, "handler:\t%v\n", handled)

	fmt.Fprint(w, "\nWhat errors.Is answers the handler that asks by error, by category and by code:\n\n")
	for _, target := range []error{
		autherr.ErrPermissionDenied, autherr.CategoryAuthorization, autherr.UnauthorizedClient,
		autherr.ErrRoleDenied, autherr.CategorySystem, autherr.InvalidGrant,
	} {
		name := target.Error()
		if e, ok := target.(autherr.SaTokenError); ok {
			name = constant(e)
		}
		fmt.Fprintf(w, "%T\t%s\t%t\n", target, name, errors.Is(handled, target))
	}
	return handled
}

// showResponse answers err, in more words than ErrorResponseFor would.
func showResponse(w io.Writer, err error) error {
	code, _ := autherr.CodeOf(err)
	response, err := autherr.NewErrorResponseBuilder().
		Error(code).
		Description("You are not authorized to receive this token.").
		URI("https://http.cat/401").
		Build()
	if err != nil {
		return err
	}
	binary, err := response.MarshalCBOR()
	if err != nil {
		return err
	}
	diagnostic, err := cbor.Diagnose(binary)
	if err != nil {
		return err
	}
	text, err := json.Marshal(response)
	if err != nil {
		return err
	}
	fmt.Fprint(w, "\n\nTHE RESPONSE ON THE WIRE\n\n",
		"From the error comes the code alone. What else the client is told, the handler gives to the builder.\n\n")
	fmt.Fprintf(w, "CBOR:\t%d bytes\t%X\n", len(binary), binary)
	fmt.Fprintf(w, "diagnostic:\t%d bytes\t%s\n", len(diagnostic), diagnostic)
	fmt.Fprintf(w, "JSON:\t%d bytes\t%s\n", len(text), text)
	return nil
}

// constant returns the name that e has in Go, without its package.
func constant(e autherr.SaTokenError) string {
	return strings.TrimPrefix(fmt.Sprintf("%#v", e), "autherr.")
}

// coap returns a response code as people write it, such as 4.01 (RFC 7252 §3).
func coap(code uint8) string { return fmt.Sprintf("%d.%02d", code>>5, code&0x1F) }
