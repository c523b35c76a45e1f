package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	piondtls "github.com/pion/dtls/v3"
	"github.com/plgd-dev/go-coap/v3/dtls"
	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/udp"
	udpclient "github.com/plgd-dev/go-coap/v3/udp/client"
	"github.com/plgd-dev/go-coap/v3/udp/coder"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrcoap"
	"github.com/seed-e9190de5/autherr/e2e/internal/buffer"
)

var seed = flag.Uint64("seed", 0, "`seed` of the random choices under load; 0 for a random one")

const requests = 12 // of each client

// shortest is how long a client waits before it repeats what is not known to be lost. It doubles each time, so that a
// slow machine keeps up.
const shortest = 100 * time.Millisecond

// crowd is how many clients of each identity there are under load.
var crowd = map[string]int{"": 9, "client1": 3, "client2": 9, "client3": 6, "client4": 4, "client5": 3}

// A kind is a kind of request, and how it is answered if the store does not fail.
type kind struct {
	name, from string
	code       codes.Code
	path       string
	format     message.MediaType
	body       string
	want       string // as describe returns it
}

// kinds returns every kind of token request that the other tests have, and some requests of other kinds.
func kinds() []kind {
	hello := encode(helloRS1)
	all := []kind{
		{"another method", "", codes.GET, "/token", message.TextPlain, "", "4.01 invalid_client"},
		{"another method", "client2", codes.PUT, "/token", autherr.ContentFormatACECBOR, hello, "4.05"},
		{"another path", "", codes.POST, "/", autherr.ContentFormatACECBOR, hello, "4.04"},
		{"text", "", codes.POST, "/token", message.TextPlain, hello, "4.01 invalid_client"},
		{"text", "client2", codes.POST, "/token", message.TextPlain, hello, "4.15"},
	}
	for _, row := range refusals {
		all = append(all, tokenKind(row.name, row.from, row.body, fmt.Sprintf("%s %s", dotted(autherr.TokenEndpoint.Answer(row.want).CoAPCode()), row.want)))
	}
	for _, row := range successes {
		all = append(all, tokenKind(row.name, row.from, row.body, fmt.Sprintf("2.01 %v", row.want)))
	}
	return all
}

// tokenKind returns a kind of token request, of params or of a string of bytes.
func tokenKind(name, from string, body any, want string) kind {
	return kind{name, from, codes.POST, "/token", autherr.ContentFormatACECBOR, payloadOf(body), want}
}

// choices returns the kinds of request of a client under load, with as many successes as refusals, since only successes
// need the store. It leaves out what takes more than one block: go-coap's client does not repeat a lost block other than
// the first, and answers a repeated 2.31 with one more block.
func choices(identity string) (own []kind) {
	for _, k := range kinds() {
		times := 1
		if strings.HasPrefix(k.want, "2.") {
			times = len(refusals) / len(successes)
		}
		if k.from == identity && len(k.body) <= 1024 {
			own = append(own, slices.Repeat([]kind{k}, times)...)
		}
	}
	return own
}

func dotted[T ~uint8 | ~uint16](code T) string { return fmt.Sprintf("%d.%02d", code>>5, code&0x1F) }

