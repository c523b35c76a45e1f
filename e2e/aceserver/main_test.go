package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	piondtls "github.com/pion/dtls/v3"
	"github.com/plgd-dev/go-coap/v3/dtls"
	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/pkg/runner/periodic"
	"github.com/plgd-dev/go-coap/v3/udp"
	udpclient "github.com/plgd-dev/go-coap/v3/udp/client"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrcoap"
	"github.com/seed-e9190de5/autherr/e2e/internal/buffer"
)

// patience ends what hangs. Nothing that works takes so long, even on a slow machine.
const patience = 2 * time.Minute

// A params is a token request, by the keys of RFC 9200.
type params map[any]any

// with returns p with others added, and without those that are absent.
func (p params) with(others params) params {
	all := params{}
	for _, from := range []params{p, others} {
		for key, value := range from {
			all[key] = value
			if value == absent {
				delete(all, key)
			}
		}
	}
	return all
}

// absent is the value of a parameter that is not to be there.
var absent = new(struct{})

var (
	helloRS1 = params{5: "RS1", 9: "HelloWorld"}
	helloRS2 = params{5: "RS2", 9: "HelloWorld"}
	ec2Key   = params{1: params{1: 2, -1: 1, -2: bytes.Repeat([]byte{1}, 32), -3: bytes.Repeat([]byte{2}, 32)}}
	okpKey   = params{1: params{1: 1, -1: 6, -2: bytes.Repeat([]byte{1}, 32)}}
	pskKey   = params{1: params{1: 4, -1: bytes.Repeat([]byte{1}, 16)}}
)

// A refusal is a request that the server refuses, with a code.
type refusal struct {
	want autherr.ErrorCode
	name string
	from string // "" is nobody
	body any    // params, or a string of bytes
}

