package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/seed-e9190de5/autherr"
)

// ACE profiles (RFC 9202 §9, RFC 9203 §9).
const (
	coapDTLS   = 1
	coapOSCORE = 2
)

// COSE key types (RFC 9053 §7).
const (
	ec2       = 2
	symmetric = 4
)

// A client is what the server knows of a client, by the PSK identity that it has in DTLS.
type client struct {
	psk      string
	mayAsk   bool                // for tokens at all
	scopes   map[string][]string // that it may be granted, by audience
	profiles []int
}

var clients = map[string]client{
	"client1": {"client1-psk-0001", false, nil, []int{coapDTLS}},
	"client2": {"client2-psk-0002", true, map[string][]string{"RS1": {"HelloWorld"}}, []int{coapDTLS}},
	"client3": {"client3-psk-0003", true, map[string][]string{"RS1": {"HelloWorld"}, "RS2": {"HelloWorld"}}, []int{coapDTLS}},
	"client4": {"client4-psk-0004", true, map[string][]string{"RS1": {"HelloWorld", "r_Lock"}}, []int{coapDTLS}},
	"client5": {"client5-psk-0005", true, map[string][]string{"RS1": {"HelloWorld"}}, []int{coapOSCORE}},
}

// allowed returns those of the scopes asked for that the server knows and that c may be
// granted at audience, of which there must be one.
func (c client) allowed(audience string, asked []string) ([]string, error) {
	granted := slices.DeleteFunc(slices.Clone(asked), func(scope string) bool {
		return !slices.Contains(c.scopes[audience], scope)
	})
	if len(granted) == 0 {
		return nil, fmt.Errorf("%q at %s: %w", asked, audience, autherr.ErrOAuth2InvalidScope)
	}
	return granted, nil
}

// A resourceServer is what the server knows of a resource server, by its audience.
type resourceServer struct {
	keyTypes []int64 // of asymmetric keys; every resource server takes symmetric ones
	profiles []int
}

var resourceServers = map[string]resourceServer{
	"RS1": {nil, []int{coapDTLS}},
	"RS2": {[]int64{ec2}, []int{coapDTLS}},
}

// A grant is what a token stands for.
type grant struct {
	client   string
	audience string
	scope    string
	key      cbor.RawMessage // the COSE_Key that the client proves to have
	expires  time.Time
}

// A store holds the grants by their tokens. What goes wrong in it is a sa-token error.
type store struct {
	connect func(operation string) error // to the data; an operation fails with what this returns

	mu     sync.Mutex
	grants map[string]grant
}

func newStore() *store {
	inMemory := func(string) error { return nil }
	return &store{connect: inMemory, grants: make(map[string]grant)}
}

// refuseConnection is the connect of a store that is down.
func refuseConnection(operation string) error {
	return &autherr.StorageError{Details: operation, Err: errors.New("connection refused")}
}

// client returns the client with the given identity.
func (s *store) client(identity string) (client, error) {
	c, ok := clients[identity]
	if !ok {
		return client{}, fmt.Errorf("client %q: %w", identity, autherr.ErrOAuth2ClientNotFound)
	}
	return c, nil
}

// save keeps g under a new token, which it returns.
func (s *store) save(g grant) (token []byte, err error) {
	if err := s.connect("save token of " + g.client); err != nil {
		return nil, err
	}
	token = randomBytes(16)
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.grants, func(_ string, old grant) bool { return time.Now().After(old.expires) })
	s.grants[string(token)] = g
	return token, nil
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails
	return b
}
