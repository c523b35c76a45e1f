// Command authserver is an OAuth 2.0 authorization server and a resource server. It has login and consent pages,
// six grant types, pushed requests, DPoP, introspection, revocation and registration, and stores all of it in SQLite.
// Faults of what it depends on, such as the store, can be switched on while it runs.
//
// It defines one error code and no error status of its own. Its handlers return errors, and one call of package
// autherrhttp answers each.
//
//	go run -C e2e ./authserver
//
// On start it prints what to try.
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
	"strings"
	"syscall"
	"time"

	"github.com/seed-e9190de5/autherr"
)

//go:embed guide.txt
var guide string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run serves until ctx is done, and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("authserver", flag.ContinueOnError)
	flags.SetOutput(stderr)
	address := flags.String("listen", "127.0.0.1:8080", "`address` to listen on")
	issuer := flags.String("issuer", "", "`URL` under which clients reach this server (default http:// and the address)")
	db := flags.String("db", "", "`file` to keep everything in (default in memory)")
	upstream := flags.String("upstream", "", "`URL` of an authorization server whose tokens and assertions are taken too")
	upstreamSecret := flags.String("upstream-secret", "gateway-secret", "`secret` of the client gateway there")
	rate := flags.Float64("rate", 100, "`requests` a second for each peer, and ten times as many at once; 0 is no limit")
	failStore := flags.Bool("fail-store", false, "begin with the fault store-down")
	var faults []string
	flags.Func("fault", "begin with this `fault`, one of "+strings.Join(faultNames, ", "), func(name string) error {
		faults = append(faults, name)
		return nil
	})
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if *failStore {
		faults = append(faults, "store-down")
	}

	handler := slog.NewTextHandler(stderr, nil)
	log := slog.New(handler)
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Error("cannot listen", autherr.LogAttr(err))
		return 1
	}
	defer listener.Close()
	reachable := listener.Addr().(*net.TCPAddr)
	if reachable.IP.IsUnspecified() {
		reachable.IP = net.IPv4(127, 0, 0, 1)
	}
	if *issuer == "" {
		*issuer = "http://" + reachable.String()
	}
	s, err := newServer(config{issuer: *issuer, db: *db, log: handler, upstream: *upstream,
		upstreamSecret: *upstreamSecret, rate: *rate, faults: faults})
	if err != nil {
		log.Error("cannot start", autherr.LogAttr(err))
		return 1
	}
	defer s.close()
	fmt.Fprint(stdout, strings.ReplaceAll(guide, "{server}", "http://"+reachable.String()))
	if err := s.serve(ctx, listener); err != nil {
		log.Error("cannot serve", autherr.LogAttr(err))
		return 1
	}
	return 0
}

// serve answers requests until ctx is done. It returns when those under way are answered.
func (s *server) serve(ctx context.Context, listener net.Listener) error {
	server := s.httpServer()
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*server.WriteTimeout)
		defer cancel()
		return server.Shutdown(grace)
	}
}

// httpServer returns an HTTP server for s, with limits to how slow a client may be and to its headers.
func (s *server) httpServer() *http.Server {
	return &http.Server{
		Handler:        s,
		ReadTimeout:    5 * time.Second,
		WriteTimeout:   15 * time.Second,
		IdleTimeout:    time.Minute,
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       slog.NewLogLogger(s.log.Handler(), slog.LevelInfo),
	}
}