var refusals = []refusal{
	{autherr.InvalidClient, "from nobody", "", helloRS1},
	{autherr.InvalidClient, "from nobody, who claims to be client2", "", helloRS1.with(params{24: "client2"})},
	{autherr.InvalidClient, "from nobody, malformed", "", "\xff"},

	{autherr.UnauthorizedClient, "from client1", "client1", helloRS1},
	{autherr.UnauthorizedClient, "from client1, who claims to be client2", "client1", helloRS1.with(params{24: "client2"})},
	{autherr.UnauthorizedClient, "from client1, malformed", "client1", "\xff"},
	{autherr.UnauthorizedClient, "from client1, empty", "client1", ""},

	{autherr.InvalidRequest, "empty", "client2", ""},
	{autherr.InvalidRequest, "not CBOR", "client2", "audience=RS1&scope=HelloWorld"},
	{autherr.InvalidRequest, "an array", "client2", "\x80"},
	{autherr.InvalidRequest, "null", "client2", "\xf6"},
	{autherr.InvalidRequest, "a tagged map", "client2", "\xd8\x64" + encode(helloRS1)},
	{autherr.InvalidRequest, "two maps", "client2", encode(helloRS1) + encode(helloRS1)},
	{autherr.InvalidRequest, "audience twice", "client2", "\xa3\x05cRS1\x05cRS1\x09jHelloWorld"},
	{autherr.InvalidRequest, "audience twice, one in a long head", "client2", "\xa3\x05cRS1\x18\x05cRS1\x09jHelloWorld"},
	{autherr.InvalidRequest, "unknown parameter twice", "client2", "\xa4\x18\x64\x00\x18\x64\x01\x05cRS1\x09jHelloWorld"},
	{autherr.InvalidRequest, "kty twice", "client3", "\xa3\x04\xa1\x01\xa2\x01\x02\x01\x02\x05cRS2\x09jHelloWorld"},
	{autherr.InvalidRequest, "nested too deep", "client2", "\xa3\x18\x64" + strings.Repeat("\x81", 5000) + "\x00\x05cRS1\x09jHelloWorld"},
	{autherr.InvalidRequest, "longer than it says", "client2", "\xbb\x7f\xff\xff\xff\xff\xff\xff\xff\x05cRS1\x09jHelloWorld"},
	{autherr.InvalidRequest, "audience a number", "client2", helloRS1.with(params{5: 1})},
	{autherr.InvalidRequest, "audience bytes", "client2", helloRS1.with(params{5: []byte("RS1")})},
	{autherr.InvalidRequest, "audience not UTF-8", "client2", "\xa2\x05c\xff\xff\xff\x09jHelloWorld"},
	{autherr.InvalidRequest, "audience null", "client2", helloRS1.with(params{5: nil})},
	{autherr.InvalidRequest, "audience tagged", "client2", helloRS1.with(params{5: cbor.Tag{Number: 100, Content: "RS1"}})},
	{autherr.InvalidRequest, "scope an array", "client2", helloRS1.with(params{9: []string{"HelloWorld"}})},
	{autherr.InvalidRequest, "scope bytes", "client2", helloRS1.with(params{9: []byte("HelloWorld")})},
	{autherr.InvalidRequest, "grant_type text", "client2", helloRS1.with(params{33: "client_credentials"})},
	{autherr.InvalidRequest, "grant_type negative", "client2", helloRS1.with(params{33: -3})},
	{autherr.InvalidRequest, "grant_type a float", "client2", helloRS1.with(params{33: 2.0})},
	{autherr.InvalidRequest, "grant_type a bignum", "client2", helloRS1.with(params{33: cbor.Tag{Number: 2, Content: []byte{2}}})},
	{autherr.InvalidRequest, "grant_type null", "client2", helloRS1.with(params{33: nil})},
	{autherr.InvalidRequest, "ace_profile text", "client2", helloRS1.with(params{38: ""})},
	{autherr.InvalidRequest, "ace_profile tagged", "client2", helloRS1.with(params{38: cbor.Tag{Number: 100, Content: 1}})},
	{autherr.InvalidRequest, "req_cnf an array", "client3", helloRS2.with(params{4: []any{ec2Key}})},
	{autherr.InvalidRequest, "req_cnf null", "client3", helloRS2.with(params{4: nil})},
	{autherr.InvalidRequest, "req_cnf without a key", "client3", helloRS2.with(params{4: params{}})},
	{autherr.InvalidRequest, "req_cnf with only a key ID", "client3", helloRS2.with(params{4: params{3: []byte{1}}})},
	{autherr.InvalidRequest, "key bytes", "client3", helloRS2.with(params{4: params{1: []byte{1}}})},
	{autherr.InvalidRequest, "key without kty", "client3", helloRS2.with(params{4: params{1: params{-1: 1}}})},
	{autherr.InvalidRequest, "kty text", "client3", helloRS2.with(params{4: params{1: params{1: "EC2"}}})},

	{autherr.InvalidRequest, "no audience", "client2", helloRS1.with(params{5: absent})},
	{autherr.InvalidRequest, "no scope", "client2", helloRS1.with(params{9: absent})},
	{autherr.InvalidRequest, "empty audience", "client2", helloRS1.with(params{5: ""})},
	{autherr.InvalidRequest, "empty scope", "client2", helloRS1.with(params{9: ""})},
	{autherr.InvalidRequest, "no audience, before grant type", "client2", params{9: "HelloWorld", 33: 0}},

	{autherr.InvalidRequest, "unknown audience", "client2", helloRS1.with(params{5: "RS3"})},
	{autherr.InvalidRequest, "unknown audience, before grant type", "client2", helloRS1.with(params{5: "RS3", 33: 0})},

	{autherr.UnsupportedGrantType, "grant type password", "client2", helloRS1.with(params{33: 0})},
	{autherr.UnsupportedGrantType, "unknown grant type", "client2", helloRS1.with(params{33: uint64(1) << 63})},
	{autherr.UnsupportedGrantType, "grant type, before scope", "client2", helloRS2.with(params{33: 0})},

	{autherr.InvalidScope, "unknown scope", "client2", helloRS1.with(params{9: "GoodbyeWorld"})},
	{autherr.InvalidScope, "scope allowed elsewhere", "client2", helloRS2},
	{autherr.InvalidScope, "scope allowed to others", "client2", helloRS1.with(params{9: "r_Lock"})},
	{autherr.InvalidScope, "scope allowed to nobody", "client4", helloRS1.with(params{9: "rw_Lock"})},
	{autherr.InvalidScope, "scope in another case", "client2", helloRS1.with(params{9: "helloworld"})},
	{autherr.InvalidScope, "scopes parted by a tab", "client4", helloRS1.with(params{9: "HelloWorld\tr_Lock"})},
	{autherr.InvalidScope, "scope, before key", "client2", helloRS2.with(params{4: pskKey})},

	{autherr.InvalidRequest, "symmetric key for RS1", "client2", helloRS1.with(params{4: pskKey})},
	{autherr.InvalidRequest, "symmetric key for RS2", "client3", helloRS2.with(params{4: pskKey})},
	{autherr.InvalidRequest, "symmetric key, before profile", "client5", helloRS1.with(params{4: pskKey})},

	{autherr.UnsupportedPoPKey, "EC2 key for RS1", "client2", helloRS1.with(params{4: ec2Key})},
	{autherr.UnsupportedPoPKey, "key of another type for RS2", "client3", helloRS2.with(params{4: okpKey})},
	{autherr.UnsupportedPoPKey, "EC2 key, before profile", "client5", helloRS1.with(params{4: ec2Key})},

	{autherr.IncompatibleACEProfiles, "no profile shared", "client5", helloRS1},
	{autherr.IncompatibleACEProfiles, "no profile shared, and asked for", "client5", helloRS1.with(params{38: nil})},
}

