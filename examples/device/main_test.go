package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

func Example() {
	main()
	// Output:
	//    5s  remote: 400 authorization_pending
	//   10s  remote: 400 slow_down
	//   20s  remote: 400 authorization_pending
	//   30s  remote: 503 temporarily_unavailable
	//  1m0s  remote: 400 authorization_pending
	// 1m20s  a token, so show the films
	//
	//    5s  remote: 400 authorization_pending
	//   10s  remote: 400 access_denied, so say that the user refused
	//
	//    5s  remote: 400 authorization_pending
	//   10s  remote: 400 authorization_pending
	//   15s  remote: 400 expired_token, so offer a new code
	//
	//    5s  remote: 400 authorization_pending
	//   10s  remote: 503 temporarily_unavailable
	// no time for another poll: expired_token, so offer a new code
	//
}

// polled returns the pauses of a device whose polls the server answers by script.
func polled(t *testing.T, interval, left time.Duration, script ...error) (pauses []time.Duration, err error) {
	t.Helper()
	s := server{code: "c0de", script: make(chan error, len(script))}
	for _, answer := range script {
		s.script <- answer
	}
	web := httptest.NewServer(s)
	defer web.Close()
	tv := device{web.Client(), web.URL, func(d time.Duration) { pauses = append(pauses, d) }}
	_, err = tv.poll("c0de", interval, left)
	require.Empty(t, s.script)
	return pauses, err
}

func TestADeviceNeverAsksAgainAtOnce(t *testing.T) {
	pauses, err := polled(t, 0, time.Hour, autherr.AuthorizationPending, autherr.SlowDown, autherr.SlowDown,
		&autherr.UnavailableError{}, &autherr.UnavailableError{RetryAfter: 99 * time.Second}, nil)
	require.NoError(t, err)
	for i, seconds := range []int{5, 5, 10, 15, 30, 99} {
		assert.Equal(t, time.Duration(seconds)*time.Second, pauses[i], i)
	}
}

func TestADeviceAsksNoMoreOnceItsCodeHasExpired(t *testing.T) {
	pauses, err := polled(t, 5*time.Second, 14*time.Second, autherr.AuthorizationPending, autherr.AuthorizationPending)
	assert.ErrorIs(t, err, autherr.ExpiredToken)
	assert.Len(t, pauses, 2)
}

func TestAnAnswerWithoutATokenIsNotAToken(t *testing.T) {
	for _, body := range []string{"", "{}", `{"access_token":1}`, `{"access_token":""}`, `{"access_token":"` + strings.Repeat("x", 64<<10) + `"}`} {
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
		token, err := device{client: web.Client(), url: web.URL}.ask("c0de")
		web.Close()
		assert.Error(t, err)
		assert.Empty(t, token)
	}
}

func TestPollsThatAreRefused(t *testing.T) {
	right := url.Values{"grant_type": {grantType}, "device_code": {"c0de"}}.Encode()
	for body, want := range map[string]struct {
		status int
		code   autherr.ErrorCode
	}{
		"":                                    {400, autherr.UnsupportedGrantType},
		strings.Replace(right, "c0", "x0", 1): {400, autherr.InvalidGrant},
		right + strings.Repeat("&", 4<<10):    {413, autherr.InvalidRequest},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		server{code: "c0de"}.ServeHTTP(w, r)
		assert.Equal(t, want.status, w.Code)
		assert.Contains(t, w.Body.String(), string(want.code))
	}
}
