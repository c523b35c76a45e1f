package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/auth/extauth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	oidcclient "github.com/zitadel/oidc/v3/pkg/client"
	"github.com/zitadel/oidc/v3/pkg/client/rp"
	oidchttp "github.com/zitadel/oidc/v3/pkg/http"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"go.uber.org/goleak"
	"golang.org/x/net/html"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A clock stands still until it is moved.
type clock struct {
	mu   sync.Mutex
	time time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Add(d)
}

// A world is a server for real clients.
type world struct {
	*server
	*clock
}

func newWorld(t *testing.T) world {
	t.Helper()
	outside := httptest.NewUnstartedServer(nil)
	w := world{clock: &clock{time: time.Now().Add(-time.Minute)}} // so that it may be moved, and no token comes from the future
	var err error
	w.server, err = newServer(config{issuer: "http://" + outside.Listener.Addr().String(), now: w.clock.now, rate: 100})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, w.close()) })
	outside.Config.Handler = w.server
	outside.Start()
	t.Cleanup(outside.Close)
	return w
}

// A refusal is what a client is told.
type refusal struct {
	code   autherr.ErrorCode
	status int
	wait   time.Duration
}

func (r refusal) check(t *testing.T, err error) {
	t.Helper()
	require.ErrorIs(t, err, r.code)
	remote, ok := errors.AsType[*autherr.RemoteError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, r, refusal{remote.Response.Code, remote.Status, remote.RetryAfter})
	assert.NoError(t, remote.Err)
}

// troubles are those of the server itself, and what each client is told then.
var troubles = map[string]refusal{
	"store-down":  {autherr.ServerError, 500, 0},
	"store-busy":  {autherr.TemporarilyUnavailable, 503, time.Second},
	"maintenance": {autherr.TemporarilyUnavailable, 503, 2 * time.Minute},
	"rate":        {autherr.TemporarilyUnavailable, 429, time.Second},
}

// inTrouble runs a test for each trouble while there is that trouble.
func (w world) inTrouble(t *testing.T, test func(t *testing.T, trouble string, want refusal)) {
	for trouble, want := range troubles {
		t.Run(trouble, func(t *testing.T) {
			if trouble == "rate" {
				for w.limiter.wait("127.0.0.1") == 0 {
				}
				defer w.advance(10 * time.Second)
			} else {
				require.NoError(t, w.faults.set(t.Context(), trouble, true))
				defer func() { require.NoError(t, w.faults.set(context.WithoutCancel(t.Context()), trouble, false)) }()
			}
			test(t, trouble, want)
		})
	}
}

// A person is a user with a browser, which keeps cookies.
type person struct {
	name, otp, decision string
	browser             *http.Client
}

func newPerson(t *testing.T, name string) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &person{name: name, decision: "allow", browser: &http.Client{Jar: jar}}
}

// open goes to address, fills in the forms on the way, and returns the first page without one.
func (p *person) open(t *testing.T, address string) (*http.Response, string) {
	t.Helper()
	res, err := p.browser.Get(address)
	for range 5 {
		require.NoError(t, err)
		page, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		action, form := p.fillIn(t, page)
		if form == nil {
			return res, string(page)
		}
		target, err := res.Request.URL.Parse(action)
		require.NoError(t, err)
		res, err = p.browser.PostForm(target.String(), form)
		require.NoError(t, err)
	}
	require.FailNow(t, "there is always one more form")
	return nil, ""
}

// fillIn returns the form of a page as the person sends it, or nil if there is none.
func (p *person) fillIn(t *testing.T, page []byte) (action string, form url.Values) {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	require.NoError(t, err)
	for node := range root.Descendants() {
		attribute := map[string]string{}
		for _, a := range node.Attr {
			attribute[a.Key] = a.Val
		}
		switch name := attribute["name"]; {
		case node.Data == "form":
			action, form = attribute["action"], url.Values{}
		case node.Data == "button" && name == "decision":
			form.Set(name, p.decision)
		case node.Data != "input":
		case name == "username":
			form.Set(name, p.name)
		case name == "password":
			form.Set(name, "wonderland")
		case name == "otp":
			form.Set(name, p.otp)
		default:
			form.Set(name, attribute["value"])
		}
	}
	return action, form
}

// newCallback starts a client's redirection endpoint, and returns its URI.
func newCallback(t *testing.T) string {
	t.Helper()
	client := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(client.Close)
	return client.URL + "/callback"
}

// ask sends the person to address, and returns the code that the client gets, or the error.
func (w world) ask(t *testing.T, p *person, address string) (code string, err error) {
	t.Helper()
	asked, err := url.Parse(address)
	require.NoError(t, err)
	res, page := p.open(t, address)
	got := res.Request.URL.Query()
	require.Equal(t, asked.Query().Get("redirect_uri"), "http://"+res.Request.URL.Host+res.Request.URL.Path, page)
	assert.Equal(t, asked.Query().Get("state"), got.Get("state"))
	assert.Equal(t, w.issuer, got.Get("iss"))
	return got.Get("code"), autherrhttp.ReadRedirect(got)
}

