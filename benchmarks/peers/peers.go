// Package peers does the work of autherr with each library that a Go auth server might use
// instead, in the way that the library's own documentation and handlers do it.
//
// All of them are given the same: the authorization code that a store does not find, which
// is invalid_grant to the client, without a description. Where a library could be used in
// more than one way, it is used in the one that is less work.
package peers

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/seed-e9190de5/autherr"
)

// A Library is one way to bring an error from a store to a client.
type Library struct {
	Name   string
	Module string // "" is the standard library
	Format *Format

	Err  error // of its store, wrapped three times
	Hit  error // what errors.Is finds in Err
	Miss error // what it does not
	Code error // what a client matches the answer with

	Body  func(err error) []byte                                  // what to tell the client
	Write func(w http.ResponseWriter, r *http.Request, err error) // the library's own handler
	Read  func(body []byte) error                                 // nil where it has no client side

	// Remarks says, by the name of a [Work], what a reader of the figure has to know.
	Remarks map[string]string
}

// A Format is an encoding of an error response. Libraries are compared within one.
type Format struct {
	Name      string
	MediaType string
	Answer    string // invalid_grant, as the server sends it and the client reads it
}

var (
	JSON = &Format{"JSON", "application/json", `{"error":"invalid_grant"}`}
	CBOR = &Format{"CBOR", autherr.MediaTypeACECBOR, "\xa1\x18\x1e\x03"}
)

// Formats are all formats, each with the libraries that speak it. The first of them is
// autherr, which the others are compared with.
var Formats = []struct {
	*Format
	Libraries []*Library
}{
	{JSON, []*Library{autherrJSON, fositeJSON, zitadelJSON, goOAuth2JSON, plainJSON}},
	{CBOR, []*Library{autherrCBOR, fxamackerCBOR}},
}

// wrapped is err as it comes up to the edge: through a store, a service and a handler.
func wrapped(err error) error {
	for _, layer := range []string{"store", "redeem code of client 7", "token endpoint"} {
		err = fmt.Errorf("%s: %w", layer, err)
	}
	return err
}

// lookup returns what table has for err or for what err wraps. It is the least that a map by
// hand needs to find a wrapped error.
func lookup[V any](table map[error]V, err error) (value V, ok bool) {
	for ; err != nil && !ok; err = errors.Unwrap(err) {
		value, ok = table[err]
	}
	return value, ok
}
