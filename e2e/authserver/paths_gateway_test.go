package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
)

// gateway starts a server that accepts the tokens and assertions of an upstream.
func (s *site) gateway(upstream string, prepare ...func(*site)) *site {
	return s.another(config{upstream: upstream, upstreamSecret: "gateway-secret"}, prepare...)
}

// byAssertion returns a request with an assertion for the upstream to judge.
func byAssertion() *http.Request {
	return post("/token", "grant_type="+jwtGrant+"&assertion=a.b.c", demo)
}

// byKeys returns a request with a token that the upstream signed.
func (s *site) byKeys() *http.Request {
	return get("/profile", bearer(s.sign(jwt.MapClaims{"iss": s.server.upstream.url})))
}

const unreachable = "http://127.0.0.1:1"

// silent starts a server that never answers, and returns its URL.
func silent(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // net/http notices that the client goes only after that
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// impatient makes a gateway give up after a millisecond.
func impatient(s *site) { s.server.upstream.client.Timeout = time.Millisecond }

// A server that is a client of another, its upstream.
var gatewayPaths = []path{
	{65, "gateway: upstream says invalid_grant, and so do we", func(s *site) {
		gateway := s.gateway(stub(s.T, 400, "application/json", `{"error":"invalid_grant","error_description":"too old"}`))
		gateway.check(byAssertion(), outcome{status: 400, code: "invalid_grant", fault: "client", log: "invalid_grant: remote: 400 invalid_grant: too old"})
	}},
	{66, "gateway: upstream says invalid_client", func(s *site) { // it does not know us
		s.gateway(s.URL).check(byAssertion(),
			outcome{status: 500, code: "server_error", fault: "server", name: "ConfigError", log: "our secret at the upstream: remote: 401 invalid_client"})
		assert.Equal(s, "OAuth2ClientNotFound", s.logged().Error.Name)
	}},
	{67, "gateway: upstream says 429 or 503", func(s *site) {
		strict := s.another(config{rate: 0.1})
		strict.check(post("/token", machineGrant, demo), outcome{status: 200})
		s.gateway(strict.URL).check(byAssertion(),
			outcome{status: 503, code: "temporarily_unavailable", wait: 10 * time.Second, fault: "remote", log: "remote: 429 temporarily_unavailable"})
		s.switchOn("maintenance")
		s.gateway(s.URL).check(byAssertion(),
			outcome{status: 503, code: "temporarily_unavailable", wait: 2 * time.Minute, fault: "remote", log: "remote: 503 temporarily_unavailable"})
	}},
	{68, "gateway: upstream unreachable or too slow, by itself or beneath a client's error", func(s *site) {
		byExchange := func() *http.Request {
			return post("/token", "grant_type="+exchangeGrant+"&subject_token_type="+accessTokenType+"&subject_token=upstream-token", demo)
		}
		down, slow := s.gateway(unreachable), s.gateway(silent(s.T), impatient)
		down.check(byAssertion(), outcome{status: 500, code: "server_error", fault: "server", log: "connection refused"})
		down.check(byExchange(), outcome{status: 500, code: "server_error", fault: "server", name: "InvalidToken", log: "connection refused"})
		slow.check(byAssertion(), outcome{status: 503, code: "temporarily_unavailable", fault: "server", log: "Client.Timeout exceeded"})
		slow.check(byExchange(), outcome{status: 503, code: "temporarily_unavailable", fault: "server", name: "InvalidToken", log: "Client.Timeout exceeded"})
	}},
	{69, "gateway: upstream sends an unknown code; upstream sends HTML", func(s *site) {
		for _, test := range []struct {
			upstream, log string
		}{
			{stub(s.T, 400, "application/json", `{"error":"odd_error"}`), "remote: 400 odd_error"},
			{stub(s.T, 502, "text/html", "<h1>Bad Gateway</h1>"), "remote: 502"},
			{stub(s.T, 200, "text/html", "<h1>Welcome</h1>"), "remote: 200"},
		} {
			s.gateway(test.upstream).check(byAssertion(), outcome{status: 502, code: "server_error", fault: "remote", log: test.log})
		}
	}},
	{72, "gateway: introspection answers 503, beneath an InvalidTokenError", func(s *site) {
		s.switchOn("maintenance")
		s.gateway(s.URL).check(get("/profile", bearer("upstream-token")),
			outcome{status: 503, code: "temporarily_unavailable", wait: 2 * time.Minute, fault: "remote", name: "InvalidToken", log: "Token is invalid: no verdict: remote: 503 temporarily_unavailable"})
	}},
	{73, "gateway: keys cannot be fetched, beneath an InvalidTokenError", func(s *site) {
		gateway := s.gateway(unreachable)
		gateway.check(gateway.byKeys(), outcome{status: 500, code: "server_error", fault: "server", name: "InvalidToken", log: "connection refused"})
		gateway = s.gateway("http://keys.example", func(s *site) {
			noServer := func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no name server") }
			s.server.upstream.client.Transport = &http.Transport{DialContext: (&net.Dialer{Resolver: &net.Resolver{PreferGo: true, Dial: noServer}}).DialContext}
		})
		gateway.check(gateway.byKeys(), outcome{status: 500, code: "server_error", fault: "server", name: "InvalidToken", log: "lookup keys.example"})
		gateway = s.gateway(silent(s.T), impatient)
		gateway.check(gateway.byKeys(), outcome{status: 503, code: "temporarily_unavailable", fault: "server", name: "InvalidToken", log: "Client.Timeout exceeded"})
	}},
}
