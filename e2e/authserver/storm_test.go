package main

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"html"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httptrace"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
	"github.com/seed-e9190de5/autherr/e2e/internal/buffer"
)

var seed = flag.Uint64("seed", 0, "`seed` of the random choices in the storm; 0 for one that differs")

// longest ends what hangs. Nothing that works takes that long, however slow the machine.
const longest = 2 * time.Minute

const (
	requests = 6 // of each client
	rate     = 2 // requests a second; ten times as many at once, and no more, since the server's clock stands still
)

// crowd is who is in the storm, and what they do until they have sent their requests.
var crowd = []struct {
	name    string
	clients int
	has     string // in the store, from the beginning
	do      func(*visitor)
}{
	{"anything", 57, "", (*visitor).ask},
	{"refreshing", 30, "families", (*visitor).refresh},
	{"exchanging", 15, "families", (*visitor).exchange},
	{"browsing", 38, "a session", (*visitor).browse},
	{"logging in", 2, "", (*visitor).logIn},
	{"connecting devices", 8, "", (*visitor).connect},
	{"proving keys", 15, "", (*visitor).prove},
	{"registering", 10, "", (*visitor).register},
	{"greedy", greedy, "", (*visitor).hurry},
	{"gone", 10, "families", (*visitor).leave},
}

const greedy = 15

// A call is a request, and how it is answered if nothing fails.
type call struct {
	method, path  string
	form          url.Values
	body          string // instead of a form
	authorization string
	proof         string
	once          string   // what in it is good for one request
	family        *family  // that the tokens belong to which are issued
	want          []string // as attempt.said says it
}

// An attempt is a call and what came of it.
type attempt struct {
	call
	id         string // by which the log knows it
	said       string // the status, and the code or the title of a page; or what was sent by redirect
	malformed  error  // what is wrong with the answer
	whole      string
	header     http.Header
	told       map[string]any // in JSON
	sent       url.Values     // by redirect, or by the form of a page
	calm       bool           // no fault is on
	patience   time.Duration  // the deadline, if it is not 0
	gone       bool           // the client does not wait for the answer
	begin, end int            // in the weather
	record     *entry
}

// An entry is a line of the log.
type entry struct {
	Level, Msg, Request, Path string
	Error                     struct{ Message, Fault, Code string }
	Answer                    struct {
		Status int
		Code   string
		Wait   time.Duration `json:"retry_after"`
	}
}

// A family is what is revoked together.
type family struct {
	id   string
	fate fate
}

type fate int

const (
	lives fate = iota
	unsure
	dead
)

// A storm is many clients at a server of which what it stands on fails.
type storm struct {
	server   *server
	url      string
	file     string
	answered chan struct{}
	peers    atomic.Uint32

	mu       sync.Mutex
	visitors []*visitor
	attempts []*attempt
	issued   map[string]*family // by kind and hash
	weather  [][]string         // which faults have been on
	turn     chan struct{}      // is closed when the weather changes
}

// No answer has what is internal, and no refusal has the name of a user.
var (
	internal = []string{"vault-of-the-storm", "hunter2", "10.0.0.", "sqlite", "SQLITE", "database", "SELECT ", "INSERT ", "UPDATE ", "DELETE ",
		"is locked", "refused", "readonly", "signing key", "deadline", "canceled", "goroutine", ".go:", "Storage error", "Internal error"}
	users = []string{"trillian", "alice", "bob", "carol", "dave", "erin"}
)

// causes says by which faults a text comes into the log.
var causes = map[string][]string{
	"10.0.0.5":       {"store-down"},
	"10.0.0.6":       {"keys-down"},
	"bad connection": {"store-down", "keys-down"},
	"is locked":      {"store-busy", "signing-missing", "signing-broken"}, // the last two are written to the store of keys
	"readonly":       {"store-readonly"},
	"no signing key": {"signing-missing"},
	"error: sign:":   {"signing-broken"},
	"maintenance":    {"maintenance"},
}

type requestID struct{}

// numbered says in each record which request it is about.
type numbered struct{ slog.Handler }

func (h numbered) Handle(ctx context.Context, r slog.Record) error {
	id, _ := ctx.Value(requestID{}).(string)
	r.AddAttrs(slog.String("request", id))
	return h.Handler.Handle(ctx, r)
}

// ServeHTTP is a proxy before the server. It numbers requests, lets each come from a peer of its own, and may have a deadline or
// lose the answer.
func (s *storm) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx := context.WithValue(r.Context(), requestID{}, r.Header.Get("Storm-Request"))
	if deadline, _ := time.ParseDuration(r.Header.Get("Storm-Patience")); deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, deadline)
		defer cancel()
	}
	r = r.WithContext(ctx)
	if r.Header.Get("Storm-Loses") != "" {
		w = httptest.NewRecorder()
		defer func() { panic(http.ErrAbortHandler) }()
	}
	if r.Header.Get("Storm-Greedy") == "" {
		n := 256 + s.peers.Add(1) // 127.0.0.1 is that of the greedy
		r.RemoteAddr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, byte(n >> 16), byte(n >> 8), byte(n)}), 1).String()
	}
	s.server.ServeHTTP(w, r)
}

// A visitor is a client with connections, cookies and a budget of its own.
type visitor struct {
	*storm
	name     string // of its group
	do       func(*visitor)
	random   *rand.Rand
	client   *http.Client
	number   int
	left     int // requests that it may still send
	sent     int
	calm     bool
	greedy   bool // it is one of those who seem to be one peer
	hurried  bool
	gone     bool
	families []*family // that it has not used yet
	consent  []string  // what comes of its next question for consent
}

func (s *storm) visitor(number, left int, calm bool) *visitor {
	jar, _ := cookiejar.New(nil)
	c := &visitor{storm: s, random: rand.New(rand.NewPCG(*seed, uint64(number))), number: number, left: left, calm: calm, hurried: !calm && number%10 == 9,
		consent: []string{"200 Allow access?"}}
	c.client = &http.Client{Jar: jar, Transport: &http.Transport{}, CheckRedirect: fetcher.CheckRedirect}
	return c
}