// readOAuth2 is for users of golang.org/x/oauth2: its error has the response and the body. At a protected resource, it gives them
// the response itself, for ReadError.
func readOAuth2(err error) error {
	if retrieve, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return autherrhttp.ReadErrorBody(retrieve.Response, retrieve.Body)
	}
	return err
}

func (w world) oauth2(id, secret, callback string, scopes ...string) *oauth2.Config {
	return &oauth2.Config{ClientID: id, ClientSecret: secret, RedirectURL: callback, Scopes: scopes, Endpoint: oauth2.Endpoint{
		AuthURL: w.issuer + "/authorize", TokenURL: w.issuer + "/token", DeviceAuthURL: w.issuer + "/device_authorization", AuthStyle: oauth2.AuthStyleInHeader}}
}

// visit asks a resource for what is at path.
func visit(t *testing.T, client *http.Client, address string) error {
	t.Helper()
	res, err := client.Get(address)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return autherrhttp.ReadError(res)
	}
	return nil
}

func TestOAuth2CodeFlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := newPerson(t, "alice")
	web := w.oauth2("web", "web-secret", newCallback(t), "profile")
	verifier := oauth2.GenerateVerifier()
	address := func(options ...oauth2.AuthCodeOption) string {
		return web.AuthCodeURL(rand.Text(), append(options, oauth2.S256ChallengeOption(verifier))...)
	}
	newCode := func(t *testing.T) string {
		t.Helper()
		code, err := w.ask(t, alice, address())
		require.NoError(t, err)
		return code
	}
	none := oauth2.SetAuthURLParam("prompt", "none")

	t.Run("nobody is logged in", func(t *testing.T) {
		_, err := w.ask(t, alice, address(none))
		refusal{code: autherr.LoginRequired}.check(t, err)
	})
	t.Run("the user denies", func(t *testing.T) {
		alice.decision = "deny"
		defer func() { alice.decision = "allow" }()
		_, err := w.ask(t, alice, address())
		refusal{code: autherr.AccessDenied}.check(t, err)
	})
	t.Run("the user has not been asked", func(t *testing.T) {
		_, err := w.ask(t, alice, address(none))
		refusal{code: autherr.ConsentRequired}.check(t, err)
	})
	t.Run("the user allows, and a code is good once", func(t *testing.T) {
		code := newCode(t)
		token, err := web.Exchange(t.Context(), code, oauth2.VerifierOption(verifier))
		require.NoError(t, err)
		resource := web.Client(t.Context(), token)
		require.NoError(t, visit(t, resource, w.issuer+"/profile"))

		_, err = web.Exchange(t.Context(), code, oauth2.VerifierOption(verifier))
		refusal{autherr.InvalidGrant, 400, 0}.check(t, readOAuth2(err))
		refusal{autherr.InvalidToken, 401, 0}.check(t, visit(t, resource, w.issuer+"/profile")) // RFC 6749 §4.1.2
	})
	t.Run("unknown client", func(t *testing.T) { // so nobody is sent anywhere, and the person is told
		nobody := *web
		nobody.ClientID = "nobody"
		res, page := alice.open(t, nobody.AuthCodeURL(rand.Text()))
		assert.Equal(t, 400, res.StatusCode)
		assert.Equal(t, w.issuer, "http://"+res.Request.URL.Host)
		assert.Contains(t, page, "invalid_client")
	})
	code := newCode(t)
	for name, test := range map[string]struct {
		change   func(*oauth2.Config)
		verifier string
		want     refusal
	}{
		"wrong verifier":             {func(*oauth2.Config) {}, oauth2.GenerateVerifier(), refusal{autherr.InvalidGrant, 400, 0}},
		"wrong secret":               {func(c *oauth2.Config) { c.ClientSecret = "x" }, verifier, refusal{autherr.InvalidClient, 401, 0}},
		"nobody's id":                {func(c *oauth2.Config) { c.ClientID = "nobody" }, verifier, refusal{autherr.InvalidClient, 401, 0}},
		"nobody's id, in the form":   {func(c *oauth2.Config) { c.ClientID, c.Endpoint.AuthStyle = "nobody", oauth2.AuthStyleInParams }, verifier, refusal{autherr.InvalidClient, 400, 0}},
		"nobody's id, in either way": {func(c *oauth2.Config) { c.ClientID, c.Endpoint.AuthStyle = "nobody", oauth2.AuthStyleAutoDetect }, verifier, refusal{autherr.InvalidClient, 400, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			changed := *web
			test.change(&changed)
			_, err := changed.Exchange(t.Context(), code, oauth2.VerifierOption(test.verifier))
			test.want.check(t, readOAuth2(err))
		})
	}
	w.inTrouble(t, func(t *testing.T, trouble string, want refusal) {
		_, err := web.Exchange(t.Context(), code, oauth2.VerifierOption(verifier))
		want.check(t, readOAuth2(err))
		if trouble == "rate" { // before the server looks who it is
			res, page := alice.open(t, address())
			assert.Equal(t, 503, res.StatusCode)
			assert.Equal(t, "1", res.Header.Get("Retry-After"))
			assert.Contains(t, page, "temporarily_unavailable")
			return
		}
		_, err = w.ask(t, alice, address())
		refusal{code: want.code}.check(t, err)
	})
}

