package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrcoap"
	"github.com/seed-e9190de5/autherr/e2e/internal/buffer"
)

// These tests call the server with libcoap's coap-client, which shares no code with it.

// needLibcoap skips a test if coap-client is missing, or fails it if AUTHERR_REAL_CLIENTS=1.
func needLibcoap(t *testing.T) {
	t.Helper()
	for _, command := range []string{"coap-client-notls", "coap-client-openssl", "coap-client-gnutls"} {
		_, err := exec.LookPath(command)
		switch {
		case err == nil:
		case os.Getenv("AUTHERR_REAL_CLIENTS") == "1":
			t.Fatalf("%v, and AUTHERR_REAL_CLIENTS=1 asks for it: install libcoap's client (libcoap3-bin on Debian)", err)
		default:
			t.Skipf("%v: install libcoap's client (libcoap3-bin on Debian)", err)
		}
	}
}

// A printedAnswer is what coap-client prints of an answer.
type printedAnswer struct {
	*pool.Message // joined from its blocks

	block1, block2 []string // the last block of the request, and all blocks of the answer
}

// pdu matches a response as coap-client prints it. (It does not print the code of a request in digits.)
var pdu = regexp.MustCompile(`(?m)^v:1 t:\w+ c:(\d)\.(\d\d) i:\w+ \{\w*\} \[(.*)\](?: :: binary data length \d+\n<<(\w+)>>)?$`)

// askByLibcoap sends a request of the given kind with coap-client, over DTLS or, as nobody, over UDP.
func askByLibcoap(t *testing.T, s *server, k kind, flags ...string) printedAnswer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	dir := t.TempDir()
	request, token := filepath.Join(dir, "request.cbor"), filepath.Join(dir, "token.cbor")
	require.NoError(t, os.WriteFile(request, []byte(k.body), 0o600))
	const logPDUs = "6"
	args := append(flags, "-v", logPDUs, "-m", strings.ToLower(k.code.String()), "-o", token)
	if k.code != codes.GET {
		args = append(args, "-t", strconv.Itoa(int(k.format)), "-f", request)
	}
	command, uri := "coap-client-notls", "coap://"+s.plain.LocalAddr().String()+k.path
	if k.from != "" {
		command, uri = "coap-client-openssl", "coaps://"+s.secure.Addr().String()+k.path
		args = append(args, "-u", k.from, "-k", pskOf(k.from))
	}
	output, err := exec.CommandContext(ctx, command, append(args, uri)...).Output()
	require.NoError(t, err)

	blocks := pdu.FindAllStringSubmatch(string(output), -1)
	require.NotEmpty(t, blocks, "%s", output)
	last := blocks[len(blocks)-1]
	answer := printedAnswer{Message: pool.NewMessage(t.Context())}
	answer.SetCode(codes.Code((last[1][0]-'0')<<5 + (last[2][0]-'0')*10 + last[2][1] - '0'))
	for _, block := range blocks {
		for option := range strings.SplitSeq(strings.TrimSpace(block[3]), ", ") {
			switch name, value, _ := strings.Cut(option, ":"); name {
			case "Block1":
				answer.block1 = append(answer.block1, value)
			case "Block2":
				answer.block2 = append(answer.block2, value)
			case "Content-Format":
				answer.SetOptionUint32(message.ContentFormat, number(t, value))
			case "Max-Age":
				answer.SetOptionUint32(message.MaxAge, number(t, value))
			}
		}
	}
	payload, err := hex.DecodeString(last[4])
	require.NoError(t, err)
	if answer.Code() == codes.Created { // which coap-client saves
		payload, err = os.ReadFile(token)
		require.NoError(t, err)
	}
	if len(payload) > 0 {
		answer.SetBody(bytes.NewReader(payload))
	}
	return answer
}

func number(t *testing.T, text string) uint32 {
	t.Helper()
	n, err := strconv.ParseUint(text, 10, 32)
	require.NoError(t, err)
	return uint32(n)
}

// checkAnswer checks the answer to a request of the given kind, as libcoap's client has understood it.
func checkAnswer(t *testing.T, s *server, k kind, answer printedAnswer) {
	t.Helper()
	said, err := describe(answer.Message)
	require.NoError(t, err)
	require.Equal(t, k.want, said)
	if answer.Code() == codes.Created {
		token := issued(t, answer.Message)[1].([]byte)
		s.store.mu.Lock()
		defer s.store.mu.Unlock()
		assert.Equal(t, k.from, s.store.grants[string(token)].client)
	} else if _, code, ok := strings.Cut(said, " "); ok {
		assert.ErrorIs(t, autherrcoap.ReadError(answer.Message), autherr.ErrorCode(code))
	}
}