func (c *visitor) user() string { return fmt.Sprintf("trillian-%d", c.number) }

// next prepares a call. It ends the goroutine of a client that has sent all of its requests.
func (c *visitor) next(q call) *attempt {
	if c.left == 0 {
		runtime.Goexit()
	}
	c.left--
	c.sent++
	a := &attempt{call: q, id: fmt.Sprintf("%d.%d", c.number, c.sent), calm: c.calm, gone: c.gone}
	if c.hurried || c.gone {
		a.patience = time.Millisecond << c.random.IntN(12)
	}
	return a
}

func (c *visitor) send(q call) *attempt { return c.try(c.next(q)) }

// both makes two calls at once.
func (c *visitor) both(q, p call) (a, b *attempt) {
	if c.left < 2 {
		return c.send(q), c.send(p)
	}
	a, b = c.next(q), c.next(p)
	var group sync.WaitGroup
	group.Go(func() { c.try(a) })
	c.try(b)
	group.Wait()
	return a, b
}

func (c *visitor) try(a *attempt) *attempt {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if a.gone {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { time.AfterFunc(a.patience, cancel) }})
	}
	r, err := http.NewRequestWithContext(ctx, a.method, c.url+a.path, strings.NewReader(a.body+a.form.Encode()))
	if a.method == http.MethodGet {
		r, err = http.NewRequestWithContext(ctx, a.method, c.url+a.path+"?"+a.form.Encode(), nil)
	}
	if err != nil {
		a.malformed = err
		return a
	}
	r.Header.Set("Storm-Request", a.id)
	if !a.gone {
		r.Header.Set("Storm-Patience", a.patience.String())
	} else if c.number%2 == 0 {
		r.Header.Set("Storm-Loses", "the answer")
	}
	if c.greedy {
		r.Header.Set("Storm-Greedy", "1")
	}
	for name, value := range map[string]string{"Authorization": a.authorization, "DPoP": a.proof} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	if a.form != nil && r.Method != http.MethodGet {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	c.mu.Lock()
	a.begin = len(c.weather) - 1
	c.mu.Unlock()
	res, err := c.client.Do(r)
	if err == nil {
		defer res.Body.Close()
		err = a.read(res)
	}
	c.mu.Lock()
	a.malformed, a.end = err, len(c.weather)-1
	a.gone = a.gone && err != nil
	c.attempts = append(c.attempts, a)
	c.keep(a)
	turn, fine := c.turn, len(c.weather[a.end]) == 0
	c.mu.Unlock()
	c.answered <- struct{}{}
	if c.do != nil && a.isServers() && !fine {
		<-turn // as somebody does who is told that the server is at fault
	}
	return a
}

var (
	title  = regexp.MustCompile(`<h1>(.*)</h1>`)
	hidden = regexp.MustCompile(`<input type="hidden" name="(.*?)" value="(.*?)">`)
)

// read reads an answer as a client does, and returns what is wrong with its form.
func (a *attempt) read(res *http.Response) error {
	whole, err := httputil.DumpResponse(res, true)
	if err != nil {
		return err
	}
	a.whole, a.header = string(whole), res.Header
	if !strings.Contains(res.Header.Get("Cache-Control"), "no-store") {
		err = errors.New("may be cached")
	}
	kind, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
	switch {
	case res.StatusCode == http.StatusSeeOther:
		return errors.Join(err, a.readRedirect(res))
	case kind == "text/html":
		return errors.Join(err, a.readPage(res))
	case res.StatusCode/100 != 2:
		return errors.Join(err, a.readRefusal(res))
	}
	a.said = strconv.Itoa(res.StatusCode)
	if a.path == "/revoke" {
		return err
	}
	var told any
	err = errors.Join(err, json.NewDecoder(res.Body).Decode(&told))
	a.told, _ = told.(map[string]any)
	if active, is := a.told["active"]; is {
		a.said += fmt.Sprintf(" active %v", active)
	}
	return err
}

func (a *attempt) readRedirect(res *http.Response) error {
	to, err := res.Location()
	if err != nil {
		return err
	}
	a.sent = to.Query()
	if to.Fragment != "" {
		a.sent, err = url.ParseQuery(to.EscapedFragment())
	}
	if to.RawQuery, to.Fragment, to.RawFragment = "", "", ""; to.String() != landing {
		return fmt.Errorf("sent to %v: %w", to, err)
	}
	return errors.Join(err, a.readSent())
}

func (a *attempt) readPage(res *http.Response) error {
	a.sent = url.Values{}
	for _, input := range hidden.FindAllStringSubmatch(a.whole, -1) {
		a.sent.Add(html.UnescapeString(input[1]), html.UnescapeString(input[2]))
	}
	heading := title.FindStringSubmatch(a.whole)
	switch {
	case heading == nil:
		return errors.New("page without a title")
	case a.sent.Has("iss"):
		return a.readSent()
	case res.StatusCode != http.StatusOK:
		a.said = fmt.Sprint(res.StatusCode, " page")
	default:
		a.said = "200 " + html.UnescapeString(heading[1])
	}
	if res.Header.Get("Content-Security-Policy") == "" {
		return errors.New("page without a policy")
	}
	return nil
}

// readSent reads what the client gets by way of the browser.
func (a *attempt) readSent() error {
	a.said = "sent code"
	if err := autherrhttp.ReadRedirect(a.sent); err != nil {
		code, err := matched(err)
		if a.said = "sent " + code; err != nil {
			return err
		}
	} else if a.sent.Get("code") == "" {
		return errors.New("neither a code nor an error")
	}
	if a.sent.Get("state") != askedState || a.sent.Get("iss") == "" {
		return fmt.Errorf("sent %v", a.sent)
	}
	return nil
}

