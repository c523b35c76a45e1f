// Command aceserver is the token endpoint of an ACE authorization server (RFC 9200 §5.8)
// over CoAP, in memory.
//
// A client is known by its PSK identity in DTLS, so over plain CoAP nobody gets a token. The
// store returns sa-token errors, the handler adds OAuth codes for what it decides itself, and
// package autherrcoap turns both into answers. The log shows what an answer does not say.
//
//	go run -C e2e ./aceserver
//
// On start it prints what to try.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	piondtls "github.com/pion/dtls/v3"
	"github.com/plgd-dev/go-coap/v3/dtls"
	"github.com/plgd-dev/go-coap/v3/mux"
	coapnet "github.com/plgd-dev/go-coap/v3/net"
	"github.com/plgd-dev/go-coap/v3/net/blockwise"
	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/pkg/runner/periodic"
	"github.com/plgd-dev/go-coap/v3/udp"
	udpclient "github.com/plgd-dev/go-coap/v3/udp/client"
	"golang.org/x/sync/errgroup"

	"github.com/seed-e9190de5/autherr"
)

func main() {
	coapAddr := flag.String("coap", "127.0.0.1:5683", "listen for CoAP at this `address`")
	dtlsAddr := flag.String("dtls", "127.0.0.1:5684", "listen for CoAP over DTLS at this `address`")
	failStore := flag.Bool("fail-store", false, "begin with a store of tokens that is down")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, logOptions))
	store := newStore()
	if *failStore {
		store.connect = refuseConnection
	}
	s, err := listen(*coapAddr, *dtlsAddr, store, log)
	if err == nil {
		s.printUsage(os.Stdout)
		err = s.serve(ctx)
	}
	if err != nil {
		log.Error("aceserver", autherr.LogAttr(err))
		os.Exit(1)
	}
}

// longestText is how many bytes of a text are logged at most. A peer may send any path, audience or PSK identity, but is
// not to fill the log with it.
const longestText = 4096

var logOptions = &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
	if text := a.Value.String(); a.Value.Kind() == slog.KindString && len(text) > longestText {
		a.Value = slog.StringValue(strings.ToValidUTF8(text[:longestText], "") + "...")
	}
	return a
}}

// A server serves the token endpoint on two sockets.
type server struct {
	store  *store
	log    *slog.Logger
	plain  *coapnet.UDPConn
	secure *coapnet.DTLSListener
}

// listen binds the sockets of a server. Method serve closes them.
func listen(coapAddr, dtlsAddr string, store *store, log *slog.Logger) (*server, error) {
	psk := func(identity []byte) ([]byte, error) {
		c, err := store.client(string(identity))
		if err != nil { // fail as with a wrong key, so that nobody learns which identities are known (RFC 4279 §2)
			log.Warn("handshake", autherr.LogAttr(err))
			return randomBytes(16), nil
		}
		return []byte(c.psk), nil
	}
	secure, err := coapnet.NewDTLSListener("udp", dtlsAddr, coapnet.NewDTLSServerOptions(
		piondtls.WithPSK(psk),
		piondtls.WithCipherSuites(
			piondtls.TLS_PSK_WITH_AES_128_GCM_SHA256,
			piondtls.TLS_PSK_WITH_AES_128_CCM_8, // which every client has (RFC 7252 §9.1.3.1)
		),
	))
	if err != nil {
		return nil, err
	}
	plain, err := coapnet.NewListenUDP("udp", coapAddr)
	if err != nil {
		return nil, errors.Join(err, secure.Close())
	}
	return &server{store, log, plain, secure}, nil
}

// printUsage says how to call the server with libcoap's client.
func (s *server) printUsage(w io.Writer) {
	const call = "coap-client-gnutls -m post -t 19 -f request.cbor -o response.cbor"
	fmt.Fprintf(w, "A request for a token, with audience RS1 and scope HelloWorld:\n\n"+
		"\tprintf '\\242\\005cRS1\\011jHelloWorld' > request.cbor\n\n"+
		"Send it as nobody and as each client (-v 6 shows what a refusal says):\n\n"+
		"\t%s coap://%v/token\n", call, s.plain.LocalAddr())
	for _, identity := range slices.Sorted(maps.Keys(clients)) {
		fmt.Fprintf(w, "\t%s -u %s -k %s coaps://%v/token\n", call, identity, clients[identity].psk, s.secure.Addr())
	}
	fmt.Fprintln(w)
}

// serve answers requests until ctx is done or a socket fails, and closes both sockets.
func (s *server) serve(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	router := mux.NewRouter()
	router.HandleFunc("/token", s.serveToken)
	handler := options.WithMux(router)
	failures := options.WithErrors(func(err error) { s.log.Warn("connection", autherr.LogAttr(err)) })
	upkeep := options.WithPeriodicRunner(periodic.New(ctx.Done(), time.Second))
	// Wait for blocks as long as one can be repeated. After go-coap's own 3 seconds, a client cannot lose a second block.
	blocks := options.WithBlockwise(true, blockwise.SZX1024, udpclient.ExchangeLifetime)
	transfers := options.WithBlockwiseReceivingMessagesCacheMaxEntries(mostTransfers)
	limit := options.WithRequestMonitor(limitRequest)
	// Remember answers with tokens as long as a message can be repeated: see package autherrcoap.
	memory := options.WithInactivityMonitor(udpclient.ExchangeLifetime, func(silent *udpclient.Conn) { silent.Close() })
	plain := udp.NewServer(handler, failures, upkeep, blocks, transfers, limit)
	secure := dtls.NewServer(handler, failures, upkeep, blocks, transfers, limit, memory)

	group.Go(func() error { return plain.Serve(s.plain) })
	group.Go(func() error { return secure.Serve(s.secure) })
	<-ctx.Done()
	plain.Stop()
	secure.Stop()
	return errors.Join(group.Wait(), s.plain.Close(), s.secure.Close())
}