// libcoap sends each block with another token. go-coap joins them by what their requests have in common (RFC 9175 §3.3).
func TestLibcoapsClientIsAnsweredInBlocksOfEachSize(t *testing.T) {
	needLibcoap(t)
	t.Cleanup(func() { goleak.VerifyNone(t) })
	const whole = 0
	for _, size := range []int{whole, 16, 32, 64, 128, 256, 512, 1024} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			log := new(buffer.Buffer)
			s, stop := serve(t, newStore(), slog.NewTextHandler(log, logOptions))
			t.Cleanup(stop)
			var flags []string
			if size != whole {
				flags = []string{"-b", strconv.Itoa(size)}
			}
			for _, k := range kinds() {
				t.Run(k.name, func(t *testing.T) {
					before := strings.Count(log.String(), "token request")
					answer := askByLibcoap(t, s, k, flags...)
					checkAnswer(t, s, k, answer)
					handled := 1
					if answer.Code() == codes.NotFound {
						handled = 0
					}
					assert.Equal(t, before+handled, strings.Count(log.String(), "token request"))

					answered, err := answer.BodySize()
					require.NoError(t, err)
					var sent, received []string
					if size != whole && k.code != codes.GET || len(k.body) > 1024 { // too long to be sent whole
						sent = blocks(len(k.body), cmp.Or(size, 1024))
						sent = sent[len(sent)-1:]
					}
					if size != whole && int(answered) >= size {
						received = blocks(int(answered), size)
					}
					assert.ElementsMatch(t, sent, answer.block1)
					assert.ElementsMatch(t, received, answer.block2)
				})
			}
		})
	}
}

// A datagram that is lost costs the client 2 to 3 seconds (RFC 7252 §4.8).
func TestLibcoapsClientCanLoseBlocks(t *testing.T) {
	needLibcoap(t)
	s, _ := start(t, newStore())
	t.Run("in each direction", func(t *testing.T) {
		const handshake = 3 // how many datagrams come before the blocks, if none is repeated
		for name, lost := range map[string]string{
			"request": fmt.Sprintf("%d,%d", handshake+2, handshake+4), // its second and third block
			"answer":  fmt.Sprintf("%d,%d", handshake+4, handshake+6), // the requests for its second and third block
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				k := tokenKind("", "client2", helloRS1.with(params{100: make([]byte, 20)}), "2.01 [1 2 8]")
				answer := askByLibcoap(t, s, k, "-b", "16", "-l", lost)
				checkAnswer(t, s, k, answer)
				assert.Equal(t, []string{"2/_/16"}, answer.block1)
				assert.Len(t, answer.block2, 4)
			})
		}
	})
	assert.Len(t, s.store.grants, 2, "each request is handled once")
}

func TestLibcoapsClientIsToldThatARequestIsTooLong(t *testing.T) {
	needLibcoap(t)
	s, _ := start(t, newStore())
	k := tokenKind("", "client2", strings.Repeat("\x00", longestRequest+1), "4.13")
	for _, size := range []string{"16", "1024"} {
		checkAnswer(t, s, k, askByLibcoap(t, s, k, "-b", size))
	}
}

// A server has to use the size of blocks that a client asks for by a Block2 in its first request (RFC 7959 §2.4). go-coap
// v3.6.0 does so only for GET and DELETE, and answers a POST in blocks of its Block1's size, or whole.
func TestLibcoapsClientIsNotGivenTheBlockSizeThatItAsksFor(t *testing.T) {
	needLibcoap(t)
	s, _ := start(t, newStore())
	k := tokenKind("", "client2", helloRS1, "2.01 [1 2 8]")
	const block2, of16Bytes = "23", "0x00"
	answer := askByLibcoap(t, s, k, "-O", block2+","+of16Bytes)
	checkAnswer(t, s, k, answer)
	assert.Empty(t, answer.block2)
}

func TestLibcoapsClientIsCalledAsTheServerPrints(t *testing.T) {
	needLibcoap(t)
	s, log := start(t, newStore())
	var usage bytes.Buffer
	s.printUsage(&usage)
	dir := t.TempDir()
	for line := range strings.Lines(usage.String()) {
		if command, ok := strings.CutPrefix(line, "\t"); ok {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			cmd := exec.CommandContext(ctx, "sh", "-ec", command)
			cmd.Dir = dir
			output, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s%s", command, output)
		}
	}
	for identity, answer := range map[string]codes.Code{
		`""`: codes.Unauthorized, "client1": codes.BadRequest, "client2": codes.Created,
		"client3": codes.Created, "client4": codes.Created, "client5": codes.BadRequest,
	} {
		assert.Regexp(t, "client="+identity+` request=\w+ answer=`+answer.String(), log)
	}
	assert.FileExists(t, filepath.Join(dir, "response.cbor"))
}

// blocks returns the block options of a payload of n bytes, as coap-client prints them.
func blocks(n, size int) (printed []string) {
	last := max(0, n-1) / size
	for i := range last {
		printed = append(printed, fmt.Sprintf("%d/M/%d", i, size))
	}
	return append(printed, fmt.Sprintf("%d/_/%d", last, size))
}
