package autherrcoap_test

import (
	"context"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/plgd-dev/go-coap/v3/mux"
	"github.com/plgd-dev/go-coap/v3/net/blockwise"
	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/udp/client"
	"github.com/plgd-dev/go-coap/v3/udp/coder"
	"github.com/plgd-dev/go-coap/v3/udp/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// These tests hold go-coap to what the package comment says of it.

func TestGoCoAPHandlesARepeatedMessageOnce(t *testing.T) {
	var calls atomic.Int32
	called, mayAnswer, received := make(chan struct{}, 1), make(chan struct{}), make(chan int32, 10)
	var tick func(time.Time) bool
	addr := listen(t, func(w mux.ResponseWriter, _ *mux.Message) {
		calls.Add(1)
		select {
		case called <- struct{}{}:
		default:
		}
		<-mayAnswer
		assert.NoError(t, w.SetResponse(codes.Content, message.TextPlain, strings.NewReader(time.Now().String())))
	},
		options.WithRequestMonitor(func(_ *client.Conn, r *pool.Message) (drop bool, err error) {
			received <- r.MessageID()
			return false, nil
		}),
		options.WithPeriodicRunner(func(f func(time.Time) bool) { tick = f }))
	conn, err := net.Dial("udp", addr)
	require.NoError(t, err)
	defer conn.Close()
	first, second := encode(t, 1), encode(t, 2)

	send(t, conn, first)
	<-called
	send(t, conn, first)
	send(t, conn, first)
	send(t, conn, second)
	for range 4 {
		<-received
	}
	close(mayAnswer)
	answer := receive(t, conn, time.Minute)
	assert.Equal(t, first[2:4], answer[2:4], "the message ID")
	assert.Equal(t, second[2:4], receive(t, conn, time.Minute)[2:4], "what was repeated meanwhile has no answer of its own")

	assert.Equal(t, answer, sendUntilAnswered(t, conn, first))
	assert.EqualValues(t, 2, calls.Load())

	tick(time.Now().Add(15 * time.Second))
	assert.Equal(t, answer, sendUntilAnswered(t, conn, first))
	tick(time.Now().Add(17 * time.Second))
	assert.NotEqual(t, answer, sendUntilAnswered(t, conn, first), "a silent client is forgotten")
	assert.EqualValues(t, 3, calls.Load())
}

func TestGoCoAPRefusesABlockThatComesWithoutTheOthers(t *testing.T) {
	addr := listen(t, func(mux.ResponseWriter, *mux.Message) { assert.Fail(t, "the handler sees it") },
		options.WithErrors(func(error) {})) // go-coap reports it too
	conn, err := net.Dial("udp", addr)
	require.NoError(t, err)
	defer conn.Close()
	const second = 1 << 4 // block, of 16 bytes, and the last (RFC 7959 §2.2)
	request := encode(t, 1, message.Option{ID: message.Block1, Value: []byte{second}})
	answer := sendUntilAnswered(t, conn, request)
	assert.EqualValues(t, codes.RequestEntityIncomplete, answer[1])
}

func TestGoCoAPForgetsBlocksAfterThreeSecondsUnlessItIsGivenMore(t *testing.T) {
	for name, row := range map[string]struct {
		more []server.Option
		want codes.Code
	}{
		"three seconds": {nil, codes.RequestEntityIncomplete},
		"an hour":       {[]server.Option{options.WithBlockwise(true, blockwise.SZX1024, time.Hour)}, codes.Changed},
	} {
		t.Run(name, func(t *testing.T) {
			ticks := make(chan func(time.Time) bool, 1)
			addr := listen(t, func(w mux.ResponseWriter, _ *mux.Message) {
				assert.NoError(t, w.SetResponse(codes.Changed, message.TextPlain, nil))
			}, append(row.more,
				options.WithErrors(func(error) {}), // it says so, too
				options.WithPeriodicRunner(func(f func(time.Time) bool) { ticks <- f }))...)
			conn, err := net.Dial("udp", addr)
			require.NoError(t, err)
			defer conn.Close()
			const first, second = 0<<4 | 1<<3, 1 << 4 // of 16 bytes (RFC 7959 §2.2)
			answer := sendUntilAnswered(t, conn, encode(t, 1, message.Option{ID: message.Block1, Value: []byte{first}}))
			require.EqualValues(t, codes.Continue, answer[1])
			(<-ticks)(time.Now().Add(4 * time.Second))
			answer = sendUntilAnswered(t, conn, encode(t, 2, message.Option{ID: message.Block1, Value: []byte{second}}))
			assert.EqualValues(t, row.want, answer[1])
		})
	}
}

// encode returns a POST of the given message ID, as it is sent.
func encode(t *testing.T, id int32, opts ...message.Option) []byte {
	t.Helper()
	m := pool.NewMessage(context.Background())
	require.NoError(t, m.SetupPost("/", message.Token("token"), message.TextPlain, strings.NewReader("of sixteen bytes"), opts...))
	m.SetType(message.Confirmable)
	m.SetMessageID(id)
	encoded, err := m.MarshalWithEncoder(coder.DefaultCoder)
	require.NoError(t, err)
	return encoded
}

func send(t *testing.T, conn net.Conn, datagram []byte) {
	t.Helper()
	_, err := conn.Write(datagram)
	require.NoError(t, err)
}

// receive returns the next datagram, or nil if there is none for so long.
func receive(t *testing.T, conn net.Conn, wait time.Duration) []byte {
	t.Helper()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(wait)))
	buffer := make([]byte, 1500)
	n, err := conn.Read(buffer)
	if err != nil {
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		return nil
	}
	return buffer[:n]
}

// sendUntilAnswered repeats a message as a client does, since go-coap still takes one that comes just after the answer
// to the one before for a repetition of what is being handled.
func sendUntilAnswered(t *testing.T, conn net.Conn, datagram []byte) []byte {
	t.Helper()
	for wait := 50 * time.Millisecond; wait < time.Minute; wait *= 2 {
		send(t, conn, datagram)
		if answer := receive(t, conn, wait); answer != nil {
			return answer
		}
	}
	t.Fatal("no answer")
	return nil
}
