package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// A path is one way in which a request to an auth server goes wrong.
type path struct {
	number int
	what   string
	walk   func(*site)
}

var paths = slices.Concat(tokenPaths, otherPaths, authorizationPaths, resourcePaths, clientPaths, gatewayPaths)

// TestPaths walks every path over HTTP, each on a server of its own. For each answer it compares what left the server, what
// the server's log says, and what the client's half of autherrhttp makes of the answer.
func TestPaths(t *testing.T) {
	for _, p := range slices.SortedFunc(slices.Values(paths), func(a, b path) int { return a.number - b.number }) {
		t.Run(fmt.Sprintf("path %d: %s", p.number, p.what), func(t *testing.T) { p.walk(newSite(t, config{})) })
	}
}

func TestPathsHaveNumbersOneToSeventyEight(t *testing.T) {
	var got, want []int
	for _, p := range paths {
		got = append(got, p.number)
	}
	for n := range 78 {
		want = append(want, n+1)
	}
	assert.ElementsMatch(t, want, got)
}

// An outcome is what a request comes to.
type outcome struct {
	status     int
	code       autherr.ErrorCode // in the body, a challenge, a page or the parameters of a redirect; "" if none is sent
	text       string            // the description that comes with the code
	challenges []string
	wait       time.Duration // by Retry-After
	nonce      bool          // there is a DPoP-Nonce
	to         string        // the redirection URI, with "#" if the parameters are its fragment; "" if nobody is sent back

	fault string // in the log, as is what follows; "" if nothing is logged
	name  string
	log   string // a part of the message, which is not sent
}

// A reply is what a client gets.
type reply struct {
	*http.Response
	body []byte
	dump string // all of it but Date
}

// values returns the parameters that a browser takes to the client, and the redirection URI, with "#" for a fragment.
func (r reply) values() (values url.Values, to string) {
	if form := formAction.FindSubmatch(r.body); form != nil && r.StatusCode == http.StatusOK {
		return fields(r.body), html.UnescapeString(string(form[1]))
	}
	to, query, _ := strings.Cut(r.Header.Get("Location"), "?")
	if before, fragment, ok := strings.Cut(to, "#"); ok {
		to, query = before+"#", fragment
	}
	values, _ = url.ParseQuery(query)
	return values, to
}

var (
	dateLine   = regexp.MustCompile(`Date: .*\r\n`)
	pageCode   = regexp.MustCompile(`<p>Error code: <code>(.*)</code></p>`)
	formAction = regexp.MustCompile(`<form method="post" action="(https?:.*)">`)
	formField  = regexp.MustCompile(`<input type="hidden" name="(.*)" value="(.*)">`)
)

// fields returns the hidden fields of the form in a page.
func fields(page []byte) url.Values {
	values := url.Values{}
	for _, field := range formField.FindAllSubmatch(page, -1) {
		values.Add(html.UnescapeString(string(field[1])), html.UnescapeString(string(field[2])))
	}
	return values
}

// A record is what the server logs about an error.
type record struct {
	Level  slog.Level
	Path   string
	Error  struct{ Message, Fault, Name string }
	Answer told
}

// A told is what the log says that the client was told.
type told struct {
	Status     int
	Code       autherr.ErrorCode
	RetryAfter time.Duration `json:"retry_after"`
}

var levels = map[string]slog.Level{"client": slog.LevelInfo, "canceled": slog.LevelInfo, "remote": slog.LevelWarn, "server": slog.LevelError}

// A journal receives the lines of a log.
type journal chan []byte

func (j journal) Write(line []byte) (int, error) {
	j <- bytes.Clone(line)
	return len(line), nil
}

// A site is a running server with its log, a clock that stands still, and a browser that does not follow redirects.
type site struct {
	*testing.T
	*httptest.Server
	server  *server
	journal journal
	elapsed atomic.Int64
	browser *http.Client
}

// newSite starts a server, after the functions in prepare have changed it.
func newSite(t *testing.T, c config, prepare ...func(*site)) *site {
	s := &site{T: t, Server: httptest.NewUnstartedServer(nil), journal: make(journal, 100)}
	c.issuer = "http://" + s.Listener.Addr().String()
	c.log = slog.NewJSONHandler(s.journal, nil)
	c.now = s.now
	if c.patience == 0 {
		c.patience = patience // the machine may be slow
	}
	var err error
	s.server, err = newServer(c)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.server.close()) })
	s.Config = s.server.httpServer()
	for _, change := range prepare {
		change(s)
	}
	s.Start()
	t.Cleanup(s.Close)
	s.browser = s.Client()
	s.browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s.browser.Jar, err = cookiejar.New(nil)
	require.NoError(t, err)
	return s
}

// another starts another server in the same test.
func (s *site) another(c config, prepare ...func(*site)) *site { return newSite(s.T, c, prepare...) }

func (s *site) now() time.Time {
	return time.Date(2026, 11, 21, 18, 34, 0, 0, time.UTC).Add(time.Duration(s.elapsed.Load()))
}

