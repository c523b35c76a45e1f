package autherrcoap_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/plgd-dev/go-coap/v3/mux"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrcoap"
)

// eachAnswer lets a go-coap client send a request for every error to a go-coap server, which answers it with write,
// and calls check with what the client got.
func eachAnswer(t *testing.T, write writeFunc, check func(t *testing.T, err error, answer *pool.Message)) {
	t.Helper()
	all := everyError()
	conn := serve(t, func(w mux.ResponseWriter, r *mux.Message) {
		name, err := r.ReadBody()
		assert.NoError(t, err)
		assert.NoError(t, write(w, all[string(name)]))
	})
	for name, err := range all {
		t.Run(name, func(t *testing.T) { check(t, err, post(t, conn, name)) })
	}
}

func TestEachEndpointSendsItsAnswerAndNothingElse(t *testing.T) {
	for endpoint, write := range writers {
		t.Run(endpoint.String(), func(t *testing.T) {
			eachAnswer(t, write, func(t *testing.T, err error, got *pool.Message) {
				want := endpoint.Answer(err)
				assert.Equal(t, want.HTTPStatus, status(got.Code()))
				for _, option := range got.Options() {
					assert.Contains(t, []message.OptionID{message.ContentFormat, message.MaxAge}, option.ID)
				}
				assert.NotContains(t, string(payload(t, got)), secret)
				format, none := got.GetOptionUint32(message.ContentFormat)
				if len(payload(t, got)) > 0 {
					assert.EqualValues(t, 19, format)
				} else {
					assert.ErrorIs(t, none, message.ErrOptionNotFound)
				}
			})
		})
	}
}

func TestTheClientReadsBackWhatATokenEndpointAnswers(t *testing.T) {
	eachAnswer(t, autherrcoap.WriteTokenError, func(t *testing.T, err error, got *pool.Message) {
		want, remote := autherr.TokenEndpoint.Answer(err), read(t, got)
		assert.Equal(t, want.HTTPStatus, remote.Status)
		assert.Zero(t, (remote.RetryAfter - want.RetryAfter).Truncate(time.Second), "rounded up: %v", remote.RetryAfter)
		if _, ok := want.Response.Code.CBORValue(); !ok {
			assert.Empty(t, payload(t, got))
			assert.Zero(t, remote.Response)
			assert.EqualError(t, remote.Err, "no payload")
			return
		}
		assert.Equal(t, want.Response, remote.Response)
		assert.NoError(t, remote.Err)
		assert.Equal(t, payload(t, got), remote.Body)
	})
}

func TestTheClientReadsBackWhatAResourceAnswers(t *testing.T) {
	eachAnswer(t, writeResourceError, func(t *testing.T, err error, got *pool.Message) {
		want, remote := autherr.ProtectedResource.Answer(err), read(t, got)
		assert.Equal(t, want.HTTPStatus, remote.Status)
		assert.Zero(t, (remote.RetryAfter - want.RetryAfter).Truncate(time.Second), "rounded up: %v", remote.RetryAfter)
		assert.Zero(t, remote.Response)
		gotHints, err := autherrcoap.ReadHints(got)
		if want.HTTPStatus == 401 {
			assert.NoError(t, err)
			assert.Equal(t, hints, gotHints)
			assert.ErrorContains(t, remote.Err, "Hints")
		} else {
			assert.Zero(t, gotHints)
			assert.Equal(t, want.HTTPStatus/100 == 4, err == nil, "a refusal without hints is not an error: %v", err)
			assert.EqualError(t, remote.Err, "no payload")
		}
	})
}

func TestTwoErrorsWithOneAnswerGiveTheSameBytes(t *testing.T) {
	for endpoint, write := range writers {
		seen := map[autherr.Answer]string{}
		for name, err := range everyError() {
			got := record(t, write, err)
			text := got.String() + hex.EncodeToString(payload(t, got))
			want := endpoint.Answer(err)
			if before, ok := seen[want]; ok {
				assert.Equal(t, before, text, "%s, %v", name, endpoint)
			}
			seen[want] = text
		}
	}
}

func TestATokenErrorIsTheMapOfRFC9200(t *testing.T) {
	for code, want := range map[autherr.ErrorCode]string{ // §8.4
		autherr.InvalidRequest:          "4.00 a1181e01",
		autherr.InvalidClient:           "4.01 a1181e02",
		autherr.InvalidGrant:            "4.00 a1181e03",
		autherr.UnauthorizedClient:      "4.00 a1181e04",
		autherr.UnsupportedGrantType:    "4.00 a1181e05",
		autherr.InvalidScope:            "4.00 a1181e06",
		autherr.UnsupportedPoPKey:       "4.00 a1181e07",
		autherr.IncompatibleACEProfiles: "4.00 a1181e08",
		autherr.ServerError:             "5.00 ",
		autherr.SlowDown:                "4.00 ",
	} {
		got := record(t, autherrcoap.WriteTokenError, code)
		assert.Equal(t, want, digits(got.Code())+" "+hex.EncodeToString(payload(t, got)))
	}
}

