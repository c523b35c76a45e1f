// Command acetoken shows the errors of RFC 9200 over CoAP: a lock refuses a client and hints where to get a token, and
// the token endpoint refuses it in several ways. Client and server are one process, on loopback.
//
// In earnest, put all of it in DTLS or OSCORE (RFC 9200 §6.2): over plain CoAP, anybody on the path reads the secret
// and the token. Left out are what a lock does with a token, what a token says, grant types, 4.05 and 4.15, limits on
// how often a client may try, and the stack of a panic in the log.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/plgd-dev/go-coap/v3/mux"
	coapnet "github.com/plgd-dev/go-coap/v3/net"
	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/udp"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrcoap"
)

var (
	hints      = autherrcoap.Hints{AS: "coaps://as.example/token", Scope: "open"}
	secrets    = map[string][sha256.Size]byte{"phone": sha256.Sum256([]byte("long and random"))}
	decMode, _ = cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF}.DecMode()
	stores     = map[string]func() error{ // by scope, to have one that fails in each way
		"open":   func() error { return nil },
		"down":   func() error { return &autherr.StorageError{Details: "no route to 10.0.0.5"} },
		"busy":   func() error { return &autherr.UnavailableError{RetryAfter: 90 * time.Second} },
		"broken": nil, // calling it panics
	}
)

type tokenRequest struct { // with the keys of RFC 9200 §8.10
	Scope        string `cbor:"9,keyasint"`
	ClientID     string `cbor:"24,keyasint"`
	ClientSecret []byte `cbor:"25,keyasint"`
}

func issue(r *mux.Message) ([]byte, error) {
	var request tokenRequest
	payload, err := r.ReadBody()
	if err != nil || len(payload) > 512 || r.Code() != codes.POST || decMode.Unmarshal(payload, &request) != nil {
		return nil, fmt.Errorf("%w: %v of %d bytes", autherr.InvalidRequest, r.Code(), len(payload))
	}
	want, known := secrets[request.ClientID]
	given := sha256.Sum256(request.ClientSecret)
	if subtle.ConstantTimeCompare(given[:], want[:]) == 0 || !known { // compares for an unknown client too
		return nil, fmt.Errorf("%w: client %q", autherr.InvalidClient, request.ClientID)
	}
	save, ok := stores[request.Scope]
	if !ok {
		return nil, fmt.Errorf("%w: %q", autherr.ErrOAuth2InvalidScope, request.Scope)
	}
	if err := save(); err != nil {
		return nil, fmt.Errorf("save token: %w", err)
	}
	return cbor.Marshal(map[int][]byte{1: []byte(rand.Text())}) // access_token
}

// serve answers with what work returns. A panic in it, which would end the program, is an error like any other.
func serve(work func(*mux.Message) ([]byte, error), refuse func(mux.ResponseWriter, error) error) mux.HandlerFunc {
	return func(w mux.ResponseWriter, r *mux.Message) {
		var err error
		defer func() {
			if reason := recover(); reason != nil {
				err = &autherr.InternalError{Details: fmt.Sprintf("panic: %v", reason)}
			}
			if err != nil {
				text := fmt.Sprintf("%.70v", errors.Join(err, refuse(w, err))) // short, whatever a client sends
				slog.Log(r.Context(), autherr.FaultOf(err).Level(), "refused", "error", text)
			}
		}()
		payload, err := work(r)
		if err == nil { // SetResponse fails only if the client has waived the answer (RFC 7967)
			_ = w.SetResponse(codes.Created, autherr.ContentFormatACECBOR, bytes.NewReader(payload))
		}
	}
}

func main() {
	log.SetOutput(os.Stdout) // where slog logs, too
	log.SetFlags(0)          // without the time, so that each run prints the same
	listener := must(coapnet.NewListenUDP("udp4", "127.0.0.1:0"))
	router := mux.NewRouter()
	router.HandleFunc("/token", serve(issue, autherrcoap.WriteTokenError))
	router.HandleFunc("/lock", serve(
		func(*mux.Message) ([]byte, error) { return nil, autherr.ErrNotLogin },
		func(w mux.ResponseWriter, err error) error { return autherrcoap.WriteResourceError(w, err, hints) }))
	failures := options.WithErrors(func(err error) { slog.Warn("connection", "error", fmt.Sprintf("%.70v", err)) })
	datagram := options.WithMaxMessageSize(1152)   // which holds any request for a token (RFC 7252 §4.6)
	noBlocks := options.WithBlockwise(false, 0, 0) // which go-coap would join to any size
	server := udp.NewServer(options.WithMux(router), failures, datagram, noBlocks)
	defer server.Stop()
	go server.Serve(listener)
	conn := must(udp.Dial(listener.LocalAddr().String(), failures, datagram, noBlocks))
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	fmt.Println("nobody opens the lock")
	answer := must(conn.Get(ctx, "/lock"))
	show(answer)
	if must(autherrcoap.ReadHints(answer)).AS != hints.AS { // anybody can write hints, so know your server (RFC 9200 §6.4)
		log.Fatal("hints to a server that the client does not know")
	}
	right, wrong := []byte("long and random"), []byte("guessed")
	for _, request := range []tokenRequest{
		{"open", "phone", wrong}, {"open", "stranger", wrong}, {"admin", "phone", right},
		{"down", "phone", right}, {"busy", "phone", right}, {"broken", "phone", right}, {"open", "phone", right},
	} {
		fmt.Printf("\n%s, secret %s, asks for a token for %q\n", request.ClientID, request.ClientSecret, request.Scope)
		show(must(conn.Post(ctx, "/token", autherr.ContentFormatACECBOR, bytes.NewReader(must(cbor.Marshal(request))))))
	}
}

func show(answer *pool.Message) {
	fmt.Printf("  answer  %d.%02d %v\n", answer.Code()>>5, answer.Code()&0x1F, answer.Code())
	if answer.Code() == codes.Created {
		return // the payload is a token, and not for a screen
	}
	payload := must(answer.ReadBody())
	diagnosis, _ := cbor.Diagnose(payload) // "" if there is no payload
	err := autherrcoap.ReadError(answer)
	wait, again := autherr.RetryAfterOf(err) // wait is 0 if the server named none
	fmt.Printf("  Max-Age %d\n  payload h'%X'\n       is [%s]\n  client  %v\n          InvalidClient %t, try again %t, after %v\n",
		must(answer.GetOptionUint32(message.MaxAge)), payload, diagnosis, err, errors.Is(err, autherr.InvalidClient), again, wait)
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
