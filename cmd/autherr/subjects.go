package main

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/seed-e9190de5/autherr"
)

// subjects explains errors, codes and categories.
func (p *page) subjects(found []error) {
	for _, subject := range found {
		switch s := subject.(type) {
		case autherr.SaTokenError:
			p.saTokenError(s)
		case autherr.ErrorCode:
			p.title("%s, an OAuth error code", s)
			p.response(autherr.ErrorResponse{Code: s})
		case autherr.Category:
			p.category(s)
		}
	}
}

func (p *page) saTokenError(e autherr.SaTokenError) {
	p.title("%s, a sa-token error", shortNameOf(e))
	p.prose("meaning", e.Description())
	p.row("causes", e.Causes()...)
	p.prose("way out", e.Solution())
	p.row("message", e.Error())
	p.row("name", e.Name())
	p.row("category", e.Category().String())
	p.row("to errors.Is, it is", constantOf(e), constantOf(e.Category()), constantOf(e.Code()))
	p.answers(e, "")
}

func (p *page) category(c autherr.Category) {
	p.title("%s, a category of sa-token errors", c)
	p.row("in Go", constantOf(c))
	label := "errors"
	for _, e := range c.Errors() {
		p.prose(label, shortNameOf(e)+": "+e.Description())
		label = ""
	}
}

// response explains a response. Its code need not be known, and it need not be fit to be sent.
func (p *page) response(r autherr.ErrorResponse) {
	value, hasValue := r.Code.CBORValue()
	switch {
	case r.Code.IsKnown():
		p.prose("meaning", r.Code.Description())
		p.row("specified in", r.Code.Reference())
	case r.Code.IsPrivateUse():
		p.prose("meaning", "The server's own: CBOR values below -65536 are for private use (RFC 9200 §8.4).")
	case hasValue:
		p.prose("meaning", "Not known: no code is registered with this CBOR value (RFC 9200 §8.4).")
	default:
		p.prose("meaning", "Not known: a server may have codes of its own.")
		p.row("similar", namesLike(string(r.Code)))
	}
	p.row("in Go", constantOf(r.Code))
	if hasValue {
		p.row("CBOR value", strconv.Itoa(int(value)))
	}
	if _, ok := autherr.RetryAfterOf(r.Code); ok {
		p.row("another try", "may succeed later, with the same request")
	}
	if err := r.Validate(); err != nil {
		p.row("not fit to be sent", faults(err)...)
	}
	p.answers(r, r.Code)
	p.origins(r.Code)
}

// number explains the CBOR value of a code, which may also be a status.
func (p *page) number(n int32) error {
	code := autherr.Other(n)
	switch {
	case code == "":
		return errors.New("0 is no code in CBOR")
	case http.StatusText(int(n)) != "":
		p.status(int(n))
		p.title("%d, a CBOR value", n)
		p.row("meaning", "Not known: no code is registered with it (RFC 9200 §8.4).")
		p.row("in Go", constantOf(code))
	default:
		p.subjects([]error{code})
	}
	return nil
}

// status explains an HTTP status.
func (p *page) status(n int) {
	title := strings.TrimSpace(fmt.Sprint(n, " ", http.StatusText(n))) + ", an HTTP status"
	if coap := (autherr.Answer{HTTPStatus: n}).CoAPCode(); coap != 0 {
		title += fmt.Sprintf(", %d.%02d in CoAP", coap>>5, coap&0x1F)
	}
	p.title("%s", title)
	switch n / 100 {
	case 3:
		p.prose("meaning", "A redirect. An authorization endpoint sends its errors this way: read the query of Location.")
	case 4:
		p.prose("meaning", "The server refused the request. The code that comes with it says why.")
	case 5:
		p.prose("meaning", "The server failed, or one behind it. It is not the client's fault.")
	default:
		p.prose("meaning", "It is not an error by itself. Some servers send errors with it: read the body.")
	}
	if _, ok := autherr.RetryAfterOf(&autherr.RemoteError{Status: n}); ok {
		p.row("another try", "may succeed later, with the same request")
	}
	causes := subjects(func(n name) bool { _, ok := n.subject.(autherr.Category); return !ok })
	causes = append(causes, new(autherr.UnavailableError), new(autherr.RateLimitedError), new(autherr.RemoteError))
	p.causes("What your server answers with it:", causes, func(answer autherr.Answer) bool { return answer.HTTPStatus == n })
}