func (a *attempt) readRefusal(res *http.Response) error {
	remote := autherrhttp.ReadError(res)
	code, err := matched(remote)
	a.said = strings.TrimSpace(fmt.Sprint(res.StatusCode, " ", code))
	challenges := autherrhttp.ParseChallenges(res.Header)
	fields := res.Header.Values("WWW-Authenticate")
	switch {
	case len(challenges) != len(fields), res.StatusCode == http.StatusUnauthorized && len(fields) == 0:
		return fmt.Errorf("challenges %q", fields)
	case len(fields) > 0 && !slices.ContainsFunc(challenges, func(c autherrhttp.Challenge) bool { return string(c.Response.Code) == code }):
		return fmt.Errorf("%s is not in %q", code, fields)
	case code == "" && res.ContentLength == 0 && a.authorization == "": // RFC 6750 §3.1
		return nil
	case code == "" && res.ContentLength == 0 && res.StatusCode == http.StatusForbidden: // no scope would help
		return nil
	case err != nil:
		return err
	}
	body, _ := errors.AsType[*autherr.RemoteError](remote)
	if err := json.Unmarshal(body.Body, &a.told); err != nil || a.text("error") != code {
		return fmt.Errorf("%s, but in the body %q, %v", code, a.text("error"), err)
	}
	return nil
}

// matched returns the code of what a server answered, if that is well formed.
func matched(err error) (string, error) {
	remote, ok := errors.AsType[*autherr.RemoteError](err)
	if !ok {
		return "", err
	}
	code := remote.Response.Code
	if remote.Err != nil || !errors.Is(err, code) {
		return string(code), fmt.Errorf("not an error response: %w", err)
	}
	return string(code), nil
}

// keep keeps account of what a successful answer hands out.
func (s *storm) keep(a *attempt) {
	note := func(kind string, value any) {
		if text, _ := value.(string); text != "" {
			f := a.family
			if f == nil {
				f = new(family)
			}
			s.issued[kind+string(hash(text))] = f
		}
	}
	if a.said == "sent code" {
		note("code", a.sent.Get("code"))
	}
	if !strings.HasPrefix(a.said, "20") {
		return
	}
	for kind, name := range map[string]string{"token": "access_token", "refresh token": "refresh_token", "device code": "device_code",
		"user code": "user_code", "pushed request": "request_uri"} {
		note(kind, a.told[name])
	}
	if a.path == "/register" {
		note("client", a.told["client_id"])
	}
}

// granted reports whether a got what can be had once. Any answer to a device that polls is such, but that it polls too fast.
func (a *attempt) granted() bool {
	return strings.HasPrefix(a.said, "20") || slices.Contains([]string{"sent code", "400 authorization_pending", "400 access_denied"}, a.said)
}

// isServers reports whether the answer says that the server is at fault.
func (a *attempt) isServers() bool {
	return slices.Contains([]string{"500 server_error", "503 temporarily_unavailable", "sent server_error", "sent temporarily_unavailable", "500 page", "503 page"}, a.said)
}

func (a *attempt) text(name string) string {
	text, _ := a.told[name].(string)
	return text
}

const (
	landing    = "https://app.example.com/callback"
	askedState = "a state & more"
	wrong      = "wrong"
)

var asDemo, asWeb, asGhost = basic("demo", "demo-secret"), basic("web", "web-secret"), basic("ghost", "ghost-secret")

// values makes a form of names and values.
func values(pairs ...string) url.Values {
	form := url.Values{}
	for pair := range slices.Chunk(pairs, 2) {
		form.Add(pair[0], pair[1])
	}
	return form
}

// to makes a call to an endpoint, which is a method and a path.
func to(endpoint, authorization string, form url.Values, want ...string) call {
	method, path, _ := strings.Cut(endpoint, " ")
	return call{method: method, path: path, authorization: authorization, form: form, want: want}
}

func refreshWith(token string, f *family, want ...string) call {
	q := to("POST /token", asDemo, values("grant_type", "refresh_token", "refresh_token", token), want...)
	q.once, q.family = token, f
	return q
}

