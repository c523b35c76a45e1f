package autherrcoap_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"

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

func ExampleWriteTokenError() {
	answer := ask(func(w mux.ResponseWriter, _ *mux.Message) {
		err := fmt.Errorf("redeem code for %q: %w", "client2", autherr.ErrOAuth2CodeNotFound)
		if err := autherrcoap.WriteTokenError(w, err); err != nil {
			log.Print(err)
		}
	})
	payload, err := answer.ReadBody()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%v, payload %X\n", answer.Code(), payload)
	// Output: BadRequest, payload A1181E03
}

func ExampleWriteResourceError() {
	answer := ask(func(w mux.ResponseWriter, _ *mux.Message) {
		err := fmt.Errorf("open the lock: %w", &autherr.PermissionDeniedError{Permission: "rw_Lock"})
		hints := autherrcoap.Hints{AS: "coaps://as.example.com/token"} // for a client without a token, or with a dead one
		if err := autherrcoap.WriteResourceError(w, err, hints); err != nil {
			log.Print(err)
		}
	})
	fmt.Println(answer.Code())
	// Output: Forbidden
}

func ExampleReadError() {
	// What a client's Post to a token endpoint brought back.
	answer := pool.NewMessage(context.Background())
	answer.SetCode(codes.BadRequest)
	answer.SetContentFormat(autherr.ContentFormatACECBOR)
	answer.SetBody(bytes.NewReader([]byte{0xA1, 0x18, 0x1E, 0x03}))

	if answer.Code() != codes.Created {
		err := autherrcoap.ReadError(answer)
		fmt.Println(err)
		fmt.Println("a new grant is needed:", errors.Is(err, autherr.InvalidGrant))
	}
	// Output:
	// remote: 400 invalid_grant
	// a new grant is needed: true
}

func ExampleReadHints() {
	answer := ask(func(w mux.ResponseWriter, _ *mux.Message) {
		err := autherrcoap.WriteResourceError(w, autherr.ErrNotLogin, autherrcoap.Hints{
			AS:       "coaps://as.example.com/token",
			Audience: "lock7",
			Scope:    "r_Lock",
		})
		if err != nil {
			log.Print(err)
		}
	})
	if answer.Code() == codes.Unauthorized {
		hints, err := autherrcoap.ReadHints(answer)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("ask %s for %s at %s\n", hints.AS, hints.Scope, hints.Audience)
	}
	// Output: ask coaps://as.example.com/token for r_Lock at lock7
}

// ask posts an empty request to handler over loopback and returns its answer.
func ask(handler mux.HandlerFunc) *pool.Message {
	listener, err := coapnet.NewListenUDP("udp4", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer listener.Close()
	server := udp.NewServer(options.WithMux(handler))
	defer server.Stop()
	go server.Serve(listener)

	conn, err := udp.Dial(listener.LocalAddr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	answer, err := conn.Post(context.Background(), "/token", message.TextPlain, nil)
	if err != nil {
		log.Fatal(err)
	}
	return answer
}
