package peers

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/fxamacker/cbor/v2"

	"github.com/seed-e9190de5/autherr"
)

// ByHand is what somebody who has sentinels, a codec and an hour would write. It does nearly as much as
// autherr: an answer may not be cached, an unknown error is a server_error, and the error that a client
// reads has the whole answer.
var ByHand = &Library{
	Name: "by hand",

	InvalidGrant: sentinels[autherr.ErrOAuth2CodeNotFound],
	Target:       sentinels[autherr.ErrOAuth2CodeNotFound],
	AccessDenied: sentinels[autherr.ErrPermissionDenied],
	InvalidToken: sentinels[autherr.ErrTokenExpired],

	Token: func(err error) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := lookup(autherr.TokenEndpoint, err)
			w.Header().Set("Pragma", "no-cache")
			if answer.status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", `Basic realm="token"`)
			}
			sendJSON(w, answer)
		})
	},
	Authorization: func(err error) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			back, unparsed := url.Parse(redirectURI)
			if unparsed != nil {
				http.Error(w, "This request cannot be completed.", http.StatusBadRequest)
				return
			}
			query := back.Query()
			query.Set("error", lookup(autherr.AuthorizationEndpoint, err).code)
			query.Set("state", state)
			back.RawQuery = query.Encode()
			w.Header().Set("Cache-Control", "no-store")
			w.Header().Set("Location", back.String())
			w.WriteHeader(http.StatusSeeOther)
		})
	},
	Resource: func(err error) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := lookup(autherr.ProtectedResource, err)
			if answer.status < http.StatusInternalServerError {
				w.Header().Set("WWW-Authenticate", `Bearer realm="`+realm+`", error="`+answer.code+`"`)
			}
			sendJSON(w, answer)
		})
	},
	TokenCBOR: func(err error) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := lookup(autherr.TokenEndpoint, err)
			w.Header().Set("Pragma", "no-cache")
			body, err := deterministic.Marshal(response[int32]{Code: valueOf[answer.code]})
			send(w, answer.status, autherr.MediaTypeACECBOR, body, err)
		})
	},

	Read:     byHandRead,
	ReadCBOR: byHandReadCBOR,
	Call:     func(client *http.Client) error { return call(client, byHandRead) },
	Told:     codeSentinels["invalid_grant"],

	Remarks: map[string]string{
		AtTokenCBOR: "By hand, CBOR is fxamacker/cbor with a keyasint struct, and deterministic as autherr's is. No other " +
			"library answers in CBOR (`TestWhatALibraryDoesNotDoIsNotInItsSource`).",
	},
}

// There is a sentinel, made by errors.New, for each error and each code of autherr.
var (
	sentinels = func() map[autherr.SaTokenError]error {
		made := make(map[autherr.SaTokenError]error)
		for _, e := range autherr.SaTokenErrors() {
			made[e] = errors.New(e.Error())
		}
		return made
	}()
	codeSentinels = func() map[string]error {
		made := make(map[string]error)
		for _, code := range autherr.ErrorCodes() {
			made[string(code)] = errors.New(string(code))
		}
		return made
	}()
)

// A sent is what a table says is sent for a sentinel.
type sent struct {
	code   string
	status int
}

// tables has the table of each endpoint.
var tables = func() map[autherr.Endpoint]map[error]sent {
	made := make(map[autherr.Endpoint]map[error]sent)
	for _, endpoint := range []autherr.Endpoint{autherr.TokenEndpoint, autherr.AuthorizationEndpoint, autherr.ProtectedResource} {
		made[endpoint] = make(map[error]sent)
		for e, sentinel := range sentinels {
			answer := endpoint.Answer(e)
			made[endpoint][sentinel] = sent{string(answer.Response.Code), answer.HTTPStatus}
		}
	}
	return made
}()

// lookup returns what to send for err, or for what err wraps.
func lookup(endpoint autherr.Endpoint, err error) sent {
	for ; err != nil; err = errors.Unwrap(err) {
		if found, ok := tables[endpoint][err]; ok {
			return found
		}
	}
	return sent{"server_error", http.StatusInternalServerError}
}

// The codes that have a value in CBOR, both ways.
var (
	codeOf = func() map[int32]string {
		made := make(map[int32]string)
		for _, code := range autherr.ErrorCodes() {
			if value, ok := code.CBORValue(); ok {
				made[value] = string(code)
			}
		}
		return made
	}()
	valueOf = func() map[string]int32 {
		made := make(map[string]int32)
		for value, code := range codeOf {
			made[code] = value
		}
		return made
	}()
)

var deterministic = func() cbor.EncMode {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err)
	}
	return mode
}()

// A response is an error response in JSON, where its code is a string, or in CBOR, where it is a number.
type response[Code any] struct {
	Code        Code   `json:"error" cbor:"30,keyasint"`
	Description string `json:"error_description,omitempty" cbor:"31,keyasint,omitempty"`
	URI         string `json:"error_uri,omitempty" cbor:"32,keyasint,omitempty"`
}

func send(w http.ResponseWriter, status int, mediaType string, body []byte, err error) {
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func sendJSON(w http.ResponseWriter, answer sent) {
	body, err := json.Marshal(response[string]{Code: answer.code})
	send(w, answer.status, "application/json", body, err)
}

// An answerError is what a client has read.
type answerError struct {
	sentinel    error
	description string
	uri         string
	status      int
	header      http.Header
	body        []byte
}

func (e *answerError) Error() string {
	return fmt.Sprintf("%d %v: %s", e.status, e.sentinel, e.description)
}
func (e *answerError) Unwrap() error { return e.sentinel }

func byHandRead(res *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return err
	}
	var read response[string]
	if err := json.Unmarshal(body, &read); err != nil {
		return err
	}
	return &answerError{codeSentinels[read.Code], read.Description, read.URI, res.StatusCode, res.Header, body}
}

func byHandReadCBOR(res *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return err
	}
	var read response[int32]
	if err := cbor.Unmarshal(body, &read); err != nil {
		return err
	}
	return &answerError{codeSentinels[codeOf[read.Code]], read.Description, read.URI, res.StatusCode, res.Header, body}
}