// singles are calls that depend on nothing that went before.
func singles() []call {
	machine := func(name, value string) url.Values { return values("grant_type", "client_credentials", name, value) }
	about := func(token string) url.Values { return values("token", token) }
	page := func(want string, pairs ...string) call {
		q := to("GET /authorize", "", nil, want)
		q.form = values("client_id", "web", "response_type", "code", "redirect_uri", landing, "state", askedState)
		for pair := range slices.Chunk(pairs, 2) {
			q.form.Set(pair[0], pair[1])
		}
		return q
	}
	metadata := func(want, body string) call {
		return call{method: "POST", path: "/register", authorization: "Bearer demo-initial-token", body: body, want: []string{want}}
	}
	return []call{
		to("POST /token", asDemo, machine("scope", "profile"), "200"),
		to("POST /token", asDemo, machine("resource", otherResource), "200"),
		to("POST /token", asDemo, machine("scope", "admin"), "400 invalid_scope"),
		to("POST /token", asDemo, machine("resource", "https://unknown.example.com"), "400 invalid_target"),
		to("POST /token", asDemo, machine("client_secret", wrong), "400 invalid_request"),
		to("POST /token", asDemo, values("scope", "profile"), "400 invalid_request"),
		to("POST /token", asDemo, values("grant_type", "password"), "400 unsupported_grant_type"),
		to("POST /token", asDemo, values("scope", "profile", "scope", "email"), "400 invalid_request"),
		to("POST /token", "", machine("scope", "profile"), "400 invalid_client"),
		to("POST /token", basic("nobody", wrong), machine("scope", "profile"), "401 invalid_client"),
		to("POST /token", basic("demo", wrong), machine("scope", "profile"), "401 invalid_client"),
		to("POST /token", basic("other", "other-secret"), machine("scope", "profile"), "400 unauthorized_client"),
		to("POST /token", asDemo, values("grant_type", "refresh_token", "refresh_token", wrong), "400 invalid_grant"),
		to("POST /token", asDemo, values("grant_type", "refresh_token", "refresh_token", "other-refresh-token"), "400 invalid_grant"),
		to("POST /token", asDemo, values("grant_type", "refresh_token", "refresh_token", "bob-refresh-token"), "400 invalid_grant"),
		to("POST /token", asDemo, values("grant_type", "refresh_token", "refresh_token", "erin-refresh-token"), "400 mfa_required"),
		to("POST /token", asDemo, values("grant_type", "refresh_token", "refresh_token", "storm-corrupt-token"), "400 invalid_grant"),
		to("POST /token", asDemo, values("grant_type", "authorization_code", "code", wrong), "400 invalid_grant"),
		to("POST /token", asDemo, values("grant_type", deviceGrant, "device_code", wrong), "400 invalid_grant"),
		to("POST /token", asDemo, values("grant_type", exchangeGrant, "subject_token", wrong, "subject_token_type", accessTokenType), "400 invalid_request"),
		to("POST /token", asDemo, values("grant_type", jwtGrant, "assertion", wrong), "400 unsupported_grant_type"),
		to("POST /device_authorization", asDemo, values("scope", "profile"), "200"),
		to("POST /device_authorization", "", values("client_id", "spa"), "400 unauthorized_client"),
		to("POST /par", asWeb, values("response_type", "code", "redirect_uri", landing), "201"),
		to("POST /par", asWeb, values("response_type", "code", "redirect_uri", "https://evil.example.com"), "400 invalid_redirect_uri"),
		to("POST /par", asWeb, values("request_uri", "urn:x"), "400 invalid_request"),
		to("POST /introspect", asDemo, about("demo-access-token"), "200 active true"),
		to("POST /introspect", asDemo, about("other-refresh-token"), "200 active true"),
		to("POST /introspect", asDemo, about("demo-expired-token"), "200 active false"),
		to("POST /introspect", asDemo, about(wrong), "200 active false"),
		to("POST /introspect", asDemo, values("nothing", ""), "400 invalid_request"),
		to("POST /introspect", "", values("client_id", "spa", "token", wrong), "400 unauthorized_client"),
		to("POST /revoke", asDemo, about(wrong), "200"),
		to("POST /revoke", asWeb, about("demo-access-token"), "400 unauthorized_client"),
		to("POST /revoke", asDemo, about("machine-1"), "400 unsupported_token_type"),
		to("POST /device", "", values("user_code", wrong, "username", "nobody", "password", wrong), "200 Connect a device"),
		to("GET /device", "", nil, "200 Connect a device"),
		to("GET /jwks", "", nil, "200"),
		to("GET /.well-known/oauth-authorization-server", "", nil, "200"),
		to("GET /profile", "Bearer demo-access-token", nil, "200"),
		to("GET /profile", "", nil, "401"),
		to("GET /profile", "Bearer "+wrong, nil, "401 invalid_token"),
		to("GET /profile", "Bearer not.a.jwt", nil, "401 invalid_token"),
		to("GET /profile", "Bearer demo-expired-token", nil, "401 invalid_token"),
		to("GET /profile", "Bearer bob-access-token", nil, "403"),
		to("GET /profile", "Bearer demo-email-token", nil, "403 insufficient_scope"),
		to("GET /profile", "DPoP demo-access-token", nil, "401 invalid_dpop_proof"),
		to("GET /account", "Bearer alice-access-token", nil, "401 insufficient_user_authentication"),
		to("GET /account/security", "Bearer alice-access-token", nil, "401 insufficient_user_authentication"),
		to("GET /admin", "Bearer carol-access-token", nil, "200"),
		to("GET /admin", "Bearer alice-access-token", nil, "403"),
		to("GET /register/demo", "Bearer "+wrong, nil, "401 invalid_token"),
		metadata("400 invalid_redirect_uri", `{"redirect_uris": ["javascript:alert(1)"]}`),
		metadata("400 invalid_client_metadata", `{`),
		page("200 Log in"),
		page("200 Log in", "response_mode", "form_post"),
		page("400 page", "client_id", "nobody"),
		page("400 page", "redirect_uri", "https://evil.example.com"),
		page("sent login_required", "prompt", "none"),
		page("sent login_required", "prompt", "none", "response_mode", "form_post"),
		page("sent unsupported_response_type", "response_type", "token", "response_mode", "fragment"),
		page("sent invalid_scope", "scope", "admin"),
		page("sent invalid_request", "code_challenge", wrong),
		page("sent invalid_request_uri", "request_uri", "https://evil.example.com"),
	}
}

// ask sends any of them, or all if it is calm.
func (c *visitor) ask() {
	all := singles()
	if c.calm {
		for c.left = len(all); c.left > 0; {
			c.send(all[c.left-1])
		}
	}
	c.send(all[c.random.IntN(len(all))])
}

// newFamily returns a family of which the clients of the storm have an access token and a refresh token from the beginning.
func (c *visitor) newFamily() *family {
	f := c.families[0]
	c.families = c.families[1:]
	return f
}

// end is told whether somebody has been caught. Then all that belongs to f is dead, as the client sees.
func (c *visitor) end(f *family, caught bool, accessToken string) {
	if !caught {
		return
	}
	f.fate = dead
	c.send(to("POST /introspect", asDemo, values("token", accessToken), "200 active false"))
	c.send(to("GET /profile", "Bearer "+accessToken, nil, "401 invalid_token"))
}

// refresh uses refresh tokens one after the other. At last one is used too often, or revoked.
func (c *visitor) refresh() {
	f := c.newFamily()
	access, used, token := f.id, "", f.id
	for used == "" || c.random.IntN(3) == 0 {
		if a := c.send(refreshWith(token, f, "200")); a.granted() {
			access, used, token = a.text("access_token"), token, a.text("refresh_token")
		}
	}
	f.fate = unsure
	switch c.random.IntN(3) {
	case 0:
		q := refreshWith(token, f, "200", "400 invalid_grant")
		a, b := c.both(q, q)
		c.end(f, a.said == "400 invalid_grant" || b.said == "400 invalid_grant", access)
	case 1:
		c.end(f, c.send(refreshWith(used, f, "400 invalid_grant")).said == "400 invalid_grant", access)
	case 2:
		_, revoked := c.both(refreshWith(token, f, "200", "400 invalid_grant"), to("POST /revoke", asDemo, values("token", access), "200"))
		c.end(f, revoked.granted(), access)
	}
}