// describe returns the code of an answer, with the error code or the keys in its payload.
func describe(answer *pool.Message) (string, error) {
	code, payload := dotted(answer.Code()), []byte(nil)
	if answer.Body() != nil {
		var err error
		if payload, err = answer.ReadBody(); err != nil {
			return code, err
		}
	}
	// An error is not cached, unless go-coap made it. With 5.03, Max-Age is a wait.
	byGoCoAP := answer.Code() == codes.NotFound || answer.Code() == codes.RequestEntityIncomplete
	if age, err := answer.GetOptionUint32(message.MaxAge); answer.Code() >= codes.BadRequest && !byGoCoAP &&
		(err != nil || age > 0 && answer.Code() != codes.ServiceUnavailable) {
		return code, fmt.Errorf("Max-Age %d, %v", age, err)
	}
	answer.Remove(message.MaxAge)
	if len(payload) == 0 && len(answer.Options()) == 0 {
		return code, nil
	}
	if format, err := answer.GetOptionUint32(message.ContentFormat); err != nil || format != 19 || len(answer.Options()) != 1 {
		return code, fmt.Errorf("options %v", answer.Options())
	}
	if answer.Code() == codes.Created {
		var parameters map[uint64]any
		err := cbor.Unmarshal(payload, &parameters)
		return fmt.Sprint(code, " ", slices.Sorted(maps.Keys(parameters))), err
	}
	err := autherrcoap.ReadError(answer)
	if remote, ok := errors.AsType[*autherr.RemoteError](err); ok {
		return fmt.Sprint(code, " ", remote.Response), nil
	}
	return code, err
}

// A brittleStore has the connect of a store that fails now and then.
type brittleStore struct {
	mu       sync.Mutex
	random   *rand.Rand
	failures int
}

// Each error of a brittle store has a number, and text that must not get out.
var (
	numbered = regexp.MustCompile(`breakdown (\d+) `)
	internal = []string{"breakdown", "10.0.0.5", "hunter2", "-psk-", "goroutine"}
)

// breakdowns are the ways in which a store fails, and what becomes of each: an answer, and a line of the log.
var breakdowns = []struct {
	fail                func(text string) error
	answer, code, level string
}{
	{func(text string) error { return &autherr.StorageError{Details: text} }, "5.00", "server_error", "ERROR"},
	{func(text string) error { return &autherr.StorageError{Err: errors.New(text)} }, "5.00", "server_error", "ERROR"},
	{func(text string) error { return &autherr.SerializationError{Details: text} }, "5.00", "server_error", "ERROR"},
	{func(text string) error { return &autherr.InternalError{Details: text} }, "5.00", "server_error", "ERROR"},
	{func(text string) error { return fmt.Errorf("%s: %w", text, autherr.ErrConfig) }, "5.00", "server_error", "ERROR"},
	{func(text string) error { return errors.New(text) }, "5.00", "server_error", "ERROR"}, // which autherr does not know
	{func(text string) error { panic(text) }, "5.00", "server_error", "ERROR"},
	{func(text string) error {
		return &autherr.InvalidTokenError{Reason: "looks like the client's fault", Err: &autherr.StorageError{Details: text}}
	}, "5.00", "server_error", "ERROR"},
	{func(text string) error {
		return errors.Join(autherr.ErrTokenNotFound, autherr.InvalidClient, &autherr.StorageError{Details: text})
	}, "5.00", "server_error", "ERROR"},
	{func(text string) error { return fmt.Errorf("%s: %w", text, context.DeadlineExceeded) }, "5.03", "temporarily_unavailable", "ERROR"},
	{func(text string) error {
		return &autherr.UnavailableError{RetryAfter: time.Second, Err: errors.New(text)}
	}, "5.03", "temporarily_unavailable", "ERROR"},
	{func(text string) error { return fmt.Errorf("%s: %w", text, context.Canceled) }, "5.03", "temporarily_unavailable", "INFO"},
	{func(text string) error {
		return &autherr.RemoteError{Response: autherr.ErrorResponse{Code: autherr.InvalidGrant, Description: text}}
	}, "5.02", "server_error", "WARN"},
}

func (s *brittleStore) connect(string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.random.IntN(4) > 0 {
		return nil
	}
	s.failures++
	text := fmt.Sprintf("breakdown %d of 10.0.0.5, with password hunter2", s.failures)
	return breakdowns[s.failures%len(breakdowns)].fail(text)
}

// An attempt is a request and what became of it.
type attempt struct {
	kind
	request   string // the token of the message, which the log has too
	answer    string // as describe returns it
	malformed error  // what is wrong with the answer
	whole     string // the whole answer
	record    *record
}

