package autherrhttp

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/internal/plain"
)

// maxWait is the longest wait that is read. Adding to it and rounding it do not overflow, and an int of
// 32 bits can count its seconds.
const maxWait = math.MaxInt32 * time.Second

// ReadError returns an answer that is not what the client hoped for, well formed or not, as an error. It
// is always a [*autherr.RemoteError].
//
//	if res.StatusCode/100 != 2 {
//		return autherrhttp.ReadError(res)
//	}
//
// Some providers answer errors with 200. Read the body of their answers yourself, and call
// [ReadErrorBody] if it has no access_token.
//
// The code, its description and its URI come from the body. If that is a JSON object, it is read as one,
// whatever its Content-Type. Else it is read by its Content-Type, as CBOR (application/ace+cbor) or as a
// form (application/x-www-form-urlencoded). If the body has no code, the code comes from the first
// challenge that has one. If it has no description or no URI, that comes from the first challenge that
// has one and does not name another code. Anything else that the server asks for in its challenges, such
// as a scope, is in the header:
//
//	if remote, ok := errors.AsType[*autherr.RemoteError](err); ok {
//		challenges := autherrhttp.ParseChallenges(remote.Header)
//		…
//	}
//
// The RemoteError also has the status, a clone of the header, the body as far as it was read, and the
// wait of Retry-After. That may be in seconds, or a date, which counts from the Date of the answer if
// there is one. The wait is 0 if it is negative or does not parse, and 2^31-1 seconds, which is 68 years,
// if it is longer than that.
//
// Err is nil if there is a code and nothing is wrong. Otherwise it says what was found, and does not
// repeat the body:
//   - What is right in a JSON object or a form is used. Err is or wraps a [*autherr.FieldError] for a
//     member that is not a string, for a parameter that a form has twice, and for error if it is absent.
//     It also says if something follows the object.
//   - Nothing is used of a JSON object that is malformed or cut short, or of a form that may be cut short.
//   - If reading the body failed, Err wraps the cause, such as [io.ErrUnexpectedEOF].
//
// If the code comes from a challenge, Err is nil whatever the body is, unless reading it failed.
//
// ReadError reads at most 64 KiB, does not close the body, and has no timeout of its own: the context of
// the request ends it. For a nil res it returns a RemoteError whose Err says so.
func ReadError(res *http.Response) error {
	if res == nil || res.Body == nil {
		return ReadErrorBody(res, nil)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, readLimit))
	if err != nil {
		err = readFailure{err}
	}
	return remoteErrorOf(res, body, err, err == nil && len(body) < readLimit)
}

// ReadErrorBody is like [ReadError], for a body that has been read already. It takes a body of any length
// and keeps a copy. Of res, it uses the status and the header only.
//
// It turns the error of golang.org/x/oauth2 into a RemoteError:
//
//	if retrieve, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
//		err = autherrhttp.ReadErrorBody(retrieve.Response, retrieve.Body)
//	}
func ReadErrorBody(res *http.Response, body []byte) error {
	var err error
	if res == nil {
		res, err = new(http.Response), errors.New("autherrhttp: no response")
	}
	return remoteErrorOf(res, bytes.Clone(body), err, true)
}

// ReadRedirect returns the error that an authorization server sent to its client by redirect (RFC 6749
// §4.1.2.1), and nil if it sent none. values are the parameters of the query, or those of the form if the
// response mode is form_post:
//
//	if err := autherrhttp.ReadRedirect(r.URL.Query()); err != nil {
//		…
//	}
//
// The error is a [*autherr.RemoteError] without a status. Anybody can send a browser to the client's
// redirection endpoint, so check state, and iss (RFC 9207), first.
//
// An empty error is the same as an absent one (RFC 6749 §3.1), unless error_description or error_uri comes
// with it. Then the RemoteError has no code. If a parameter is there twice, the first value that is not
// empty counts. In these two cases Err is or wraps a [*autherr.FieldError].
func ReadRedirect(values url.Values) error {
	response, err := responseOfForm(values)
	if len(values[paramError]) == 0 || response == (autherr.ErrorResponse{}) {
		return nil
	}
	return &autherr.RemoteError{Response: response, Err: err}
}

// remoteErrorOf returns what ReadError does. err is what kept the answer from being read, and whole is
// false if the body may be cut short.
func remoteErrorOf(res *http.Response, body []byte, err error, whole bool) error {
	response, fault := responseOfBody(res.Header, body, whole)
	if err != nil && response == (autherr.ErrorResponse{}) {
		fault = nil // err explains it
	}
	if addChallenges(&response, ParseChallenges(res.Header)) {
		fault = nil
	}
	return &autherr.RemoteError{
		Response:   response,
		Status:     res.StatusCode,
		RetryAfter: retryAfterOf(res.Header),
		Header:     res.Header.Clone(),
		Body:       body,
		Err:        bothErrors(err, fault),
	}
}