// exchange gets tokens for tokens, one of them while these are being revoked.
func (c *visitor) exchange() {
	f, token := c.newFamily(), ""
	if token = f.id; c.random.IntN(2) == 0 { // or one that no user has to do with
		f = new(family)
		own := to("POST /token", asDemo, values("grant_type", "client_credentials"), "200")
		own.family = f
		token = c.send(own).text("access_token")
	}
	if token == "" {
		return
	}
	exchange := to("POST /token", asDemo, values("grant_type", exchangeGrant, "subject_token", token, "subject_token_type", accessTokenType), "200")
	exchange.family = f
	c.send(exchange)
	f.fate = unsure
	exchange.want = append(exchange.want, "400 invalid_request")
	_, revoked := c.both(exchange, to("POST /revoke", asDemo, values("token", token), "200"))
	c.end(f, revoked.granted(), token)
}

// browse gets a code from a user, and tokens for the code.
func (c *visitor) browse() {
	verifier := strings.Repeat("verifier", 8)
	challenge := sha256.Sum256([]byte(verifier))
	question := to("GET /authorize", "", nil, c.consent...)
	question.form = values("client_id", "web", "response_type", "code", "redirect_uri", landing, "scope", "openid profile", "state", askedState,
		"response_mode", []string{"query", "fragment", "form_post"}[c.random.IntN(3)],
		"code_challenge", base64url.EncodeToString(challenge[:]), "code_challenge_method", "S256")
	pushed := c.random.IntN(3) == 0
	if pushed {
		a := c.send(to("POST /par", asWeb, question.form, "201"))
		question.once = a.text("request_uri")
		question.form = values("client_id", "web", "request_uri", question.once)
		if question.once == "" {
			return
		}
	}
	a := c.send(question)
	if pushed && a.granted() {
		question.want = []string{"400 page"}
		c.send(question)
	}
	if a.said == "200 Allow access?" {
		a = c.decide(a)
	}
	if a.said == "sent code" {
		c.redeem(a.sent.Get("code"), verifier)
	}
}

// decide says what the user says, who is asked.
func (c *visitor) decide(page *attempt) *attempt {
	form := values("interaction", page.sent.Get("interaction"), "decision", "allow")
	if c.random.IntN(4) == 0 {
		form.Set("decision", "deny")
		return c.send(to("POST /authorize", "", form, "sent access_denied"))
	}
	c.consent = []string{"200 Allow access?", "sent code"}
	a := c.send(to("POST /authorize", "", form, "sent code"))
	if a.granted() {
		c.consent = []string{"sent code"}
	}
	return a
}

// redeem uses a code, rightly or not, and at last too often.
func (c *visitor) redeem(code, verifier string) {
	f := new(family)
	q := to("POST /token", asWeb, values("grant_type", "authorization_code", "code", code, "redirect_uri", landing, "code_verifier", verifier), "200")
	q.once, q.family = code, f
	refused := q
	refused.want = []string{"400 invalid_grant"}
	stolen := refused
	stolen.form = maps.Clone(q.form)
	switch c.random.IntN(4) {
	case 0:
		stolen.form.Set("code_verifier", wrong)
		c.send(stolen)
	case 1:
		stolen.authorization = asDemo
		c.send(stolen)
	}
	if c.random.IntN(2) == 0 {
		f.fate = unsure
		q.want = append(q.want, refused.want...)
		a, b := c.both(q, q)
		c.end(f, a.said == refused.want[0] || b.said == refused.want[0], a.text("access_token")+b.text("access_token"))
		return
	}
	a := c.send(q)
	for !a.granted() {
		a = c.send(q) // nothing is used up
	}
	c.send(to("GET /profile", "Bearer "+a.text("access_token"), nil, "200"))
	f.fate = unsure
	c.end(f, c.send(refused).said == refused.want[0], a.text("access_token"))
}

// logIn is browse for a user who has no session yet.
func (c *visitor) logIn() {
	question := to("GET /authorize", "", nil, "200 Log in")
	question.form = values("client_id", "web", "response_type", "code", "redirect_uri", landing, "state", askedState, "prompt", "login")
	a := c.send(question)
	if !a.granted() {
		return
	}
	form := values("interaction", a.sent.Get("interaction"), "username", c.user(), "password", wrong)
	if c.random.IntN(2) == 0 {
		c.send(to("POST /authorize", "", form, "200 Log in"))
	}
	form.Set("password", "wonderland")
	a = c.send(to("POST /authorize", "", form, "200 Allow access?"))
	for !a.granted() {
		a = c.send(to("POST /authorize", "", form, "200 Allow access?"))
	}
	c.send(to("POST /authorize", "", values("interaction", a.sent.Get("interaction"), "decision", "deny"), "sent access_denied"))
}

// connect gets a device code, and tokens for it if the user says so. The device polls twice at once.
func (c *visitor) connect() {
	a := c.send(to("POST /device_authorization", "", values("client_id", "tv"), "200"))
	if !a.granted() {
		return
	}
	poll := to("POST /token", "", values("grant_type", deviceGrant, "client_id", "tv", "device_code", a.text("device_code")), "400 authorization_pending", "400 slow_down")
	poll.once, poll.family = a.text("device_code"), &family{fate: unsure}
	if decision := []string{"", "", "deny", "allow"}[c.random.IntN(4)]; decision != "" {
		form := values("user_code", a.text("user_code"), "username", c.user(), "password", "wonderland", "decision", decision)
		if c.send(to("POST /device", "", form, "200 Done")).said != "200 Done" {
			return
		}
		poll.want = map[string][]string{"deny": {"400 access_denied", "400 slow_down"}, "allow": {"200", "400 slow_down", "400 invalid_grant"}}[decision]
	}
	c.both(poll, poll)
}

