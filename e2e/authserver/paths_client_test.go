package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// stub starts a server that answers every request in the same way, and returns its URL.
func stub(t *testing.T, status int, contentType, body string) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// read sends a request that fails, and returns the error that the client gets.
func (s *site) read(r *http.Request) *autherr.RemoteError {
	s.Helper()
	res := s.send(r)
	s.logged()
	return remoteError(s, autherrhttp.ReadError(res))
}

// remoteError returns the RemoteError in err.
func remoteError(t require.TestingT, err error) *autherr.RemoteError {
	remote, ok := errors.AsType[*autherr.RemoteError](err)
	require.True(t, ok, "%v", err)
	return remote
}

// The client's half.
var clientPaths = []path{
	{59, "client: every answer is a RemoteError with all that it said", func(s *site) {
		// The method compare checks this for every answer of every path. These are some whole answers.
		strict := s.another(config{rate: 0.1})
		strict.check(get("/profile", bearer("demo-access-token")), outcome{status: 200})
		for _, test := range []struct {
			at      *site
			request *http.Request
			want    autherr.RemoteError // without Header and Body
			body    string
		}{
			{s, post("/token", machineGrant, credentials("nobody", "secret")),
				autherr.RemoteError{Status: 401, Response: autherr.ErrorResponse{Code: autherr.InvalidClient}}, `{"error":"invalid_client"}`},
			{s, post("/revoke", "", demo),
				autherr.RemoteError{Status: 400, Response: autherr.ErrorResponse{Code: autherr.InvalidRequest, Description: "parameter token is missing"}},
				`{"error":"invalid_request","error_description":"parameter token is missing"}`},
			{strict, get("/profile", bearer("demo-access-token")),
				autherr.RemoteError{Status: 429, RetryAfter: 10 * time.Second, Response: autherr.ErrorResponse{Code: autherr.TemporarilyUnavailable}}, `{"error":"temporarily_unavailable"}`},
			{s, get("/admin", bearer("demo-email-token")),
				autherr.RemoteError{Status: 403, Response: autherr.ErrorResponse{Code: autherr.InsufficientScope}}, `{"error":"insufficient_scope"}`},
		} {
			got := test.at.read(test.request)
			assert.Equal(s, test.body, string(got.Body))
			assert.Equal(s, "no-store", http.Header(got.Header).Get("Cache-Control"))
			got.Header, got.Body = nil, nil
			assert.Equal(s, &test.want, got)
		}
	}},
	{60, "client: pending, too fast, denied and expired told apart", func(s *site) {
		device := s.device("")
		polls := []struct {
			device string
			after  time.Duration
			want   autherr.ErrorCode
			again  bool // whether it makes sense to poll again
		}{
			{device, 0, autherr.AuthorizationPending, true},
			{device, 0, autherr.SlowDown, true},
			{s.device("deny"), 0, autherr.AccessDenied, false},
			{device, deviceLife, autherr.ExpiredToken, false},
		}
		for _, p := range polls {
			s.later(p.after)
			err := fmt.Errorf("poll: %w", s.read(poll(p.device)))
			for _, other := range polls {
				assert.Equal(s, other.want == p.want, errors.Is(err, other.want), "%v is %s", err, other.want)
			}
			_, again := autherr.RetryAfterOf(err)
			assert.Equal(s, p.again, again, "%v", err)
		}
	}},
	{61, "client: 401 without a body; its challenges", func(s *site) {
		for _, test := range []struct {
			*http.Request
			bearer, dpop autherr.ErrorCode
		}{
			{get("/profile"), "", ""},
			{request(http.MethodHead, "/profile", "", bearer("unknown")), "invalid_token", ""},
			{request(http.MethodHead, "/profile", "", header("Authorization", "DPoP unknown"), s.proof(jwt.MapClaims{"nonce": nil})), "", "use_dpop_nonce"},
		} {
			got := s.read(test.Request)
			assert.Equal(s, http.StatusUnauthorized, got.Status)
			assert.Equal(s, test.bearer+test.dpop, got.Response.Code)
			assert.Empty(s, got.Body)
			metadata := s.URL + "/.well-known/oauth-protected-resource"
			assert.Equal(s, []autherrhttp.Challenge{
				{Scheme: "Bearer", Realm: "demo", Scope: "profile", ResourceMetadata: metadata, Response: autherr.ErrorResponse{Code: test.bearer}},
				{Scheme: "DPoP", Realm: "demo", Scope: "profile", ResourceMetadata: metadata, Response: autherr.ErrorResponse{Code: test.dpop},
					Params: map[string]string{"algs": "ES256 EdDSA RS256 PS256"}},
			}, autherrhttp.ParseChallenges(got.Header))
		}
	}},
	{62, "client: HTML, garbage, nothing, and a body cut short", func(s *site) {
		for _, test := range []struct {
			status            int
			contentType, body string
		}{
			{502, "text/html", "<h1>Bad Gateway</h1>"},
			{400, "application/json", "\x00\xff"},
			{400, "application/json", `{"error":"invalid_gr`},
			{500, "application/json", ""},
		} {
			res, err := http.Get(stub(s.T, test.status, test.contentType, test.body))
			require.NoError(s, err)
			defer res.Body.Close()
			got := remoteError(s, autherrhttp.ReadError(res))
			assert.Equal(s, test.status, got.Status)
			assert.Equal(s, test.body, string(got.Body))
			assert.Empty(s, got.Response)
			assert.Error(s, got.Err)
		}
		cut := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `{"error":"invalid_grant"}`)
		}))
		defer cut.Close()
		res, err := http.Get(cut.URL)
		require.NoError(s, err)
		defer res.Body.Close()
		got := remoteError(s, autherrhttp.ReadError(res))
		assert.Equal(s, http.StatusBadRequest, got.Status)
		assert.ErrorIs(s, got.Err, io.ErrUnexpectedEOF)
	}},
	{63, "client: the error of golang.org/x/oauth2", func(s *site) {
		client := oauth2.Config{ClientID: "web", ClientSecret: "web-secret", RedirectURL: callback,
			Endpoint: oauth2.Endpoint{TokenURL: s.URL + "/token", AuthStyle: oauth2.AuthStyleInHeader}}
		exchange := func() *autherr.RemoteError {
			_, err := client.Exchange(context.WithValue(s.Context(), oauth2.HTTPClient, s.browser), "unknown")
			retrieve, ok := errors.AsType[*oauth2.RetrieveError](err)
			require.True(s, ok, "%v", err)
			s.logged()
			return remoteError(s, autherrhttp.ReadErrorBody(retrieve.Response, retrieve.Body))
		}
		got := exchange()
		assert.ErrorIs(s, got, autherr.InvalidGrant)
		assert.Equal(s, http.StatusBadRequest, got.Status)
		assert.JSONEq(s, `{"error":"invalid_grant"}`, string(got.Body))
		s.switchOn("maintenance")
		got = exchange()
		assert.ErrorIs(s, got, autherr.TemporarilyUnavailable)
		assert.Equal(s, http.StatusServiceUnavailable, got.Status)
		assert.Equal(s, 2*time.Minute, got.RetryAfter)
	}},
	{64, "client: an error at its redirection endpoint", func(s *site) {
		arrived := make(chan url.Values, 1)
		app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			r.ParseForm()
			arrived <- r.Form
		}))
		defer app.Close()
		s.browser.CheckRedirect = nil // it goes where it is sent
		for _, mode := range []string{"query", "form_post"} {
			res := s.send(ask("prompt=none&redirect_uri=" + app.URL + "/callback&response_mode=" + mode))
			s.logged()
			if mode == "form_post" {
				page, err := io.ReadAll(res.Body)
				require.NoError(s, err)
				values, to := reply{Response: res, body: page}.values()
				res, err := s.browser.PostForm(to, values)
				require.NoError(s, err)
				res.Body.Close()
			}
			values := <-arrived
			assert.Equal(s, []string{"xyz", s.URL}, []string{values.Get("state"), values.Get("iss")})
			got := remoteError(s, autherrhttp.ReadRedirect(values))
			assert.Equal(s, &autherr.RemoteError{Response: autherr.ErrorResponse{Code: autherr.LoginRequired}}, got)
			assert.ErrorIs(s, got, autherr.LoginRequired)
		}
	}},
	{78, "client: what a challenge asks for, and DPoP-Nonce, from an error that came up", func(s *site) {
		call := func(r *http.Request) error {
			return fmt.Errorf("load the account: %w", fmt.Errorf("api: %w", s.read(r)))
		}
		challenges := func(err error) []autherrhttp.Challenge {
			return autherrhttp.ParseChallenges(remoteError(s, err).Header)
		}

		err := call(get("/account", bearer("alice-access-token")))
		require.ErrorIs(s, err, autherr.InsufficientUserAuthentication)
		assert.Equal(s, "300", challenges(err)[0].Params["max_age"])
		err = call(get("/profile", bearer("demo-email-token")))
		require.ErrorIs(s, err, autherr.InsufficientScope)
		assert.Equal(s, "profile", challenges(err)[0].Scope)
		res := s.send(get(challenges(err)[0].ResourceMetadata))
		assert.Equal(s, http.StatusOK, res.StatusCode)

		token := header("Authorization", "DPoP "+s.fetch(post("/token", machineGrant, demo, s.proof(nil)))["access_token"])
		err = call(get("/profile", token, s.proof(jwt.MapClaims{"nonce": nil})))
		require.ErrorIs(s, err, autherr.UseDPoPNonce)
		nonce := http.Header(remoteError(s, err).Header).Get("DPoP-Nonce")
		s.check(get("/profile", token, s.proof(jwt.MapClaims{"nonce": nonce})), outcome{status: 200, nonce: true})
	}},
}
