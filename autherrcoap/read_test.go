package autherrcoap_test

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrcoap"
)

const invalidGrant = "\xa1\x18\x1e\x03"

func TestOnlyAnErrorResponseIsRead(t *testing.T) {
	for code := range codes.Code(256) {
		remote := read(t, answer(code, autherr.ContentFormatACECBOR, invalidGrant))
		assert.Equal(t, status(code), remote.Status)
		assert.Equal(t, []byte(invalidGrant), remote.Body)
		if class := status(code) / 100; class == 4 || class == 5 {
			assert.NoError(t, remote.Err)
			assert.ErrorIs(t, remote, autherr.InvalidGrant, "%v", code)
		} else {
			assert.EqualError(t, remote.Err, digits(code)+" is not an error response")
			assert.NotErrorIs(t, remote, autherr.InvalidGrant)
		}
	}
	remote := read(t, nil)
	assert.EqualError(t, remote.Err, "no message")
	assert.Zero(t, remote.Status)
}

func TestNothingThatAServerSaidIsLost(t *testing.T) {
	noFormat := func(text string) *pool.Message {
		m := answer(codes.Forbidden, 0, text)
		m.Remove(message.ContentFormat)
		return m
	}
	problem := func(payload string) *pool.Message { return answer(codes.Forbidden, 257, payload) }
	for name, tt := range map[string]struct {
		message   *pool.Message
		response  autherr.ErrorResponse
		wantError string // "" is none
	}{
		"no payload":            {noFormat(""), autherr.ErrorResponse{}, "no payload"},
		"no payload of 19":      {answer(codes.Forbidden, 19, ""), autherr.ErrorResponse{}, "no payload"},
		"diagnostic payload":    {noFormat("no such token"), autherr.ErrorResponse{}, "diagnostic payload: no such token"},
		"diagnostic, not text":  {noFormat("\xff\n"), autherr.ErrorResponse{}, `diagnostic payload: "\xff\n"`},
		"diagnostic, long":      {noFormat(strings.Repeat("ä", 500)), autherr.ErrorResponse{}, "diagnostic payload: " + strings.Repeat("ä", 100) + "..."},
		"text":                  {answer(codes.Forbidden, 0, "no such token"), autherr.ErrorResponse{}, "payload of Content-Format 0"},
		"another format":        {answer(codes.Forbidden, 60, invalidGrant), autherr.ErrorResponse{}, "payload of Content-Format 60"},
		"format of 17 bits":     {answer(codes.Forbidden, 1<<16|19, invalidGrant), autherr.ErrorResponse{}, "payload of Content-Format 65555"},
		"response":              {answer(codes.Forbidden, 19, "\xa2\x18\x1e\x03\x18\x1f\x63\x0aab"), autherr.ErrorResponse{Code: autherr.InvalidGrant, Description: "\nab"}, ""},
		"truncated":             {answer(codes.Forbidden, 19, invalidGrant[:3]), autherr.ErrorResponse{}, "autherr: want one CBOR data item: unexpected EOF"},
		"two items":             {answer(codes.Forbidden, 19, invalidGrant+"\x00"), autherr.ErrorResponse{}, "autherr: want one CBOR data item: cbor: 1 bytes of extraneous data starting at index 4"},
		"no map":                {answer(codes.Forbidden, 19, "\x03"), autherr.ErrorResponse{}, "autherr: want a CBOR map, found an integer"},
		"no error":              {answer(codes.Forbidden, 19, "\xa0"), autherr.ErrorResponse{}, "autherr: error: required, but absent"},
		"hints":                 {answer(codes.Unauthorized, 19, "\xa1\x05\x61a"), autherr.ErrorResponse{}, "AS Request Creation Hints, and not an error response"},
		"length of 2^32":        {answer(codes.Forbidden, 19, "\xa2\x18\x1e\x04\x00\x5b\x00\x00\x00\x01\x00\x00\x00\x00"), autherr.ErrorResponse{}, "autherr: want one CBOR data item: unexpected EOF"},
		"problem":               {problem("\xa2\x21\x62no\x22\x61/"), autherr.ErrorResponse{Description: "no", URI: "/"}, "concise problem details, and not an error response"},
		"problem, title only":   {problem("\xa1\x20\x62no"), autherr.ErrorResponse{}, "concise problem details, and not an error response"},
		"problem with language": {problem("\xa1\x21\xd8\x26\x82\x62en\x62no"), autherr.ErrorResponse{Description: "no"}, "concise problem details, and not an error response"},
		"with direction":        {problem("\xa1\x21\xd8\x26\x83\x62en\x62no\xf4"), autherr.ErrorResponse{Description: "no"}, "concise problem details, and not an error response"},
		"problem with others":   {problem("\xa3\x21\x62no\x23\x18\x83\x61x\xa1\x00\x01"), autherr.ErrorResponse{Description: "no"}, "concise problem details, and not an error response"},
		"problem, wrong tag":    {problem("\xa2\x21\xd8\x27\x82\x62en\x62no\x22\x61/"), autherr.ErrorResponse{URI: "/"}, "detail is not a text string"},
		"problem, no text":      {problem("\xa1\x21\xd8\x26\x81\x62en"), autherr.ErrorResponse{}, "detail is not a text string"},
		"problem, wrong type":   {problem("\xa2\x21\x62no\x22\x41/"), autherr.ErrorResponse{Description: "no"}, "instance is not a text string"},
		"problem, no UTF-8":     {problem("\xa1\x21\x61\xff"), autherr.ErrorResponse{}, "detail is not a text string"},
		"problem, twice":        {problem("\xa2\x21\x62no\x21\x62no"), autherr.ErrorResponse{}, "autherr: key -2 found twice in the map"},
		"problem, no map":       {problem("\x80"), autherr.ErrorResponse{}, "autherr: want a CBOR map, found an array"},
		"problem of 2^32":       {problem("\xa2\x21\x62no\x00\x5b\x00\x00\x00\x01\x00\x00\x00\x00"), autherr.ErrorResponse{}, "autherr: want one CBOR data item: unexpected EOF"},
		"body without a size":   {withBody(brokenBody{failAt: io.SeekStart}), autherr.ErrorResponse{}, "read the payload: " + io.ErrClosedPipe.Error()},
		"body that cannot read": {withBody(brokenBody{failAt: -1}), autherr.ErrorResponse{}, "read the payload: " + io.ErrClosedPipe.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			remote := read(t, tt.message)
			assert.Equal(t, tt.response, remote.Response)
			assert.Equal(t, status(tt.message.Code()), remote.Status)
			if tt.wantError == "" {
				assert.NoError(t, remote.Err)
			} else {
				assert.EqualError(t, remote.Err, tt.wantError)
			}
			if want, err := tt.message.ReadBody(); err == nil {
				assert.True(t, bytes.Equal(want, remote.Body))
			}
		})
	}
}