// A record is a line of the log.
type record struct {
	Level, Msg, Client, Request string
	Answer                      codes.Code
	Error                       struct{ Message, Name, Category, Code string }
	breakdown                   int // its number, or 0
}

// A loadClient sends requests over a bad path, and repeats each until it is answered.
type loadClient struct {
	path *badPath
	conn *udpclient.Conn
	stop context.CancelFunc
}

// dial connects a client over a bad path. Over plain CoAP, watch sees what the server sends.
func dial(ctx context.Context, s *server, identity string, seed uint64, watch func([]byte)) (*loadClient, error) {
	ctx, stop := context.WithCancel(ctx)
	c := &loadClient{stop: stop}
	sendAgainAtOnce := options.WithTransmission(1, 0, math.MaxUint32) // each time keepSending calls sendAgain
	common := []udp.Option{
		sendAgainAtOnce,
		options.WithPeriodicRunner(func(sendAgain func(time.Time) bool) { go c.keepSending(ctx, sendAgain) }),
	}
	if identity == "" {
		var err error
		if c.path, err = newBadPath(s.plain.LocalAddr(), seed, watch); err != nil {
			return nil, err
		}
		c.conn, err = udp.Dial(c.path.front.LocalAddr().String(), common...)
		return c, err
	}
	for {
		var err error
		if c.path, err = newBadPath(s.secure.Addr(), seed, nil); err != nil {
			return nil, err
		}
		secure, err := c.handshake(ctx, identity)
		if err == nil {
			c.conn = dtls.Client(secure, append(common, options.WithCloseSocket())...)
			return c, nil
		}
		if err = errors.Join(c.path.close(), ctx.Err()); err != nil {
			return nil, err
		}
	}
}

// handshake gives up after as long as the server does.
func (c *loadClient) handshake(ctx context.Context, identity string) (*piondtls.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return handshake(ctx, c.path.front.LocalAddr().String(), identity, pskOf(identity),
		piondtls.TLS_PSK_WITH_AES_128_CCM_8, piondtls.WithFlightInterval(shortest))
}

// keepSending calls sendAgain, which repeats what has not been answered. It does so as soon as the path reports a loss,
// and now and then in case something was lost elsewhere.
func (c *loadClient) keepSending(ctx context.Context, sendAgain func(time.Time) bool) {
	wait := shortest
	for more := true; more; more = sendAgain(time.Now()) {
		select {
		case <-c.path.missing:
			wait = max(wait/2, shortest)
		case <-time.After(wait):
			wait *= 2
		case <-ctx.Done():
			return
		}
	}
}

func (c *loadClient) close() error {
	c.stop()
	err := c.conn.Close()
	<-c.conn.Done()
	return errors.Join(err, c.path.close())
}

func (c *loadClient) send(ctx context.Context, k kind) (attempt, error) {
	r, err := c.conn.NewPostRequest(ctx, k.path, k.format, strings.NewReader(k.body))
	if err != nil {
		return attempt{}, err
	}
	r.SetCode(k.code)
	x := attempt{kind: k, request: r.Token().String()}
	answer, err := c.conn.Do(r)
	if err != nil {
		return x, err
	}
	x.answer, x.malformed = describe(answer)
	encoded, err := answer.MarshalWithEncoder(coder.DefaultCoder)
	x.whole = string(encoded)
	if got := answer.Token().String(); got != x.request {
		x.malformed = errors.Join(x.malformed, fmt.Errorf("answer to request %s", got))
	}
	return x, err
}

// oneAnswerEach checks that the server has one answer to each message, however often the message comes.
func oneAnswerEach(t *testing.T) (watch func(datagram []byte)) {
	answers := map[string]string{}
	return func(datagram []byte) {
		const header = 4 // with the message ID at its end (RFC 7252 §3)
		if len(datagram) < header {
			return
		}
		id, answer := string(datagram[2:header]), string(datagram)
		if first, again := answers[id]; again {
			assert.Equal(t, first, answer)
		}
		answers[id] = answer
		for _, secret := range internal {
			assert.NotContains(t, answer, secret)
		}
	}
}

