package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// A running server, with what it prints.
type running struct {
	url   string
	guide string
	log   *logBuffer
}

type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// firstWrite passes on what is written first, which is the guide.
type firstWrite chan string

func (c firstWrite) Write(p []byte) (int, error) {
	c <- string(p)
	return len(p), nil
}

var address = regexp.MustCompile(`http://[^/\s,]+`)

// start runs the server on a free port until the test ends, when it has to end well.
func start(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	guide, log, status := make(firstWrite, 1), new(logBuffer), make(chan int)
	go func() { status <- run(ctx, append([]string{"-listen", "127.0.0.1:0"}, args...), guide, log) }()
	t.Cleanup(func() {
		cancel()
		assert.Zero(t, <-status)
	})
	s := &running{guide: <-guide, log: log}
	s.url = address.FindString(s.guide)
	return s
}

func (s *running) clientCredentials(id, secret string, scopes ...string) *clientcredentials.Config {
	return &clientcredentials.Config{
		ClientID: id, ClientSecret: secret, Scopes: scopes,
		TokenURL: s.url + "/token", AuthStyle: oauth2.AuthStyleInHeader,
	}
}

// refresh gets a token for a refresh token, as golang.org/x/oauth2 does.
func (s *running) refresh(t *testing.T, id, secret, refreshToken string) (*oauth2.Token, error) {
	config := oauth2.Config{
		ClientID: id, ClientSecret: secret,
		Endpoint: oauth2.Endpoint{TokenURL: s.url + "/token", AuthStyle: oauth2.AuthStyleInParams},
	}
	return config.TokenSource(t.Context(), &oauth2.Token{RefreshToken: refreshToken}).Token()
}

// checkRefusal holds err to be the server's answer with a code and no more.
func checkRefusal(t *testing.T, err error, status int, code string) {
	t.Helper()
	var refusal *oauth2.RetrieveError
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, status, refusal.Response.StatusCode)
	assert.Equal(t, code, refusal.ErrorCode)
	assert.JSONEq(t, `{"error":"`+code+`"}`, string(refusal.Body))
}

func TestTokenOpensProfile(t *testing.T) {
	s := start(t)
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams, oauth2.AuthStyleAutoDetect} {
		config := s.clientCredentials("demo", "demo-secret", profileScope)
		config.AuthStyle = style
		token, err := config.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "Bearer", token.TokenType)
		assert.WithinDuration(t, time.Now().Add(time.Hour), token.Expiry, time.Minute)
		assert.Empty(t, token.RefreshToken)
		assert.Equal(t, profileScope, token.Extra("scope"))

		res, err := config.Client(t.Context()).Get(s.url + "/profile")
		require.NoError(t, err)
		defer res.Body.Close()
		assert.Equal(t, http.StatusOK, res.StatusCode)
		assert.Equal(t, "no-store", res.Header.Get("Cache-Control"))
		var profile map[string]string
		require.NoError(t, json.NewDecoder(res.Body).Decode(&profile))
		assert.Equal(t, map[string]string{"client_id": "demo", "scope": profileScope}, profile)
	}
	assert.Empty(t, s.log.String())
}

func TestClientSeesTheCode(t *testing.T) {
	s := start(t)
	for _, test := range []struct {
		name       string
		id, secret string
		scope      string
		grantType  []string
		status     int
		code       string
	}{
		{"unknown client", "nobody", "demo-secret", "", nil, 401, "invalid_client"},
		{"wrong secret", "demo", "wrong", "", nil, 401, "invalid_client"},
		{"no secret", "demo", "", "", nil, 401, "invalid_client"},
		{"another's secret", "demo", "other-secret", "", nil, 401, "invalid_client"},
		{"another's grant type", "other", "other-secret", "", nil, 400, "unauthorized_client"},
		{"nobody's grant type", "demo", "demo-secret", "", []string{"password"}, 400, "unsupported_grant_type"},
		{"no grant type", "demo", "demo-secret", "", []string{}, 400, "invalid_request"},
		{"an empty grant type", "demo", "demo-secret", "", []string{""}, 400, "invalid_request"},
		{"two grant types", "demo", "demo-secret", "", []string{"client_credentials", "client_credentials"}, 400, "invalid_request"},
		{"unknown scope", "demo", "demo-secret", "admin", nil, 400, "invalid_scope"},
		{"one scope too many", "demo", "demo-secret", "profile admin", nil, 400, "invalid_scope"},
		{"malformed scope", "demo", "demo-secret", "profile  email", nil, 400, "invalid_scope"},
		{"no refresh token", "demo", "demo-secret", "", []string{"refresh_token"}, 400, "invalid_request"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
				config := s.clientCredentials(test.id, test.secret, test.scope)
				config.AuthStyle = style
				if test.grantType != nil {
					config.EndpointParams = url.Values{"grant_type": test.grantType}
				}
				_, err := config.Token(t.Context())
				checkRefusal(t, err, test.status, test.code)
			}
		})
	}
}

