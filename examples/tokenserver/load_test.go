package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-e9190de5/autherr"
)

var seed = flag.Uint64("seed", 0, "`seed` of the random choices under load; 0 for one that differs")

// A kind is a kind of request, and how it is answered where the store does not fail.
type kind struct {
	name          string
	status        int
	code          string // the error that the body names, if it does
	method, path  string
	authorization string
	body          string // {fresh} and {used} are refresh tokens of the client, {access} is its access token
	headers       []string
}

const (
	load        = 3 * time.Second
	loadClients = 200
	fewest      = 5 // requests of each client, however slow the machine: enough for every kind to be among them
	cborWanted  = "application/ace+cbor;q=0.9, application/json;q=0.5"
	tooLong     = 16 << 10    // for a form, but only just: it is sent before the answer comes
	patience    = time.Minute // of the server, since 200 clients keep a slow machine busy
)

func kinds() []kind {
	token := func(status int, code, name, authorization, body string, headers ...string) kind {
		return kind{name, status, code, "POST", "/token", authorization, body, headers}
	}
	profile := func(status int, code, name, authorization string) kind {
		return kind{name, status, code, "GET", "/profile", authorization, "", nil}
	}
	other := func(status int, name, method, path string) kind {
		return kind{name, status, "", method, path, "", "", nil}
	}
	demo := basic("demo", "demo-secret")
	const grant = "grant_type=client_credentials"
	const refresh = "grant_type=refresh_token&refresh_token="
	return []kind{
		token(200, "", "a token", demo, grant),
		token(200, "", "a token of less scope", demo, grant+"&scope=email"),
		token(200, "", "secret in the body", "", grant+"&client_id=demo&client_secret=demo-secret"),
		token(200, "", "a token, where CBOR is preferred", demo, grant, "Accept", cborWanted),
		token(200, "", "a refreshed token", demo, refresh+"{fresh}"),
		token(200, "", "a refreshed token of less scope", demo, refresh+"{fresh}&scope=profile"),
		token(400, "invalid_scope", "a refreshed token of more scope", demo, refresh+"{fresh}&scope=admin"),
		token(400, "invalid_grant", "used refresh token", demo, refresh+"{used}"),
		token(400, "invalid_grant", "unknown refresh token", demo, refresh+"%00%ff"),
		token(400, "invalid_grant", "expired refresh token", demo, refresh+"demo-expired-token"),
		token(400, "invalid_grant", "another's refresh token", demo, refresh+"other-refresh-token"),
		token(400, "invalid_request", "no refresh token", demo, refresh),
		token(400, "invalid_request", "no grant type", demo, ""),
		token(400, "invalid_request", "repeated", demo, grant+"&"+grant),
		token(400, "invalid_request", "malformed", demo, grant+"&scope=%zz"),
		token(400, "invalid_request", "JSON", demo, `{"grant_type":"client_credentials"}`, "Content-Type", "application/json"),
		token(400, "invalid_request", "too long", demo, grant+"&x="+strings.Repeat("x", tooLong)),
		token(400, "invalid_request", "two ways of client authentication", demo, grant+"&client_secret=demo-secret"),
		token(400, "invalid_scope", "unknown scope", demo, grant+"&scope=admin"),
		token(400, "invalid_scope", "scope with a line break", demo, grant+"&scope=%0d%0aSet-Cookie:%20a=b"),
		token(400, "invalid_scope", "unknown scope, where CBOR is preferred", demo, grant+"&scope=admin", "Accept", cborWanted),
		token(400, "unauthorized_client", "grant type of others", basic("other", "other-secret"), grant),
		token(400, "unsupported_grant_type", "grant type of nobody", demo, "grant_type=%22%3cb%3e"),
		token(401, "invalid_client", "nobody", "", grant),
		token(401, "invalid_client", "unknown client", basic("nobody", "demo-secret"), grant),
		token(401, "invalid_client", "client with a line break", "", grant+"&client_id=%0d%0aSet-Cookie:%20a=b"),
		token(401, "invalid_client", "wrong secret", basic("demo", "{fresh}"), grant),
		token(401, "invalid_client", "wrong secret, where CBOR is preferred", basic("demo", "x"), grant, "Accept", cborWanted),
		token(401, "invalid_client", "malformed credentials", "Basic \xff", grant),
		token(401, "invalid_client", "a scheme that is none", `"`+strings.Repeat("\xff", 1000), grant),

		profile(200, "", "the profile", "Bearer demo-access-token"),
		profile(200, "", "the profile, with a token that was issued", "Bearer {access}"),
		profile(401, "", "no token", ""),
		profile(401, "", "an empty token", "Bearer "),
		profile(401, "", "client credentials", demo),
		profile(401, "invalid_token", "unknown token", "Bearer x"),
		profile(401, "invalid_token", "a long token", "Bearer "+strings.Repeat("\xff", tooLong)),
		profile(401, "invalid_token", "expired token", "Bearer demo-expired-token"),
		profile(401, "invalid_token", "refresh token", "Bearer {fresh}"),
		profile(403, "insufficient_scope", "token without the scope", "Bearer demo-email-token"),

		other(404, "another path", "GET", "/"),
		other(404, "longer path", "POST", "/token/x"),
		other(405, "a token by another method", "GET", "/token"),
		other(405, "the profile by another method", "DELETE", "/profile"),
	}
}