// underLoad has many clients with bad paths call a server whose store fails at random. When the server has ended, it
// returns what was asked and logged, and how often the store failed.
func underLoad(t *testing.T) ([]attempt, []record, int) {
	before := goleak.IgnoreCurrent()
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("-seed %d", *seed)
	brittle, log, store := &brittleStore{random: rand.New(rand.NewPCG(*seed, 0))}, new(buffer.Buffer), newStore()
	store.connect = brittle.connect
	s, stop := serve(t, store, slog.NewJSONHandler(log, logOptions))

	var mu sync.Mutex
	var attempts []attempt
	var lost, repeated, heldUp int64
	var group sync.WaitGroup
	number := uint64(0)
	for _, identity := range slices.Sorted(maps.Keys(crowd)) {
		own := choices(identity)
		for range crowd[identity] {
			number++
			seed := *seed + number
			group.Go(func() {
				random := rand.New(rand.NewPCG(seed, 2))
				c, err := dial(t.Context(), s, identity, seed, oneAnswerEach(t))
				if !assert.NoError(t, err) {
					return
				}
				for range requests {
					x, err := c.send(t.Context(), own[random.IntN(len(own))])
					if !assert.NoError(t, err) {
						break
					}
					mu.Lock()
					attempts = append(attempts, x)
					mu.Unlock()
				}
				assert.NoError(t, c.close())
				mu.Lock()
				defer mu.Unlock()
				lost, repeated, heldUp = lost+c.path.lost.Load(), repeated+c.path.repeated.Load(), heldUp+c.path.heldUp.Load()
			})
		}
	}
	group.Wait()
	stop()
	t.Run("no goroutine is left", func(t *testing.T) { goleak.VerifyNone(t, before) })
	t.Logf("%d requests; %d datagrams lost, %d repeated, %d held up; %d failures of the store",
		len(attempts), lost, repeated, heldUp, brittle.failures)

	var records []record
	for lines := json.NewDecoder(strings.NewReader(log.String())); lines.More(); {
		var r record
		require.NoError(t, lines.Decode(&r))
		if r.Msg != "token request" {
			continue
		}
		if number := numbered.FindStringSubmatch(r.Error.Message); number != nil {
			r.breakdown, _ = strconv.Atoi(number[1])
		}
		records = append(records, r)
	}
	return attempts, records, brittle.failures
}

func TestUnderLoadOnABadNetworkWithAStoreThatFails(t *testing.T) {
	attempts, records, failures := underLoad(t)

	byRequest := map[string]*record{}
	t.Run("no request for a token is handled twice", func(t *testing.T) {
		for i, r := range records {
			// Over plain CoAP, where everybody is refused, the server forgets a client that is silent for a while.
			if r.Client != "" {
				assert.Nil(t, byRequest[r.Request], "request %s", r.Request)
			}
			byRequest[r.Request] = &records[i]
		}
	})
	for i, x := range attempts {
		attempts[i].record = byRequest[x.request]
	}
	each := func(name string, check func(*testing.T, attempt)) {
		t.Run(name, func(t *testing.T) {
			for _, x := range attempts {
				if check(t, x); t.Failed() {
					t.Fatalf("%s, from %q, request %s: %s %q\nlogged: %+v", x.name, x.from, x.request, x.answer, x.whole, x.record)
				}
			}
		})
	}
	each("every answer is well formed", func(t *testing.T, x attempt) { assert.NoError(t, x.malformed) })
	each("every answer is that to its request, or to the failure of the store", func(t *testing.T, x attempt) {
		want := x.want
		if x.record != nil && x.record.breakdown != 0 {
			want = breakdowns[x.record.breakdown%len(breakdowns)].answer
		}
		assert.Equal(t, want, x.answer)
	})
	each("no answer has internal text", func(t *testing.T, x attempt) {
		secrets := internal
		if x.record != nil && x.record.Error.Message != "" {
			secrets = append(slices.Clone(internal), x.record.Error.Message)
		}
		for _, secret := range secrets {
			assert.NotContains(t, x.whole, secret)
		}
	})
	t.Run("no failure of the store is lost", func(t *testing.T) {
		assert.NotZero(t, failures)
		logged := map[int]bool{0: true}
		for _, r := range records {
			logged[r.breakdown] = true
		}
		assert.Len(t, logged, 1+failures)
	})
	each("the log has every failure, by its kind", checkLog)
}

