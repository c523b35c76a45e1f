package main

import "time"

// sentBack returns want as the outcome of an authorization request that is answered by redirect.
func sentBack(to string, want outcome) outcome {
	want.status, want.to = 303, to
	return want
}

// The authorization endpoint.
var authorizationPaths = []path{
	{43, "authorization: unknown client; redirect_uri not registered, or one that does not parse", func(s *site) {
		s.check(ask("client_id=nobody"),
			outcome{status: 400, code: "invalid_client", fault: "client", name: "OAuth2ClientNotFound", log: `client "nobody"`})
		s.check(ask("redirect_uri=https://evil.example/"),
			outcome{status: 400, code: "invalid_redirect_uri", fault: "client", name: "OAuth2RedirectUriMismatch", log: "https://evil.example/"})
		s.check(ask("redirect_uri="+callback+"/%25zz"),
			outcome{status: 400, code: "invalid_redirect_uri", fault: "client", name: "OAuth2RedirectUriMismatch", log: `invalid URL escape "%zz"`})
	}},
	{44, "authorization: response type, client, scope or request refused", func(s *site) {
		for changes, want := range map[string]outcome{
			"response_type=token":        {code: "unsupported_response_type", log: `response_type "token"`},
			"client_id=other":            {code: "unauthorized_client", log: `client "other": grant type "authorization_code"`},
			"scope=admin":                {code: "invalid_scope", name: "OAuth2InvalidScope", log: `scope "admin"`},
			"max_age=old":                {code: "invalid_request", log: `max_age "old"`},
			"scope=profile&scope=email":  {code: "invalid_request", log: `parameter "scope" is there 2 times`},
			"code_challenge=plain":       {code: "invalid_request", text: "only code_challenge_method S256 is supported"},
			"resource=https://a.example": {code: "invalid_target", log: "https://a.example"},
		} {
			want.fault = "client"
			s.check(ask(changes), sentBack(callback, want))
		}
	}},
	{45, "authorization: prompt=none without a session; session gone", func(s *site) {
		s.check(ask("prompt=none"), sentBack(callback, outcome{code: "login_required", fault: "client", name: "NotLogin", log: "User not logged in"}))
		s.code("")
		s.check(ask("prompt=none"), outcome{status: 303, to: callback})
		s.later(sessionLife)
		s.check(ask("prompt=none"), sentBack(callback, outcome{code: "login_required", fault: "client", name: "SessionNotFound", log: "Session not found"}))
	}},
	{46, "authorization: account banned; the user says no", func(s *site) {
		page := s.check(ask(""), outcome{status: 200})
		s.check(fill(page.body, "username=bob&password=wonderland"), sentBack(callback, outcome{code: "access_denied", fault: "client", name: "AccountBanned", log: `user "bob"`}))
		page = s.check(fill(page.body, asAlice), outcome{status: 200})
		s.check(fill(page.body, "decision=deny"), sentBack(callback, outcome{code: "access_denied", fault: "client", log: `user "alice" says "deny"`}))
	}},
	{47, "authorization: store down; maintenance; a page if the client is not remembered", func(s *site) {
		s.check(ask(""), outcome{status: 200}) // so that the client is remembered
		s.switchOn("store-down")
		s.check(ask(""), sentBack(callback, outcome{code: "server_error", fault: "server", name: "StorageError", log: "connection refused"}))
		s.switchOff("store-down")
		s.switchOn("maintenance")
		s.check(ask(""), sentBack(callback, outcome{code: "temporarily_unavailable", fault: "server", name: "StorageError", log: "maintenance"}))
		s.another(config{faults: []string{"maintenance"}}).check(ask(""),
			outcome{status: 503, code: "temporarily_unavailable", wait: 2 * time.Minute, fault: "server", name: "StorageError", log: "find client: Temporarily unavailable"})
	}},
	{48, "authorization: the same by fragment and by form_post", func(s *site) {
		s.check(ask(""), outcome{status: 200})
		check := func(changes string, want outcome) {
			want.status, want.to = 303, callback+"#"
			s.check(ask(changes+"&response_mode=fragment"), want)
			want.status, want.to = 200, callback
			s.check(ask(changes+"&response_mode=form_post"), want)
		}
		check("response_type=token", outcome{code: "unsupported_response_type", fault: "client", log: `response_type "token"`})
		check("code_challenge=plain", outcome{code: "invalid_request", text: "only code_challenge_method S256 is supported", fault: "client"})
		check("prompt=none", outcome{code: "login_required", fault: "client", name: "NotLogin", log: "User not logged in"})
		s.switchOn("store-down")
		check("", outcome{code: "server_error", fault: "server", name: "StorageError", log: "connection refused"})
		s.switchOff("store-down")
		s.switchOn("maintenance")
		check("", outcome{code: "temporarily_unavailable", fault: "server", name: "StorageError", log: "maintenance"})
	}},
	{49, "authorization: request_uri of a PAR unknown or used up", func(s *site) {
		s.check(ask("request_uri="+pushedURI+"unknown"),
			outcome{status: 400, code: "invalid_request_uri", fault: "client", log: `unknown" is not known to "web"`})
		uri := s.fetch(push("", web))["request_uri"]
		s.check(ask("request_uri="+uri), outcome{status: 200})
		s.check(ask("request_uri="+uri), outcome{status: 400, code: "invalid_request_uri", fault: "client", log: "is not known"})
	}},
	{77, "authorization: request_uri that the client named cannot be fetched", func(s *site) {
		s.check(ask("request_uri=http://127.0.0.1:1/request.jwt"), sentBack(callback, outcome{code: "invalid_request_uri", fault: "client", log: "connection refused"}))
	}},
}