// A success is a request that the server answers with a token.
type success struct {
	name string
	from string
	body params
	want []uint64 // the keys in the answer
}

var successes = []success{
	{"all that was asked for", "client2", helloRS1, []uint64{1, 2, 8}},
	{"grant_type named", "client2", helloRS1.with(params{33: 2}), []uint64{1, 2, 8}},
	{"unknown parameters", "client2", helloRS1.with(params{"x": nil, 39: []byte{1}, -70000: cbor.Tag{Number: 100, Content: params{}}}), []uint64{1, 2, 8}},
	{"less than was asked for", "client4", helloRS1.with(params{9: "rw_Lock HelloWorld x"}), []uint64{1, 2, 8, 9}},
	{"two scopes", "client4", helloRS1.with(params{9: "r_Lock HelloWorld"}), []uint64{1, 2, 8}},
	{"symmetric key for RS2", "client3", helloRS2, []uint64{1, 2, 8}},
	{"EC2 key for RS2", "client3", helloRS2.with(params{4: ec2Key}), []uint64{1, 2}},
	{"profile asked for", "client2", helloRS1.with(params{38: nil}), []uint64{1, 2, 8, 38}},
	{"profile named", "client2", helloRS1.with(params{38: 1}), []uint64{1, 2, 8}},
}

func TestEveryRefusal(t *testing.T) {
	s, log := start(t, newStore())
	for _, row := range refusals {
		t.Run(row.name, func(t *testing.T) {
			answer := ask(t, s, row.from, row.body)
			assert.EqualValues(t, autherr.TokenEndpoint.Answer(row.want).CoAPCode(), answer.Code())
			var remote *autherr.RemoteError
			require.ErrorAs(t, autherrcoap.ReadError(answer), &remote)
			assert.Equal(t, autherr.ErrorResponse{Code: row.want}, remote.Response)
			payload, err := answer.ReadBody()
			require.NoError(t, err)
			value, _ := row.want.CBORValue()
			assert.Equal(t, fmt.Sprintf("A1181E%02X", value), fmt.Sprintf("%X", payload))
		})
	}
	assert.Contains(t, log.String(), `audience \"RS3\"`, "the log says what the client is not told")
}