func TestOAuth2OtherGrants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	demo := w.oauth2("demo", "demo-secret", "")
	refresh := func(t *testing.T, token string) (*oauth2.Token, error) {
		t.Helper()
		got, err := demo.TokenSource(t.Context(), &oauth2.Token{RefreshToken: token}).Token()
		return got, readOAuth2(err)
	}
	credentials := func(t *testing.T, id, secret string, scopes ...string) error {
		t.Helper()
		config := clientcredentials.Config{ClientID: id, ClientSecret: secret, TokenURL: w.issuer + "/token", AuthStyle: oauth2.AuthStyleInHeader, Scopes: scopes}
		err := visit(t, config.Client(t.Context()), w.issuer+"/profile")
		return readOAuth2(err)
	}
	w.inTrouble(t, func(t *testing.T, _ string, want refusal) {
		_, err := refresh(t, "demo-refresh-token")
		want.check(t, err)
		want.check(t, credentials(t, "demo", "demo-secret"))
	})
	t.Run("a refresh token is good once", func(t *testing.T) {
		first, err := refresh(t, "demo-refresh-token")
		require.NoError(t, err)
		second, err := refresh(t, first.RefreshToken)
		require.NoError(t, err)
		_, err = refresh(t, first.RefreshToken)
		refusal{autherr.InvalidGrant, 400, 0}.check(t, err)

		resource := demo.Client(t.Context(), &oauth2.Token{RefreshToken: second.RefreshToken}) // it came of the one that was stolen
		refusal{autherr.InvalidGrant, 400, 0}.check(t, readOAuth2(visit(t, resource, w.issuer+"/profile")))
	})
	t.Run("client credentials", func(t *testing.T) {
		require.NoError(t, credentials(t, "demo", "demo-secret"))
		refusal{autherr.InvalidClient, 401, 0}.check(t, credentials(t, "demo", "x"))
		refusal{autherr.InvalidClient, 401, 0}.check(t, credentials(t, "nobody", "x"))
		refusal{autherr.UnauthorizedClient, 400, 0}.check(t, credentials(t, "other", "other-secret"))
		refusal{autherr.InvalidScope, 400, 0}.check(t, credentials(t, "demo", "demo-secret", "admin"))
		refusal{autherr.InsufficientScope, 403, 0}.check(t, credentials(t, "demo", "demo-secret", "email"))
	})
}

func TestOAuth2DeviceFlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tv := w.oauth2("tv", "", "", "profile")
	tv.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	start := func(t *testing.T) *oauth2.DeviceAuthResponse {
		t.Helper()
		device, err := tv.DeviceAuth(t.Context())
		require.NoError(t, err)
		device.Interval = 1 // the library waits by its own clock
		return device
	}
	decide := func(t *testing.T, decision string, device *oauth2.DeviceAuthResponse) {
		t.Helper()
		alice := newPerson(t, "alice")
		alice.decision = decision
		_, page := alice.open(t, device.VerificationURIComplete)
		require.Contains(t, page, "Go back to the device.")
	}
	// While it polls, the library tells nobody what the server says. A transport does.
	t.Run("the user takes time", func(t *testing.T) {
		t.Parallel()
		device := start(t)
		said := make(chan error, 100)
		ctx := context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Transport: witness(func(err error) { said <- err })})
		done := make(chan error, 1)
		go func() {
			token, err := tv.DeviceAccessToken(ctx, device)
			if err == nil {
				err = visit(t, tv.Client(t.Context(), token), w.issuer+"/profile")
			}
			done <- err
		}()
		refusal{autherr.AuthorizationPending, 400, 0}.check(t, <-said)
		refusal{autherr.SlowDown, 400, 0}.check(t, <-said) // since the clock of the server stands still
		w.advance(2 * pollInterval)
		decide(t, "allow", device)
		require.NoError(t, <-done)
	})
	t.Run("the user denies", func(t *testing.T) {
		t.Parallel()
		device := start(t)
		decide(t, "deny", device)
		_, err := tv.DeviceAccessToken(t.Context(), device)
		refusal{autherr.AccessDenied, 400, 0}.check(t, readOAuth2(err))
	})
	t.Run("the rest", func(t *testing.T) {
		device := start(t)
		w.inTrouble(t, func(t *testing.T, _ string, want refusal) {
			_, err := tv.DeviceAuth(t.Context())
			want.check(t, readOAuth2(err))
			_, err = tv.DeviceAccessToken(t.Context(), device)
			want.check(t, readOAuth2(err))
		})
		nobody := w.oauth2("nobody", "", "")
		_, err := nobody.DeviceAuth(t.Context())
		refusal{autherr.InvalidClient, 400, 0}.check(t, readOAuth2(err))

		w.advance(deviceLife)
		_, err = tv.DeviceAccessToken(t.Context(), device)
		refusal{autherr.ExpiredToken, 400, 0}.check(t, readOAuth2(err))
	})
}