func TestMaxAgeIsTheWaitOfAFailureThatPasses(t *testing.T) {
	const least, most = time.Duration(math.MinInt64), time.Duration(math.MaxInt64)
	for wait, want := range map[time.Duration]uint32{
		least: 0, -time.Second: 0, 0: 0, 1: 1, time.Second: 1, time.Second + 1: 2, 59 * time.Second: 59,
		time.Minute: 60, time.Minute + 1: 61, time.Hour: 3600, most: math.MaxUint32,
	} {
		for code, err := range map[codes.Code]error{
			codes.ServiceUnavailable: &autherr.UnavailableError{RetryAfter: wait},
			codes.TooManyRequests:    &autherr.RateLimitedError{RetryAfter: wait},
		} {
			for _, write := range writers {
				got := record(t, write, err)
				assert.Equal(t, code, got.Code())
				age, absent := got.GetOptionUint32(message.MaxAge)
				assert.NoError(t, absent, "sent even if it is the default, so that nobody has to know the default")
				assert.Equal(t, want, age, "%v", wait)
				assert.Equal(t, time.Duration(want)*time.Second, read(t, got).RetryAfter)
			}
		}
	}
}

func TestNoOtherErrorIsCached(t *testing.T) {
	for _, write := range writers {
		for name, err := range everyError() {
			if got := record(t, write, err); got.Code() != codes.ServiceUnavailable && got.Code() != codes.TooManyRequests {
				assert.Zero(t, wait(t, got), name)
			}
		}
	}
}

func TestNothingOfAnEarlierResponseSurvives(t *testing.T) {
	overwrite := func(write writeFunc) writeFunc {
		return func(w mux.ResponseWriter, err error) error {
			return errors.Join(autherrcoap.WriteTokenError(w, built), write(w, err))
		}
	}
	for endpoint, write := range writers {
		for name, write := range map[string]writeFunc{"": write, ", over an error": overwrite(write)} {
			for _, err := range []error{autherr.ErrTokenExpired, autherr.ErrStorage, autherr.ErrRoleDenied, nil} {
				t.Run(endpoint.String()+name, func(t *testing.T) {
					conn := serve(t, func(w mux.ResponseWriter, _ *mux.Message) {
						body := bytes.NewReader(bytes.Repeat([]byte(secret), 500))
						assert.NoError(t, w.SetResponse(codes.Content, message.TextPlain, body,
							message.Option{ID: message.ETag, Value: []byte("etag")},
							message.Option{ID: message.MaxAge, Value: []byte{60}},
							message.Option{ID: message.LocationPath, Value: []byte(secret)}))
						assert.NoError(t, write(w, err))
					})
					got, want := post(t, conn, ""), record(t, writers[endpoint], err)
					assert.Equal(t, want.Code(), got.Code())
					assert.Equal(t, want.Options(), got.Options())
					assert.Equal(t, payload(t, want), payload(t, got))
				})
			}
		}
	}
}

func TestAClientThatWaivesTheAnswerGetsNone(t *testing.T) {
	const no4xx = 8 // RFC 7967 §2.1
	for name, tt := range map[string]struct {
		err  error
		want codes.Code
	}{
		"waived":     {autherr.InvalidClient, codes.Empty},
		"not waived": {autherr.ErrStorage, codes.InternalServerError},
	} {
		t.Run(name, func(t *testing.T) {
			answered := make(chan struct{})
			conn := serve(t, func(w mux.ResponseWriter, _ *mux.Message) {
				defer close(answered)
				assert.NoError(t, w.SetResponse(codes.Content, message.TextPlain, strings.NewReader(secret)))
				assert.NoError(t, autherrcoap.WriteTokenError(w, tt.err))
				assert.Equal(t, tt.want, w.Message().Code())
				assert.Equal(t, tt.want != codes.Empty, w.Message().IsModified(), "go-coap sends what is modified")
			})
			request, err := conn.NewPostRequest(t.Context(), "/", message.TextPlain, nil,
				message.Option{ID: message.NoResponse, Value: []byte{no4xx}})
			require.NoError(t, err)
			require.NoError(t, conn.WriteMessage(request), "the request is acknowledged")
			<-answered
		})
	}
}

// A brokenWriter takes no response.
type brokenWriter struct{ recorder }

func (w brokenWriter) SetResponse(codes.Code, message.MediaType, io.ReadSeeker, ...message.Option) error {
	return io.ErrClosedPipe
}

func TestTheFailureOfTheWriterIsReturned(t *testing.T) {
	for _, write := range writers {
		err := write(brokenWriter{recorder{pool.NewMessage(t.Context())}}, autherr.InvalidGrant)
		require.ErrorIs(t, err, io.ErrClosedPipe)
		assert.NotErrorIs(t, err, autherr.InvalidGrant)
		assert.True(t, strings.HasPrefix(err.Error(), "autherrcoap: "))
	}
}

func TestALongResponseArrivesBlockWise(t *testing.T) {
	long := autherr.ErrorResponse{Code: autherr.InvalidScope, Description: strings.Repeat("too wide; ", 500)}
	conn := serve(t, func(w mux.ResponseWriter, _ *mux.Message) {
		assert.NoError(t, autherrcoap.WriteTokenError(w, long))
	})
	assert.Equal(t, long, read(t, post(t, conn, "")).Response)
}
