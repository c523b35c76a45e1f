package main

import (
	"crypto/ed25519"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

// A token of the upstream that is bound to a key is bound here, too.
func TestBoundTokenOfTheUpstreamNeedsItsKey(t *testing.T) {
	upstream := newSite(t, config{})
	gateway := upstream.gateway(upstream.URL)
	key := jwk{Type: "OKP", Curve: "Ed25519", X: base64url.EncodeToString(robotKey.Public().(ed25519.PublicKey))}.thumbprint()
	g := grant{Client: "demo", Scope: "profile", Key: key, Expires: upstream.now().Add(time.Hour)}
	require.NoError(t, upstream.server.store.saveClient(t.Context(), &client{ID: "gateway", AuthMethod: "client_secret_basic", secret: hash("gateway-secret"), registration: []byte{}}))
	_, err := upstream.server.store.save(t.Context(), nil, g.record("token", "opaque"))
	require.NoError(t, err)
	for _, token := range []string{"opaque", upstream.sign(jwt.MapClaims{"aud": gateway.URL, "cnf": map[string]string{"jkt": key}})} {
		gateway.check(get("/profile", bearer(token)), outcome{status: 401, code: "invalid_token", challenges: gateway.challenges(`, error="invalid_token"`, algs),
			fault: "client", name: "InvalidToken", log: "bound to another key"})
		gateway.check(get("/profile", header("Authorization", "DPoP "+token), gateway.proof(nil)), outcome{status: 200, nonce: true})
	}
}

// register returns the registration of a client that says this about itself.
func register(metadata string) *http.Request {
	return request("POST", "/register", metadata, bearer("demo-initial-token"))
}

// The server fetches request objects from public addresses only, and does not ask its own network in the name of a client.
func TestRequestURIIsNotAWayIntoTheNetwork(t *testing.T) {
	s := newSite(t, config{})
	for _, uri := range []string{"http://10.0.0.5:6379/", "http://localhost/", "file://host/etc/passwd", "https://10.0.0.5/", "https://[::1]/", "https://localhost/", "https://"} {
		s.check(register(`{"redirect_uris": ["https://app.example.com/callback"], "request_uris": ["`+uri+`"]}`),
			outcome{status: 400, code: "invalid_client_metadata", fault: "client", log: "request_uris"})
	}
	s.fetch(register(`{"redirect_uris": ["https://app.example.com/callback"], "request_uris": ["https://app.example.com/request.jwt"]}`))
}

// A redirection URI with a fragment, be it empty, gets no code: the library sends no error there either.
func TestRedirectURIHasNoFragment(t *testing.T) {
	s := newSite(t, config{})
	for _, uri := range []string{"https://app.example.com/callback#", "https://app.example.com/callback#x", "com.example.app:/callback#"} {
		s.check(register(`{"redirect_uris": ["`+uri+`"]}`), outcome{status: 400, code: "invalid_redirect_uri", fault: "client", log: uri})
	}
}

// What an authorization request says is kept until the user has answered, and so it may not be long.
func TestAuthorizationRequestIsBounded(t *testing.T) {
	s := newSite(t, config{})
	long := strings.Repeat("x", maxParameter+1)
	s.check(ask("nonce="+long), outcome{status: 303, code: "invalid_request", to: callback, fault: "client", log: `parameter "nonce"`})
	s.check(post("/par", "response_type=code&redirect_uri="+callback+"&nonce="+long, web), outcome{status: 400, code: "invalid_request", fault: "client", log: `parameter "nonce"`})
	s.check(ask("nonce="+long[1:]), outcome{status: 200})
}

// A site whose name has become the address of this machine in the meantime is of the same origin to a browser.
func TestFaultsAreNotSwitchedUnderAnotherName(t *testing.T) {
	s := newSite(t, config{})
	for _, host := range []string{"evil.example.com:8080", "evil.example.com", "127.0.0.1.example.com:8080"} {
		r := post("/faults", "on=store-down", header("Origin", "http://"+host), header("Sec-Fetch-Site", "same-origin"))
		r.Host = host
		s.check(r, outcome{status: 400, code: "access_denied", fault: "client", log: host})
	}
	s.check(post("/faults", ""), outcome{status: 200})
}
