// Command tour shows what package autherr does: what every error and every code becomes at each kind
// of endpoint, how an error gets there from a store, how a response looks on the wire, and what a
// client makes of it.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"github.com/seed-e9190de5/autherr"
)

var endpoints = []autherr.Endpoint{autherr.TokenEndpoint, autherr.AuthorizationEndpoint, autherr.ProtectedResource}

func main() {
	listErrors()
	listCodes()
	followError()
	if err := showResponse(); err != nil {
		log.Fatal(err)
	}
}

func listErrors() {
	fmt.Printf("1. THE %d ERRORS: WHAT A SERVER KNOWS\n\n", len(autherr.SaTokenErrors()))
	fmt.Print("Each endpoint answers an error with a status and a code (- if the status says it all). At the\n",
		"authorization endpoint, 303 redirects the browser to the client, and 400 is a page of the server's own.\n\n")
	const line = "%-32s %-23s %-24s %s\n"
	fmt.Printf(line, "", endpoints[0], endpoints[1], endpoints[2])
	for _, category := range autherr.Categories() {
		fmt.Printf("%v:\n", category)
		for _, e := range category.Errors() {
			constant := strings.TrimPrefix(fmt.Sprintf("%#v", e), "autherr.")
			fmt.Printf(line, constant, told(endpoints[0], e), told(endpoints[1], e), told(endpoints[2], e))
		}
	}
}

func listCodes() {
	fmt.Printf("\n\n2. THE %d CODES: WHAT A CLIENT IS TOLD\n\n", len(autherr.ErrorCodes()))
	fmt.Print("A code is an error too, so a handler can return one. Below, = stands for the code itself, and CBOR has\n",
		"the integer that abbreviates it. A code without one is not sent in CBOR.\n\n")
	const line = "%-33s %-4s  %-14s  %-22s  %s\n"
	fmt.Printf(line, "", "CBOR", endpoints[0], endpoints[1], endpoints[2])
	reference := ""
	for _, code := range autherr.ErrorCodes() {
		if code.Reference() != reference {
			reference = code.Reference()
			fmt.Printf("%s:\n", reference)
		}
		number := "-"
		if value, ok := code.CBORValue(); ok {
			number = fmt.Sprint(value)
		}
		fmt.Printf(line, code, number, told(endpoints[0], code), told(endpoints[1], code), told(endpoints[2], code))
	}
}

// told returns the status and the code that an endpoint answers.
func told(endpoint autherr.Endpoint, err error) string {
	answer := endpoint.Answer(err)
	code := string(answer.Response.Code)
	switch {
	case code == "":
		code = "-"
	case answer.Response.Code == err: // err is this code
		code = "="
	}
	return fmt.Sprintf("%d %s", answer.HTTPStatus, code)
}

func followError() {
	stored := autherr.ErrTokenNotFound
	loaded := fmt.Errorf("load token of thermostat: %w", stored)
	err := fmt.Errorf("refresh session: %w", loaded)

	fmt.Print("\n\n3. ONE ERROR, FROM A STORE TO THREE ENDPOINTS\n\n")
	fmt.Printf("The store returns    %v\nits caller wraps it  %v\nthe handler gets     %v\n", stored, loaded, err)

	fmt.Print("\nThe handler can ask what happened. To errors.Is, the error is also its category and the code that a\n",
		"token endpoint answers, but not the code that a resource answers:\n\n")
	fmt.Println("  errors.Is(err, autherr.ErrTokenNotFound)   ", errors.Is(err, autherr.ErrTokenNotFound))
	fmt.Println("  errors.Is(err, autherr.CategoryBasicToken) ", errors.Is(err, autherr.CategoryBasicToken))
	fmt.Println("  errors.Is(err, autherr.InvalidGrant)       ", errors.Is(err, autherr.InvalidGrant))
	fmt.Println("  errors.Is(err, autherr.InvalidToken)       ", errors.Is(err, autherr.InvalidToken))

	fmt.Print("\nIt need not ask. Each endpoint has an answer to every error, without any of the texts above. If the\n",
		"store also loses its connection, that decides, since it is not the client's fault:\n\n")
	const line = "  %-22s  %-18s  %s\n"
	lost := errors.Join(err, &autherr.StorageError{Details: "redis", Err: io.ErrUnexpectedEOF})
	fmt.Printf(line, "", "not found", "not found, and connection lost")
	for _, endpoint := range endpoints {
		fmt.Printf(line, endpoint, told(endpoint, err), told(endpoint, lost))
	}
}

func showResponse() error {
	// A handler that has more to say than the code builds a response. Its text is written for the
	// client, and is never that of an error.
	response, err := autherr.NewErrorResponseBuilder().
		Error(autherr.InvalidGrant).Description("Log in again.").URI("https://a.example/help").Build()
	if err != nil {
		return err
	}
	binary, binaryErr := response.MarshalCBOR()
	diagnostic, diagnosticErr := cbor.Diagnose(binary)
	text, textErr := json.Marshal(response)
	var read autherr.ErrorResponse
	if err := errors.Join(binaryErr, diagnosticErr, textErr, json.Unmarshal(text, &read)); err != nil {
		return err
	}
	fmt.Print("\n\n4. A RESPONSE ON THE WIRE\n\n")
	fmt.Printf("In CBOR, %d bytes:\n  %X\n", len(binary), binary)
	fmt.Printf("in diagnostic notation, where 30 is error, 31 error_description and 32 error_uri:\n  %s\n", diagnostic)
	fmt.Printf("and in JSON, %d bytes:\n  %s\n", len(text), text)

	// Over HTTP, autherrhttp.ReadError makes this of the whole answer.
	remote := &autherr.RemoteError{Response: read, Status: 400}
	fmt.Print("\n\n5. WHAT A CLIENT MAKES OF IT\n\n")
	fmt.Printf("It reads a %T, with a text for its log:\n  %v\n", remote, remote)
	fmt.Printf("It matches the code:\n  errors.Is(err, autherr.InvalidGrant)  %t\n", errors.Is(remote, autherr.InvalidGrant))
	fmt.Printf("A server that gets it from another server does not pass it on, but answers\n  %s\n", told(autherr.TokenEndpoint, remote))
	return nil
}
