package main

import (
	"bufio"
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
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr/e2e/internal/buffer"
)

// A running is a server that runs, with what it prints.
type running struct {
	url   string
	guide string
	log   *buffer.Buffer
}

// firstWrite passes on what is written first, which is the guide.
type firstWrite chan string

func (c firstWrite) Write(p []byte) (int, error) {
	c <- string(p)
	return len(p), nil
}

var address = regexp.MustCompile(`http://[^/\s,]+`)

// start runs the program on a free port until the test ends. Its exit status has to be 0.
func start(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	guide, log, status := make(firstWrite, 1), new(buffer.Buffer), make(chan int, 1)
	go func() { status <- run(ctx, append([]string{"-listen", "127.0.0.1:0"}, args...), guide, log) }()
	t.Cleanup(func() {
		cancel()
		assert.Zero(t, <-status)
	})
	s := &running{log: log}
	select {
	case s.guide = <-guide:
	case code := <-status:
		status <- code
		require.FailNow(t, "it ended", "%d %s", code, log)
	}
	s.url = address.FindString(s.guide)
	return s
}

// An answer is what a client sees; dump is all of it.
type answer struct {
	status     int
	header     http.Header
	body, dump string
}

func (a answer) tokens(t *testing.T) (got tokens) {
	t.Helper()
	require.Equal(t, 200, a.status, a.body)
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

// basic returns a header of HTTP Basic, without form-urlencoding.
func basic(id, secret string) string {
	r := &http.Request{Header: http.Header{}}
	r.SetBasicAuth(id, secret)
	return r.Header.Get("Authorization")
}

func (s *running) refresh(t *testing.T, id, refreshToken, scope string) answer {
	t.Helper()
	return s.post(t, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refreshToken}, "scope": {scope}}, "Authorization", basic(id, id+"-secret"))
}

func checkRefusal(t *testing.T, a answer, status int, code string) {
	t.Helper()
	assert.Equal(t, status, a.status)
	assert.JSONEq(t, `{"error":"`+code+`"}`, a.body)
}

func TestTokenOpensProfile(t *testing.T) {
	s := start(t, "-db", filepath.Join(t.TempDir(), "with space?.db"))
	got := s.post(t, url.Values{"grant_type": {"client_credentials"}, "scope": {"profile"}}, "Authorization", basic("demo", "demo-secret")).tokens(t)
	assert.Equal(t, "Bearer", got.TokenType)
	assert.Equal(t, 3600, got.ExpiresIn)
	assert.Empty(t, got.RefreshToken)
	for _, token := range []string{got.AccessToken, "demo-access-token"} {
		a := s.do(t, "GET", "/profile", "", "Authorization", "Bearer "+token)
		assert.Equal(t, 200, a.status)
		assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
		assert.JSONEq(t, `{"client_id":"demo","scope":"profile"}`, a.body)
	}
	assert.Empty(t, s.log.String())
}

func TestFileIsKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "db")
	var token string
	t.Run("first", func(t *testing.T) {
		s := start(t, "-db", file)
		token = s.refresh(t, "demo", "demo-refresh-token", "").tokens(t).RefreshToken
	})
	s := start(t, "-db", file)
	checkRefusal(t, s.refresh(t, "other", token, ""), 400, "invalid_grant")
	s.refresh(t, "demo", token, "").tokens(t)
}

