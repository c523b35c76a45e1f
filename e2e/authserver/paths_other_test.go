package main

import (
	"net/http"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// push returns a pushed authorization request with the parameters of ask.
func push(changes string, options ...with) *http.Request {
	form := ask(changes).URL.Query()
	form.Del("client_id")
	return post("/par", form.Encode(), options...)
}

// metadata returns a request to register a client.
func metadata(body string, options ...with) *http.Request {
	return request(http.MethodPost, "/register", body, append([]with{header("Content-Type", "application/json")}, options...)...)
}

const (
	registering        = `Bearer realm="registration"`
	registeringRefused = registering + `, error="invalid_token"`
)

// The endpoints for pushed requests, introspection, revocation and registration.
var otherPaths = []path{
	{36, "PAR: client authentication, request_uri pushed, response type, redirect_uri", func(s *site) {
		s.check(push("", credentials("nobody", "secret")),
			outcome{status: 401, code: "invalid_client", challenges: []string{basicRefused}, fault: "client", name: "OAuth2ClientNotFound", log: `client "nobody"`})
		s.check(push(""), outcome{status: 400, code: "invalid_client", fault: "client", log: "no client authentication"})
		s.check(push("request_uri=urn:pushed", web), outcome{status: 400, code: "invalid_request", fault: "client", log: "request_uri is pushed"})
		s.check(push("response_type=token", web), outcome{status: 400, code: "unsupported_response_type", fault: "client", log: `response_type "token"`})
		s.check(push("redirect_uri=https://evil.example", web),
			outcome{status: 400, code: "invalid_redirect_uri", fault: "client", name: "OAuth2RedirectUriMismatch", log: "https://evil.example"})
	}},
	{37, "introspection: client authentication fails; token missing; store down", func(s *site) {
		const token = "token=demo-access-token"
		s.check(post("/introspect", token, credentials("nobody", "secret")),
			outcome{status: 401, code: "invalid_client", challenges: []string{basicRefused}, fault: "client", name: "OAuth2ClientNotFound", log: `client "nobody"`})
		s.check(post("/introspect", token, credentials("demo", "wrong")),
			outcome{status: 401, code: "invalid_client", challenges: []string{basicRefused}, fault: "client", name: "OAuth2InvalidCredentials", log: `client "demo"`})
		s.check(post("/introspect", token+"&client_id=demo&client_secret=wrong"),
			outcome{status: 400, code: "invalid_client", fault: "client", name: "OAuth2InvalidCredentials", log: `client "demo"`})
		s.check(post("/introspect", token), outcome{status: 400, code: "invalid_client", fault: "client", log: "no client authentication"})
		s.check(post("/introspect", "", demo), outcome{status: 400, code: "invalid_request", text: "parameter token is missing", fault: "client"})
		s.switchOn("store-down")
		s.check(post("/introspect", token, demo), outcome{status: 500, code: "server_error", fault: "server", name: "StorageError", log: "connection refused"})
	}},
	{38, "introspection: token dead or unknown; store of keys down", func(s *site) {
		token := s.fetch(post("/token", machineGrant, demo))["access_token"]
		introspect := func(token string) *http.Request { return post("/introspect", "token="+token, demo) }
		for _, token := range []string{"unknown", "demo-expired-token", "bob-access-token", token + "forged"} {
			dead := s.check(introspect(token), outcome{status: 200})
			assert.JSONEq(s, `{"active":false}`, string(dead.body), token)
		}
		s.switchOn("keys-down")
		s.check(introspect(token), outcome{status: 500, code: "server_error", fault: "server", name: "StorageError", log: "10.0.0.6:5432: connection refused"})
	}},
	{39, "revocation: unsupported token type; token missing", func(s *site) {
		s.check(post("/revoke", "token=machine-7", demo), outcome{status: 400, code: "unsupported_token_type", fault: "client", log: "tokens of machines are files"})
		s.check(post("/revoke", "", demo), outcome{status: 400, code: "invalid_request", text: "parameter token is missing", fault: "client"})
	}},
	{40, "revocation: unknown token; store down or busy, also beneath an InvalidTokenError", func(s *site) {
		s.check(post("/revoke", "token=unknown", demo), outcome{status: 200})
		token := s.fetch(post("/token", machineGrant, demo))["access_token"]
		revoke := func() *http.Request { return post("/revoke", "token="+token, demo) }
		s.switchOn("store-down")
		s.check(revoke(), outcome{status: 500, code: "server_error", fault: "server", name: "StorageError", log: "10.0.0.5:6379"})
		s.switchOff("store-down")
		s.switchOn("store-busy")
		s.check(revoke(), outcome{status: 503, code: "temporarily_unavailable", wait: time.Second, fault: "server", name: "StorageError", log: "database is locked"})
		s.switchOff("store-busy")

		// If the keys cannot be had, the error is beneath an InvalidTokenError.
		s.switchOn("keys-down")
		s.check(revoke(), outcome{status: 500, code: "server_error", fault: "server", name: "StorageError", log: "10.0.0.6:5432"})
		s.switchOff("keys-down")
		keys := &faults{store: s.server.keys.db}
		require.NoError(s, keys.lock(s.Context(), true))
		s.check(revoke(), outcome{status: 503, code: "temporarily_unavailable", wait: time.Second, fault: "server", name: "StorageError", log: "Token is invalid: no key"})
		require.NoError(s, keys.lock(s.Context(), false))
		s.check(revoke(), outcome{status: 200})
	}},
	{41, "registration: initial access token absent or bad", func(s *site) {
		s.check(metadata("{}"), outcome{status: 401, challenges: []string{registering}, fault: "client", name: "NotLogin", log: "User not logged in"})
		s.check(metadata("{}", bearer("bad")),
			outcome{status: 401, code: "invalid_token", challenges: []string{registeringRefused}, fault: "client", name: "TokenNotFound", log: "Token not found"})
	}},
	{42, "registration: redirection URI, metadata, malformed JSON", func(s *site) {
		initial := bearer("demo-initial-token")
		s.check(metadata(`{"redirect_uris":["http://app.example.com/"]}`, initial),
			outcome{status: 400, code: "invalid_redirect_uri", fault: "client", log: "http://app.example.com/"})
		s.check(metadata(`{"redirect_uris":["https://app.example.com/"],"grant_types":["password"]}`, initial),
			outcome{status: 400, code: "invalid_client_metadata", fault: "client", log: `grant_types "password"`})
		s.check(metadata(`{"redirect_uris":`, initial),
			outcome{status: 400, code: "invalid_client_metadata", fault: "client", log: "unexpected end of JSON input"})
	}},
	{70, "PAR: redirect_uri that does not parse", func(s *site) {
		s.check(push("redirect_uri=https://app.example.com/%25zz", web),
			outcome{status: 400, code: "invalid_redirect_uri", fault: "client", name: "OAuth2RedirectUriMismatch", log: `invalid URL escape "%zz"`})
	}},
	{76, "client configuration: bad registration token; client gone; DELETE", func(s *site) {
		s.check(get("/register/demo"), outcome{status: 401, challenges: []string{registering}, fault: "client", name: "NotLogin", log: "User not logged in"})
		s.check(get("/register/demo", bearer("bad")),
			outcome{status: 401, code: "invalid_token", challenges: []string{registeringRefused}, fault: "client", name: "TokenNotFound", log: `client "demo": Token not found`})
		s.check(get("/register/gone", bearer("demo-registration-token")),
			outcome{status: 401, code: "invalid_token", challenges: []string{registeringRefused}, fault: "client", name: "OAuth2ClientNotFound", log: `client "gone"`})

		// net/http answers this one.
		remote := remoteError(s, autherrhttp.ReadError(s.send(request(http.MethodDelete, "/register/demo", "", bearer("demo-registration-token")))))
		assert.Equal(s, http.StatusMethodNotAllowed, remote.Status)
		assert.Equal(s, "GET, HEAD, PUT", http.Header(remote.Header).Get("Allow"))
		assert.Empty(s, s.journal)
	}},
}