// inCBOR is true of requests for which RFC 9200 has the error response.
func (k kind) inCBOR() bool { return slices.Contains(k.headers, cborWanted) }

// A brittleStore is the connect of a store that fails now and then.
type brittleStore struct {
	mu       sync.Mutex
	random   *rand.Rand
	failures int
}

// Each error that a store fails with has a number and what nobody outside is to know.
var (
	numbered = regexp.MustCompile(`breakdown (\d+) `)
	internal = []string{"breakdown", "10.0.0.5", "hunter2", "demo-secret", "goroutine"}
)

func breakdown(number int, random *rand.Rand) error {
	text := fmt.Sprintf("breakdown %d of 10.0.0.5, with password hunter2", number)
	failures := []error{
		&autherr.StorageError{Details: text},
		&autherr.StorageError{Err: errors.New(text)},
		&autherr.SerializationError{Details: text},
		&autherr.InternalError{Details: text},
		fmt.Errorf("%s: %w", text, autherr.ErrConfig),
		fmt.Errorf("%s: %w", text, context.DeadlineExceeded),
		errors.New(text), // of which autherr knows nothing
		&autherr.InvalidTokenError{Reason: "looks like the client's fault", Err: &autherr.StorageError{Details: text}},
		errors.Join(autherr.ErrTokenNotFound, autherr.InvalidClient, &autherr.StorageError{Details: text}),
		&autherr.RemoteError{Response: autherr.ErrorResponse{Code: autherr.InvalidGrant, Description: text}},
	}
	return failures[random.IntN(len(failures))]
}

func (s *brittleStore) connect(string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.random.IntN(8) > 0 {
		return nil
	}
	s.failures++
	return breakdown(s.failures, s.random)
}

// An exchange is a request and what came of it.
type exchange struct {
	kind
	id     string
	answer *answer // nil for a client that hung up
	record *record // what was logged about it, if anything
}

// storeFailed reports whether it was the store that failed.
func (x exchange) storeFailed() bool { return x.record != nil && x.record.breakdown != 0 }

// A record is a line of the log.
type record struct {
	Level, Request string
	Error          struct{ Message, Name, Category, Code string }
	breakdown      int // its number, or 0
}

// requestID is what a request is known by, in its header, its context and the log.
type requestID struct{}

type logWithID struct{ slog.Handler }

func (l logWithID) Handle(ctx context.Context, r slog.Record) error {
	id, _ := ctx.Value(requestID{}).(string)
	r.AddAttrs(slog.String("request", id))
	return l.Handler.Handle(ctx, r)
}

func withID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestID{}, r.Header.Get("Request-Id"))))
	})
}

// A loadClient sends requests of every kind.
type loadClient struct {
	address             string
	http                *http.Client
	name                string
	fresh, used, access string // tokens
}

