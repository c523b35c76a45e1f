package autherrhttp

import (
	"net/http"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/internal/plain"
)

// RequestError returns err, which came up when a request was read, as an [autherr.InvalidRequest]. err
// is what [http.Request.ParseForm] or reading the body returned:
//
//	if err := r.ParseForm(); err != nil {
//		autherrhttp.WriteTokenError(w, r, autherrhttp.RequestError(err))
//		return
//	}
//
// An [*http.MaxBytesError] in err stays in the tree, so that the status is 413. Of everything else only
// the text stays: if the client's connection is slow or breaks, that is not a network failure of ours.
// RequestError returns nil if err is nil.
func RequestError(err error) error {
	if err == nil {
		return nil
	}
	return &requestError{"invalid_request: " + plain.OfError(err), tooLarge(err)}
}

type requestError struct {
	text     string
	tooLarge *http.MaxBytesError // nil if that is not what happened
}

func (e *requestError) Error() string { return e.text }

func (e *requestError) Unwrap() []error {
	if e.tooLarge == nil {
		return []error{autherr.InvalidRequest}
	}
	return []error{autherr.InvalidRequest, e.tooLarge}
}

// isTooLarge reports whether an answer is to say that the request is too large.
func isTooLarge(answer autherr.Answer, err error) bool {
	return answer.Response.Code == autherr.InvalidRequest && tooLarge(err) != nil
}

// tooLarge returns the first error in err's tree that says that the request is too large, or nil if
// there is none. What a RemoteError holds happened elsewhere.
func tooLarge(err error) *http.MaxBytesError {
	for {
		switch err := err.(type) {
		case nil, *autherr.RemoteError:
			return nil
		case *http.MaxBytesError:
			return err
		}
		inners := unwrap(err)
		if len(inners) != 1 {
			for _, inner := range inners {
				if found := tooLarge(inner); found != nil {
					return found
				}
			}
			return nil
		}
		err = inners[0]
	}
}

// unwrap returns what err wraps, which is nothing if its method Unwrap panics.
func unwrap(err error) []error {
	defer func() { _ = recover() }()
	switch err := err.(type) {
	case interface{ Unwrap() error }:
		return []error{err.Unwrap()}
	case interface{ Unwrap() []error }:
		return err.Unwrap()
	default:
		return nil
	}
}