// later puts the clock forward.
func (s *site) later(by time.Duration) { s.elapsed.Add(int64(by)) }

func (s *site) switchOn(fault string)  { s.check(post("/faults", "on="+fault), outcome{status: 200}) }
func (s *site) switchOff(fault string) { s.check(post("/faults", "off="+fault), outcome{status: 200}) }

// patience ends what hangs. Nothing that works takes so long, even on a slow machine.
const patience = time.Minute

// logged returns the next record.
func (s *site) logged() (r record) {
	s.Helper()
	select {
	case line := <-s.journal:
		require.NoError(s, json.Unmarshal(line, &r), "%s", line)
	case <-time.After(patience):
		require.Fail(s, "nothing is logged")
	}
	return r
}

// send sends a request whose URL has no host.
func (s *site) send(r *http.Request) *http.Response {
	s.Helper()
	base, err := url.Parse(s.URL)
	require.NoError(s, err)
	r.URL = base.ResolveReference(r.URL)
	res, err := s.browser.Do(r)
	require.NoError(s, err)
	s.Cleanup(func() { res.Body.Close() })
	return res
}

// check sends a request, and compares its outcome with want.
func (s *site) check(r *http.Request, want outcome) reply {
	s.Helper()
	return s.compare(s.send(r), want)
}

// sent are the only headers that an error may have.
var sent = []string{"Cache-Control", "Connection", "Content-Length", "Content-Security-Policy", "Content-Type", "Date", "Dpop-Nonce", "Location", "Pragma",
	"Referrer-Policy", "Retry-After", "Www-Authenticate", "X-Content-Type-Options", "X-Frame-Options"}

// compare compares res, and what the log says about it, with want.
func (s *site) compare(res *http.Response, want outcome) reply {
	s.Helper()
	body, err := io.ReadAll(res.Body)
	require.NoError(s, err)
	res.Body = io.NopCloser(bytes.NewReader(body))
	dump, err := httputil.DumpResponse(res, true)
	require.NoError(s, err)
	got := reply{Response: res, body: body, dump: dateLine.ReplaceAllString(string(dump), "")}
	about := res.Request.Method + " " + res.Request.URL.RequestURI() + "\n" + got.dump

	is := outcome{status: res.StatusCode, challenges: res.Header["Www-Authenticate"]}
	if nonce := res.Header.Get("DPoP-Nonce"); nonce != "" {
		is.nonce = true
		assert.Equal(s, s.server.dpop.nonce(0), nonce, about)
	}
	var parameters url.Values
	if parameters, is.to = got.values(); is.to != "" {
		assert.Equal(s, []string{"xyz", s.URL}, []string{parameters.Get("state"), parameters.Get("iss")}, about)
		err = autherrhttp.ReadRedirect(parameters)
	} else if res.StatusCode/100 != 2 {
		err = autherrhttp.ReadError(res)
		assert.Equal(s, err, autherrhttp.ReadErrorBody(res, body), about)
	}
	if err == nil {
		assert.Equal(s, want, is, about)
		assert.Empty(s, s.journal, about)
		return got
	}

	// What the client reads is what was sent.
	remote := remoteError(s, err)
	is.code, is.text, is.wait = remote.Response.Code, remote.Response.Description, remote.RetryAfter
	if is.code != "" {
		assert.ErrorIs(s, err, want.code, about)
	}
	if is.to == "" {
		assert.Equal(s, autherr.RemoteError{Response: remote.Response, Status: res.StatusCode, RetryAfter: is.wait, Header: res.Header, Body: body, Err: remote.Err}, *remote, about)
	}
	for _, c := range autherrhttp.ParseChallenges(res.Header) {
		assert.Contains(s, []autherr.ErrorCode{is.code, ""}, c.Response.Code, about)
	}
	if wait := res.Header.Get("Retry-After"); wait != "" || is.wait != 0 {
		assert.Equal(s, fmt.Sprint(is.wait.Seconds()), wait, about)
	}

	// Nothing but the answer is sent.
	assert.Subset(s, sent, slices.Collect(maps.Keys(res.Header)), about)
	assert.Equal(s, "no-store", res.Header.Get("Cache-Control"), about)
	assert.Equal(s, "nosniff", res.Header.Get("X-Content-Type-Options"), about)
	if page := pageCode.FindSubmatch(body); page != nil {
		is.code = autherr.ErrorCode(page[1])
		assert.Error(s, remote.Err, about)
		assert.Equal(s, "DENY", res.Header.Get("X-Frame-Options"), about)
	} else if is.to == "" && len(body) > 0 {
		assert.NoError(s, remote.Err, about)
		members := map[string]string{}
		require.NoError(s, json.Unmarshal(body, &members), about)
		delete(members, "error")
		delete(members, "error_description")
		assert.Empty(s, members, about)
	}

	// The log has what happened.
	logged := s.logged()
	is.fault, is.name, is.log = logged.Error.Fault, logged.Error.Name, logged.Error.Message
	if strings.Contains(logged.Error.Message, want.log) {
		is.log = want.log
	}
	for _, secret := range []string{logged.Error.Message, want.log} {
		if secret != "" && secret != string(is.code) {
			assert.NotContains(s, got.dump, secret, about)
		}
	}
	if is.to != "" {
		logged.Answer.RetryAfter = 0 // not sent, since a browser would wait
	}
	assert.Equal(s, record{Level: levels[is.fault], Path: res.Request.URL.Path, Error: logged.Error, Answer: told{is.status, is.code, is.wait}}, logged, about)
	assert.Equal(s, want, is, about)
	assert.Empty(s, s.journal, about)
	return got
}

