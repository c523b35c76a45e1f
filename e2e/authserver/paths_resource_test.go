package main

import (
	"maps"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
)

const algs = `, algs="ES256 EdDSA RS256 PS256"`

// challenges returns the challenges of a resource that needs the scope profile, with bearer and dpop at their ends.
func (s *site) challenges(bearer, dpop string) []string {
	common := ` realm="demo", scope="profile", resource_metadata="` + s.URL + `/.well-known/oauth-protected-resource"`
	return []string{"Bearer" + common + bearer, "DPoP" + common + dpop}
}

// sign returns an access token with some claims changed.
func (s *site) sign(changes jwt.MapClaims) string {
	claims := jwt.MapClaims{"iss": s.URL, "aud": s.URL, "client_id": "demo", "scope": "profile", "exp": s.now().Add(time.Hour).Unix()}
	maps.Copy(claims, changes)
	token, err := s.server.keys.sign(s.Context(), "at+jwt", claims)
	require.NoError(s, err)
	return token
}

// The protected resources.
var resourcePaths = []path{
	{50, "resource: no token", func(s *site) {
		for _, options := range [][]with{nil, {header("Authorization", "Basic ZGVtbzpkZW1v")}} {
			s.check(get("/profile", options...),
				outcome{status: 401, challenges: s.challenges("", algs), fault: "client", name: "NotLogin", log: "User not logged in"})
		}
	}},
	{51, "resource: token malformed, expired or revoked; signature, issuer, audience, time", func(s *site) {
		refused := func(token, name, log string) {
			s.check(get("/profile", bearer(token)),
				outcome{status: 401, code: "invalid_token", challenges: s.challenges(`, error="invalid_token"`, algs), fault: "client", name: name, log: log})
		}
		refused("a.b.c", "InvalidToken", "token is malformed")
		refused("unknown", "TokenNotFound", "Token not found")
		refused(s.sign(jwt.MapClaims{"iss": "https://evil.example"}), "InvalidToken", `issuer "https://evil.example"`)
		refused(s.sign(jwt.MapClaims{"nbf": s.now().Add(time.Minute).Unix()}), "InvalidToken", "token is not valid yet")
		refused(s.fetch(post("/token", machineGrant+"&resource="+otherResource, demo))["access_token"], "InvalidToken", "token has invalid audience")

		token := s.fetch(post("/token", machineGrant, demo))["access_token"]
		refused(token[:len(token)-10]+"AAAAAAAAAA", "InvalidToken", "signature is invalid")
		s.check(get("/profile", bearer(token)), outcome{status: 200})
		s.check(post("/revoke", "token="+token, demo), outcome{status: 200})
		refused(token, "TokenNotFound", "Token not found")
		s.later(accessTokenLife)
		refused(token, "TokenExpired", "token is expired")
	}},
	{52, "resource: unknown kid; key store down", func(s *site) {
		token := s.sign(nil)
		_, signed, _ := strings.Cut(token, ".")
		s.check(get("/profile", bearer(base64url.EncodeToString([]byte(`{"alg":"ES256","kid":"unknown"}`))+"."+signed)),
			outcome{status: 401, code: "invalid_token", challenges: s.challenges(`, error="invalid_token"`, algs), fault: "client", name: "InvalidToken", log: `no key "unknown"`})
		s.switchOn("keys-down")
		s.check(get("/profile", bearer(token)),
			outcome{status: 500, code: "server_error", fault: "server", name: "StorageError", log: "find key: dial tcp 10.0.0.6:5432: connection refused"})
	}},
	{53, "resource: token in the query; two Authorization headers", func(s *site) {
		want := outcome{status: 400, code: "invalid_request", challenges: s.challenges(`, error="invalid_request"`, algs), fault: "client", log: "two Authorization headers, or a token in the query"}
		s.check(get("/profile?access_token=demo-access-token"), want)
		s.check(get("/profile", bearer("demo-access-token"), bearer("demo-access-token")), want)
	}},
	{54, "resource: scope lacking; role lacking; account banned", func(s *site) {
		s.check(get("/profile", bearer("demo-email-token")),
			outcome{status: 403, code: "insufficient_scope", challenges: s.challenges(`, error="insufficient_scope"`, algs), fault: "client", name: "PermissionDenied", log: "missing permission 'profile'"})
		s.check(get("/admin", bearer("alice-access-token")), outcome{status: 403, fault: "client", name: "RoleDenied", log: "missing role 'admin'"})
		s.check(get("/profile", bearer("bob-access-token")), outcome{status: 403, fault: "client", name: "AccountBanned", log: `user "bob"`})
	}},
	{55, "resource: authentication too old or too weak", func(s *site) {
		const refused = `, error="insufficient_user_authentication"`
		s.check(get("/account", bearer("alice-access-token")),
			outcome{status: 401, code: "insufficient_user_authentication", challenges: s.challenges(`, max_age="300"`+refused, algs+`, max_age="300"`), fault: "client", log: `login of "alice"`})
		s.check(get("/account/security", bearer("alice-access-token")),
			outcome{status: 401, code: "insufficient_user_authentication", challenges: s.challenges(`, acr_values="mfa"`+refused, `, acr_values="mfa"`+algs), fault: "client", log: `by "pwd"`})
	}},
	{56, "resource, DPoP: no nonce; no proof or a bad one; token bound to another key", func(s *site) {
		token := s.fetch(post("/token", machineGrant, demo, s.proof(nil)))["access_token"]
		dpop := header("Authorization", "DPoP "+token)
		s.check(get("/profile", dpop, s.proof(nil)), outcome{status: 200, nonce: true})
		s.check(get("/profile", dpop, s.proof(jwt.MapClaims{"nonce": nil})),
			outcome{status: 401, code: "use_dpop_nonce", challenges: s.challenges("", algs+`, error="use_dpop_nonce"`), nonce: true, fault: "client", log: `nonce ""`})
		s.check(get("/profile", dpop),
			outcome{status: 401, code: "invalid_dpop_proof", challenges: s.challenges("", algs+`, error="invalid_dpop_proof"`), fault: "client", log: "no proof"})
		s.check(get("/profile", dpop, s.proof(jwt.MapClaims{"ath": "another"})),
			outcome{status: 401, code: "invalid_dpop_proof", challenges: s.challenges("", algs+`, error="invalid_dpop_proof"`), nonce: true, fault: "client", log: "it is for another token"})
		s.check(get("/profile", dpop, s.proofBy(otherKey, nil)),
			outcome{status: 401, code: "invalid_token", challenges: s.challenges("", algs+`, error="invalid_token"`), nonce: true, fault: "client", name: "InvalidToken", log: "bound to another key"})
		s.check(get("/profile", bearer(token)),
			outcome{status: 401, code: "invalid_token", challenges: s.challenges(`, error="invalid_token"`, algs), fault: "client", name: "InvalidToken", log: "bound to another key"})
	}},
	{57, "resource: an outer code over a sentinel", func(s *site) {
		s.check(get("/profile", bearer("demo-expired-token")),
			outcome{status: 401, code: "invalid_token", challenges: s.challenges(`, error="invalid_token"`, algs), fault: "client", name: "TokenExpired", log: "invalid_grant: Token has expired"})
	}},
	{58, "resource: rate limit; maintenance; store down", func(s *site) {
		strict := s.another(config{rate: 0.1})
		strict.check(get("/profile", bearer("demo-access-token")), outcome{status: 200})
		strict.check(get("/profile", bearer("demo-access-token")),
			outcome{status: 429, code: "temporarily_unavailable", wait: 10 * time.Second, fault: "client", log: "peer 127.0.0.1"})
		s.switchOn("maintenance")
		s.check(get("/profile", bearer("demo-access-token")),
			outcome{status: 503, code: "temporarily_unavailable", wait: 2 * time.Minute, fault: "server", name: "StorageError", log: "maintenance"})
		s.switchOff("maintenance")
		s.switchOn("store-down")
		s.check(get("/profile", bearer("demo-access-token")),
			outcome{status: 500, code: "server_error", fault: "server", name: "StorageError", log: "connection refused"})
	}},
	{71, "resource: token of a machine that has no file", func(s *site) {
		s.check(get("/profile", bearer("machine-unknown")),
			outcome{status: 401, code: "invalid_token", challenges: s.challenges(`, error="invalid_token"`, algs), fault: "client", name: "TokenNotFound", log: "file does not exist"})
	}},
}