func TestEveryToken(t *testing.T) {
	s, _ := start(t, newStore())
	for _, row := range successes {
		t.Run(row.name, func(t *testing.T) {
			got := issued(t, ask(t, s, row.from, row.body))
			keys := []uint64{}
			for key := range got {
				keys = append(keys, key)
			}
			assert.ElementsMatch(t, row.want, keys)
			assert.Len(t, got[1], 16)
			assert.EqualValues(t, 3600, got[2])
			if scope, ok := got[9]; ok {
				assert.Equal(t, "HelloWorld", scope)
			}
			if profile, ok := got[38]; ok {
				assert.EqualValues(t, 1, profile)
			}
		})
	}
}

func TestTokenStandsForWhatTheClientWasTold(t *testing.T) {
	s, _ := start(t, newStore())
	for name, row := range map[string]struct {
		from string
		body params
		want grant
	}{
		"server's key": {"client4", helloRS1.with(params{9: "x HelloWorld"}), grant{client: "client4", audience: "RS1", scope: "HelloWorld"}},
		"client's key": {"client3", helloRS2.with(params{4: ec2Key}), grant{client: "client3", audience: "RS2", scope: "HelloWorld"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := issued(t, ask(t, s, row.from, row.body))
			s.store.mu.Lock()
			defer s.store.mu.Unlock()
			kept := s.store.grants[string(got[1].([]byte))]
			assert.WithinDuration(t, time.Now().Add(time.Hour), kept.expires, time.Minute)
			cnf, ok := got[8].(map[any]any)
			if !ok {
				require.NoError(t, cbor.Unmarshal([]byte(encode(ec2Key)), &cnf))
			}
			var key any
			require.NoError(t, cbor.Unmarshal(kept.key, &key))
			assert.Equal(t, cnf[uint64(1)], key)
			kept.key, kept.expires = nil, time.Time{}
			assert.Equal(t, row.want, kept)
		})
	}
}

func TestTokensAndKeysAreFresh(t *testing.T) {
	s, _ := start(t, newStore())
	seen := map[string]bool{}
	for range 3 {
		got := issued(t, ask(t, s, "client2", helloRS1))
		// RFC 9201 §3.2: a COSE_Key, under 1; in it kty 1, kid 2 and k -1.
		key := got[8].(map[any]any)[uint64(1)].(map[any]any)
		assert.EqualValues(t, 4, key[uint64(1)])
		assert.Len(t, key[int64(-1)], 16)
		for _, secret := range []any{got[1], key[int64(-1)], key[uint64(2)]} {
			assert.False(t, seen[string(secret.([]byte))])
			seen[string(secret.([]byte))] = true
		}
	}
}

func TestExpiredGrantsAreForgotten(t *testing.T) {
	s := newStore()
	save := func(client string, lifetime time.Duration) {
		t.Helper()
		_, err := s.save(grant{client: client, expires: time.Now().Add(lifetime)})
		require.NoError(t, err)
	}
	save("client2", -time.Second)
	save("client3", time.Hour)
	save("client2", time.Hour)
	assert.Len(t, s.grants, 2)
	for token, g := range s.grants {
		assert.True(t, g.expires.After(time.Now()))
		assert.Equal(t, []string{token}, s.tokens[g.client])
	}
}

func TestTheNewestGrantsOfAClientAreKept(t *testing.T) {
	s := newStore()
	saved := map[string][]string{}
	for i := range 5 * mostGrants {
		client := fmt.Sprint("client", i%2)
		token, err := s.save(grant{client: client, expires: time.Now().Add(time.Hour)})
		require.NoError(t, err)
		saved[client] = append(saved[client], string(token))
	}
	assert.Len(t, s.grants, 2*mostGrants)
	for client, tokens := range saved {
		newest := tokens[len(tokens)-mostGrants:]
		assert.Equal(t, newest, s.tokens[client])
		for _, token := range newest {
			assert.Equal(t, client, s.grants[token].client)
		}
	}
}

