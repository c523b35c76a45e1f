package peers

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/seed-e9190de5/autherr"
)

// plainJSON is what a server has without a library: sentinels, maps and encoding/json.
var plainJSON = byHand(
	Library{Name: "errors.New, by hand", Format: JSON},
	func(code autherr.ErrorCode) (string, bool) { return string(code), true }, json.Marshal, json.Unmarshal,
)

// The sentinels, made by errors.New, are just as many as autherr has errors and codes.
var (
	sentinels = func() map[autherr.SaTokenError]error {
		sentinels := make(map[autherr.SaTokenError]error)
		for _, e := range autherr.SaTokenErrors() {
			sentinels[e] = errors.New(e.Error())
		}
		return sentinels
	}()
	codeSentinels = func() map[autherr.ErrorCode]error {
		sentinels := make(map[autherr.ErrorCode]error)
		for _, code := range autherr.ErrorCodes() {
			sentinels[code] = errors.New(code.String())
		}
		return sentinels
	}()
)

// byHand returns l with all that somebody would write who has sentinels, a codec and an
// hour. It says as much as autherr does: a handler does not let the answer be cached, and
// the error that a client reads has the whole response. form turns a code into what is sent, if
// the format has a form for it.
func byHand[Code comparable](l Library, form func(autherr.ErrorCode) (Code, bool),
	marshal func(any) ([]byte, error), unmarshal func([]byte, any) error,
) *Library {
	type answer struct {
		code   Code
		status int
	}
	answers := make(map[error]answer)
	for e, sentinel := range sentinels {
		if code, ok := form(e.Code()); ok {
			answers[sentinel] = answer{code, autherr.TokenEndpoint.Answer(e).HTTPStatus}
		}
	}
	matches := make(map[Code]error)
	for code, sentinel := range codeSentinels {
		if sent, ok := form(code); ok {
			matches[sent] = sentinel
		}
	}

	l.Err = wrapped(sentinels[autherr.ErrOAuth2CodeNotFound])
	l.Hit = sentinels[autherr.ErrOAuth2CodeNotFound]
	l.Miss = sentinels[autherr.ErrTokenExpired]
	l.Code = codeSentinels[autherr.InvalidGrant]

	l.Body = func(err error) []byte {
		answer, _ := lookup(answers, err)
		body, _ := marshal(response[Code]{Code: answer.code})
		return body
	}
	l.Write = func(w http.ResponseWriter, _ *http.Request, err error) {
		answer, ok := lookup(answers, err)
		if !ok {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		body, _ := marshal(response[Code]{Code: answer.code})
		header := w.Header()
		header.Set("Content-Type", l.Format.MediaType)
		header.Set("Cache-Control", "no-store")
		header.Set("Pragma", "no-cache")
		if answer.status == http.StatusUnauthorized {
			header.Set("WWW-Authenticate", `Basic realm="token"`)
		}
		w.WriteHeader(answer.status)
		_, _ = w.Write(body)
	}
	l.Read = func(body []byte) error {
		var read response[Code]
		if err := unmarshal(body, &read); err != nil {
			return err
		}
		match, ok := matches[read.Code]
		if !ok {
			return fmt.Errorf("unknown error %v", read.Code)
		}
		return &responseError[Code]{match, read}
	}
	return &l
}

// response is an error response, with its names in JSON and its keys in CBOR.
type response[Code any] struct {
	Code        Code   `json:"error" cbor:"30,keyasint"`
	Description string `json:"error_description,omitempty" cbor:"31,keyasint,omitempty"`
	URI         string `json:"error_uri,omitempty" cbor:"32,keyasint,omitempty"`
}

// A responseError is a response that a client has read.
type responseError[Code any] struct {
	match    error
	response response[Code]
}

func (e *responseError[Code]) Error() string { return fmt.Sprintf("%v: %+v", e.match, e.response) }
func (e *responseError[Code]) Unwrap() error { return e.match }