// A witness is told what servers refuse, for users of clients that lose a part of it, or all. It is an http.RoundTripper.
type witness func(err error)

func (w witness) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || res.StatusCode/100 == 2 || res.StatusCode/100 == 3 {
		return res, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	w(autherrhttp.ReadErrorBody(res, body))
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// TestStepUp is what a user of golang.org/x/oauth2 does if a resource asks for more.
func TestStepUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := newPerson(t, "alice")
	spa := w.oauth2("spa", "", newCallback(t), "profile")
	spa.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	login := func(t *testing.T, options ...oauth2.AuthCodeOption) *http.Client {
		t.Helper()
		verifier := oauth2.GenerateVerifier()
		code, err := w.ask(t, alice, spa.AuthCodeURL(rand.Text(), append(options, oauth2.S256ChallengeOption(verifier))...))
		require.NoError(t, err)
		token, err := spa.Exchange(t.Context(), code, oauth2.VerifierOption(verifier))
		require.NoError(t, err)
		return spa.Client(t.Context(), token)
	}
	for _, path := range []string{"/account", "/account/security"} {
		t.Run(path, func(t *testing.T) {
			alice.otp = ""
			resource := login(t, oauth2.SetAuthURLParam("prompt", "login"))
			w.advance(time.Hour / 2)
			err := visit(t, resource, w.issuer+path)
			refusal{autherr.InsufficientUserAuthentication, 401, 0}.check(t, err)

			remote, _ := errors.AsType[*autherr.RemoteError](err)
			challenges := autherrhttp.ParseChallenges(remote.Header)
			asked := slices.IndexFunc(challenges, func(c autherrhttp.Challenge) bool { return c.Scheme == "Bearer" })
			require.GreaterOrEqual(t, asked, 0)
			assert.Equal(t, autherr.InsufficientUserAuthentication, challenges[asked].Response.Code)
			var more []oauth2.AuthCodeOption
			for _, name := range []string{"acr_values", "max_age"} {
				if value := challenges[asked].Params[name]; value != "" {
					more = append(more, oauth2.SetAuthURLParam(name, value))
				}
			}
			alice.otp = "123456"
			require.NoError(t, visit(t, login(t, more...), w.issuer+path))
		})
	}
	t.Run("trouble", func(t *testing.T) {
		resource := oauth2.NewClient(t.Context(), oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "demo-access-token"}))
		w.inTrouble(t, func(t *testing.T, _ string, want refusal) { want.check(t, visit(t, resource, w.issuer+"/profile")) })
	})
}

// readOIDC is for users of zitadel/oidc. What it gets by golang.org/x/oauth2 is an error of that. Its own has no more than the code
// and the description, so that a user who needs the status, the wait or a challenge has a witness.
func readOIDC(err error) error {
	if refused, ok := errors.AsType[*oidc.Error](err); ok {
		return &autherr.RemoteError{Response: autherr.ErrorResponse{Code: autherr.ErrorCode(refused.ErrorType), Description: refused.Description}}
	}
	return readOAuth2(err)
}

// A watched is a client whose user looks at what comes back, and at what a witness saw.
type watched struct {
	mu   sync.Mutex
	last error
}

func (w *watched) client() *http.Client {
	return &http.Client{Transport: witness(func(err error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.last = err
	})}
}

// seen returns what the server refused last, once.
func (w *watched) seen() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := w.last
	w.last = nil
	return last
}

// party is a relying party of zitadel/oidc.
func (w world) party(t *testing.T, seen *watched, id, secret, callback string, options ...rp.Option) (rp.RelyingParty, error) {
	t.Helper()
	style := oauth2.AuthStyleInHeader
	if secret == "" {
		style = oauth2.AuthStyleInParams
	}
	return rp.NewRelyingPartyOIDC(t.Context(), w.issuer, id, secret, callback, []string{"openid", "profile"},
		append(options, rp.WithHTTPClient(seen.client()), rp.WithAuthStyle(style), rp.WithSigningAlgsFromDiscovery())...)
}

func TestZitadelCodeFlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := newPerson(t, "alice")
	var (
		seen   watched
		tokens *oidc.Tokens[*oidc.IDTokenClaims]
		failed error
		secret = "web-secret"
		mux    = http.NewServeMux()
		client = httptest.NewServer(mux)
		key    = []byte(rand.Text()[:16])
	)
	t.Cleanup(client.Close)
	cookies := oidchttp.NewCookieHandler(key, key, oidchttp.WithUnsecure())
	options := []rp.Option{rp.WithPKCE(cookies), rp.WithCookieHandler(cookies),
		// Its handler has the request, so that nothing is lost of a redirect.
		rp.WithErrorHandler(func(_ http.ResponseWriter, r *http.Request, _, _, _ string) {
			failed = autherrhttp.ReadRedirect(r.Form)
		}),
		// Of a refused code its handler has a text only.
		rp.WithUnauthorizedHandler(func(_ http.ResponseWriter, _ *http.Request, text, _ string) {
			failed = errors.Join(errors.New(text), seen.seen())
		}),
	}
	party, err := w.party(t, &seen, "web", secret, client.URL+"/callback", options...)
	require.NoError(t, err)
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		more := []rp.URLParamOpt{rp.WithURLParam("prompt", r.FormValue("prompt"))}
		rp.AuthURLHandler(rand.Text, party, more...)(w, r)
	})
	mux.HandleFunc("/callback", rp.CodeExchangeHandler(rp.UserinfoCallback(
		func(_ http.ResponseWriter, _ *http.Request, got *oidc.Tokens[*oidc.IDTokenClaims], _ string, _ rp.RelyingParty, info *oidc.UserInfo) {
			tokens = got
			assert.Equal(t, "alice", info.Subject)
		}), party))
	login := func(t *testing.T, query string) error {
		t.Helper()
		tokens, failed = nil, nil
		res, page := alice.open(t, client.URL+"/login"+query)
		require.Equal(t, "/callback", res.Request.URL.Path, page)
		return failed
	}

	t.Run("nobody is logged in", func(t *testing.T) {
		refusal{code: autherr.LoginRequired}.check(t, login(t, "?prompt=none"))
	})
	t.Run("the user denies", func(t *testing.T) {
		alice.decision = "deny"
		defer func() { alice.decision = "allow" }()
		refusal{code: autherr.AccessDenied}.check(t, login(t, ""))
	})
	t.Run("the user allows", func(t *testing.T) {
		require.NoError(t, login(t, ""))
		assert.Equal(t, "alice", tokens.IDTokenClaims.Subject)
		assert.NoError(t, seen.seen())
	})
	t.Run("wrong secret", func(t *testing.T) {
		party.OAuthConfig().ClientSecret = "x"
		defer func() { party.OAuthConfig().ClientSecret = secret }()
		refusal{autherr.InvalidClient, 401, 0}.check(t, login(t, ""))
	})
	t.Run("codes", func(t *testing.T) {
		verifier := oauth2.GenerateVerifier()
		code, err := w.ask(t, alice, rp.AuthURL(rand.Text(), party, rp.WithCodeChallenge(oidc.NewSHACodeChallenge(verifier))))
		require.NoError(t, err)
		exchange := func(t *testing.T, verifier string) error {
			t.Helper()
			_, err := rp.CodeExchange[*oidc.IDTokenClaims](t.Context(), code, party, rp.WithCodeVerifier(verifier))
			return readOIDC(err)
		}
		w.inTrouble(t, func(t *testing.T, _ string, want refusal) { want.check(t, exchange(t, verifier)) })
		refusal{autherr.InvalidGrant, 400, 0}.check(t, exchange(t, oauth2.GenerateVerifier()))
		require.NoError(t, exchange(t, verifier))
		refusal{autherr.InvalidGrant, 400, 0}.check(t, exchange(t, verifier))
	})
}

