package main

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

// exchange returns the request of demo for a token in place of another.
func exchange(token string, options ...with) *http.Request {
	return post("/token", "grant_type="+exchangeGrant+"&subject_token_type="+accessTokenType+"&subject_token="+token, append(options, demo)...)
}

// Whoever has stolen a token that is bound to a key cannot use it, and cannot exchange it for one that is not bound.
func TestBoundTokenIsExchangedWithItsKeyOnly(t *testing.T) {
	s := newSite(t, config{})
	token := s.fetch(post("/token", machineGrant, demo, s.proof(nil)))["access_token"]
	stolen := outcome{status: 400, code: "invalid_request", fault: "client", name: "InvalidToken", log: "bound to another key"}
	s.check(exchange(token), stolen)
	stolen.nonce = true
	s.check(exchange(token, s.proofBy(otherKey, nil)), stolen)
	assert.Equal(t, "DPoP", s.fetch(exchange(token, s.proof(nil)))["token_type"])
}

// A token that is exchanged again and again lives no longer than the first one.
func TestExchangeDoesNotProlongALife(t *testing.T) {
	s := newSite(t, config{})
	token := s.fetch(post("/token", machineGrant, demo))["access_token"]
	for range 3 {
		s.later(accessTokenLife / 4)
		token = s.fetch(exchange(token))["access_token"]
	}
	s.later(accessTokenLife / 4)
	s.check(exchange(token), outcome{status: 400, code: "invalid_request", fault: "client", name: "TokenExpired", log: "Token has expired"})
}