// fetch sends a request that succeeds, and returns the strings of the JSON object that it gets.
func (s *site) fetch(r *http.Request) map[string]string {
	s.Helper()
	res := s.send(r)
	var object map[string]any
	require.NoError(s, json.NewDecoder(res.Body).Decode(&object))
	require.Equal(s, 2, res.StatusCode/100, "%v", object)
	texts := map[string]string{}
	for name, value := range object {
		if text, ok := value.(string); ok {
			texts[name] = text
		}
	}
	return texts
}

// A with changes a request.
type with func(*http.Request)

func request(method, target, body string, options ...with) *http.Request {
	r, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		panic(err) // the target is a constant of a test
	}
	for _, option := range options {
		option(r)
	}
	return r
}

func get(target string, options ...with) *http.Request {
	return request(http.MethodGet, target, "", options...)
}

func post(target, form string, options ...with) *http.Request {
	return request(http.MethodPost, target, form, append([]with{header("Content-Type", "application/x-www-form-urlencoded")}, options...)...)
}

func header(name, value string) with { return func(r *http.Request) { r.Header.Add(name, value) } }

func credentials(id, secret string) with { return func(r *http.Request) { r.SetBasicAuth(id, secret) } }

func bearer(token string) with { return header("Authorization", "Bearer "+token) }

// Clients of the server.
var (
	demo = credentials("demo", "demo-secret")
	web  = credentials("web", "web-secret")
)

const callback = "https://app.example.com/callback"

// ask returns an authorization request of the client web, with some parameters changed.
func ask(changes string) *http.Request {
	form := url.Values{"client_id": {"web"}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"profile"}, "state": {"xyz"}}
	others, err := url.ParseQuery(changes)
	if err != nil {
		panic(err) // the changes are a constant of a test
	}
	maps.Copy(form, others)
	return get("/authorize?" + form.Encode())
}

const asAlice = "username=alice&password=wonderland"

// fill returns the request that posts the form of a page, filled in.
func fill(page []byte, form string) *http.Request {
	return post("/authorize", fields(page).Encode()+"&"+form)
}

// code returns the code that web gets if it asks with these changes and alice allows it.
func (s *site) code(changes string) string {
	s.Helper()
	res := s.send(ask(changes))
	for _, form := range []string{asAlice, "decision=allow"} {
		if res.StatusCode != http.StatusOK {
			break
		}
		page, err := io.ReadAll(res.Body)
		require.NoError(s, err)
		res = s.send(fill(page, form))
	}
	values, _ := reply{Response: res}.values()
	require.NotEmpty(s, values.Get("code"))
	return values.Get("code")
}

// device returns a device code of tv. The decision is what alice says, or "" if she says nothing.
func (s *site) device(decision string) string {
	s.Helper()
	device := s.fetch(post("/device_authorization", "client_id=tv"))
	if decision != "" {
		s.check(post("/device", asAlice+"&user_code="+device["user_code"]+"&decision="+decision), outcome{status: 200})
	}
	return device["device_code"]
}

// poll returns the request of tv for the tokens of a device code.
func poll(code string) *http.Request {
	return post("/token", "client_id=tv&grant_type="+deviceGrant+"&device_code="+code)
}

// A wire is a connection on which a test does what no client should.
type wire struct {
	*net.TCPConn
	s      *site
	reader *bufio.Reader
}

// dial connects, and sends the head of a request to the token endpoint, with these header lines, and body, which may be a part.
func (s *site) dial(head, body string) *wire {
	s.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	require.NoError(s, err)
	s.Cleanup(func() { conn.Close() })
	require.NoError(s, conn.SetDeadline(time.Now().Add(patience)))
	_, err = fmt.Fprintf(conn, "POST /token HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\n%s\r\n\r\n%s", conn.RemoteAddr(), head, body)
	require.NoError(s, err)
	return &wire{conn.(*net.TCPConn), s, bufio.NewReader(conn)}
}

// receive returns the next response.
func (w *wire) receive() *http.Response {
	w.s.Helper()
	res, err := http.ReadResponse(w.reader, post("/token", ""))
	require.NoError(w.s, err)
	return res
}