// signed returns a JWT.
func signed(key ed25519.PrivateKey, header map[string]any, claims jwt.MapClaims) string {
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	maps.Copy(token.Header, header)
	text, err := token.SignedString(key)
	if err != nil {
		panic(err)
	}
	return text
}

// prove gets tokens that are bound to a key, and uses what is good for one use twice.
func (c *visitor) prove() {
	now := c.server.now()
	key := ed25519.NewKeyFromSeed(hash(c.user()))
	public := jwk{Type: "OKP", Curve: "Ed25519", X: base64url.EncodeToString(key.Public().(ed25519.PublicKey))}
	id := func() string { return fmt.Sprintf("%d.%d.%d", c.number, c.sent, c.random.Int()) }
	proof := func(method, path, nonce, accessToken string) string {
		sum := sha256.Sum256([]byte(accessToken))
		return signed(key, map[string]any{"typ": "dpop+jwt", "jwk": public}, jwt.MapClaims{"jti": id(), "htm": method, "htu": c.url + path,
			"iat": now.Unix(), "nonce": nonce, "ath": base64url.EncodeToString(sum[:])})
	}
	ask := func(nonce string, want ...string) call {
		assertion := signed(robotKey, nil, jwt.MapClaims{"iss": "robot", "sub": "robot", "aud": c.url, "jti": id(), "exp": now.Add(time.Minute).Unix()})
		q := to("POST /token", "", values("grant_type", "client_credentials", "client_assertion", assertion,
			"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"), want...)
		q.proof, q.once = proof("POST", "/token", nonce, ""), assertion
		return q
	}
	nonce := c.send(ask("", "400 use_dpop_nonce")).header.Get("DPoP-Nonce")
	if nonce == "" {
		return
	}
	q := ask(nonce, "200")
	a := c.send(q)
	if !a.granted() {
		return
	}
	q.want = []string{"400 invalid_client"}
	c.send(q)
	token := a.text("access_token")
	use := to("GET /profile", "DPoP "+token, nil, "200", "401 invalid_dpop_proof")
	use.proof = proof("GET", "/profile", nonce, token)
	use.once = use.proof
	c.both(use, use)
	c.send(to("GET /profile", "Bearer "+token, nil, "401 invalid_token"))
}

// register registers a client, which changes itself.
func (c *visitor) register() {
	send := func(method, path, token, body, want string) *attempt {
		return c.send(call{method: method, path: path, authorization: "Bearer " + token, body: body, want: []string{want}})
	}
	a := send("POST", "/register", "demo-initial-token", `{"redirect_uris": ["https://app.example.com/callback"]}`, "201")
	if !a.granted() {
		return
	}
	use := to("POST /token", basic(a.text("client_id"), a.text("client_secret")), values("grant_type", "client_credentials"), "400 unauthorized_client")
	path, token := strings.TrimPrefix(a.text("registration_client_uri"), c.url), a.text("registration_access_token")
	c.send(use)
	if send("PUT", path, token, `{"grant_types": ["client_credentials"], "scope": "profile"}`, "200").granted() {
		use.want = []string{"200"}
		c.send(use)
		send("GET", path, token, "", "200")
	}
}

// hurry is what a client does that looks like many others and does not wait.
func (c *visitor) hurry() {
	c.greedy = !c.calm
	const tooMany = "429 temporarily_unavailable"
	c.send(to("GET /profile", "", nil, "401", tooMany))
	c.send(to("POST /token", "", values("grant_type", "password"), "400 unsupported_grant_type", tooMany))
}

// leave sends requests and does not wait long for the answers.
func (c *visitor) leave() {
	c.gone = true
	f := c.newFamily()
	f.fate = unsure
	c.send(to("POST /token", asGhost, values("grant_type", "client_credentials"), "200"))
	c.send(to("POST /token", asGhost, values("grant_type", "refresh_token", "refresh_token", f.id), "200"))
}

// blow changes the weather at random until done. Then all is well.
func (c *visitor) blow(done <-chan struct{}) {
	var on, next []string
	for going := true; going || len(on) > 0; {
		left, long := 60, time.After(longest) // answers until the next change
		if len(on) > 0 {
			left, long = 20, time.After(time.Second) // since while the store is slow, nothing may be answered
		}
		for len(c.answered) > 0 {
			<-c.answered
		}
		for ; left > 0 && going; left-- {
			select {
			case <-c.answered:
			case <-long:
				left = 0
			case <-done:
				going = false
			}
		}
		if len(next) == 0 {
			next = slices.Clone(faultNames)
			c.random.Shuffle(len(next), func(i, j int) { next[i], next[j] = next[j], next[i] })
		}
		if going && (len(on) == 0 || c.random.IntN(3) == 0) {
			on = append(on, next[0])
			c.report(on)
			c.change("on", next[0])
			next = next[1:]
			continue
		}
		for _, fault := range on {
			c.change("off", fault)
		}
		on = nil
		c.report(on)
	}
}

// change switches a fault until it is switched.
func (c *visitor) change(how, fault string) {
	for c.send(to("POST /faults", "", values(how, fault), "200")).said != "200" {
	}
}

func (s *storm) report(on []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.weather = append(s.weather, slices.Clone(on))
	close(s.turn)
	s.turn = make(chan struct{})
}

