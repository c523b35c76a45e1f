package peers

import (
	"errors"
	"net/http"
)

// The names of the works.
const (
	AtToken         = "token endpoint"
	AtAuthorization = "authorization endpoint"
	AtResource      = "protected resource"
	AtTokenCBOR     = "token endpoint, CBOR"
	IsFound         = "errors.Is, found"
	IsNotFound      = "errors.Is, not found"
	ToError         = "answer to error"
	OfCall          = "call to error"
	ToErrorCBOR     = "answer to error, CBOR"
)

// A Work is something that every library is asked to do.
type Work struct {
	Name string

	// Why says why autherr takes longer than others, if it does.
	Why string

	// Of returns a function that has l do the work n times, and reports whether it came out right each
	// time. The function is nil if l cannot do the work. It loops itself, so that what is timed is
	// errors.Is and not a call of the function.
	Of func(l *Library) func(n int) bool
}

// Why autherr may take longer, by kind of work.
const (
	whyAnswer = "autherr looks at the whole tree of errors, since a server fault anywhere in it decides. It also drops the headers that a " +
		"handler has set for another answer, and sets X-Content-Type-Options."
	whyRedirect = "autherr first checks that a browser may be sent to the URI."
	whyIs       = "An error of autherr has a method Is, since it is also its category and its code. One of errors.New has none."
	whyRead     = "autherr reads JSON into a map, since names are case-sensitive; the others decode into a struct, which takes names " +
		"in any letter case. autherr also keeps what the server said, with a clone of the headers, and looks for a wait and for " +
		"challenges. The map takes about two fifths of the time, the clone a quarter."
	whyReadCBOR = "autherr tries every body as JSON first, since servers do not always name the type that they send. It also keeps " +
		"what the server said, as with JSON."
)

// Works has all works, in the order of an error's way from the store to the client.
var Works = []Work{
	{Name: AtToken, Why: whyAnswer, Of: func(l *Library) func(int) bool { return answers(l.Token, l.Up(l.InvalidGrant), TokenRequest()) }},
	{Name: AtAuthorization, Why: whyRedirect, Of: func(l *Library) func(int) bool {
		return answers(l.Authorization, l.Up(l.AccessDenied), AuthorizationRequest())
	}},
	{Name: AtResource, Why: whyAnswer, Of: func(l *Library) func(int) bool { return answers(l.Resource, l.Up(l.InvalidToken), ResourceRequest()) }},
	{Name: AtTokenCBOR, Why: whyAnswer, Of: func(l *Library) func(int) bool {
		return answers(l.TokenCBOR, l.Up(l.InvalidGrant), TokenRequestCBOR())
	}},
	{Name: IsFound, Why: whyIs, Of: func(l *Library) func(int) bool { return finds(l, l.Target, true) }},
	{Name: IsNotFound, Why: whyIs, Of: func(l *Library) func(int) bool { return finds(l, l.AccessDenied, false) }},
	{Name: ToError, Why: whyRead, Of: func(l *Library) func(int) bool { return reads(l, l.Read, newWire("application/json", bodyJSON)) }},
	{Name: OfCall, Why: whyRead, Of: calls},
	{Name: ToErrorCBOR, Why: whyReadCBOR, Of: func(l *Library) func(int) bool {
		return reads(l, l.ReadCBOR, newWire("application/ace+cbor", bodyCBOR))
	}},
}

// answers has an endpoint answer a request. No handler changes it, so it is the same request each time.
func answers(endpoint func(error) http.Handler, err error, r *http.Request) func(int) bool {
	if endpoint == nil {
		return nil
	}
	handler := endpoint(err)
	want := len(new(Answer).Of(handler, r).Body)
	return func(n int) bool {
		var a Answer
		ok := true
		for range n {
			a.Of(handler, r)
			ok = a.Status != http.StatusOK && a.Status < 500 && len(a.Body) == want && ok
		}
		return ok
	}
}

// finds has errors.Is look for target in an error that is wrapped three times.
func finds(l *Library, target error, want bool) func(int) bool {
	if target == nil {
		return nil
	}
	wrapped := Wrapped(l.InvalidGrant)
	return func(n int) bool {
		ok := true
		for range n {
			ok = errors.Is(wrapped, target) == want && ok
		}
		return ok
	}
}

// reads has the same answer read each time.
func reads(l *Library, read func(*http.Response) error, answer *wire) func(int) bool {
	if read == nil {
		return nil
	}
	return func(n int) bool {
		ok := true
		for range n {
			ok = l.matches(read(answer.unread())) && ok
		}
		return ok
	}
}

// calls has a client call a token endpoint that answers at once.
func calls(l *Library) func(int) bool {
	if l.Call == nil {
		return nil
	}
	client := &http.Client{Transport: newWire("application/json", bodyJSON)}
	return func(n int) bool {
		ok := true
		for range n {
			ok = l.matches(l.Call(client)) && ok
		}
		return ok
	}
}