func TestTokenRequests(t *testing.T) {
	s := start(t)
	demo := basic("demo", "demo-secret")
	inBody := url.Values{"grant_type": {"client_credentials"}, "client_id": {"demo"}, "client_secret": {"demo-secret"}}
	with := func(name string, values ...string) url.Values {
		form := url.Values{"grant_type": {"client_credentials"}}
		form[name] = values
		return form
	}
	for _, test := range []struct {
		name          string
		form          url.Values
		authorization string
		status        int
		code          string
		logged        string // and not sent
	}{
		{"in the body", inBody, "", 200, "", ""},
		{"in the header", with("scope", "email"), demo, 200, "", ""},
		{"form-urlencoded in the header", with("scope", "email"), basic("%64emo", "demo%2Dsecret"), 200, "", ""},
		{"in the header, with its id in the body", with("client_id", "demo"), demo, 200, "", ""},
		{"an empty secret in the body is none", with("client_secret", ""), demo, 200, "", ""},
		{"unknown parameters", with("colour", "red"), demo, 200, "", ""},
		{"in header and body", inBody, demo, 400, "invalid_request", "two ways of client authentication"},
		{"in header and body, malformed", inBody, "Basic !", 400, "invalid_request", "two ways of client authentication"},
		{"another id in the body", with("client_id", "other"), demo, 400, "invalid_request", "client_id is not the one in HTTP Basic"},
		{"no grant type", with("grant_type"), demo, 400, "invalid_request", "no grant_type"},
		{"an empty grant type", with("grant_type", ""), demo, 400, "invalid_request", "no grant_type"},
		{"no refresh token", with("grant_type", "refresh_token"), demo, 400, "invalid_request", "Token is empty"},
		{"nobody's grant type", with("grant_type", "password"), demo, 400, "unsupported_grant_type", "password"},
		{"another's grant type", with("scope", "email"), basic("other", "other-secret"), 400, "unauthorized_client", "client_credentials"},
		{"repeated", with("scope", "profile", "profile"), demo, 400, "invalid_request", `parameter \"scope\" is there 2 times`},
		{"repeated, unknown and empty", with("colour", "", ""), demo, 400, "invalid_request", `parameter \"colour\" is there 2 times`},
		{"too large", with("colour", strings.Repeat("x", 1<<20)), demo, 413, "invalid_request", "request body too large"},
		{"nobody", with("scope", "email"), "", 400, "invalid_client", "no client authentication"},
		{"not Basic", with("scope", "email"), "Bearer x", 401, "invalid_client", "no HTTP Basic"},
		{"malformed Basic", with("scope", "email"), "Basic !", 401, "invalid_client", "no HTTP Basic"},
		{"not form-urlencoded", with("scope", "email"), basic("demo", "%zz"), 401, "invalid_client", "no HTTP Basic"},
		{"unknown client", with("scope", "email"), basic("nobody", "x"), 401, "invalid_client", "OAuth2 client not found"},
		{"wrong secret", with("scope", "email"), basic("demo", "x"), 401, "invalid_client", "Invalid client credentials"},
		{"no secret", with("scope", "email"), basic("demo", ""), 401, "invalid_client", "Invalid client credentials"},
		{"another's secret", with("scope", "email"), basic("demo", "other-secret"), 401, "invalid_client", "Invalid client credentials"},
		{"unknown scope", with("scope", "admin"), demo, 400, "invalid_scope", `scope \"admin\"`},
		{"one scope too many", with("scope", "profile admin"), demo, 400, "invalid_scope", `scope \"admin\"`},
		{"malformed scope", with("scope", "profile  email"), demo, 400, "invalid_scope", `scope \"\"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := len(s.log.String())
			a := s.post(t, test.form, "Authorization", test.authorization)
			log := s.log.String()[before:]
			assert.Equal(t, test.status, a.status)
			assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
			assert.Equal(t, "no-cache", a.header.Get("Pragma"))
			assert.Equal(t, "application/json", a.header.Get("Content-Type"))
			if test.code == "" {
				assert.NotEmpty(t, a.tokens(t).AccessToken)
				assert.Empty(t, log)
				return
			}
			checkRefusal(t, a, test.status, test.code)
			if test.status == 401 {
				assert.Regexp(t, `^(Basic|Bearer) realm="token", error="invalid_client"$`, a.header.Get("WWW-Authenticate"))
			} else {
				assert.Empty(t, a.header.Get("WWW-Authenticate"))
			}
			assert.Contains(t, log, test.logged)
			assert.Contains(t, log, "level=INFO")
			assert.Contains(t, log, "error.code="+test.code)
			assert.NotContains(t, a.dump, test.logged)
		})
	}
}

func TestTokenRequestsThatAreNotForms(t *testing.T) {
	s := start(t)
	demo := basic("demo", "demo-secret")
	for name, a := range map[string]answer{
		"parameters in the query": s.do(t, "POST", "/token?grant_type=client_credentials", "", "Authorization", demo),
		"JSON":                    s.do(t, "POST", "/token", `{"grant_type":"client_credentials"}`, "Authorization", demo, "Content-Type", "application/json"),
		"malformed":               s.do(t, "POST", "/token", "grant_type=%zz", "Authorization", demo, "Content-Type", "application/x-www-form-urlencoded"),
	} {
		t.Run(name, func(t *testing.T) { checkRefusal(t, a, 400, "invalid_request") })
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
	assert.Equal(t, `Basic realm="token", error="invalid_client"`, wrong.header.Get("WWW-Authenticate"))
	assert.Equal(t, unknown.header, wrong.header)
	assert.Equal(t, unknown.body, wrong.body)
}

func TestRefreshTokenIsGoodForOneUse(t *testing.T) {
	s := start(t)
	first := s.refresh(t, "demo", "demo-refresh-token", "").tokens(t)
	assert.Equal(t, "profile email", first.Scope)
	second := s.refresh(t, "demo", first.RefreshToken, "").tokens(t)
	assert.NotEqual(t, first.AccessToken, second.AccessToken)

	checkRefusal(t, s.refresh(t, "demo", first.RefreshToken, ""), 400, "invalid_grant")
	checkRefusal(t, s.refresh(t, "demo", second.RefreshToken, ""), 400, "invalid_grant") // the family is revoked
	a := s.do(t, "GET", "/profile", "", "Authorization", "Bearer "+second.AccessToken)
	assert.Equal(t, 401, a.status)
}

func TestRefreshTokenIsBoundToItsClient(t *testing.T) {
	s := start(t)
	checkRefusal(t, s.refresh(t, "demo", "other-refresh-token", ""), 400, "invalid_grant")
	assert.Contains(t, s.log.String(), "Client ID mismatch")
	s.refresh(t, "other", "other-refresh-token", "").tokens(t)
}

// RFC 6749 §6: a narrower scope is for the access token only, and a wider one is refused.
func TestRefreshTokenKeepsItsScope(t *testing.T) {
	s := start(t)
	checkRefusal(t, s.refresh(t, "demo", "demo-refresh-token", "profile admin"), 400, "invalid_scope")
	checkRefusal(t, s.refresh(t, "other", "other-refresh-token", "email"), 400, "invalid_scope") // the client may have it, but this token does not
	got := s.refresh(t, "demo", "demo-refresh-token", "email").tokens(t)                         // the refusals have not used it up
	assert.Equal(t, "email", got.Scope)
	assert.Equal(t, "profile email", s.refresh(t, "demo", got.RefreshToken, "").tokens(t).Scope)
}

func TestProfile(t *testing.T) {
	s := start(t)
	const start = `Bearer realm="demo", scope="profile", resource_metadata="`
	for _, test := range []struct {
		name, authorization string
		status              int
		code                string
		logged              string // and not sent
	}{
		{"a token", "Bearer demo-access-token", 200, "", ""},
		{"lower case", "bearer demo-access-token", 200, "", ""},
		{"nothing", "", 401, "", "User not logged in"},
		{"another scheme", basic("demo", "demo-secret"), 401, "", "User not logged in"},
		{"an empty token", "Bearer ", 401, "", "Token is empty"},
		{"unknown", "Bearer no-such-token", 401, "invalid_token", "Token not found or expired"},
		{"malformed", "Bearer demo-access-token demo-access-token", 401, "invalid_token", "Token not found or expired"},
		{"a refresh token", "Bearer demo-refresh-token", 401, "invalid_token", "Token not found or expired"},
		{"expired", "Bearer demo-expired-token", 401, "invalid_token", "Token has expired"},
		{"without the scope", "Bearer demo-email-token", 403, "insufficient_scope", "missing permission 'profile'"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := len(s.log.String())
			a := s.do(t, "GET", "/profile", "", "Authorization", test.authorization)
			log := s.log.String()[before:]
			assert.Equal(t, test.status, a.status)
			assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
			challenge := a.header.Get("WWW-Authenticate")
			switch {
			case test.status == 200:
				assert.Empty(t, challenge)
				assert.Empty(t, log)
				return
			case test.code == "":
				assert.NotContains(t, challenge, "error")
				assert.Empty(t, a.body)
			default:
				assert.True(t, strings.HasSuffix(challenge, `, error="`+test.code+`"`), challenge)
				checkRefusal(t, a, test.status, test.code)
			}
			assert.True(t, strings.HasPrefix(challenge, start), challenge)
			assert.Contains(t, log, test.logged)
			assert.NotContains(t, a.dump, test.logged)
			assert.NotContains(t, log, "-token", "tokens are not for the log")
		})
	}
}

func TestStoreThatIsDownIsTheServersFault(t *testing.T) {
	s := start(t, "-fail-store")
	checkRefusal(t, s.post(t, url.Values{"grant_type": {"client_credentials"}}, "Authorization", basic("demo", "demo-secret")), 500, "server_error")
	checkRefusal(t, s.refresh(t, "demo", "demo-refresh-token", ""), 500, "server_error")
	a := s.do(t, "GET", "/profile", "", "Authorization", "Bearer demo-access-token")
	checkRefusal(t, a, 500, "server_error")
	assert.Empty(t, a.header.Get("WWW-Authenticate"))
	checkRefusal(t, s.post(t, url.Values{"grant_type": {"password"}}), 400, "unsupported_grant_type")

	assert.Contains(t, s.log.String(), `"Storage error: find client: dial tcp 10.0.0.5:6379: connection refused"`)
	assert.Equal(t, 3, strings.Count(s.log.String(), "connection refused"))
	assert.Equal(t, 3, strings.Count(s.log.String(), "level=ERROR"))
	assert.NotContains(t, a.dump, "refused")
}

// Every command of the guide does what the line above it says.
func TestGuide(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	command := regexp.MustCompile(`(?m)^# (\d+)(?: (\w+))?: .*\n(curl .*)$`)
	for _, args := range [][]string{nil, {"-listen", ":0"}} {
		s := start(t, args...)
		assert.True(t, strings.HasPrefix(s.guide, "Listening on "+s.url+"\n"))
		commands := command.FindAllStringSubmatch(s.guide, -1)
		assert.Len(t, commands, strings.Count(s.guide, "\ncurl "))
		for _, match := range commands {
			status, code, curl := match[1], match[2], match[3]
			output, err := exec.CommandContext(t.Context(), "sh", "-c", curl+" --silent --noproxy '*'").Output()
			require.NoError(t, err, curl)
			assert.Contains(t, string(output), "HTTP/1.1 "+status+" ", curl)
			if code != "" {
				assert.Contains(t, string(output), `{"error":"`+code+`"`, curl)
			}
		}
	}
}

func TestWhatCannotStart(t *testing.T) {
	s := start(t)
	for _, test := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"-listen", strings.TrimPrefix(s.url, "http://")}, 1, "address already in use"},
		{[]string{"-listen", "127.0.0.1:0", "-db", t.TempDir()}, 1, "unable to open database file"},
		{[]string{"-listen", "127.0.0.1:0", "-fault", "rain"}, 1, `no fault is called \"rain\"`},
		{[]string{"-rate", "few"}, 2, "invalid value"},
	} {
		log := new(buffer.Buffer)
		assert.Equal(t, test.status, run(t.Context(), test.args, io.Discard, log))
		assert.Contains(t, log.String(), test.says)
	}
}

func TestBinaryEndsWell(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "authserver")
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
			s.post(t, url.Values{"grant_type": {"client_credentials"}}, "Authorization", basic("demo", "demo-secret")).tokens(t)

			require.NoError(t, server.Process.Signal(signal))
			assert.NoError(t, server.Wait())
			_, err = net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
			assert.ErrorIs(t, err, syscall.ECONNREFUSED)
		})
	}
}
