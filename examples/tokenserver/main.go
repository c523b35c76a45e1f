// Command tokenserver is an OAuth 2.0 token endpoint and a protected resource, in memory. It
// shows how an error goes from a store that knows what went wrong, in sa-token errors, to a
// client that is told an OAuth code, and to a log that has all of it.
//
//	POST /token    grant types client_credentials and refresh_token
//	GET  /profile  Bearer tokens with the scope profile
//
// On start it prints curl commands to try it with.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/seed-e9190de5/autherr"
)

var (
	//go:embed guide.txt
	guide string
	//go:embed guide_fail_store.txt
	guideFailStore string
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run serves until ctx is done, and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("tokenserver", flag.ExitOnError)
	address := flags.String("listen", "127.0.0.1:8080", "`address` to listen on")
	failStore := flags.Bool("fail-store", false, "behave as if the store could not be reached")
	flags.Parse(args)

	log := slog.New(slog.NewTextHandler(stderr, nil))
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Error("cannot listen", autherr.LogAttr(err))
		return 1
	}
	reachable := listener.Addr().(*net.TCPAddr)
	if reachable.IP.IsUnspecified() {
		reachable.IP = net.IPv4(127, 0, 0, 1)
	}
	store, commands := newStore(), guide
	if *failStore {
		store.connect, commands = refuseConnection, guideFailStore
	}
	fmt.Fprintf(stdout, commands, reachable)
	const patience = 5 * time.Second
	if err := serve(ctx, listener, newHandler(store, log), patience); err != nil {
		log.Error("cannot serve", autherr.LogAttr(err))
		return 1
	}
	return 0
}

// serve answers requests until ctx is done, and ends when those under way are answered. It has patience with a slow client.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, patience time.Duration) error {
	server := &http.Server{Handler: handler, ReadTimeout: patience, WriteTimeout: patience}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*patience)
		defer cancel()
		return server.Shutdown(grace)
	}
}

// An api is the two endpoints.
type api struct {
	store *store
	log   *slog.Logger
}

func newHandler(store *store, log *slog.Logger) http.Handler {
	a := &api{store, log}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", a.token)
	mux.HandleFunc("GET /profile", a.profile)
	return mux
}

// logFailure tells the log what the client is not told.
func (a *api) logFailure(r *http.Request, err error) {
	level := slog.LevelInfo
	if _, ok := autherr.CodeOf(err); !ok {
		level = slog.LevelError // it is not the client's fault
	} else if errors.Is(err, autherr.InvalidClient) {
		level = slog.LevelWarn // somebody may be guessing secrets
	}
	a.log.LogAttrs(r.Context(), level, "request failed", slog.String("path", r.URL.Path), autherr.LogAttr(err))
}