func TestAPanicIsAServerFault(t *testing.T) {
	store := newStore()
	store.connect = func(string) error { panic("hunter2") }
	s, log := start(t, store)
	for range 2 { // the server survives
		answer := ask(t, s, "client2", helloRS1)
		assert.Equal(t, codes.InternalServerError, answer.Code())
		payload, err := answer.ReadBody()
		require.NoError(t, err)
		assert.Empty(t, payload)
	}
	assert.Regexp(t, `level=ERROR .*Internal error: panic: hunter2.*goroutine.*store\.go`, log)
}

// RFC 7967: a client may waive the answer.
func TestAWaivedAnswerIsLoggedAtTheSameLevel(t *testing.T) {
	down := newStore()
	down.connect = refuseConnection
	for name, row := range map[string]struct {
		store *store
		body  params
		level string
	}{
		"token":        {newStore(), helloRS1, "INFO"},
		"refusal":      {newStore(), helloRS2, "INFO"},
		"server fault": {down, helloRS1, "ERROR"},
	} {
		t.Run(name, func(t *testing.T) {
			s, log := start(t, row.store)
			_, err := exchange(t, s, "client2", func(ctx context.Context, conn *udpclient.Conn) (*pool.Message, error) {
				const nothing = 2 | 8 | 16 // RFC 7967 §2.1
				r, err := conn.NewPostRequest(ctx, "/token", autherr.ContentFormatACECBOR, strings.NewReader(encode(row.body)),
					message.Option{ID: message.NoResponse, Value: []byte{nothing}})
				require.NoError(t, err)
				return nil, conn.WriteMessage(r) // until it is acknowledged
			})
			require.NoError(t, err)
			assert.Regexp(t, `level=`+row.level+` msg="token request" client=client2 request=\w+ answer=Empty`, log)
		})
	}
}

func TestNobodyFillsTheLogWithALongText(t *testing.T) {
	s, log := start(t, newStore())
	long := strings.Repeat("\x00", 5000)
	ask(t, s, "client2", helloRS1.with(params{5: long}))
	ask(t, s, "client2", helloRS1.with(params{9: long}))
	ask(t, s, "client2", "\xa2"+strings.Repeat(encode(long)+"\x00", 2)) // a key twice
	_, err := exchange(t, s, "", func(ctx context.Context, conn *udpclient.Conn) (*pool.Message, error) {
		alone := message.Option{ID: message.Block1, Value: []byte{1 << 4}} // go-coap logs its path
		return conn.Post(ctx, strings.Repeat("/"+long[:250], 50), message.TextPlain, nil, alone)
	})
	require.NoError(t, err)
	lines := strings.Split(log.String(), "\n")
	assert.Len(t, lines, 5)
	for _, line := range lines {
		assert.Less(t, len(line), 3*longestText) // quoting makes a text longer, and a line has more than one
	}
}

func TestStoreThatIsDownIsNotTheClientsFault(t *testing.T) {
	down := newStore()
	down.connect = refuseConnection
	s, log := start(t, down)
	answer := ask(t, s, "client2", helloRS1)
	assert.Equal(t, codes.InternalServerError, answer.Code())
	assert.Equal(t, message.Options{{ID: message.MaxAge, Value: []byte{}}}, answer.Options())
	assert.Nil(t, answer.Body())
	assert.Regexp(t, `level=ERROR .* client=client2 .*message="Storage error: save token of client2: connection refused" error.fault=server .*error.name=StorageError`, log)

	refused := ask(t, s, "client2", helloRS2)
	assert.ErrorIs(t, autherrcoap.ReadError(refused), autherr.InvalidScope, "what is refused needs no store of tokens")
}

