package texts

import (
	"errors"
	"fmt"
	"log"
	"strconv"
	"strings"
	"syscall"

	"github.com/seed-e9190de5/autherr"
)

// response is not a response of autherr.
type response struct{ Code, Description, URI string }

func fixed(err error, code autherr.ErrorCode, scope string, status int) {
	log.Print(err.Error())
	_ = autherr.ErrorResponse{}
	_ = autherr.ErrorResponse{Code: autherr.ErrorCode(err.Error())}
	_ = autherr.ErrorResponse{autherr.InvalidScope, "Ask for less.", "/scopes"}
	_ = autherr.ErrorResponse{Description: "Ask for less than " + scope + "."}
	_ = autherr.ErrorResponse{Description: fmt.Sprintf("Status %d, scope %q.", status, scope)}
	_ = response{Description: err.Error(), URI: err.Error()}
	_ = &autherr.InvalidTokenError{Reason: err.Error()}
	_ = fmt.Errorf("redeem: %w", err)
}

func codes(code autherr.ErrorCode, p *autherr.ErrorCode, err error) {
	_ = autherr.ErrorResponse{Description: code.Error()}
	_ = autherr.ErrorResponse{Description: code.Description()}
	_ = autherr.ErrorResponse{Description: "Not " + code.String()}
	_ = autherr.ErrorResponse{Description: fmt.Sprintf("Not %s.", code)}
	_ = autherr.ErrorResponse{Description: fmt.Sprint(p)}
	_ = autherr.ErrorResponse{Description: autherr.CodeOf(err).Error()}
	_ = autherr.ErrorResponse{Description: string(autherr.CodeOf(err))}
}

func constants() {
	_ = autherr.ErrorResponse{Description: autherr.ErrTokenExpired.Error()}
	_ = autherr.ErrorResponse{Description: fmt.Sprintf("%v.", autherr.ErrTokenExpired)}
	_ = autherr.ErrorResponse{Description: syscall.ENOENT.Error()}
}

func whatIsNotTheText(err error, recovered any, b broken) {
	_ = autherr.ErrorResponse{Description: fmt.Sprintf("%T", err)}
	_ = autherr.ErrorResponse{Description: fmt.Sprintf("100%% %d: %T", 1, err)}
	_ = autherr.ErrorResponse{Description: fmt.Sprintf("%v", errors.Is(err, autherr.InvalidGrant))}
	_ = autherr.ErrorResponse{Description: fmt.Sprint(recovered)}
	_ = autherr.ErrorResponse{Description: fmt.Sprint(b)} // its pointer is the error
	_ = autherr.ErrorResponse{Description: strconv.Itoa(len(err.Error()))}
	_ = autherr.ErrorResponse{Description: strconv.FormatBool(strings.Contains(err.Error(), "x"))}
	_ = autherr.ErrorResponse{Description: public(err)}
	_ = autherr.ErrorResponse{Description: func() string { return "x" }()}
}

// public returns the part of an error that a client may read.
func public(err error) string { return "" }

// A client puts into a RemoteError what it has read, or why it could not.
func remote(err error, e *autherr.RemoteError) error {
	e.Response.Description = err.Error()
	(e.Response).URI = err.Error()
	return errors.Join(
		autherr.RemoteError{Response: autherr.ErrorResponse{Description: err.Error()}}.Err,
		&autherr.RemoteError{Response: (autherr.ErrorResponse{Description: err.Error()})},
	)
}

var global string

func variablesOfSeveralValues(err error, parameter string, pointed *string) (result string) {
	text := err.Error()
	log.Print(text)
	text = "Ask for less."
	_ = autherr.ErrorResponse{Description: text}

	global = err.Error()
	_ = autherr.ErrorResponse{Description: global}

	if err != nil {
		parameter = err.Error()
	}
	_ = autherr.ErrorResponse{Description: parameter}

	filled := err.Error()
	fill(&filled)
	_ = autherr.ErrorResponse{Description: filled}

	several := err.Error()
	several, err = pair()
	_ = autherr.ErrorResponse{Description: several}

	var declared, too = pair()
	_ = autherr.ErrorResponse{Description: declared}
	var r autherr.ErrorResponse
	err, r.Description = swapped()
	log.Print(too)
	declared = err.Error()
	_ = autherr.ErrorResponse{Description: declared}

	var ranged string
	ranged = err.Error()
	for _, ranged = range []string{"x"} {
		_ = autherr.ErrorResponse{Description: ranged}
	}

	*pointed = err.Error()
	_ = autherr.ErrorResponse{Description: *pointed}

	result = "Ask for less."
	return result
}

func fill(*string) {}

func swapped() (error, string) { return nil, "Ask for less." }

func pair() (string, error) { return "Ask for less.", nil }

// Names that only look like it.
type builder2 struct{}

func (builder2) Description(string) builder2 { return builder2{} }

func (builder2) Error(string) string { return "" }

type number int

func (number) Error() int { return 7 }

func (*broken) hint() string { return "Try again." }

func lookalikes(err error, n number) {
	builder2{}.Description(err.Error())
	_ = autherr.ErrorResponse{Description: strconv.Itoa(n.Error())}
	_ = autherr.ErrorResponse{Description: new(broken).hint()}
	_ = autherr.ErrorResponse{Description: builder2{}.Error("x")}
	_ = autherr.NewErrorResponseBuilder().Error(autherr.ErrorCode(err.Error()))
}