// addChallenges adds to response what the challenges say and the body does not. It reports whether the
// code is theirs.
func addChallenges(response *autherr.ErrorResponse, challenges []Challenge) (named bool) {
	for _, c := range challenges {
		if response.Code == "" && c.Response.Code != "" {
			response.Code, named = c.Response.Code, true
		}
	}
	for _, c := range challenges {
		if c.Response.Code == "" || c.Response.Code == response.Code {
			response.Description = cmp.Or(response.Description, c.Response.Description)
			response.URI = cmp.Or(response.URI, c.Response.URI)
		}
	}
	return named
}

// responseOfBody returns what is right in a body, and what is wrong with it.
func responseOfBody(header http.Header, body []byte, whole bool) (response autherr.ErrorResponse, err error) {
	contentType := header.Get("Content-Type")
	mediaType, _, _ := strings.Cut(contentType, ";")
	mediaType = strings.ToLower(strings.Trim(mediaType, " \t"))

	members, rest, err := cutObject(body)
	switch {
	case err == nil:
		response, err = responseOfObject(members)
		if len(bytes.TrimSpace(rest)) > 0 {
			err = bothErrors(err, errors.New("autherrhttp: body goes on after the JSON object"))
		}
	case len(body) == 0:
		err = errors.New("autherrhttp: body is empty")
	case mediaType == autherr.MediaTypeACECBOR:
		err = response.UnmarshalCBOR(body)
	case mediaType == mediaTypeForm && whole:
		values, malformed := url.ParseQuery(string(body))
		if malformed != nil {
			malformed = fmt.Errorf("autherrhttp: body is not a form: %w", malformed)
		}
		response, err = responseOfForm(values)
		err = bothErrors(malformed, err)
	default:
		where := "body"
		if !whole {
			where = "the first 64 KiB of body"
		}
		if contentType != "" {
			where += " of type " + plain.Foreign(contentType)
		}
		err = fmt.Errorf("autherrhttp: no JSON object in %s: %w", where, err)
	}
	return response, err
}

const mediaTypeForm = "application/x-www-form-urlencoded"

// cutObject cuts data after the JSON object that it begins with.
func cutObject(data []byte) (members map[string]json.RawMessage, rest []byte, err error) {
	data = bytes.TrimPrefix(data, []byte("\uFEFF")) // which a parser may ignore (RFC 8259 §8.1)
	decoder := json.NewDecoder(bytes.NewReader(data))
	err = decoder.Decode(&members)
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		err = errors.New("found " + mismatch.Value)
	} else if err == nil && members == nil {
		err = errors.New("found null")
	}
	return members, data[decoder.InputOffset():], err
}

// responseOfObject returns what is right in a JSON object, and FieldErrors for what is wrong.
func responseOfObject(members map[string]json.RawMessage) (autherr.ErrorResponse, error) {
	return responseOf(func(param string) (string, error) {
		value, ok := members[param]
		if !ok {
			return "", nil
		}
		var text string
		err := json.Unmarshal(value, &text)
		if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			err = &autherr.FieldError{Field: param, Reason: "found " + mismatch.Value + ", not a string"}
		}
		return text, err
	})
}

// responseOfForm returns what is right in a form, and FieldErrors for what is wrong.
func responseOfForm(values url.Values) (autherr.ErrorResponse, error) {
	return responseOf(func(param string) (text string, err error) {
		text = cmp.Or(values[param]...)
		if times := len(values[param]); times > 1 {
			err = &autherr.FieldError{Field: param, Reason: "found " + strconv.Itoa(times) + " times"}
		}
		return text, err
	})
}

// responseOf returns the response whose parameters textOf returns, and what textOf finds wrong.
func responseOf(textOf func(param string) (string, error)) (autherr.ErrorResponse, error) {
	code, codeErr := textOf(paramError)
	description, descriptionErr := textOf(paramDescription)
	uri, uriErr := textOf(paramURI)
	if code == "" && codeErr == nil {
		codeErr = &autherr.FieldError{Field: paramError, Reason: "required, but absent"}
	}
	response := autherr.ErrorResponse{Code: autherr.ErrorCode(code), Description: description, URI: uri}
	return response, bothErrors(bothErrors(codeErr, descriptionErr), uriErr)
}

// retryAfterOf returns the wait that an answer asks for (RFC 9110 §10.2.3). Some servers send a fraction
// of seconds, such as "2.0".
func retryAfterOf(header http.Header) time.Duration {
	text := header.Get("Retry-After")
	if strings.Trim(text, "0123456789.") == "" {
		seconds, _ := strconv.ParseFloat(text, 64) // 0 if it does not parse, infinite if it is out of range
		return time.Duration(min(seconds, maxWait.Seconds()) * float64(time.Second))
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return min(max(until.Sub(now), 0), maxWait)
}

// A readFailure is why a body could not be read to its end.
type readFailure struct{ err error }

func (f readFailure) Error() string {
	return "autherrhttp: body could not be read: " + plain.Foreign(plain.OfError(f.err))
}

func (f readFailure) Unwrap() error { return f.err }

// bothErrors joins two errors, of which either may be nil, in one line.
func bothErrors(a, b error) error {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	default:
		return fmt.Errorf("%w; %w", a, b)
	}
}