func TestRequestsOfAnotherKind(t *testing.T) {
	s, _ := start(t, newStore())
	request := func(code codes.Code, path string, set func(*pool.Message)) sendFunc {
		return func(ctx context.Context, conn *udpclient.Conn) (*pool.Message, error) {
			r, err := conn.NewPostRequest(ctx, path, autherr.ContentFormatACECBOR, strings.NewReader(encode(helloRS1)))
			require.NoError(t, err)
			r.SetCode(code)
			set(r)
			return conn.Do(r)
		}
	}
	unchanged := func(*pool.Message) {}
	text := func(r *pool.Message) { r.SetContentFormat(message.TextPlain) }
	unnamed := func(r *pool.Message) { r.Remove(message.ContentFormat) }
	for _, row := range []struct {
		name, from string
		send       sendFunc
		want       codes.Code
	}{
		{"GET", "client2", request(codes.GET, "/token", unchanged), codes.MethodNotAllowed},
		{"PUT", "client2", request(codes.PUT, "/token", unchanged), codes.MethodNotAllowed},
		{"DELETE", "client2", request(codes.DELETE, "/token", unchanged), codes.MethodNotAllowed},
		{"GET from nobody", "", request(codes.GET, "/token", unchanged), codes.Unauthorized},
		{"GET from client1", "client1", request(codes.GET, "/token", unchanged), codes.BadRequest},
		{"root", "client2", request(codes.POST, "/", unchanged), codes.NotFound},
		{"longer path", "client2", request(codes.POST, "/token/x", unchanged), codes.NotFound},
		{"longer name", "client2", request(codes.POST, "/tokens", unchanged), codes.NotFound},
		{"text", "client2", request(codes.POST, "/token", text), codes.UnsupportedMediaType},
		{"text from nobody", "", request(codes.POST, "/token", text), codes.Unauthorized},
		{"text from client1", "client1", request(codes.POST, "/token", text), codes.BadRequest},
		{"no Content-Format", "client2", request(codes.POST, "/token", unnamed), codes.Created},
	} {
		t.Run(row.name, func(t *testing.T) {
			answer, err := exchange(t, s, row.from, row.send)
			require.NoError(t, err)
			assert.Equal(t, row.want, answer.Code())
		})
	}
}

func TestLongRequestArrivesBlockWise(t *testing.T) {
	s, _ := start(t, newStore())
	padded := func(n int) string { return encode(helloRS1.with(params{100: make([]byte, n)})) }
	longest := 5000 + longestRequest - len(padded(5000))
	require.Len(t, padded(longest), longestRequest)
	issued(t, ask(t, s, "client2", padded(longest)))
	assert.Equal(t, codes.RequestEntityTooLarge, ask(t, s, "client2", padded(longest+1)).Code())
	assert.Equal(t, codes.Unauthorized, ask(t, s, "", padded(longest+1)).Code())
}

func TestEveryPrefixOfARequestIsRefused(t *testing.T) {
	s, _ := start(t, newStore())
	whole := encode(helloRS2.with(params{4: ec2Key, 33: 2}))
	_, err := exchange(t, s, "client3", func(ctx context.Context, conn *udpclient.Conn) (*pool.Message, error) {
		for length := range len(whole) {
			answer, err := conn.Post(ctx, "/token", autherr.ContentFormatACECBOR, strings.NewReader(whole[:length]))
			require.NoError(t, err)
			require.ErrorIs(t, autherrcoap.ReadError(answer), autherr.InvalidRequest, "%d bytes", length)
		}
		return conn.Post(ctx, "/token", autherr.ContentFormatACECBOR, strings.NewReader(whole))
	})
	require.NoError(t, err)
}