// send makes a request of kind k and learns from the answer.
func (c *loadClient) send(k kind, id string) (exchange, error) {
	fill := strings.NewReplacer("{fresh}", c.fresh, "{used}", c.used, "{access}", c.access)
	r, err := http.NewRequest(k.method, "http://"+c.address+k.path, strings.NewReader(fill.Replace(k.body)))
	if err != nil {
		return exchange{}, err
	}
	r.Header.Set("Request-Id", id)
	if k.authorization != "" {
		r.Header.Set("Authorization", fill.Replace(k.authorization))
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(k.headers); i += 2 {
		r.Header.Set(k.headers[i], k.headers[i+1])
	}
	res, err := c.http.Do(r)
	if err != nil {
		return exchange{}, err
	}
	defer res.Body.Close()
	dump, err := httputil.DumpResponse(res, true)
	if err != nil {
		return exchange{}, err
	}
	body, err := io.ReadAll(res.Body)
	var got tokens
	if k.path == "/token" && res.StatusCode == http.StatusOK && json.Unmarshal(body, &got) == nil {
		if k.body == "grant_type=client_credentials" {
			c.access = got.AccessToken
		}
		if got.RefreshToken != "" {
			c.fresh, c.used = got.RefreshToken, c.fresh
		}
	}
	return exchange{kind: k, id: id, answer: &answer{res.StatusCode, res.Header, string(body), string(dump)}}, err
}

// hangUp makes a request and is gone before the end of it.
func (c *loadClient) hangUp(id string) (exchange, error) {
	conn, err := net.Dial("tcp", c.address)
	if err != nil {
		return exchange{}, err
	}
	_, err = fmt.Fprintf(conn, "POST /token HTTP/1.1\r\nHost: x\r\nRequest-Id: %s\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ngrant_type", id)
	return exchange{kind: kind{name: "hang up"}, id: id}, errors.Join(err, conn.Close())
}

// underLoad has many clients at a server of which the store fails at random. It returns, when the server has
// ended, what was asked and logged, and how often its store failed.
func underLoad(t *testing.T) ([]exchange, []record, int) {
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("-seed %d", *seed)
	kinds, brittle, log := kinds(), &brittleStore{random: rand.New(rand.NewPCG(*seed, 0))}, new(logBuffer)
	store := newStore()
	store.connect = brittle.connect
	clients := make([]*loadClient, loadClients)
	transport := &http.Transport{MaxIdleConnsPerHost: loadClients}
	defer transport.CloseIdleConnections()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	for i := range clients {
		first := fmt.Sprintf("refresh-%d", i)
		store.refreshTokens[first] = grant{"demo", []string{profileScope, "email"}, time.Now().Add(refreshTokenLife)}
		clients[i] = &loadClient{
			address: listener.Addr().String(), http: &http.Client{Transport: transport}, name: strconv.Itoa(i),
			fresh: first, used: "none", access: "demo-access-token",
		}
	}

	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error)
	handler := newHandler(store, slog.New(logWithID{slog.NewJSONHandler(log, nil)}))
	go func() { served <- serve(ctx, listener, withID(handler), patience) }()

	var mu sync.Mutex
	var exchanges []exchange
	var group sync.WaitGroup
	end := time.Now().Add(load)
	for i, c := range clients {
		random := rand.New(rand.NewPCG(*seed, uint64(i)+1))
		group.Go(func() {
			for n := 0; !t.Failed() && (n < fewest || time.Now().Before(end)); n++ {
				id, pick := fmt.Sprintf("%s.%d", c.name, n), random.IntN(len(kinds)+1)
				send := c.hangUp
				if pick < len(kinds) {
					send = func(id string) (exchange, error) { return c.send(kinds[pick], id) }
				}
				x, err := send(id)
				if !assert.NoError(t, err) {
					return
				}
				mu.Lock()
				exchanges = append(exchanges, x)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	cancel()
	require.NoError(t, <-served)
	require.False(t, t.Failed(), "not every request was answered")

	var records []record
	for lines := json.NewDecoder(strings.NewReader(log.String())); lines.More(); {
		var r record
		require.NoError(t, lines.Decode(&r))
		if number := numbered.FindStringSubmatch(r.Error.Message); number != nil {
			r.breakdown, _ = strconv.Atoi(number[1])
		}
		records = append(records, r)
	}
	return exchanges, records, brittle.failures
}

func TestUnderLoadWithAStoreThatFails(t *testing.T) {
	before := goleak.IgnoreCurrent()
	exchanges, records, failures := underLoad(t)
	t.Run("no goroutine is left", func(t *testing.T) { goleak.VerifyNone(t, before) })

	byID := map[string]*record{}
	t.Run("the log has no failure twice", func(t *testing.T) {
		for i, r := range records {
			require.Nil(t, byID[r.Request], "of request %q", r.Request)
			byID[r.Request] = &records[i]
		}
	})
	for i, x := range exchanges {
		exchanges[i].record = byID[x.id]
	}
	t.Logf("%d requests, %d failures of the store", len(exchanges), failures)

	answered := slices.DeleteFunc(slices.Clone(exchanges), func(x exchange) bool { return x.answer == nil })
	each := func(name string, check func(*testing.T, exchange)) {
		t.Run(name, func(t *testing.T) {
			for _, x := range answered {
				if check(t, x); t.Failed() {
					t.Fatalf("%s, request %s:\n%s\nlogged: %+v", x.name, x.id, x.answer.dump, x.record)
				}
			}
		})
	}
	each("the server answers 500 if the store fails, and only then", func(t *testing.T, x exchange) {
		want := x.status
		if x.storeFailed() {
			want = 500
		}
		assert.Equal(t, want, x.answer.status)
	})
	each("every answer is well formed", checkForm)
	each("no answer has internal text", func(t *testing.T, x exchange) {
		secrets := internal
		if x.record != nil {
			secrets = append(slices.Clone(internal), x.record.Error.Message)
		}
		for _, e := range autherr.SaTokenErrors() {
			secrets = append(secrets, e.Error(), e.Name())
		}
		for _, secret := range secrets {
			assert.NotContains(t, x.answer.dump, secret)
		}
	})
	t.Run("no failure of the store is lost", func(t *testing.T) {
		logged := map[int]bool{0: true}
		for _, r := range records {
			logged[r.breakdown] = true
		}
		assert.Len(t, logged, 1+failures)
	})
	each("the log has every failure, by its kind", checkLog)
	t.Run("all of it was tried", func(t *testing.T) {
		answers := map[string]bool{}
		for _, x := range answered {
			answers[x.name] = answers[x.name] || !x.storeFailed()
		}
		for _, k := range kinds() {
			assert.True(t, answers[k.name], k.name)
		}
		assert.NotZero(t, failures)
		assert.Less(t, len(answered), len(exchanges), "some clients hang up")
	})
}

// checkForm holds an answer to RFC 6749 §5.1 and §5.2, or RFC 6750 §3 and RFC 9110 §15.5.
func checkForm(t *testing.T, x exchange) {
	status, code, header, body := x.answer.status, x.code, x.answer.header, x.answer.body
	if status == 500 {
		code = "server_error"
	}
	if x.path != "/token" && x.path != "/profile" || status == 405 {
		assert.Equal(t, "text/plain; charset=utf-8", header.Get("Content-Type"))
		assert.Equal(t, status == 405, header.Get("Allow") != "")
		return
	}
	assert.Equal(t, "no-store", header.Get("Cache-Control"))
	switch {
	case status == 500 && x.inCBOR(), status == 401 && code == "":
		assert.Empty(t, body)
		assert.Empty(t, header.Get("Content-Type"))
	case status != 200 && x.inCBOR():
		assert.Equal(t, autherr.MediaTypeACECBOR, header.Get("Content-Type"))
		var response autherr.ErrorResponse
		assert.NoError(t, response.UnmarshalCBOR([]byte(body)))
		assert.Equal(t, code, response.Error())
	default:
		assert.Equal(t, "application/json", header.Get("Content-Type"))
		var members map[string]any
		require.NoError(t, json.Unmarshal([]byte(body), &members))
		switch {
		case status != 200:
			assert.Equal(t, map[string]any{"error": code}, members)
		case x.path == "/profile":
			assert.Equal(t, "demo", members["client_id"])
			assert.Contains(t, members["scope"], "profile")
			assert.Len(t, members, 2)
		default:
			assert.Len(t, members["access_token"], 26)
			assert.Equal(t, "Bearer", members["token_type"])
			assert.EqualValues(t, 3600, members["expires_in"])
			form, _ := url.ParseQuery(x.body)
			wanted := 4
			if form.Has("refresh_token") {
				assert.Len(t, members["refresh_token"], 26)
				wanted = 5
			}
			if form.Has("scope") {
				assert.Equal(t, form.Get("scope"), members["scope"])
			} else {
				assert.Equal(t, "profile email", members["scope"])
			}
			assert.Len(t, members, wanted)
		}
	}

	challenge := header.Get("WWW-Authenticate")
	if x.path == "/token" {
		assert.Equal(t, "no-cache", header.Get("Pragma"))
		assert.Equal(t, status == 401, challenge == `Basic realm="token"`)
		assert.Equal(t, status != 401, challenge == "")
		return
	}
	want := ""
	if status == 401 || status == 403 {
		want = `Bearer realm="demo"`
		if status == 403 {
			want += `, scope="profile"`
		}
		if code != "" {
			want += `, error="` + code + `"`
		}
	}
	assert.Equal(t, want, challenge)
}

// checkLog holds what is logged to what was answered: the two are told in different words.
func checkLog(t *testing.T, x exchange) {
	r := x.record
	switch status := x.answer.status; {
	case status == 200, status == 404, status == 405: // 404 and 405 come from the mux: no handler has seen the request
		assert.Nil(t, r)
	case !assert.NotNil(t, r):
	case status == 500:
		assert.Equal(t, "ERROR", r.Level)
		assert.NotZero(t, r.breakdown)
		assert.Empty(t, r.Error.Code)
		e, err := autherr.ParseSaTokenError(r.Error.Name)
		known := err == nil
		assert.Equal(t, known, strings.Contains(r.Error.Message, e.Error()))
		assert.Equal(t, known, r.Error.Category == autherr.CategorySystem.String())
	case x.path == "/token":
		assert.Equal(t, x.code, r.Error.Code)
		assert.Equal(t, status == 401, r.Level == "WARN")
	default:
		e, err := autherr.ParseSaTokenError(r.Error.Name)
		require.NoError(t, err)
		assert.Equal(t, status, e.HTTPStatus())
		assert.Equal(t, x.code, e.BearerError())
		assert.Equal(t, "INFO", r.Level)
	}
}