// newStorm starts a server on a file, in which are the users and the tokens of the clients. stop stops it.
func newStorm(t *testing.T, log slog.Handler) (s *storm, stop func()) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s = &storm{url: "http://" + listener.Addr().String(), file: filepath.Join(t.TempDir(), "vault-of-the-storm"), answered: make(chan struct{}, 1<<16),
		issued: map[string]*family{}, weather: [][]string{nil}, turn: make(chan struct{})}
	start := time.Now() // where the clock stands, so that nothing expires on a slow machine
	s.server, err = newServer(config{issuer: s.url, db: s.file, log: numbered{log}, now: func() time.Time { return start }, patience: longest, rate: rate})
	require.NoError(t, err)
	home, err := url.Parse(s.url)
	require.NoError(t, err)
	number := 0
	for _, group := range crowd {
		for i := range group.clients + 1 { // one of each for when it is calm
			c := s.visitor(number, requests, i == group.clients)
			c.do, c.name = group.do, group.name
			switch group.has {
			case "families":
				for i := range c.left + 1 {
					c.families = append(c.families, &family{id: fmt.Sprintf("storm-family-%d-%d", number, i)})
				}
			case "a session":
				c.client.Jar.SetCookies(home, []*http.Cookie{{Name: sessionCookie, Value: c.user()}})
			}
			s.visitors = append(s.visitors, c)
			number++
		}
	}
	s.plant(t)

	server := s.server.httpServer()
	server.Handler = s
	server.WriteTimeout = 0 // a crowd has to wait
	var open atomic.Int64
	server.ConnState = func(_ net.Conn, is http.ConnState) {
		switch is {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed, http.StateHijacked:
			open.Add(-1)
		}
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	return s, func() {
		assert.NoError(t, server.Shutdown(t.Context()))
		assert.ErrorIs(t, <-served, http.ErrServerClosed)
		assert.Eventually(t, func() bool { return open.Load() == 0 }, longest, time.Millisecond, "a connection is left")
		for _, db := range []*database{s.server.store.db, s.server.keys.db} {
			assert.Zero(t, db.Stats().InUse)
			assert.Zero(t, db.local.Stats().InUse)
		}
		assert.NoError(t, s.server.close())
	}
}

// plant puts into the store what the clients have from the beginning, and takes down all that is in it.
func (s *storm) plant(t *testing.T) {
	store, later := s.server.store, s.server.now().Add(time.Hour)
	password, err := demoPassword()
	require.NoError(t, err)
	rows := []row{{kind: "refresh token", id: "storm-corrupt-token", until: later, data: map[string]string{"expires": "hunter2"}}}
	for _, c := range s.visitors {
		rows = append(rows, row{kind: "session", id: c.user(), until: later, data: session{c.user(), s.server.now(), acrPassword}})
		for _, f := range c.families {
			g := grant{Client: "demo", User: c.user(), Scope: "profile", Family: f.id, Expires: later}
			if c.name == "gone" {
				g.Client = "ghost"
			}
			rows = append(rows, g.record("token", f.id), g.record("refresh token", f.id))
		}
	}
	ok, err := store.save(t.Context(), nil, rows...)
	require.NoError(t, err)
	require.True(t, ok)
	tx, err := store.db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	for _, c := range s.visitors {
		_, err := tx.Exec(`INSERT INTO user VALUES (?, ?, ?, '{}')`, c.user(), password.hash, password.salt)
		require.NoError(t, err)
	}
	require.NoError(t, tx.Commit())
	require.NoError(t, store.saveClient(t.Context(), &client{ID: "ghost", Scope: "profile", GrantTypes: []string{"client_credentials", "refresh_token"},
		AuthMethod: "client_secret_basic", secret: hash("ghost-secret"), registration: hash("ghost-registration")}))

	kept := s.kept(t, store.db.local)
	for key := range kept {
		s.issued[key] = &family{fate: unsure}
	}
	for _, c := range s.visitors {
		for _, f := range c.families {
			for _, kind := range []string{"token", "refresh token"} {
				require.Contains(t, kept, kind+string(hash(f.id)))
				s.issued[kind+string(hash(f.id))] = f
			}
		}
	}
}

// kept returns which client each record of a database belongs to, by the kind and the hash of what is good for something.
func (s *storm) kept(t *testing.T, db *sql.DB) map[string]string {
	rows, err := db.Query(`SELECT kind, id, coalesce(data ->> 'client_id', '') FROM record
		WHERE kind IN ('token', 'refresh token', 'code', 'device code', 'user code', 'pushed request')
		UNION ALL SELECT 'client', id, id FROM client`)
	require.NoError(t, err)
	defer rows.Close()
	kept := map[string]string{}
	for rows.Next() {
		var kind, id, client string
		require.NoError(t, rows.Scan(&kind, &id, &client))
		if kind == "client" {
			id = string(hash(id))
		}
		kept[kind+id] = client
	}
	require.NoError(t, rows.Err())
	return kept
}

// rage has the clients of the storm send their requests, or those that come when it is calm.
func (s *storm) rage(calm bool) {
	var group sync.WaitGroup
	for _, c := range s.visitors {
		if c.calm == calm {
			group.Go(func() {
				defer c.client.CloseIdleConnections()
				for {
					c.do(c)
				}
			})
		}
	}
	group.Wait()
}