func TestHandshakeNeedsAnIdentityAndItsKey(t *testing.T) {
	s, log := start(t, newStore())
	attempt := func(patience time.Duration, identity, psk string, suite piondtls.CipherSuiteID) error {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		conn, err := handshake(ctx, s.secure.Addr().String(), identity, psk, suite)
		if err == nil {
			err = conn.Close()
		}
		return err
	}
	assert.NoError(t, attempt(patience, "client2", "client2-psk-0002", piondtls.TLS_PSK_WITH_AES_128_CCM_8))
	assert.NoError(t, attempt(patience, "client2", "client2-psk-0002", piondtls.TLS_PSK_WITH_AES_128_GCM_SHA256))

	// What does not decrypt is dropped without an answer (RFC 6347 §4.1.2.7), both for an unknown identity and
	// for a wrong key.
	for _, identity := range []string{"client2", "client6"} {
		err := attempt(time.Second, identity, "client1-psk-0001", piondtls.TLS_PSK_WITH_AES_128_CCM_8)
		assert.ErrorIs(t, err, context.DeadlineExceeded, identity)
	}
	for !strings.Contains(log.String(), `client \"client6\": OAuth2 client not found`) { // on a slow machine, a second may be too short
		require.Error(t, attempt(time.Second, "client6", "client1-psk-0001", piondtls.TLS_PSK_WITH_AES_128_CCM_8))
	}
	assert.NotContains(t, log.String(), `client \"client2\": OAuth2 client not found`)
}

func TestClientsAtTheSameTime(t *testing.T) {
	s, _ := start(t, newStore())
	want := map[string]codes.Code{
		"": codes.Unauthorized, "client1": codes.BadRequest, "client2": codes.Created,
		"client3": codes.Created, "client4": codes.Created, "client5": codes.BadRequest,
	}
	var group sync.WaitGroup
	for identity, code := range want {
		group.Go(func() {
			for range 3 {
				assert.Equal(t, code, ask(t, s, identity, helloRS1).Code(), identity)
			}
		})
	}
	group.Wait()
}

func TestBinaryEndsCleanly(t *testing.T) {
	t.Cleanup(func() { goleak.VerifyNone(t) })
	binary := filepath.Join(t.TempDir(), "aceserver")
	built, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput()
	require.NoError(t, err, string(built))
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			cmd := exec.CommandContext(ctx, binary, "-coap", "127.0.0.1:0", "-dtls", "127.0.0.1:0")
			stdout, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			t.Cleanup(func() { _ = cmd.Process.Kill() })

			// Once it listens, it prints how to call it.
			usage := regexp.MustCompile(`-u client2 -k (\S+) coaps://(\S+)/token`)
			lines := bufio.NewScanner(stdout)
			var call []string
			for call == nil && lines.Scan() {
				call = usage.FindStringSubmatch(lines.Text())
			}
			require.NotNil(t, call)
			conn := dialDTLS(ctx, t, call[2], "client2", call[1])
			answer, err := conn.Post(ctx, "/token", autherr.ContentFormatACECBOR, strings.NewReader(encode(helloRS1)))
			require.NoError(t, err)
			assert.Equal(t, codes.Created, answer.Code())

			require.NoError(t, cmd.Process.Signal(signal))
			for lines.Scan() {
			}
			assert.NoError(t, cmd.Wait(), "status 0")
		})
	}
}

// start serves on free ports until the test ends. The test fails if a goroutine is left then.
func start(t *testing.T, store *store) (*server, *buffer.Buffer) {
	t.Helper()
	t.Cleanup(func() { goleak.VerifyNone(t) })
	log := new(buffer.Buffer)
	s, stop := serve(t, store, slog.NewTextHandler(log, logOptions))
	t.Cleanup(stop)
	return s, log
}

// serve serves on free ports until stop is called.
func serve(t *testing.T, store *store, log slog.Handler) (s *server, stop func()) {
	t.Helper()
	s, err := listen("127.0.0.1:0", "127.0.0.1:0", store, slog.New(log))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- s.serve(ctx) }()
	return s, func() {
		cancel()
		assert.NoError(t, <-served)
	}
}

