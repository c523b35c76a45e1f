// Package texts has responses with and without the texts of errors.
package texts

import (
	"errors"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"

	"github.com/seed-e9190de5/autherr"
)

var errDown = errors.New("10.0.0.7 is down")

type (
	alias  = autherr.ErrorResponse
	wider  struct{ autherr.ErrorResponse }
	broken struct{ host string }
)

func (b *broken) Error() string { return b.host }

// list is an error, and a slice of something else.
type list []string

func (l list) Error() string { return strings.Join(l, "; ") }

var atTheTop = autherr.ErrorResponse{Code: autherr.InvalidGrant, Description: errDown.Error()} // want `an error's text in the Description of a response reaches the client: write a fixed text, and log the error with autherr.LogAttr`

func literals(err error, b *broken, sa autherr.SaTokenError, r autherr.ErrorResponse) []error {
	_ = autherr.ErrorResponse{autherr.InvalidGrant, err.Error(), "/" + err.Error()} // want `Description` `URI`
	_ = []autherr.ErrorResponse{{Description: err.Error()}}                         // want `Description`
	_ = map[string]*autherr.ErrorResponse{"x": {URI: err.Error()}}                  // want `URI`
	_ = alias{Description: err.Error()}                                             // want `Description`
	_ = wider{autherr.ErrorResponse{Description: err.Error()}}                      // want `Description`
	_ = autherr.ErrorResponse{Description: b.Error()}                               // want `Description`
	_ = autherr.ErrorResponse{Description: sa.Error()}                              // want `Description`
	_ = autherr.ErrorResponse{Description: r.Error()}                               // want `Description`
	return []error{
		&autherr.ErrorResponse{
			Code:        autherr.InvalidGrant,
			Description: "redeem: " + err.Error(),                                // want `Description`
			URI:         "https://docs.example/?" + url.QueryEscape(err.Error()), // want `URI`
		},
	}
}

func formats(l list, err error, b *broken, errs []error, format string, width int) {
	_ = autherr.ErrorResponse{Description: fmt.Sprint(err)}                                // want `Description`
	_ = autherr.ErrorResponse{Description: fmt.Sprintln("x", b)}                           // want `Description`
	_ = autherr.ErrorResponse{Description: fmt.Sprintf("redeem %q: %v", "x", err)}         // want `Description`
	_ = autherr.ErrorResponse{Description: fmt.Sprintf("redeem: %s", err.Error())}         // want `Description`
	_ = autherr.ErrorResponse{Description: fmt.Sprintf("100%% sure: %-10.3s, %T", b, b)}   // want `Description`
	_ = autherr.ErrorResponse{Description: fmt.Sprintf("%T: %[1]v", err)}                  // want `Description`
	_ = autherr.ErrorResponse{Description: fmt.Sprintf("%*d %v", width, width, err)}       // want `Description`
	_ = autherr.ErrorResponse{Description: fmt.Sprintf(format, err)}                       // want `Description`
	_ = autherr.ErrorResponse{Description: fmt.Sprint(errs)}                               // want `Description`
	_ = autherr.ErrorResponse{Description: fmt.Sprint(l)}                                  // want `Description`
	_ = autherr.ErrorResponse{Description: fmt.Errorf("redeem: %w", err).Error()}          // want `Description`
	_ = autherr.ErrorResponse{Description: strings.ReplaceAll(err.Error(), "\"", "'")}     // want `Description`
	_ = autherr.ErrorResponse{Description: strings.Join([]string{"x", err.Error()}, ": ")} // want `Description`
	_ = autherr.ErrorResponse{Description: strings.Join(strings.Fields(err.Error()), " ")} // want `Description`
	_ = autherr.ErrorResponse{Description: strconv.Quote(err.Error())}                     // want `Description`
	_ = autherr.ErrorResponse{Description: html.EscapeString(err.Error())}                 // want `Description`
	_ = autherr.ErrorResponse{Description: string([]byte(err.Error()))}                    // want `Description`
	_ = autherr.ErrorResponse{Description: (err.Error())[:20]}                             // want `Description`
}

func assignments(err error, w wider, answer *autherr.Answer) {
	var r autherr.ErrorResponse
	r.Description = err.Error()                          // want `Description`
	r.Code, r.Description = "x", err.Error()             // want `Description`
	r.Description += ": " + err.Error()                  // want `Description`
	(r.URI) = err.Error()                                // want `URI`
	(&r).URI = fmt.Sprint(err)                           // want `URI`
	w.Description = err.Error()                          // want `Description`
	answer.Response.Description = fmt.Sprintf("%v", err) // want `Description`
	responses := []autherr.ErrorResponse{r}
	responses[0].Description = err.Error() // want `Description`
}

func builder(err error) (autherr.ErrorResponse, error) {
	b := new(autherr.ErrorResponseBuilder)
	b.URI(err.Error()) // want `URI`
	return autherr.NewErrorResponseBuilder().
		Error(autherr.InvalidGrant).
		Description(err.Error()). // want `Description`
		Build()
}

func variables(err error) {
	once := err.Error()
	_ = autherr.ErrorResponse{Description: once} // want `Description`

	further := "redeem: " + once
	_ = autherr.ErrorResponse{Description: further} // want `Description`

	var declared = fmt.Sprint(err)
	_ = autherr.ErrorResponse{Description: declared} // want `Description`

	var sometimes string
	if err != nil {
		sometimes = err.Error()
	}
	_ = autherr.ErrorResponse{Description: sometimes} // want `Description`

	longer := "redeem"
	longer += ": "
	longer += err.Error()
	_ = autherr.ErrorResponse{Description: longer} // want `Description`

	if text := err.Error(); text != "" {
		_ = autherr.ErrorResponse{Description: text} // want `Description`
	}

	var itself string
	itself = itself + err.Error()
	_ = autherr.ErrorResponse{Description: itself} // want `Description`
}