func TestStorm(t *testing.T) {
	before := goleak.IgnoreCurrent()
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("-seed %d", *seed)
	log := new(buffer.Buffer)
	s, stop := newStorm(t, slog.NewJSONHandler(log, nil))
	wind, done, still := s.visitor(len(s.visitors), math.MaxInt, false), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(still)
		defer wind.client.CloseIdleConnections()
		wind.blow(done)
	}()
	s.rage(false)
	close(done)
	<-still
	s.rage(true)
	stop()
	t.Run("no goroutine is left", func(t *testing.T) { goleak.VerifyNone(t, before) })

	byID, said := map[string]*attempt{}, map[string]int{}
	for _, a := range s.attempts {
		byID[a.id] = a
		said[a.said]++
	}
	t.Logf("%d changes of the weather, %d requests, of which %d clients did not wait for the answer; answers %v",
		len(s.weather), len(s.attempts), said[""], said)
	t.Run("every record is of one request", func(t *testing.T) {
		for lines := json.NewDecoder(strings.NewReader(log.String())); lines.More(); {
			r := new(entry)
			require.NoError(t, lines.Decode(r))
			a := byID[r.Request]
			require.NotNil(t, a, "%+v", r)
			assert.Nil(t, a.record, "%+v", r)
			assert.Equal(t, "request failed", r.Msg)
			assert.Equal(t, a.path, r.Path)
			assert.Equal(t, map[string]string{"client": "INFO", "canceled": "INFO", "server": "ERROR"}[r.Error.Fault], r.Level, "%+v", r)
			a.record = r
		}
	})
	each := func(name string, check func(*testing.T, *attempt)) {
		t.Run(name, func(t *testing.T) {
			for _, a := range s.attempts {
				if a.gone {
					continue
				}
				if check(t, a); t.Failed() {
					t.Fatalf("request %s: %s %s %s: %s %q\nlogged: %+v", a.id, a.method, a.path, a.form.Encode(), a.said, a.whole, a.record)
				}
			}
		})
	}
	each("every answer is well formed", func(t *testing.T, a *attempt) { assert.NoError(t, a.malformed) })
	each("every answer is that to its request, or to a fault", func(t *testing.T, a *attempt) {
		if a.calm || !a.isServers() {
			assert.Contains(t, a.want, a.said)
		}
	})
	each("no answer has internal text", checkWords)
	each("the log has every refusal, and nothing else", checkLog)
	each("no fault of the server is without a cause", s.checkCause)
	t.Run("what is good for one request is used once", func(t *testing.T) {
		granted := map[string]string{}
		for _, a := range s.attempts {
			if a.once != "" && a.granted() {
				assert.Empty(t, granted[a.once], "request %s after %s", a.id, granted[a.once])
				granted[a.once] = a.id
			}
		}
	})
	t.Run("one peer has as many requests as it may", func(t *testing.T) {
		assert.Equal(t, greedy*requests-10*rate, said["429 temporarily_unavailable"])
	})
	t.Run("the store has what was handed out", s.checkStore)
}

// refused reports whether the server has refused the request, as its client sees it.
func (a *attempt) refused() bool {
	return !strings.HasPrefix(a.said, "2") && a.said != "sent code"
}

func checkWords(t *testing.T, a *attempt) {
	words := internal
	if a.path == "/faults" { // which names them
		words = nil
	}
	if a.refused() {
		words = slices.Concat(internal, users)
	}
	if r := a.record; r != nil && r.Error.Message != r.Error.Code {
		words = append(slices.Clone(words), r.Error.Message)
	}
	for _, word := range words {
		assert.NotContains(t, a.whole, word)
	}
}

// checkLog holds what is logged to what was answered: the two are told in different words.
func checkLog(t *testing.T, a *attempt) {
	r := a.record
	if !a.refused() {
		assert.Nil(t, r)
		return
	}
	require.NotNil(t, r)
	fault := "client"
	if a.isServers() {
		fault = "server"
	}
	assert.Equal(t, fault, r.Error.Fault)
	how, code, _ := strings.Cut(a.said, " ")
	if code != "page" {
		assert.Equal(t, code, r.Answer.Code)
	}
	if how != "sent" {
		assert.Equal(t, how, strconv.Itoa(r.Answer.Status))
	}
	wait := time.Duration(0)
	switch {
	case strings.HasPrefix(a.said, "429"):
		wait = time.Second // at 2 a second
	case strings.Contains(r.Error.Message, "maintenance"):
		wait = 2 * time.Minute
	case strings.Contains(r.Error.Message, "is locked"):
		wait = time.Second
	}
	if how == "sent" {
		wait = 0 // a browser would wait
	}
	if wait == 0 {
		assert.Empty(t, a.header.Values("Retry-After"))
	} else {
		assert.Equal(t, strconv.Itoa(int(wait.Seconds())), a.header.Get("Retry-After"))
	}
}

// checkCause holds a fault of the server to the weather.
func (s *storm) checkCause(t *testing.T, a *attempt) {
	if !a.isServers() {
		return
	}
	was := slices.Concat(s.weather[a.begin : a.end+1]...)
	known := a.patience > 0 && strings.Contains(a.record.Error.Message, "context deadline exceeded")
	for text, faults := range causes {
		if strings.Contains(a.record.Error.Message, text) {
			known = true
			assert.True(t, slices.ContainsFunc(faults, func(fault string) bool { return slices.Contains(was, fault) }), "%s, while there was %v", text, was)
		}
	}
	assert.True(t, known, "no fault is known that does this; there was %v", was)
}

// checkStore compares what is in the files with what the clients have got.
func (s *storm) checkStore(t *testing.T) {
	for _, file := range []string{s.file, s.file + "-keys"} {
		db, err := sql.Open("sqlite", file)
		require.NoError(t, err)
		defer db.Close()
		var says string
		require.NoError(t, db.QueryRow(`PRAGMA integrity_check`).Scan(&says))
		assert.Equal(t, "ok", says)
	}
	db, err := sql.Open("sqlite", s.file)
	require.NoError(t, err)
	defer db.Close()
	kept := s.kept(t, db)

	answerLost := 0 // clients that have gone, and not been refused
	for _, a := range s.attempts {
		if a.gone && a.record == nil {
			answerLost++
		}
	}
	lost := map[string]int{}
	for key, client := range kept {
		if s.issued[key] == nil {
			kind := key[:len(key)-sha256.Size]
			assert.Equal(t, "ghost", client, "%s that nobody was given", kind)
			lost[kind]++
		}
	}
	t.Logf("%d records, %d answers lost, and with them %v", len(kept), answerLost, lost)
	assert.LessOrEqual(t, lost["token"], answerLost)
	assert.LessOrEqual(t, lost["refresh token"], answerLost)
	for key, f := range s.issued {
		_, held := kept[key]
		switch kind := key[:len(key)-sha256.Size]; {
		case kind != "token" && kind != "refresh token":
		case f.fate == lives:
			assert.True(t, held, "%s is lost", kind)
		case f.fate == dead:
			assert.False(t, held, "%s of a family that has been revoked", kind)
		}
	}
}
