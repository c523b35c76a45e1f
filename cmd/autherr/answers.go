package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-e9190de5/autherr"
)

var endpoints = []autherr.Endpoint{autherr.TokenEndpoint, autherr.AuthorizationEndpoint, autherr.ProtectedResource}

// answers says what a server tells its client and its log about an error. It does not say again where
// the given code is specified.
func (p *page) answers(err error, specified autherr.ErrorCode) {
	told := func(endpoint autherr.Endpoint, onTheWire func(autherr.Answer) []string) {
		answer := endpoint.Answer(err)
		code := answer.Response.Code
		summary := fmt.Sprintf("%d %s", answer.HTTPStatus, shown(string(code)))
		switch {
		case code == "":
			summary = fmt.Sprintf("%d, and no code", answer.HTTPStatus)
		case code != specified:
			summary += ", " + code.Reference()
		}
		p.row(endpoint.String(), append([]string{summary}, onTheWire(answer)...)...)
	}
	p.heading("What your server answers if a handler returns this error:")
	told(autherr.TokenEndpoint, body)
	told(autherr.AuthorizationEndpoint, redirection)
	told(autherr.ProtectedResource, challenge)
	fault := autherr.FaultOf(err)
	p.row("log", fmt.Sprintf("fault=%s, at level %s", fault, fault.Level()))
}

// body returns the bodies that a token endpoint sends.
func body(answer autherr.Answer) []string {
	r := answer.Response
	text, err := r.MarshalJSON()
	if err != nil {
		return nil
	}
	lines := []string{"JSON: " + shown(string(text))}
	data, err := r.MarshalCBOR()
	if err != nil {
		return append(lines, "CBOR: no body, since no integer stands for this code there")
	}
	// RFC 8949 §8; what can be sent needs no escaping.
	diagnostic := joined(r, ", ", func(param parameter) string {
		if value, ok := autherr.ErrorCode(param.text).CBORValue(); ok && param.name == "error" {
			return fmt.Sprintf("%d: %d", param.key, value)
		}
		return fmt.Sprintf(`%d: "%s"`, param.key, param.text)
	})
	return append(lines, "CBOR: "+shown(fmt.Sprintf("%X", data)), "      which is {"+diagnostic+"}")
}

// A parameter is one of an error response, by its name and its key in CBOR.
type parameter struct {
	name string
	key  int
	text string
}

// parametersOf returns the parameters that a response has.
func parametersOf(r autherr.ErrorResponse) []parameter {
	all := []parameter{{"error", 30, string(r.Code)}, {"error_description", 31, r.Description}, {"error_uri", 32, r.URI}}
	return slices.DeleteFunc(all, func(param parameter) bool { return param.text == "" })
}

// joined returns the parameters of a response, each as format writes it.
func joined(r autherr.ErrorResponse, separator string, format func(parameter) string) string {
	var parts []string
	for _, param := range parametersOf(r) {
		parts = append(parts, format(param))
	}
	return shown(strings.Join(parts, separator))
}

// redirection says how an authorization endpoint answers.
func redirection(answer autherr.Answer) []string {
	if answer.HTTPStatus != http.StatusSeeOther {
		return []string{"a page of the server's own: the browser is not redirected"}
	}
	query := joined(answer.Response, "&", func(param parameter) string { return param.name + "=" + url.QueryEscape(param.text) })
	lines := []string{"Location: https://a.example/cb?" + query}
	if answer.Response.Code == autherr.LoginRequired {
		lines = append(lines, "only if prompt=none was asked for: otherwise, show the login page")
	}
	return lines
}

// challenge says how a protected resource answers.
func challenge(answer autherr.Answer) []string {
	code, status := answer.Response.Code, answer.HTTPStatus
	scheme := "Bearer"
	switch {
	case code == "" && status == http.StatusUnauthorized:
		return []string{`WWW-Authenticate: Bearer realm="resource"`}
	case code == "" || status != http.StatusBadRequest && status != http.StatusUnauthorized && status != http.StatusForbidden:
		return nil
	case code == autherr.InvalidDPoPProof || code == autherr.UseDPoPNonce:
		scheme = "DPoP"
	}
	params := joined(answer.Response, ", ", func(param parameter) string { return param.name + `="` + param.text + `"` })
	return []string{"WWW-Authenticate: " + scheme + " " + params}
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