func TestMaxAgeIsAWaitIfTheFailurePasses(t *testing.T) {
	for code := range codes.Code(256) {
		m := answer(code, 0, "")
		want := time.Duration(0) // its default is for caches
		for _, age := range []uint32{0, 1, 1 << 31} {
			if code != codes.ServiceUnavailable && code != codes.TooManyRequests {
				want = 0
			}
			assert.Equal(t, want, read(t, m).RetryAfter, "%v", code)
			m.SetOptionUint32(message.MaxAge, age)
			want = time.Duration(age) * time.Second
		}
	}
}

func TestUpTo64KiBAreRead(t *testing.T) {
	const beforeText = 9 // bytes: the map, two keys, the code and the head of a text
	for _, size := range []int{64 << 10, 64<<10 + 1, 1 << 20} {
		sent := autherr.ErrorResponse{Code: autherr.InvalidGrant, Description: strings.Repeat("x", size-beforeText)}
		encoded, err := sent.MarshalCBOR()
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(encoded), size)
		remote := read(t, answer(codes.BadRequest, autherr.ContentFormatACECBOR, string(encoded)))
		assert.Equal(t, encoded[:64<<10], remote.Body)
		if size == 64<<10 {
			assert.Equal(t, sent, remote.Response)
			assert.NoError(t, remote.Err)
		} else {
			assert.Zero(t, remote.Response)
			assert.EqualError(t, remote.Err, "payload of more than 65536 bytes")
		}
	}
}

func TestAMessageCanBeReadAgain(t *testing.T) {
	m := answer(codes.BadRequest, autherr.ContentFormatACECBOR, invalidGrant)
	assert.Equal(t, autherrcoap.ReadError(m), autherrcoap.ReadError(m))
	assert.Equal(t, invalidGrant, string(payload(t, m)))
}

func TestWhatAServerSaidIsNotOurAnswer(t *testing.T) {
	remote := read(t, answer(codes.BadRequest, autherr.ContentFormatACECBOR, invalidGrant))
	for endpoint, write := range writers {
		got := record(t, write, remote)
		assert.Equal(t, codes.BadGateway, got.Code(), "%v", endpoint)
		assert.Empty(t, payload(t, got))
	}
}

// printable reports whether text can be part of a line in a log.
func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !strconv.IsPrint(r) })
}

func FuzzReadError(f *testing.F) {
	for _, write := range writers {
		for _, err := range everyError() {
			m := record(f, write, err)
			format, _ := m.GetOptionUint32(message.ContentFormat)
			f.Add(uint16(m.Code()), format, uint32(wait(f, m)/time.Second), payload(f, m))
		}
	}
	f.Add(uint16(codes.Forbidden), uint32(257), uint32(0), []byte("\xa2\x21\xd8\x26\x82\x62en\x62no\x22\x61/"))
	f.Add(uint16(codes.Forbidden), uint32(0), uint32(0), []byte("\xff\r\n"))
	f.Fuzz(func(t *testing.T, code uint16, format, age uint32, payload []byte) {
		m := answer(codes.Code(code), format, string(payload))
		m.SetOptionUint32(message.MaxAge, age)
		remote := read(t, m)
		assert.True(t, bytes.Equal(payload[:min(len(payload), 64<<10)], remote.Body))
		assert.Equal(t, status(m.Code()), remote.Status)
		assert.True(t, remote.RetryAfter == 0 || remote.RetryAfter == time.Duration(age)*time.Second)
		assert.True(t, printable(remote.Error()), "%q", remote.Error())
		assert.Less(t, len(remote.Error()), 4*4*203+40, "each text is cut, and quoted")
		if remote.Response.Code != "" {
			assert.NoError(t, remote.Err)
			assert.ErrorIs(t, remote, remote.Response.Code)
		}
		if remote.Err == nil && format == autherr.ContentFormatACECBOR && remote.Response.Validate() == nil {
			// What we would answer in the same words is read as the same.
			again := read(t, record(t, autherrcoap.WriteTokenError, remote.Response))
			if code := remote.Response.Code; code != autherr.ServerError && code != autherr.TemporarilyUnavailable {
				assert.Equal(t, remote.Response, again.Response)
			}
		}
	})
}

func TestHeadersOfAnEmptyMessageAreRead(t *testing.T) {
	remote := read(t, pool.NewMessage(context.Background()))
	assert.EqualError(t, remote.Err, "0.00 is not an error response")
	assert.Nil(t, remote.Body)
	assert.Nil(t, remote.Header)
}
