package main

import (
	"crypto/rand"
	"errors"
	"fmt"
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

// A client is what the server knows of a client.
type client struct {
	psk      string
	mayAsk   bool                // whether it may ask for tokens at all
	scopes   map[string][]string // the scopes that it may be granted, by audience
	profiles []int
}

var clients = map[string]client{ // by PSK identity
	"client1": {"client1-psk-0001", false, nil, []int{coapDTLS}},
	"client2": {"client2-psk-0002", true, map[string][]string{"RS1": {"HelloWorld"}}, []int{coapDTLS}},
	"client3": {"client3-psk-0003", true, map[string][]string{"RS1": {"HelloWorld"}, "RS2": {"HelloWorld"}}, []int{coapDTLS}},
	"client4": {"client4-psk-0004", true, map[string][]string{"RS1": {"HelloWorld", "r_Lock"}}, []int{coapDTLS}},
	"client5": {"client5-psk-0005", true, map[string][]string{"RS1": {"HelloWorld"}}, []int{coapOSCORE}},
}

// allowed returns the scopes in asked that c may be granted at audience, or an error if there are none.
func (c client) allowed(audience string, asked []string) ([]string, error) {
	granted := slices.DeleteFunc(slices.Clone(asked), func(scope string) bool {
		return !slices.Contains(c.scopes[audience], scope)
	})
	if len(granted) == 0 {
		return nil, fmt.Errorf("%q at %s: %w", asked, audience, autherr.ErrOAuth2InvalidScope)
	}
	return granted, nil
}

// A resourceServer is what the server knows of a resource server.
type resourceServer struct {
	keyTypes []int64 // the types of asymmetric keys that it accepts; every resource server accepts symmetric keys
	profiles []int
}

var resourceServers = map[string]resourceServer{ // by audience
	"RS1": {nil, []int{coapDTLS}},
	"RS2": {[]int64{ec2}, []int{coapDTLS}},
}

// A grant is what a token stands for.
type grant struct {
	client   string
	audience string
	scope    string
	key      cbor.RawMessage // the COSE_Key whose possession the client proves
	expires  time.Time
}

// mostGrants is the largest number of grants that a client has.
const mostGrants = 16

// A store holds the grants by their tokens. It returns sa-token errors.
type store struct {
	connect func(operation string) error // to the data; an operation fails with what this returns

	mu     sync.Mutex
	grants map[string]grant
	tokens map[string][]string // by client, the oldest first
}

func newStore() *store {
	inMemory := func(string) error { return nil }
	return &store{connect: inMemory, grants: make(map[string]grant), tokens: make(map[string][]string)}
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

// save stores g under a new token, and returns the token. It forgets grants of the same client that have expired, and the
// oldest if there would be too many.
func (s *store) save(g grant) (token []byte, err error) {
	if err := s.connect("save token of " + g.client); err != nil {
		return nil, err
	}
	token = randomBytes(16)
	s.mu.Lock()
	defer s.mu.Unlock()
	tokens, now := s.tokens[g.client], time.Now()
	for len(tokens) > 0 && (len(tokens) >= mostGrants || now.After(s.grants[tokens[0]].expires)) {
		delete(s.grants, tokens[0])
		tokens = tokens[1:]
	}
	s.grants[string(token)] = g
	s.tokens[g.client] = append(tokens, string(token))
	return token, nil
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails
	return b
}