// checkLog compares what is logged with what was answered.
func checkLog(t *testing.T, x attempt) {
	r := x.record
	if x.answer == "4.04" { // from the router, since no handler has seen the request
		assert.Nil(t, r)
		return
	}
	require.NotNil(t, r)
	assert.Equal(t, x.from, r.Client)
	code, said, _ := strings.Cut(x.answer, " ")
	assert.Equal(t, code, dotted(r.Answer))
	level := "INFO"
	switch {
	case code == "2.01":
		assert.Empty(t, r.Error)
	case code[0] == '5':
		require.NotZero(t, r.breakdown)
		want := breakdowns[r.breakdown%len(breakdowns)]
		assert.Equal(t, want.code, r.Error.Code)
		level = want.level
	case said == "": // a code of CoAP itself
		assert.Equal(t, "invalid_request", r.Error.Code)
	default:
		assert.Equal(t, said, r.Error.Code)
		assert.NotEmpty(t, r.Error.Message)
	}
	assert.Equal(t, level, r.Level)
}

// RFC 7252 §4.2: a client that has no answer yet repeats its message. It must not get a second token for that, nor
// another answer if the store has come back in the meantime.
func TestRepeatedMessageGetsTheSameAnswer(t *testing.T) {
	store, calls := newStore(), 0
	store.connect = func(string) error {
		if calls++; calls == 1 {
			return errors.New("just now")
		}
		return nil
	}
	s, log := start(t, store)
	secure := handshakeAs(t, s, "client2")
	plain, err := net.Dial("udp", s.plain.LocalAddr().String())
	require.NoError(t, err)
	defer plain.Close()

	const of64Bytes = 2 // RFC 7959 §2.2
	whole, long := encode(helloRS1), encode(helloRS1.with(params{100: make([]byte, 70)}))
	for id, row := range []struct {
		name  string
		conn  net.Conn
		body  string
		block []message.Option
		want  string
	}{
		{"a fault of the store", secure, whole, nil, "5.00"},
		{"a token", secure, whole, nil, "2.01 [1 2 8]"},
		{"a refusal", plain, whole, nil, "4.01 invalid_client"},
		{"a block", secure, long[:64], block1(0, true, of64Bytes), "2.31"},
		{"the last block", secure, long[64:], block1(1, false, of64Bytes), "2.01 [1 2 8]"},
		{"a last block without the others", secure, whole, block1(1, false, of64Bytes), "4.08"},
	} {
		request := datagram(t, id, "request", row.body, row.block)
		var answers [3]string
		for i := range answers {
			answers[i] = sendUntilAnswered(t, row.conn, request)
		}
		assert.Equal(t, answers[0], answers[1], row.name)
		assert.Equal(t, answers[0], answers[2], row.name)
		answer := parse(t, answers[0])
		answer.Remove(message.Block1)
		said, err := describe(answer)
		require.NoError(t, err)
		assert.Equal(t, row.want, said, row.name)
	}
	store.mu.Lock()
	defer store.mu.Unlock()
	assert.Len(t, store.grants, 2)
	assert.Equal(t, 4, strings.Count(log.String(), "token request"), "two blocks are one request, and a last block by itself is not a request")
}