func TestRefreshTokenIsGoodForOneUse(t *testing.T) {
	s := start(t)
	first, err := s.refresh(t, "demo", "demo-secret", "demo-refresh-token")
	require.NoError(t, err)
	require.NotEmpty(t, first.RefreshToken)
	assert.Equal(t, "profile email", first.Extra("scope"))

	_, err = s.refresh(t, "demo", "demo-secret", "demo-refresh-token")
	checkRefusal(t, err, 400, "invalid_grant")

	second, err := s.refresh(t, "demo", "demo-secret", first.RefreshToken)
	require.NoError(t, err)
	assert.NotEqual(t, first.AccessToken, second.AccessToken)
}

func TestRefreshTokenIsBoundToItsClient(t *testing.T) {
	s := start(t)
	_, err := s.refresh(t, "demo", "demo-secret", "other-refresh-token")
	checkRefusal(t, err, 400, "invalid_grant")
	assert.Contains(t, s.log.String(), "Client ID mismatch")

	_, err = s.refresh(t, "other", "other-secret", "other-refresh-token")
	assert.NoError(t, err)
}

// RFC 6749 §6: a narrower scope is for the access token alone, and a wider one is not for having.
func TestRefreshTokenKeepsItsScope(t *testing.T) {
	s := start(t)
	refresh := func(id, refreshToken, scope string) answer {
		return s.post(t, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refreshToken}, "scope": {scope}},
			"Authorization", basic(id, id+"-secret"))
	}
	for _, a := range []answer{
		refresh("demo", "demo-refresh-token", "profile admin"),
		refresh("other", "other-refresh-token", "email"), // which this client may have, but not with this token
	} {
		assert.Equal(t, 400, a.status)
		assert.JSONEq(t, `{"error":"invalid_scope"}`, a.body)
	}

	a := refresh("demo", "demo-refresh-token", "email")
	require.Equal(t, 200, a.status, "the failure has not used it up: %s", a.body)
	assert.Equal(t, "email", a.tokens(t).Scope)

	a = refresh("demo", a.tokens(t).RefreshToken, "")
	require.Equal(t, 200, a.status)
	assert.Equal(t, "profile email", a.tokens(t).Scope)
}

// An answer is all that a client sees; dump is the whole of it.
type answer struct {
	status     int
	header     http.Header
	body, dump string
}

func (a answer) tokens(t *testing.T) (got tokens) {
	require.NoError(t, json.Unmarshal([]byte(a.body), &got))
	return got
}

func (s *running) do(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	dump, err := httputil.DumpResponse(res, true)
	require.NoError(t, err)
	got, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return answer{res.StatusCode, res.Header, string(got), string(dump)}
}

func (s *running) post(t *testing.T, form url.Values, headers ...string) answer {
	t.Helper()
	return s.do(t, "POST", "/token", form.Encode(), append(headers, "Content-Type", "application/x-www-form-urlencoded")...)
}

// basic returns credentials as they are written, without the form-urlencoding.
func basic(id, secret string) string {
	r := &http.Request{Header: http.Header{}}
	r.SetBasicAuth(id, secret)
	return r.Header.Get("Authorization")
}