func TestZitadelOtherGrants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var seen watched
	check := func(t *testing.T, want refusal, err error) {
		t.Helper()
		require.ErrorIs(t, readOIDC(err), want.code)
		want.check(t, seen.seen())
	}
	party := func(t *testing.T, id, secret string) rp.RelyingParty {
		t.Helper()
		party, err := w.party(t, &seen, id, secret, "")
		require.NoError(t, err)
		return party
	}
	refresh := func(t *testing.T, party rp.RelyingParty, token string) (*oidc.Tokens[*oidc.IDTokenClaims], error) {
		t.Helper()
		party.OAuthConfig().Scopes = nil
		return rp.RefreshTokens[*oidc.IDTokenClaims](t.Context(), party, token, "", "")
	}
	userinfo := func(t *testing.T, party rp.RelyingParty, token string) error {
		t.Helper()
		_, err := rp.Userinfo[*oidc.UserInfo](t.Context(), token, "Bearer", "alice", party)
		return err
	}
	credentials := func(t *testing.T, id, secret string) error {
		t.Helper()
		party := party(t, id, secret)
		party.OAuthConfig().Scopes = []string{"profile"}
		_, err := rp.ClientCredentials(t.Context(), party, nil)
		return err
	}
	demo, tv := party(t, "demo", "demo-secret"), party(t, "tv", "")
	// The library polls by itself, and gives each request no more time than it waits. A user who wants to know asks once.
	poll := func(t *testing.T, device *oidc.DeviceAuthorizationResponse) error {
		t.Helper()
		_, err := oidcclient.CallDeviceAccessTokenEndpointWithAuthFn(t.Context(), &oidcclient.DeviceAccessTokenRequest{
			ClientCredentialsRequest: &oidc.ClientCredentialsRequest{ClientID: "tv"},
			DeviceAccessTokenRequest: oidc.DeviceAccessTokenRequest{GrantType: oidc.GrantTypeDeviceCode, DeviceCode: device.DeviceCode},
		}, tokenEndpoint{tv}, nil)
		return err
	}
	start := func(t *testing.T) *oidc.DeviceAuthorizationResponse {
		t.Helper()
		device, err := rp.DeviceAuthorization(t.Context(), []string{"profile"}, tv, nil)
		require.NoError(t, err)
		return device
	}

	w.inTrouble(t, func(t *testing.T, trouble string, want refusal) {
		if trouble == "rate" {
			_, err := w.party(t, &seen, "demo", "demo-secret", "")
			check(t, want, err)
		}
		_, err := refresh(t, demo, "demo-refresh-token")
		check(t, want, err)
		check(t, want, userinfo(t, demo, "alice-access-token"))
		_, err = rp.DeviceAuthorization(t.Context(), []string{"profile"}, tv, nil)
		check(t, want, err)
		// Of a refused revocation, the library says the text of the body only.
		require.Error(t, rp.RevokeToken(t.Context(), demo, "demo-refresh-token", ""))
		want.check(t, seen.seen())
	})
	t.Run("a refresh token is good once", func(t *testing.T) {
		first, err := refresh(t, demo, "demo-refresh-token")
		require.NoError(t, err)
		require.NoError(t, userinfo(t, demo, first.AccessToken))
		_, err = refresh(t, demo, "demo-refresh-token")
		check(t, refusal{autherr.InvalidGrant, 400, 0}, err)
		check(t, refusal{autherr.InvalidToken, 401, 0}, userinfo(t, demo, first.AccessToken))
	})
	t.Run("resource", func(t *testing.T) {
		require.NoError(t, userinfo(t, demo, "alice-access-token"))
		check(t, refusal{autherr.InvalidToken, 401, 0}, userinfo(t, demo, "demo-expired-token"))
		check(t, refusal{autherr.InsufficientScope, 403, 0}, userinfo(t, demo, "demo-email-token"))
	})
	t.Run("client credentials", func(t *testing.T) {
		require.NoError(t, credentials(t, "demo", "demo-secret"))
		check(t, refusal{autherr.InvalidClient, 401, 0}, credentials(t, "demo", "x"))
		check(t, refusal{autherr.InvalidClient, 401, 0}, credentials(t, "nobody", "x"))
		check(t, refusal{autherr.UnauthorizedClient, 400, 0}, credentials(t, "web", "web-secret"))
	})
	t.Run("revocation", func(t *testing.T) {
		require.Error(t, rp.RevokeToken(t.Context(), demo, "other-refresh-token", "refresh_token"))
		refusal{autherr.UnauthorizedClient, 400, 0}.check(t, seen.seen())
		require.NoError(t, rp.RevokeToken(t.Context(), demo, "bob-refresh-token", "refresh_token"))
	})
	t.Run("device", func(t *testing.T) {
		alice := newPerson(t, "alice")
		device := start(t)
		check(t, refusal{autherr.AuthorizationPending, 400, 0}, poll(t, device))
		check(t, refusal{autherr.SlowDown, 400, 0}, poll(t, device))
		w.advance(2 * pollInterval)
		alice.open(t, device.VerificationURIComplete)
		require.NoError(t, poll(t, device))
		check(t, refusal{autherr.InvalidGrant, 400, 0}, poll(t, device))

		alice.decision = "deny"
		denied, expired := start(t), start(t)
		alice.open(t, denied.VerificationURIComplete)
		check(t, refusal{autherr.AccessDenied, 400, 0}, poll(t, denied))
		w.advance(deviceLife)
		check(t, refusal{autherr.ExpiredToken, 400, 0}, poll(t, expired))
		check(t, refusal{autherr.InvalidClient, 400, 0}, func() error {
			_, err := rp.DeviceAuthorization(t.Context(), nil, party(t, "nobody", ""), nil)
			return err
		}())
	})
}

type tokenEndpoint struct{ rp.RelyingParty }