func TestBlocksAreNotJoinedForEver(t *testing.T) {
	s, _ := start(t, newStore())
	const of1024Bytes = 6
	block := strings.Repeat("\x00", 1024)
	t.Run("to a long request", func(t *testing.T) {
		conn := handshakeAs(t, s, "client2")
		for id := range longestRequest / len(block) {
			answer := sendUntilAnswered(t, conn, datagram(t, id, "request", block, block1(id, true, of1024Bytes)))
			require.Equal(t, codes.Continue, parse(t, answer).Code(), "block %d", id)
		}
		const next = longestRequest / 1024
		answer := parse(t, sendUntilAnswered(t, conn, datagram(t, next, "request", "\x00", block1(next, false, of1024Bytes))))
		assert.Equal(t, codes.RequestEntityTooLarge, answer.Code())
		assert.Equal(t, message.Options{{ID: message.MaxAge, Value: []byte{}}, {ID: message.Size1, Value: []byte{0x20, 0x00}}}, answer.Options())
	})
	t.Run("to many requests", func(t *testing.T) {
		conn := handshakeAs(t, s, "client2")
		for id := range mostTransfers + 1 {
			answer := parse(t, sendUntilAnswered(t, conn, datagram(t, id, fmt.Sprint(id), block, block1(0, true, of1024Bytes))))
			want := codes.Continue
			if id == mostTransfers {
				want = codes.ServiceUnavailable
			}
			require.Equal(t, want, answer.Code(), "request %d", id)
		}
	})
}

// handshakeAs returns a DTLS connection of the client with the given identity, for writing datagrams directly.
func handshakeAs(t *testing.T, s *server, identity string) net.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, err := handshake(ctx, s.secure.Addr().String(), identity, pskOf(identity), piondtls.TLS_PSK_WITH_AES_128_CCM_8)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, conn.Close()) })
	return conn
}

// block1 returns the option of a block of 2^(4+szx) bytes; a last block may have fewer (RFC 7959 §2.2).
func block1(number int, more bool, szx byte) []message.Option {
	value := byte(number<<4) | szx
	if more {
		value |= 1 << 3
	}
	return []message.Option{{ID: message.Block1, Value: []byte{value}}}
}

// datagram returns a token request as a datagram.
func datagram(t *testing.T, id int, token, body string, options []message.Option) string {
	t.Helper()
	request := pool.NewMessage(t.Context())
	require.NoError(t, request.SetupPost("/token", message.Token(token), autherr.ContentFormatACECBOR, strings.NewReader(body), options...))
	request.SetType(message.Confirmable)
	request.SetMessageID(int32(id))
	encoded, err := request.MarshalWithEncoder(coder.DefaultCoder)
	require.NoError(t, err)
	return string(encoded)
}

func parse(t *testing.T, datagram string) *pool.Message {
	t.Helper()
	m := pool.NewMessage(t.Context())
	_, err := m.UnmarshalWithDecoder(coder.DefaultCoder, []byte(datagram))
	require.NoError(t, err)
	return m
}

// sendUntilAnswered repeats a message until it is answered. go-coap drops it until it is done with the one before.
func sendUntilAnswered(t *testing.T, conn net.Conn, datagram string) (answer string) {
	t.Helper()
	const id = 4 // where the message ID ends (RFC 7252 §3)
	buffer := make([]byte, 1500)
	for wait := shortest; wait < patience; wait *= 2 {
		_, err := conn.Write([]byte(datagram))
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(wait)))
		for err == nil {
			var n int
			n, err = conn.Read(buffer)
			if answer = string(buffer[:n]); err == nil && answer[2:id] == datagram[2:id] {
				return answer
			}
		}
		timeout, ok := errors.AsType[net.Error](err)
		require.True(t, ok && timeout.Timeout(), "%v", err)
	}
	t.Fatal("no answer")
	return ""
}
