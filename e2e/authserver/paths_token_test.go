package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

const (
	machineGrant = "grant_type=client_credentials"
	refreshGrant = "grant_type=refresh_token&refresh_token="
	basicRefused = `Basic realm="token", error="invalid_client"`
)

// redeem returns the request of web for the tokens of a code.
func redeem(code, more string) *http.Request {
	return post("/token", "grant_type=authorization_code&redirect_uri="+callback+"&code="+code+more, web)
}

// The token endpoint.
var tokenPaths = []path{
	{1, "unknown client, by HTTP Basic", func(s *site) {
		s.check(post("/token", machineGrant, credentials("nobody", "demo-secret")),
			outcome{status: 401, code: "invalid_client", challenges: []string{basicRefused}, fault: "client", name: "OAuth2ClientNotFound", log: `client "nobody"`})
	}},
	{2, "wrong secret, by HTTP Basic: the same bytes", func(s *site) {
		wrong := s.check(post("/token", machineGrant, credentials("demo", "wrong")),
			outcome{status: 401, code: "invalid_client", challenges: []string{basicRefused}, fault: "client", name: "OAuth2InvalidCredentials", log: `client "demo"`})
		unknown := s.check(post("/token", machineGrant, credentials("nobody", "wrong")),
			outcome{status: 401, code: "invalid_client", challenges: []string{basicRefused}, fault: "client", name: "OAuth2ClientNotFound", log: `client "nobody"`})
		assert.Equal(s, unknown.dump, wrong.dump)
	}},
	{3, "unknown client or wrong secret, in the body", func(s *site) {
		unknown := s.check(post("/token", machineGrant+"&client_id=nobody&client_secret=demo-secret"),
			outcome{status: 400, code: "invalid_client", fault: "client", name: "OAuth2ClientNotFound", log: `client "nobody"`})
		wrong := s.check(post("/token", machineGrant+"&client_id=demo&client_secret=wrong"),
			outcome{status: 400, code: "invalid_client", fault: "client", name: "OAuth2InvalidCredentials", log: `client "demo"`})
		assert.Equal(s, unknown.dump, wrong.dump)
	}},
	{4, "no client authentication", func(s *site) {
		s.check(post("/token", machineGrant), outcome{status: 400, code: "invalid_client", fault: "client", log: "no client authentication"})
	}},
	{5, "two ways of client authentication", func(s *site) {
		for _, r := range []*http.Request{
			post("/token", machineGrant+"&client_id=demo&client_secret=demo-secret", demo),
			post("/token", machineGrant+"&client_assertion=a.b.c", demo),
			post("/token", machineGrant+"&client_id=demo&client_secret=demo-secret&client_assertion=a.b.c"),
		} {
			s.check(r, outcome{status: 400, code: "invalid_request", fault: "client", log: "two ways of client authentication"})
		}
	}},
	{6, "a parameter twice", func(s *site) {
		s.check(post("/token", machineGrant+"&scope=profile&scope=email", demo),
			outcome{status: 400, code: "invalid_request", fault: "client", log: `parameter "scope" is there 2 times`})
	}},
	{7, "malformed form", func(s *site) {
		s.check(post("/token", "grant_type=%zz", demo),
			outcome{status: 400, code: "invalid_request", fault: "client", log: `invalid URL escape "%zz"`})
		s.check(request(http.MethodPost, "/token", machineGrant, header("Content-Type", ";"), demo),
			outcome{status: 400, code: "invalid_request", fault: "client", log: "mime: no media type"})
	}},
	{8, "body too large; connection slow, cut or reset while the request is read", func(s *site) {
		s.check(post("/token", machineGrant+"&scope="+strings.Repeat("x", maxBody), demo),
			outcome{status: 413, code: "invalid_request", fault: "client", log: "request body too large"})

		// The server answers 100 when it begins to read the body.
		begin := func(s *site) *wire {
			w := s.dial("Content-Length: 1000\r\nExpect: 100-continue", "")
			require.Equal(s, http.StatusContinue, w.receive().StatusCode)
			return w
		}
		accepted := make(chan net.Conn, 1)
		slow := s.another(config{}, func(s *site) {
			s.Config.ConnState = func(conn net.Conn, state http.ConnState) {
				if state == http.StateNew {
					accepted <- conn
				}
			}
		})
		w := begin(slow)
		require.NoError(s, (<-accepted).SetReadDeadline(time.Unix(1, 0))) // the end of the server's patience
		slow.compare(w.receive(), outcome{status: 400, code: "invalid_request", fault: "client", log: "i/o timeout"})

		w = begin(s)
		require.NoError(s, w.CloseWrite())
		s.compare(w.receive(), outcome{status: 400, code: "invalid_request", fault: "client", log: "unexpected EOF"})

		w = begin(s)
		require.NoError(s, w.SetLinger(0))
		require.NoError(s, w.Close())
		logged := s.logged() // nobody is there to get an answer
		assert.Equal(s, "client", logged.Error.Fault)
		assert.Contains(s, logged.Error.Message, "read tcp")
		assert.Equal(s, http.StatusBadRequest, logged.Answer.Status)
		assert.Equal(s, autherr.InvalidRequest, logged.Answer.Code)
	}},
	{9, "missing parameter, and which", func(s *site) {
		for grantType, name := range map[string]string{"authorization_code": "code", deviceGrant: "device_code", exchangeGrant: "subject_token"} {
			s.check(post("/token", "grant_type="+grantType, demo),
				outcome{status: 400, code: "invalid_request", text: "parameter " + name + " is missing", fault: "client"})
		}
	}},
	{10, "grant type that nobody may use", func(s *site) {
		s.check(post("/token", "grant_type=password", demo),
			outcome{status: 400, code: "unsupported_grant_type", fault: "client", log: `grant type "password"`})
	}},
	{11, "grant type that this client may not use", func(s *site) {
		s.check(post("/token", machineGrant, web),
			outcome{status: 400, code: "unauthorized_client", fault: "client", log: `client "web": grant type "client_credentials"`})
	}},
	{12, "scope too wide", func(s *site) {
		s.check(post("/token", machineGrant+"&scope=profile+admin", demo),
			outcome{status: 400, code: "invalid_scope", fault: "client", name: "OAuth2InvalidScope", log: `scope "admin"`})
	}},
	{13, "unknown resource", func(s *site) {
		s.check(post("/token", machineGrant+"&resource=https://unknown.example", demo),
			outcome{status: 400, code: "invalid_target", fault: "client", log: `resource "https://unknown.example"`})
	}},
	{14, "unknown code; expired code", func(s *site) {
		unknown := s.check(redeem("unknown", ""),
			outcome{status: 400, code: "invalid_grant", fault: "client", name: "OAuth2CodeNotFound", log: "Authorization code not found or expired"})
		code := s.code("")
		s.later(codeLife)
		expired := s.check(redeem(code, ""),
			outcome{status: 400, code: "invalid_grant", fault: "client", name: "OAuth2CodeNotFound", log: `client "web": expired`})
		assert.Equal(s, unknown.dump, expired.dump)
	}},
	{15, "another client's code", func(s *site) {
		s.check(post("/token", "grant_type=authorization_code&code="+s.code(""), demo),
			outcome{status: 400, code: "invalid_grant", fault: "client", name: "OAuth2ClientIdMismatch", log: `client "demo": uses the code of "web"`})
	}},
	{16, "redirect_uri is not the code's", func(s *site) {
		code := s.code("")
		for _, uri := range []string{"", "https://app.example.com/other"} {
			s.check(post("/token", "grant_type=authorization_code&code="+code+"&redirect_uri="+uri, web),
				outcome{status: 400, code: "invalid_grant", fault: "client", name: "OAuth2RedirectUriMismatch", log: `redirect_uri "` + uri + `"`})
		}
	}},
	{17, "wrong PKCE verifier", func(s *site) {
		challenge := sha256.Sum256([]byte("verifier"))
		code := s.code("code_challenge_method=S256&code_challenge=" + base64url.EncodeToString(challenge[:]))
		for _, verifier := range []string{"", "&code_verifier=wrong"} {
			s.check(redeem(code, verifier), outcome{status: 400, code: "invalid_grant", fault: "client", log: "code_verifier"})
		}
		s.check(redeem(s.code(""), "&code_verifier=verifier"), outcome{status: 400, code: "invalid_grant", fault: "client", log: "code_verifier"})
		s.check(redeem(code, "&code_verifier=verifier"), outcome{status: 200})
	}},
	{18, "code replayed: the tokens of its first use are revoked", func(s *site) {
		code := s.code("")
		tokens := s.fetch(redeem(code, ""))
		s.check(get("/profile", bearer(tokens["access_token"])), outcome{status: 200})
		s.check(redeem(code, ""),
			outcome{status: 400, code: "invalid_grant", fault: "client", name: "OAuth2CodeNotFound", log: "code used before"})
		s.check(get("/profile", bearer(tokens["access_token"])),
			outcome{status: 401, code: "invalid_token", challenges: s.challenges(`, error="invalid_token"`, algs), fault: "client", name: "TokenNotFound", log: "Token not found"})
		s.check(post("/token", refreshGrant+tokens["refresh_token"], web),
			outcome{status: 400, code: "invalid_grant", fault: "client", name: "OAuth2RefreshTokenNotFound", log: "Refresh token not found"})
	}},
	{19, "unknown, expired or another client's refresh token", func(s *site) {
		for token, want := range map[string]outcome{
			"unknown":             {name: "OAuth2RefreshTokenNotFound", log: `client "demo": Refresh token not found`},
			"demo-expired-token":  {name: "OAuth2RefreshTokenNotFound", log: "expired: Refresh token not found"},
			"other-refresh-token": {name: "OAuth2ClientIdMismatch", log: `client "demo": uses what "other" got`},
		} {
			want.status, want.code, want.fault = 400, "invalid_grant", "client"
			s.check(post("/token", refreshGrant+token, demo), want)
		}
	}},
	{20, "corrupt record of a refresh token", func(s *site) {
		for token, want := range map[string]outcome{
			"nobody-refresh-token":   {name: "RefreshTokenMissingLoginId", log: "Missing login_id"},
			"whenever-refresh-token": {name: "RefreshTokenInvalidExpireTime", log: `parsing time "whenever"`},
			"corrupt-refresh-token":  {name: "OAuth2InvalidRefreshToken", log: "cannot unmarshal string"},
		} {
			want.status, want.code, want.fault = 400, "invalid_grant", "client"
			s.check(post("/token", refreshGrant+token, demo), want)
		}
	}},
	{21, "account banned, or gone, at refresh", func(s *site) {
		s.check(post("/token", refreshGrant+"bob-refresh-token", demo),
			outcome{status: 400, code: "invalid_grant", fault: "client", name: "AccountBanned", log: `user "bob": Account is banned permanently`})
		s.check(post("/token", refreshGrant+"gone-refresh-token", demo),
			outcome{status: 400, code: "invalid_grant", fault: "client", name: "AccountKickedOut", log: `user "dave" is gone`})
	}},
	{22, "store down", func(s *site) {
		s.switchOn("store-down")
		s.check(post("/token", machineGrant, demo),
			outcome{status: 500, code: "server_error", fault: "server", name: "StorageError", log: "10.0.0.5:6379: connection refused"})
		s.switchOff("store-down")
		s.check(post("/token", machineGrant, demo), outcome{status: 200})
	}},
	{23, "store down while a code is not found", func(s *site) {
		used := s.code("")
		s.check(redeem(used, ""), outcome{status: 200})
		s.switchOn("store-readonly") // so that it can find but not revoke
		s.check(redeem("unknown", ""),
			outcome{status: 500, code: "server_error", fault: "server", name: "StorageError", log: `Authorization code not found or expired\nStorage error: revoke: attempt to write a readonly database`})
		s.check(redeem(used, ""),
			outcome{status: 500, code: "server_error", fault: "server", name: "StorageError", log: `attempt to write a readonly database (8)\ncode used before`})
	}},
	{24, "store busy", func(s *site) {
		s.switchOn("store-busy")
		s.check(post("/token", machineGrant, demo),
			outcome{status: 503, code: "temporarily_unavailable", wait: time.Second, fault: "server", name: "StorageError", log: "database is locked"})
		s.switchOff("store-busy")
	}},
	{25, "query past its deadline", func(s *site) {
		hasty := s.another(config{patience: time.Millisecond, faults: []string{"store-slow"}})
		hasty.check(post("/token", machineGrant, demo),
			outcome{status: 503, code: "temporarily_unavailable", fault: "server", name: "StorageError", log: "context deadline exceeded"})
	}},
	{26, "client gone during a query", func(s *site) {
		patient := s.another(config{faults: []string{"store-slow"}})
		body := machineGrant + "&client_id=demo"
		w := patient.dial(fmt.Sprintf("Content-Length: %d", len(body)), body)
		require.NoError(s, w.CloseWrite())
		patient.compare(w.receive(), outcome{status: 503, code: "temporarily_unavailable", fault: "canceled", name: "StorageError", log: "context canceled"})
	}},
	{27, "maintenance", func(s *site) {
		s.switchOn("maintenance")
		for _, wait := range []time.Duration{2 * time.Minute, 90 * time.Second} {
			s.check(post("/token", machineGrant, demo),
				outcome{status: 503, code: "temporarily_unavailable", wait: wait, fault: "server", name: "StorageError", log: "maintenance"})
			s.later(30 * time.Second)
		}
	}},
	{28, "rate limit", func(s *site) {
		strict := s.another(config{rate: 0.1})
		strict.check(post("/token", machineGrant, demo), outcome{status: 200})
		strict.check(post("/token", machineGrant, demo),
			outcome{status: 429, code: "temporarily_unavailable", wait: 10 * time.Second, fault: "client", log: "peer 127.0.0.1: Too many requests"})
		strict.later(10 * time.Second)
		strict.check(post("/token", machineGrant, demo), outcome{status: 200})
	}},
	{29, "signing key missing; signing fails", func(s *site) {
		s.switchOn("signing-missing")
		s.check(post("/token", machineGrant, demo),
			outcome{status: 500, code: "server_error", fault: "server", name: "ConfigError", log: "no signing key"})
		s.switchOff("signing-missing")
		s.switchOn("signing-broken")
		s.check(post("/token", machineGrant, demo),
			outcome{status: 500, code: "server_error", fault: "server", name: "InternalError", log: "key is invalid"})
	}},
	{30, "an error of another package, encoding/json", func(s *site) {
		s.check(post("/token", machineGrant, credentials("corrupt", "secret")),
			outcome{status: 500, code: "server_error", fault: "server", log: `client "corrupt": unexpected end of JSON input`})
	}},
	{31, "a code of the server's own, with a description", func(s *site) {
		s.check(post("/token", refreshGrant+"erin-refresh-token", demo),
			outcome{status: 400, code: "mfa_required", text: "log in again, with a second factor", fault: "client", log: `user "erin"`})
	}},
	{32, "device: pending, too fast, denied, expired", func(s *site) {
		device := s.device("")
		s.check(poll(device), outcome{status: 400, code: "authorization_pending", fault: "client"})
		s.check(poll(device), outcome{status: 400, code: "slow_down", fault: "client"})
		s.check(poll(s.device("deny")), outcome{status: 400, code: "access_denied", fault: "client"})
		s.later(deviceLife)
		s.check(poll(device), outcome{status: 400, code: "expired_token", fault: "client"})
	}},
	{33, "device: unknown device code; another client's", func(s *site) {
		s.check(poll("unknown"), outcome{status: 400, code: "invalid_grant", fault: "client", log: "device code is unknown"})
		s.check(post("/token", "grant_type="+deviceGrant+"&device_code="+s.device(""), demo),
			outcome{status: 400, code: "invalid_grant", fault: "client", name: "OAuth2ClientIdMismatch", log: `device code of client "tv"`})
	}},
	{34, "DPoP: no nonce", func(s *site) {
		s.check(post("/token", machineGrant, demo, s.proof(jwt.MapClaims{"nonce": nil})),
			outcome{status: 400, code: "use_dpop_nonce", nonce: true, fault: "client", log: `nonce ""`})
	}},
	{35, "DPoP: proof malformed, replayed or out of time", func(s *site) {
		s.check(post("/token", machineGrant, demo, s.proof(jwt.MapClaims{"jti": "again"})), outcome{status: 200, nonce: true})
		for _, test := range []struct {
			proof     with
			name, log string
		}{
			{header("DPoP", "malformed"), "InvalidToken", "token contains an invalid number of segments"},
			{s.proof(jwt.MapClaims{"jti": nil}), "InvalidNonceFormat", "jti: Invalid nonce format"},
			{s.proof(jwt.MapClaims{"jti": "again"}), "NonceAlreadyUsed", "possible replay attack"},
			{s.proof(jwt.MapClaims{"iat": s.now().Add(-2 * proofLife).Unix()}), "InvalidNonceTimestamp", "iat: Nonce timestamp"},
			{s.proof(jwt.MapClaims{"iat": s.now().Add(2 * proofLife).Unix()}), "InvalidNonceTimestamp", "iat: Nonce timestamp"},
		} {
			s.check(post("/token", machineGrant, demo, test.proof),
				outcome{status: 400, code: "invalid_dpop_proof", nonce: true, fault: "client", name: test.name, log: test.log})
		}
	}},
	{74, "token exchange: subject_token expired", func(s *site) {
		s.check(post("/token", "grant_type="+exchangeGrant+"&subject_token_type="+accessTokenType+"&subject_token=demo-expired-token", demo),
			outcome{status: 400, code: "invalid_request", fault: "client", name: "TokenExpired", log: "Token has expired"})
	}},
	{75, "private_key_jwt: assertion expired, forged or replayed", func(s *site) {
		signed := func(key ed25519.PrivateKey, id string, life time.Duration) *http.Request {
			assertion, err := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.RegisteredClaims{ID: id, Issuer: "robot", Subject: "robot",
				Audience: jwt.ClaimStrings{s.URL}, ExpiresAt: jwt.NewNumericDate(s.now().Add(life))}).SignedString(key)
			require.NoError(s, err)
			return post("/token", machineGrant+"&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion="+assertion)
		}
		s.check(signed(robotKey, "1", -time.Minute),
			outcome{status: 400, code: "invalid_client", fault: "client", name: "TokenExpired", log: "token is expired"})
		s.check(signed(otherKey, "1", time.Minute),
			outcome{status: 400, code: "invalid_client", fault: "client", name: "InvalidToken", log: "signature is invalid"})
		s.check(signed(robotKey, "1", time.Minute), outcome{status: 200})
		s.check(signed(robotKey, "1", time.Minute),
			outcome{status: 400, code: "invalid_client", fault: "client", name: "NonceAlreadyUsed", log: "possible replay attack"})
	}},
}

// otherKey is a key that the server does not know.
var otherKey = ed25519.NewKeyFromSeed(hash("another secret"))

// proof proves the possession of robotKey (RFC 9449 §4.2), with some claims changed.
func (s *site) proof(changes jwt.MapClaims) with { return s.proofBy(robotKey, changes) }

func (s *site) proofBy(key ed25519.PrivateKey, changes jwt.MapClaims) with {
	return func(r *http.Request) {
		_, accessToken, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, nil)
		token.Header["typ"] = "dpop+jwt"
		token.Header["jwk"] = jwk{Type: "OKP", Curve: "Ed25519", X: base64url.EncodeToString(key.Public().(ed25519.PublicKey))}
		claims := jwt.MapClaims{"jti": rand.Text(), "htm": r.Method, "htu": s.URL + (&url.URL{Path: r.URL.Path}).String(), "iat": s.now().Unix(),
			"nonce": s.server.dpop.nonce(0), "ath": base64url.EncodeToString(hash(accessToken))}
		maps.Copy(claims, changes)
		token.Claims = claims
		text, err := token.SignedString(key)
		require.NoError(s, err)
		r.Header.Add("DPoP", text)
	}
}
