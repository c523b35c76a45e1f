package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
	"github.com/seed-e9190de5/autherr/internal/plain"
)

var endpoints = []autherr.Endpoint{autherr.TokenEndpoint, autherr.AuthorizationEndpoint, autherr.ProtectedResource}

// answers says what a server tells its client and its log about an error. It does not say again where
// the given code is specified.
func (p *page) answers(err error, specified autherr.ErrorCode) {
	told := func(endpoint autherr.Endpoint, onTheWire []string) {
		answer := endpoint.Answer(err)
		code := answer.Response.Code
		summary := fmt.Sprintf("%d %s", answer.HTTPStatus, plain.Foreign(string(code)))
		switch {
		case code == "":
			summary = fmt.Sprintf("%d, and no code", answer.HTTPStatus)
		case code != specified:
			summary += ", " + code.Reference()
		}
		p.row(endpoint.String(), append([]string{summary}, onTheWire...)...)
	}
	p.heading("What your server answers if a handler returns this error:")
	told(autherr.TokenEndpoint, bodies(err))
	told(autherr.AuthorizationEndpoint, redirection(err))
	told(autherr.ProtectedResource, challenges(err))
	fault := autherr.FaultOf(err)
	p.row("log", fmt.Sprintf("fault=%s, at level %s", fault, fault.Level()))
}

// bodies returns what a token endpoint sends.
func bodies(err error) []string {
	r := autherr.TokenEndpoint.Answer(err).Response
	text, err := r.MarshalJSON()
	if err != nil {
		return nil
	}
	lines := []string{"JSON: " + plain.Foreign(string(text))}
	data, err := r.MarshalCBOR()
	if err != nil {
		return append(lines, "CBOR: no body, since this code has no CBOR value")
	}
	diagnosis, _ := cbor.Diagnose(data) // RFC 8949 §8
	return append(lines, "CBOR: "+plain.Foreign(fmt.Sprintf("%X", data)), "      which is "+plain.Foreign(diagnosis))
}

// redirection returns where an authorization endpoint sends the browser.
func redirection(err error) []string {
	location, ok := autherrhttp.Redirect{URI: "https://a.example/cb"}.Location(err)
	if !ok {
		return []string{"a page of the server's own: the browser is not redirected"}
	}
	lines := []string{"Location: " + plain.Foreign(location)}
	if autherr.AuthorizationEndpoint.Answer(err).Response.Code == autherr.LoginRequired {
		lines = append(lines, "only if prompt=none was asked for: otherwise, show the login page")
	}
	return lines
}

// challenges returns the challenges of a protected resource.
func challenges(err error) (lines []string) {
	var with autherrhttp.Challenge
	switch autherr.ProtectedResource.Answer(err).Response.Code {
	case autherr.InvalidDPoPProof, autherr.UseDPoPNonce:
		with.Scheme = "DPoP"
	default: // Bearer
	}
	w := httptest.NewRecorder()
	autherrhttp.WriteResourceError(w, httptest.NewRequest(http.MethodGet, "/", nil), err, with)
	for _, value := range w.Header().Values("WWW-Authenticate") {
		lines = append(lines, "WWW-Authenticate: "+plain.Foreign(value))
	}
	return lines
}

// origins says which sa-token errors are answered with a code.
func (p *page) origins(code autherr.ErrorCode) {
	all := subjects(func(n name) bool { _, ok := n.subject.(autherr.SaTokenError); return ok })
	p.causes("The sa-token errors that it answers with this code:", all, func(answer autherr.Answer) bool { return answer.Response.Code == code })
}

// causes says which errors each endpoint answers in a way that matches, if there are any.
func (p *page) causes(heading string, causes []error, matches func(autherr.Answer) bool) {
	found := false
	for _, endpoint := range endpoints {
		var names []string
		for _, cause := range causes {
			if matches(endpoint.Answer(cause)) {
				names = append(names, shortNameOf(cause))
			}
		}
		if names == nil {
			continue
		}
		if !found {
			p.heading(heading)
		}
		found = true
		const most, few = 30, 6
		if len(names) > most {
			names = append(names[:few], fmt.Sprintf("and %d more", len(names)-few))
		}
		p.prose(endpoint.String(), strings.Join(names, ", "))
	}
}