func (p tokenEndpoint) TokenEndpoint() string { return p.OAuthConfig().Endpoint.TokenURL }

// readMCP is for users of the MCP Go SDK. A redirect comes back as the fetcher of codes returned it, and the refusal of a code or of
// client credentials as the error of golang.org/x/oauth2. Of metadata, of a resource and of most registrations a text comes back, for
// which a user has a witness.
func readMCP(err error) error {
	if refused, ok := errors.AsType[*oauthex.ClientRegistrationError](err); ok {
		return &autherr.RemoteError{Response: autherr.ErrorResponse{Code: autherr.ErrorCode(refused.ErrorCode), Description: refused.ErrorDescription}}
	}
	return readOAuth2(err)
}

func TestMCP(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	callback := newCallback(t)
	tools := mcp.NewServer(&mcp.Implementation{Name: "tools"}, nil)
	mcp.AddTool(tools, &mcp.Tool{Name: "greet"}, func(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "hello"}}}, nil, nil
	})
	serve := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return tools }, &mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true})
	var needs atomic.Pointer[need]
	needs.Store(&need{scope: "profile"})
	w.mux.HandleFunc("/{$}", func(rw http.ResponseWriter, r *http.Request) {
		needs := *needs.Load()
		w.answer(rw, r, func(rw http.ResponseWriter, r *http.Request) error {
			_, err := w.authorized(rw, r, needs)
			if err == nil {
				serve.ServeHTTP(rw, r)
			}
			return err
		}, func(err error) autherr.Answer {
			challenges := w.challenges(needs)
			challenges[0].ResourceMetadata = w.issuer + "/about" // which nobody finds otherwise
			return autherrhttp.WriteResourceError(rw, r, err, challenges...)
		})
	})
	var discovered atomic.Int32
	w.mux.HandleFunc("GET /about", func(rw http.ResponseWriter, r *http.Request) {
		discovered.Add(1)
		assert.NoError(t, w.resourceMetadata(rw, r))
	})

	var seen watched
	call := func(t *testing.T, handler auth.OAuthHandler) error {
		t.Helper()
		session, err := mcp.NewClient(&mcp.Implementation{Name: "client"}, nil).Connect(t.Context(),
			&mcp.StreamableClientTransport{Endpoint: w.issuer, HTTPClient: seen.client(), OAuthHandler: handler}, nil)
		if err != nil {
			return err
		}
		defer session.Close()
		result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "greet"})
		if err == nil {
			assert.Equal(t, "hello", result.Content[0].(*mcp.TextContent).Text)
		}
		return err
	}
	alice := newPerson(t, "alice")
	fetch := func(_ context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
		res, _ := alice.open(t, args.URL)
		got := res.Request.URL.Query()
		return &auth.AuthorizationResult{Code: got.Get("code"), State: got.Get("state"), Iss: got.Get("iss")}, autherrhttp.ReadRedirect(got)
	}
	web := &oauthex.ClientCredentials{ClientID: "web", ClientSecretAuth: &oauthex.ClientSecretAuth{ClientSecret: "web-secret"}}
	byCode := func(t *testing.T, credentials *oauthex.ClientCredentials, initial oauth2.TokenSource, fetch auth.AuthorizationCodeFetcher) auth.OAuthHandler {
		t.Helper()
		handler, err := auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{PreregisteredClient: credentials, RedirectURL: callback,
			AuthorizationCodeFetcher: fetch, InitialTokenSource: initial, Client: seen.client()})
		require.NoError(t, err)
		return handler
	}
	static := func(token string) oauth2.TokenSource {
		return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token})
	}
	refreshing := func(t *testing.T, token string) oauth2.TokenSource {
		t.Helper()
		return w.oauth2("demo", "demo-secret", "").TokenSource(t.Context(), &oauth2.Token{RefreshToken: token})
	}
	other := func(change func(*auth.AuthorizationResult)) auth.AuthorizationCodeFetcher {
		return func(ctx context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
			result, err := fetch(ctx, args)
			change(result)
			return result, err
		}
	}

	t.Run("the user denies", func(t *testing.T) {
		alice.decision = "deny"
		defer func() { alice.decision = "allow" }()
		refusal{code: autherr.AccessDenied}.check(t, readMCP(call(t, byCode(t, web, nil, fetch))))
		refusal{code: autherr.AccessDenied}.check(t, readMCP(call(t, byCode(t, web, refreshing(t, "no-such-token"), fetch)))) // it asks anew
	})
	t.Run("the user allows", func(t *testing.T) {
		discovered.Store(0)
		require.NoError(t, call(t, byCode(t, web, nil, fetch)))
		assert.EqualValues(t, 1, discovered.Load())
		require.NoError(t, call(t, byCode(t, web, static("demo-expired-token"), fetch)))
		require.NoError(t, call(t, byCode(t, web, static("demo-email-token"), fetch))) // insufficient_scope makes it ask for more
		require.NoError(t, call(t, byCode(t, web, static("alice-access-token"), nobodyAsks(t))))
		require.NoError(t, call(t, byCode(t, web, refreshing(t, "demo-refresh-token"), nobodyAsks(t))))
	})
	t.Run("codes", func(t *testing.T) {
		var used string
		require.NoError(t, call(t, byCode(t, web, nil, other(func(r *auth.AuthorizationResult) { used = r.Code }))))
		replay := other(func(r *auth.AuthorizationResult) { r.Code = used })
		refusal{autherr.InvalidGrant, 400, 0}.check(t, readMCP(call(t, byCode(t, web, nil, replay))))

		injected, err := w.ask(t, alice, w.oauth2("web", "", callback, "profile").AuthCodeURL(rand.Text(), oauth2.S256ChallengeOption(oauth2.GenerateVerifier())))
		require.NoError(t, err)
		inject := other(func(r *auth.AuthorizationResult) { r.Code = injected })
		refusal{autherr.InvalidGrant, 400, 0}.check(t, readMCP(call(t, byCode(t, web, nil, inject)))) // since it has another verifier
	})
	t.Run("wrong secret", func(t *testing.T) {
		wrong := &oauthex.ClientCredentials{ClientID: "web", ClientSecretAuth: &oauthex.ClientSecretAuth{ClientSecret: "x"}}
		refusal{autherr.InvalidClient, 400, 0}.check(t, readMCP(call(t, byCode(t, wrong, nil, fetch))))
	})
	t.Run("client credentials", func(t *testing.T) {
		byCredentials := func(id, secret string) error {
			handler, err := extauth.NewClientCredentialsHandler(&extauth.ClientCredentialsHandlerConfig{HTTPClient: seen.client(),
				Credentials: &oauthex.ClientCredentials{ClientID: id, ClientSecretAuth: &oauthex.ClientSecretAuth{ClientSecret: secret}}})
			require.NoError(t, err)
			return readMCP(call(t, handler))
		}
		require.NoError(t, byCredentials("demo", "demo-secret"))
		refusal{autherr.InvalidClient, 400, 0}.check(t, byCredentials("demo", "x"))
		refusal{autherr.InvalidClient, 400, 0}.check(t, byCredentials("nobody", "x"))
		refusal{autherr.UnauthorizedClient, 400, 0}.check(t, byCredentials("web", "web-secret"))
	})
	t.Run("registration", func(t *testing.T) {
		register := func(token, uri string) (*oauthex.ClientRegistrationResponse, error) {
			client := &http.Client{Transport: &oauth2.Transport{Source: static(token), Base: seen.client().Transport}}
			return oauthex.RegisterClient(t.Context(), w.issuer+"/register", &oauthex.ClientRegistrationMetadata{RedirectURIs: []string{uri}}, client)
		}
		made, err := register("demo-initial-token", callback)
		require.NoError(t, err)
		require.NoError(t, call(t, byCode(t, &oauthex.ClientCredentials{ClientID: made.ClientID,
			ClientSecretAuth: &oauthex.ClientSecretAuth{ClientSecret: made.ClientSecret}}, nil, fetch)))

		_, err = register("demo-initial-token", "javascript:alert(1)")
		require.ErrorIs(t, readMCP(err), autherr.InvalidRedirectURI)
		refusal{autherr.InvalidRedirectURI, 400, 0}.check(t, seen.seen())
		_, err = register("demo-access-token", callback)
		require.Error(t, err)
		refusal{autherr.InsufficientScope, 403, 0}.check(t, seen.seen())
	})
	t.Run("a resource that it cannot satisfy", func(t *testing.T) {
		needs.Store(&need{scope: "profile", acr: acrSecond}) // it asks anew, but not for what acr_values says
		defer needs.Store(&need{scope: "profile"})
		require.Error(t, call(t, byCode(t, web, nil, fetch)))
		refusal{autherr.InsufficientUserAuthentication, 401, 0}.check(t, seen.seen())
	})
	w.inTrouble(t, func(t *testing.T, trouble string, want refusal) {
		require.Error(t, call(t, byCode(t, web, static("alice-access-token"), nobodyAsks(t))))
		want.check(t, seen.seen())
		want.check(t, readMCP(call(t, byCode(t, web, refreshing(t, "bob-refresh-token"), nobodyAsks(t)))))
		if trouble != "rate" {
			refusal{code: want.code}.check(t, readMCP(call(t, byCode(t, web, nil, fetch))))
		}
	})
}

// nobodyAsks is for a client that has a token already, so that no user has to be asked.
func nobodyAsks(t *testing.T) auth.AuthorizationCodeFetcher {
	return func(context.Context, *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
		t.Error("the user is asked")
		return nil, context.Canceled
	}
}