func TestTokenRequests(t *testing.T) {
	demo := []string{"Authorization", basic("demo", "demo-secret")}
	inBody := url.Values{"grant_type": {"client_credentials"}, "client_id": {"demo"}, "client_secret": {"demo-secret"}}
	with := func(name string, values ...string) url.Values {
		form := url.Values{"grant_type": {"client_credentials"}}
		form[name] = values
		return form
	}
	for _, test := range []struct {
		name    string
		form    url.Values
		headers []string
		status  int
		code    string
		logged  string // and not told
	}{
		{"in the body", inBody, nil, 200, "", ""},
		{"in the header", with("scope", "email"), demo, 200, "", ""},
		{"form-urlencoded in the header", with("scope", "email"), []string{"Authorization", basic("%64emo", "demo%2Dsecret")}, 200, "", ""},
		{"in the header, with its id in the body", with("client_id", "demo"), demo, 200, "", ""},
		{"an empty secret in the body is none", with("client_secret", ""), demo, 200, "", ""},
		{"unknown parameters", with("colour", "red"), demo, 200, "", ""},
		{"in header and body", inBody, demo, 400, "invalid_request", "two ways of client authentication"},
		{"in header and body, malformed", inBody, []string{"Authorization", "Basic !"}, 400, "invalid_request", "two ways of client authentication"},
		{"another id in the body", with("client_id", "other"), demo, 400, "invalid_request", "client_id is not the one in HTTP Basic"},
		{"not Basic, with an id in the body", with("client_id", "demo"), []string{"Authorization", "Bearer x"}, 401, "invalid_client", "no HTTP Basic"},
		{"repeated", with("scope", "profile", "profile"), demo, 400, "invalid_request", `parameter \"scope\" is there 2 times`},
		{"repeated, unknown and empty", with("colour", "", ""), demo, 400, "invalid_request", `parameter \"colour\" is there 2 times`},
		{"too large", with("colour", strings.Repeat("x", 1<<20)), demo, 400, "invalid_request", "request body too large"},
		{"nobody", with("scope", "email"), nil, 401, "invalid_client", "no client authentication"},
		{"not Basic", with("scope", "email"), []string{"Authorization", "Bearer x"}, 401, "invalid_client", "no HTTP Basic"},
		{"malformed Basic", with("scope", "email"), []string{"Authorization", "Basic !"}, 401, "invalid_client", "no HTTP Basic"},
		{"not form-urlencoded", with("scope", "email"), []string{"Authorization", basic("demo", "%zz")}, 401, "invalid_client", "no HTTP Basic"},
		{"unknown client", with("scope", "email"), []string{"Authorization", basic("nobody", "x")}, 401, "invalid_client", "OAuth2 client not found"},
		{"wrong secret", with("scope", "email"), []string{"Authorization", basic("demo", "x")}, 401, "invalid_client", "Invalid client credentials"},
		{"unknown scope", with("scope", "admin"), demo, 400, "invalid_scope", `scope \"admin\"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t)
			a := s.post(t, test.form, test.headers...)
			assert.Equal(t, test.status, a.status)
			assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
			assert.Equal(t, "no-cache", a.header.Get("Pragma"))
			assert.Equal(t, "application/json", a.header.Get("Content-Type"))
			assert.Equal(t, test.status == 401, a.header.Get("WWW-Authenticate") != "")
			if test.code == "" {
				assert.NotEmpty(t, a.tokens(t).AccessToken)
				assert.Empty(t, s.log.String())
				return
			}
			assert.JSONEq(t, `{"error":"`+test.code+`"}`, a.body)
			assert.Contains(t, s.log.String(), test.logged)
			assert.Contains(t, s.log.String(), "error.code="+test.code)
			assert.Equal(t, test.status == 401, strings.Contains(s.log.String(), "level=WARN"))
			assert.NotContains(t, a.dump, test.logged)
		})
	}
}

func TestTokenRequestsThatAreNoForms(t *testing.T) {
	s := start(t)
	demo := basic("demo", "demo-secret")
	for name, a := range map[string]answer{
		"parameters in the query": s.do(t, "POST", "/token?grant_type=client_credentials", "", "Authorization", demo),
		"JSON":                    s.do(t, "POST", "/token", `{"grant_type":"client_credentials"}`, "Authorization", demo, "Content-Type", "application/json"),
		"malformed":               s.do(t, "POST", "/token", "grant_type=%zz", "Authorization", demo, "Content-Type", "application/x-www-form-urlencoded"),
	} {
		assert.Equal(t, 400, a.status, name)
		assert.JSONEq(t, `{"error":"invalid_request"}`, a.body, name)
	}
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		a := s.do(t, method, "/token", "", "Authorization", demo)
		assert.Equal(t, 405, a.status, method)
		assert.Equal(t, "POST", a.header.Get("Allow"), method)
	}
}

func TestUnknownClientLooksLikeWrongSecret(t *testing.T) {
	s := start(t)
	form := url.Values{"grant_type": {"client_credentials"}}
	unknown := s.post(t, form, "Authorization", basic("nobody", "x"))
	wrong := s.post(t, form, "Authorization", basic("demo", "x"))
	for _, a := range []answer{unknown, wrong} {
		a.header.Del("Date")
	}
	assert.Equal(t, unknown.header, wrong.header)
	assert.Equal(t, unknown.body, wrong.body)
}

func TestProfile(t *testing.T) {
	for _, test := range []struct {
		name, authorization string
		status              int
		challenge           string
		logged              string // and not told
	}{
		{"a token", "Bearer demo-access-token", 200, "", ""},
		{"lower case", "bearer demo-access-token", 200, "", ""},
		{"nothing", "", 401, `Bearer realm="demo"`, "User not logged in"},
		{"another scheme", basic("demo", "demo-secret"), 401, `Bearer realm="demo"`, "User not logged in"},
		{"an empty token", "Bearer ", 401, `Bearer realm="demo"`, "Token is empty"},
		{"unknown", "Bearer no-such-token", 401, `Bearer realm="demo", error="invalid_token"`, "Token not found or expired"},
		{"malformed", "Bearer demo-access-token demo-access-token", 401, `Bearer realm="demo", error="invalid_token"`, "Token not found or expired"},
		{"a refresh token", "Bearer demo-refresh-token", 401, `Bearer realm="demo", error="invalid_token"`, "Token not found or expired"},
		{"expired", "Bearer demo-expired-token", 401, `Bearer realm="demo", error="invalid_token"`, "Token has expired"},
		{"without the scope", "Bearer demo-email-token", 403, `Bearer realm="demo", scope="profile", error="insufficient_scope"`, "missing permission 'profile'"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t)
			a := s.do(t, "GET", "/profile", "", "Authorization", test.authorization)
			assert.Equal(t, test.status, a.status)
			assert.Equal(t, test.challenge, a.header.Get("WWW-Authenticate"))
			assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
			if test.logged == "" {
				assert.Empty(t, s.log.String())
				return
			}
			assert.Contains(t, s.log.String(), test.logged)
			assert.NotContains(t, a.dump, test.logged)
			assert.NotContains(t, s.log.String(), "-token", "tokens are not for the log")
		})
	}
}

func TestStoreThatIsDownIsTheServersFault(t *testing.T) {
	s := start(t, "-fail-store")
	_, err := s.clientCredentials("demo", "demo-secret").Token(t.Context())
	checkRefusal(t, err, 500, "server_error")
	_, err = s.refresh(t, "demo", "demo-secret", "demo-refresh-token")
	checkRefusal(t, err, 500, "server_error")

	a := s.do(t, "GET", "/profile", "", "Authorization", "Bearer demo-access-token")
	assert.Equal(t, 500, a.status)
	assert.JSONEq(t, `{"error":"server_error"}`, a.body)
	assert.Empty(t, a.header.Get("WWW-Authenticate"))

	assert.Equal(t, 3, strings.Count(s.log.String(), "connection refused"))
	assert.Equal(t, 3, strings.Count(s.log.String(), "level=ERROR"))
	assert.NotContains(t, a.dump, "refused")
}

// Every command of the guide does what the line above it says.
func TestGuide(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl")
	}
	command := regexp.MustCompile(`(?m)^# (\d+)(?: (\w+))?: .*\n(curl .*)$`)
	for _, args := range [][]string{nil, {"-listen", ":0"}, {"-fail-store"}} {
		s := start(t, args...)
		commands := command.FindAllStringSubmatch(s.guide, -1)
		assert.Len(t, commands, strings.Count(s.guide, "\ncurl "))
		for _, match := range commands {
			status, code, curl := match[1], match[2], match[3]
			output, err := exec.CommandContext(t.Context(), "sh", "-c", curl+" --silent --noproxy '*'").Output()
			require.NoError(t, err, curl)
			assert.Contains(t, string(output), "HTTP/1.1 "+status+" ", curl)
			if code != "" {
				assert.Contains(t, string(output), `{"error":"`+code+`"}`, curl)
			}
		}
	}
}

func TestBusyAddress(t *testing.T) {
	s := start(t)
	log := new(logBuffer)
	status := run(t.Context(), []string{"-listen", strings.TrimPrefix(s.url, "http://")}, io.Discard, log)
	assert.Equal(t, 1, status)
	assert.Contains(t, log.String(), "address already in use")
}

func TestBinaryEndsWell(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "tokenserver")
	output, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput()
	require.NoError(t, err, "%s", output)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			server := exec.CommandContext(ctx, binary, "-listen", "127.0.0.1:0")
			stdout, err := server.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, server.Start())
			first, err := bufio.NewReader(stdout).ReadString('\n')
			require.NoError(t, err)
			s := &running{url: address.FindString(first)}
			_, err = s.clientCredentials("demo", "demo-secret").Token(t.Context())
			require.NoError(t, err)

			require.NoError(t, server.Process.Signal(signal))
			assert.NoError(t, server.Wait())
			_, err = net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
			assert.ErrorIs(t, err, syscall.ECONNREFUSED)
		})
	}
}
