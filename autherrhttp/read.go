package autherrhttp

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/seed-e9190de5/autherr"
)

// maxBody is the most that ReadError takes. An error response has a few hundred bytes.
const maxBody = 64 << 10

// ReadError returns what a token endpoint answered, a [*autherr.RemoteError], from the body of
// res, which is JSON or CBOR by its Content-Type. It is never nil, and does not look at the
// status: call it for every status that is not a success.
//
//	if res.StatusCode != http.StatusOK {
//		return autherrhttp.ReadError(res)
//	}
//
// Where the server answered with a name that has no [autherr.ErrorCode], such as
// server_error, the error wraps an [*autherr.UnknownCodeError]. Any other error says what is
// wrong with the body: it is of another type, larger than 64 KiB, truncated, malformed, or
// could not be read, and then the error wraps that of reading it.
//
// ReadError has no timeout of its own; the context of the request ends it. It does not close
// the body.
func ReadError(res *http.Response) error {
	var response autherr.ErrorResponse
	var decode func([]byte) error
	switch {
	case mediaTypeIs(res.Header, mediaTypeJSON):
		decode = response.UnmarshalJSON
	case mediaTypeIs(res.Header, autherr.MediaTypeACECBOR):
		decode = response.UnmarshalCBOR
	default:
		return fmt.Errorf("autherrhttp: body is of type %.100q, neither %s nor %s",
			res.Header.Get("Content-Type"), mediaTypeJSON, autherr.MediaTypeACECBOR)
	}
	body, err := readBody(res)
	if err != nil {
		return err
	}
	err = decode(body)
	var unknown *autherr.UnknownCodeError
	switch {
	case err == nil:
		return &autherr.RemoteError{Response: response}
	case errors.As(err, &unknown):
		return fmt.Errorf("autherrhttp: %w", err)
	default:
		return fmt.Errorf("autherrhttp: body is malformed: %w", err)
	}
}

// readBody returns the whole body of res, or says why it cannot.
func readBody(res *http.Response) ([]byte, error) {
	if res.Body == nil { // net/http's own clients always set it
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	switch {
	case len(body) > maxBody:
		return nil, errors.New("autherrhttp: body is larger than 64 KiB")
	case err == nil && int64(len(body)) < res.ContentLength:
		// net/http's own Transport has reported this already; others need not.
		err = io.ErrUnexpectedEOF
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("autherrhttp: body is truncated: %w", err)
	case err != nil:
		return nil, fmt.Errorf("autherrhttp: body could not be read: %w", err)
	}
	return body, nil
}
