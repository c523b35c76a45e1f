package peers

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

// The names of the works.
const (
	ToBody     = "error to body"
	ToResponse = "error to response"
	OnAllCores = "the same, all cores"
	IsHit      = "errors.Is, hit"
	IsMiss     = "errors.Is, miss"
	ToError    = "body to matched error"
)

// A Work is something that every library is asked to do.
type Work struct {
	Name string

	// Of returns a function that has l do the work n times, and reports whether all of
	// them came out right; or nil where l cannot do it. It loops itself, so that no call
	// stands between the clock and errors.Is.
	Of func(l *Library) func(n int) bool
}

// Works are all works, from the store to the client.
var Works = []Work{
	{ToBody, toBody},
	{ToResponse, toResponse},
	{OnAllCores, func(l *Library) func(int) bool { return onAllCores(toResponse(l)) }},
	{IsHit, func(l *Library) func(int) bool { return is(l.Err, l.Hit, true) }},
	{IsMiss, func(l *Library) func(int) bool { return is(l.Err, l.Miss, false) }},
	{ToError, toError},
}

func toBody(l *Library) func(int) bool {
	want := l.Body(l.Err)
	return func(n int) bool {
		ok := true
		for range n {
			ok = bytes.Equal(l.Body(l.Err), want) && ok
		}
		return ok
	}
}

// toResponse has l's own handler answer a request. The request is one and the same each
// time, since no handler changes it; the recorder is new.
func toResponse(l *Library) func(int) bool {
	r := Request(l.Format)
	want := len(l.Body(l.Err))
	return func(n int) bool {
		ok := true
		for range n {
			w := httptest.NewRecorder()
			l.Write(w, r, l.Err)
			// Some handlers end the body with a line feed.
			ok = w.Code/100 == 4 && w.Body.Len()-want <= 1 && ok
		}
		return ok
	}
}

// Request returns a request to a token endpoint of a client that speaks format. Its form has been
// parsed, as it has been in any server that got as far as its store.
func Request(format *Format) *http.Request {
	form := strings.NewReader("grant_type=authorization_code&code=x7Rt")
	r := httptest.NewRequest(http.MethodPost, "/token", form)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := r.ParseMultipartForm(0); !errors.Is(err, http.ErrNotMultipart) {
		panic(err)
	}
	if format == CBOR {
		r.Header.Set("Content-Type", format.MediaType)
	}
	return r
}

// onAllCores does n times do, spread over all cores.
func onAllCores(do func(int) bool) func(int) bool {
	return func(n int) bool {
		cores := runtime.GOMAXPROCS(0)
		var failed atomic.Bool
		var all sync.WaitGroup
		for range cores {
			all.Go(func() {
				if !do((n + cores - 1) / cores) {
					failed.Store(true)
				}
			})
		}
		all.Wait()
		return !failed.Load()
	}
}

func is(err, target error, want bool) func(int) bool {
	return func(n int) bool {
		ok := true
		for range n {
			ok = errors.Is(err, target) == want && ok
		}
		return ok
	}
}

func toError(l *Library) func(int) bool {
	if l.Read == nil {
		return nil
	}
	body := []byte(l.Format.Answer)
	return func(n int) bool {
		ok := true
		for range n {
			ok = errors.Is(l.Read(body), l.Code) && ok
		}
		return ok
	}
}
