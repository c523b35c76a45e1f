package main

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// A config has the settings of a server. Only the issuer is required.
type config struct {
	issuer         string           // the URL of the server, without a slash at its end
	db             string           // a file; in memory if it is ""
	log            slog.Handler     // slog.DiscardHandler if it is nil
	now            func() time.Time // time.Now if it is nil
	patience       time.Duration    // how long a request may take; 5 seconds if it is 0
	rate           float64          // requests a second for each peer; no limit if it is 0
	upstream       string           // the URL of another authorization server; none if it is ""
	upstreamSecret string           // of the client gateway there
	machines       fs.FS            // the tokens of machines; those embedded if it is nil
	faults         []string         // the faults that the server begins with
}

// A server is the authorization server and the resource server.
type server struct {
	config
	log      *slog.Logger
	store    *store
	keys     *keys
	faults   *faults
	limiter  *limiter
	upstream *upstream // nil if there is none
	clients  *memory
	dpop     *dpop
	mux      *http.ServeMux
	csrf     *http.CrossOriginProtection
}

//go:embed machines
var machines embed.FS

func newServer(c config) (*server, error) {
	if c.log == nil {
		c.log = slog.DiscardHandler
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.patience == 0 {
		c.patience = 5 * time.Second
	}
	if c.machines == nil {
		c.machines, _ = fs.Sub(machines, "machines")
	}
	s := &server{config: c, log: slog.New(c.log), mux: http.NewServeMux(), csrf: http.NewCrossOriginProtection(),
		faults: newFaults(c.now), limiter: &limiter{now: c.now, rate: c.rate}, clients: &memory{}, dpop: newDPoP(c.now)}
	if c.upstream != "" {
		s.upstream = newUpstream(c.upstream, c.upstreamSecret, c.patience)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var err error
	if s.keys, err = openKeys(ctx, c.db, s.faults); err != nil {
		return nil, err
	}
	if s.store, err = openStore(ctx, c.db, s.faults, c.now); err != nil {
		return nil, errors.Join(err, s.keys.db.close())
	}
	s.faults.store, s.faults.keys = s.store.db, s.keys.db
	for _, name := range c.faults {
		if err := s.faults.set(ctx, name, true); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	s.route()
	return s, nil
}

func (s *server) close() error { return errors.Join(s.store.db.close(), s.keys.db.close()) }

func (s *server) route() {
	direct := func(pattern string, serve func(http.ResponseWriter, *http.Request) error) {
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			s.answer(w, r, serve, func(err error) autherr.Answer { return autherrhttp.WriteTokenError(w, r, err) })
		})
	}
	direct("POST /token", s.token)
	direct("POST /device_authorization", s.authorizeDevice)
	direct("POST /par", s.par)
	direct("POST /introspect", s.introspect)
	direct("POST /revoke", s.revoke)
	direct("GET /jwks", s.jwks)
	direct("GET /.well-known/oauth-authorization-server", s.metadata)
	direct("GET /.well-known/openid-configuration", s.metadata)
	direct("GET /.well-known/oauth-protected-resource", s.resourceMetadata)
	direct("POST /faults", s.switchFaults)
	s.mux.HandleFunc("GET /authorize", s.authorize)
	s.mux.HandleFunc("POST /authorize", s.authorize)
	s.mux.HandleFunc("GET /device", s.device)
	s.mux.HandleFunc("POST /device", s.device)
	s.mux.HandleFunc("POST /register", s.guarded(s.initial, s.register))
	s.mux.HandleFunc("GET /register/{id}", s.guarded(s.itself, s.showClient))
	s.mux.HandleFunc("PUT /register/{id}", s.guarded(s.itself, s.updateClient))
	for path, needs := range resources {
		s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { s.resource(w, r, needs) })
	}
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

const maxBody = 64 << 10

// answer has serve answer r. If serve returns an error, refuse answers with it.
func (s *server) answer(w http.ResponseWriter, r *http.Request, serve func(http.ResponseWriter, *http.Request) error, refuse func(error) autherr.Answer) {
	ctx, cancel := context.WithTimeout(r.Context(), s.patience)
	defer cancel()
	w.Header().Set("Cache-Control", "no-store")
	inner := r.WithContext(ctx)
	inner.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := s.try(w, inner, serve); err != nil {
		answer := refuse(err)
		s.log.LogAttrs(ctx, autherr.FaultOf(err).Level(), "request failed",
			slog.String("path", r.URL.Path), autherr.LogAttr(err), slog.Any("answer", answer))
	}
}

// try calls serve, unless the peer has sent too many requests. It returns a panic of serve as an error.
func (s *server) try(w http.ResponseWriter, r *http.Request, serve func(http.ResponseWriter, *http.Request) error) (err error) {
	defer func() {
		if reason := recover(); reason != nil && reason != http.ErrAbortHandler {
			err = &autherr.InternalError{Details: fmt.Sprintf("panic: %v\n%s", reason, debug.Stack())}
		} else if reason != nil {
			panic(reason)
		}
	}()
	peer, _, _ := net.SplitHostPort(r.RemoteAddr)
	if wait := s.limiter.wait(peer); wait > 0 {
		return fmt.Errorf("peer %s: %w", peer, &autherr.RateLimitedError{RetryAfter: wait})
	}
	return serve(w, r)
}

// writeJSON answers with JSON that no cache may store.
func writeJSON(w http.ResponseWriter, status int, value any) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(value) // if it fails, the client has gone
	return nil
}

// A limiter allows each peer rate requests a second, and ten times as many at once.
type limiter struct {
	now  func() time.Time
	rate float64

	mu    sync.Mutex
	peers map[string]bucket
}

type bucket struct {
	tokens float64
	filled time.Time
}

// wait counts a request. It returns 0 if the request may go on, else how long the peer has to wait.
func (l *limiter) wait(peer string) time.Duration {
	if l.rate == 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	b, known := l.peers[peer]
	if !known {
		if len(l.peers) >= 10_000 || l.peers == nil {
			l.peers = map[string]bucket{} // forgetting who has to wait is better than growing
		}
		b = bucket{10 * l.rate, now}
	}
	b = bucket{min(10*l.rate, b.tokens+now.Sub(b.filled).Seconds()*l.rate), now}
	var wait time.Duration
	if b.tokens < 1 {
		wait = time.Duration(math.Ceil((1 - b.tokens) / l.rate * float64(time.Second)))
	} else {
		b.tokens--
	}
	l.peers[peer] = b
	return wait
}
