// Command acetoken shows the errors of RFC 9200 over CoAP. A lock says where to get a token, and the token endpoint refuses
// clients for several reasons. You may copy it into a server that has DTLS or OSCORE (RFC 9200 §6.2): over plain CoAP,
// anybody on the path reads the secret and the token. Left out are how the lock checks a token, grant types, 4.05 and 4.15,
// a limit to attempts, and the stack of a panic in the log.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"log"
	"log/slog"
	"os"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/plgd-dev/go-coap/v3/mux"
	coapnet "github.com/plgd-dev/go-coap/v3/net"
	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/udp"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrcoap"
)

var secrets = map[string][sha256.Size]byte{"phone": sha256.Sum256([]byte("long and random"))}
var decMode, _ = cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF}.DecMode()
var stores = map[string]error{ // by scope, so that each fails in its own way
	"open": nil,
	"down": &autherr.StorageError{Details: "no route to 10.0.0.5"},
	"busy": &autherr.UnavailableError{RetryAfter: 90 * time.Second},
}

type tokenRequest struct { // with the keys of RFC 9200 §8.10
	Scope        string          `cbor:"9,keyasint"`
	ClientID     string          `cbor:"24,keyasint"`
	ClientSecret cbor.ByteString `cbor:"25,keyasint"`
}

// issue returns the payload of the answer. It returns a panic as an error, since a panic would end the program.
func issue(r *mux.Message) (answer []byte, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = &autherr.InternalError{Details: fmt.Sprintf("panic: %.80v", reason)}
		}
	}()
	var request tokenRequest
	payload, err := r.ReadBody()
	if err != nil || len(payload) > 512 || r.Code() != codes.POST || decMode.Unmarshal(payload, &request) != nil {
		return nil, fmt.Errorf("%v of %d bytes: %w", r.Code(), len(payload), autherr.InvalidRequest)
	}
	want, known := secrets[request.ClientID]
	given := sha256.Sum256([]byte(request.ClientSecret))
	if subtle.ConstantTimeCompare(given[:], want[:]) == 0 || !known { // also for an unknown client, so that it takes as long
		return nil, fmt.Errorf("client %.40q: %w", request.ClientID, autherr.InvalidClient)
	}
	if err, known = stores[request.Scope]; !known {
		err = autherr.ErrOAuth2InvalidScope
	}
	if err != nil {
		return nil, fmt.Errorf("scope %.40q: %w", request.Scope, err)
	}
	return cbor.Marshal(map[int][]byte{1: []byte(rand.Text())}) // access_token
}

// token is the token endpoint. Writing the answer fails only if the client does not want it (RFC 7967).
func token(w mux.ResponseWriter, r *mux.Message) {
	answer, err := issue(r)
	if err != nil {
		_ = autherrcoap.WriteTokenError(w, err)
		slog.LogAttrs(r.Context(), autherr.FaultOf(err).Level(), "refused", autherr.LogAttr(err))
		return
	}
	_ = w.SetResponse(codes.Created, autherr.ContentFormatACECBOR, bytes.NewReader(answer))
}

// lock is a resource that says where to get a token for it.
func lock(w mux.ResponseWriter, r *mux.Message) {
	_ = autherrcoap.WriteResourceError(w, autherr.ErrNotLogin, autherrcoap.Hints{AS: "coaps://as.example/token", Scope: "open"})
}

func main() {
	log.SetOutput(os.Stdout) // where slog logs, too
	log.SetFlags(0)          // no time, so that each run prints the same
	listener := must(coapnet.NewListenUDP("udp4", "127.0.0.1:0"))
	router := mux.NewRouter()
	router.HandleFunc("/token", token)
	router.HandleFunc("/lock", lock)
	// Any request for a token fits into one datagram (RFC 7252 §4.6). go-coap would join blocks without a limit.
	server := udp.NewServer(options.WithMux(router), options.WithMaxMessageSize(1152), options.WithBlockwise(false, 0, 0))
	defer server.Stop()
	go server.Serve(listener)
	conn := must(udp.Dial(listener.LocalAddr().String()))
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	fmt.Println("nobody opens the lock")
	answer := must(conn.Get(ctx, "/lock"))
	show(answer)
	hints := must(autherrcoap.ReadHints(answer)) // anybody can write them, so ask only a server that you know (RFC 9200 §6.4)
	fmt.Printf("  hints    ask %s for scope %q\n", hints.AS, hints.Scope)
	for _, request := range []tokenRequest{
		{"open", "phone", "guessed"}, {"open", "stranger", "guessed"}, {"admin", "phone", "long and random"},
		{"down", "phone", "long and random"}, {"busy", "phone", "long and random"},
	} {
		fmt.Printf("\n%s, secret %s, asks for a token for %q\n", request.ClientID, request.ClientSecret, request.Scope)
		show(must(conn.Post(ctx, "/token", autherr.ContentFormatACECBOR, bytes.NewReader(must(cbor.Marshal(request))))))
	}
}

func show(answer *pool.Message) {
	fmt.Printf("  answer   %d.%02d %v\n", answer.Code()>>5, answer.Code()&0x1F, answer.Code())
	payload, _ := cbor.Diagnose(must(answer.ReadBody())) // "" if there is none
	err := autherrcoap.ReadError(answer)
	wait, again := autherr.RetryAfterOf(err) // wait is 0 if the server named none
	fmt.Printf("  payload  [%s]\n  client   %v, again: %t, after: %v\n", payload, err, again, wait)
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