// ask posts a token request, of params or of a string of bytes, and returns the answer.
func ask(t *testing.T, s *server, from string, body any) *pool.Message {
	t.Helper()
	payload := strings.NewReader(payloadOf(body))
	answer, err := exchange(t, s, from, func(ctx context.Context, conn *udpclient.Conn) (*pool.Message, error) {
		return conn.Post(ctx, "/token", autherr.ContentFormatACECBOR, payload)
	})
	require.NoError(t, err)
	return answer
}

// A sendFunc sends requests over a connection, and returns the last answer.
type sendFunc func(context.Context, *udpclient.Conn) (*pool.Message, error)

// exchange calls send with a connection of the client with the given PSK identity, or with a
// plain CoAP connection if that is "".
func exchange(t *testing.T, s *server, identity string, send sendFunc) (*pool.Message, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if identity == "" {
		conn, err := udp.Dial(s.plain.LocalAddr().String(), upkeep(t))
		require.NoError(t, err)
		closeAfter(t, conn)
		return send(ctx, conn)
	}
	return send(ctx, dialDTLS(ctx, t, s.secure.Addr().String(), identity, pskOf(identity)))
}

func pskOf(identity string) string {
	return fmt.Sprintf("%s-psk-000%s", identity, strings.TrimPrefix(identity, "client"))
}

func dialDTLS(ctx context.Context, t *testing.T, server, identity, psk string) *udpclient.Conn {
	t.Helper()
	secure, err := handshake(ctx, server, identity, psk, piondtls.TLS_PSK_WITH_AES_128_CCM_8)
	require.NoError(t, err)
	conn := dtls.Client(secure, options.WithCloseSocket(), upkeep(t))
	closeAfter(t, conn)
	return conn
}

// upkeep makes a client's retransmissions end with the test.
func upkeep(t *testing.T) options.PeriodicRunnerOpt {
	return options.WithPeriodicRunner(periodic.New(t.Context().Done(), 100*time.Millisecond))
}

func closeAfter(t *testing.T, conn *udpclient.Conn) {
	t.Cleanup(func() {
		assert.NoError(t, conn.Close())
		<-conn.Done()
	})
}

// handshake returns a DTLS connection. go-coap would make one only with the first request,
// which could then take longer than its context allows.
func handshake(ctx context.Context, server, identity, psk string, suite piondtls.CipherSuiteID, more ...piondtls.ClientOption) (*piondtls.Conn, error) {
	addr, err := net.ResolveUDPAddr("udp4", server)
	if err != nil {
		return nil, err
	}
	conn, err := piondtls.DialWithOptions("udp4", addr, append(more,
		piondtls.WithPSK(func([]byte) ([]byte, error) { return []byte(psk), nil }),
		piondtls.WithPSKIdentityHint([]byte(identity)),
		piondtls.WithCipherSuites(suite))...)
	if err != nil {
		return nil, err
	}
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// payloadOf returns the payload of a token request, of params or of a string of bytes.
func payloadOf(body any) string {
	if payload, ok := body.(string); ok {
		return payload
	}
	return encode(body)
}

func encode(value any) string { return string(must(cbor.Marshal(value))) }

// issued returns the parameters of an answer with a token.
func issued(t *testing.T, answer *pool.Message) map[uint64]any {
	t.Helper()
	payload, err := answer.ReadBody()
	require.NoError(t, err)
	require.Equal(t, codes.Created, answer.Code(), "%X", payload)
	format, err := answer.GetOptionUint32(message.ContentFormat)
	require.NoError(t, err)
	assert.EqualValues(t, 19, format)
	var parameters map[uint64]any
	require.NoError(t, cbor.Unmarshal(payload, &parameters))
	return parameters
}
