package main

import (
	"bytes"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

func Example() {
	main()
	// Output:
	// The store is up, and the secret is right: true
	// client: here is my token
	//
	// The store is up, and the secret is right: false
	// level=INFO msg=refused error.message="client \"robot\": Invalid client credentials" error.fault=client error.code=invalid_client error.name=OAuth2InvalidCredentials error.category=OAuth2 answer.status=401 answer.code=invalid_client
	// client: remote: 401 invalid_client, worth another try later: false
	//
	// The store is down, and the secret is right: true
	// level=ERROR msg=refused error.message="Storage error: connection refused" error.fault=server error.code=server_error error.name=StorageError error.category=System answer.status=500 answer.code=server_error
	// client: remote: 500 server_error, worth another try later: true
	//
	// The store is down, and the secret is right: false
	// level=ERROR msg=refused error.message="Storage error: connection refused" error.fault=server error.code=server_error error.name=StorageError error.category=System answer.status=500 answer.code=server_error
	// client: remote: 500 server_error, worth another try later: true
	//
	// The store is slow, and the secret is right: true
	// level=ERROR msg=refused error.message="Storage error: context deadline exceeded" error.fault=server error.code=temporarily_unavailable error.name=StorageError error.category=System answer.status=503 answer.code=temporarily_unavailable
	// client: remote: 503 temporarily_unavailable, worth another try later: true
	//
	// The store is up, and the secret is right: true
	// client: here is my token
}

// post returns the answer of an endpoint that has one client, robot.
func post(id, secret, body string) *httptest.ResponseRecorder {
	e := &endpoint{secrets: map[string][sha256.Size]byte{"robot": sha256.Sum256([]byte("s3cret +%"))}}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if id != "" {
		r.SetBasicAuth(id, secret)
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}

func TestRequestsThatAreRefused(t *testing.T) {
	const form, secret = "grant_type=client_credentials", "s3cret+%2B%25"
	for name, c := range map[string]struct {
		id, secret, body string
		status           int
		code             string
	}{
		"the right secret":     {"robot", secret, form, 200, `"token_type":"Bearer"`},
		"a secret not encoded": {"robot", "s3cret +%", form, 401, `"invalid_client"`},
		"an empty secret":      {"robot", "", form, 401, `"invalid_client"`},
		"the empty client":     {"", "", form, 400, `"invalid_client"`},
		"no grant type":        {"robot", secret, "", 400, `"invalid_request"`},
		"two grant types":      {"robot", secret, form + "&" + form, 400, `"invalid_request"`},
		"another grant type":   {"robot", secret, "grant_type=password", 400, `"unsupported_grant_type"`},
		"a long body":          {"robot", secret, form + "&x=" + strings.Repeat("x", 4<<10), 413, `"invalid_request"`},
		"a malformed body":     {"robot", secret, "grant_type=%", 400, `"invalid_request"`},
	} {
		t.Run(name, func(t *testing.T) {
			w := post(c.id, c.secret, c.body)
			assert.Equal(t, c.status, w.Code)
			assert.Contains(t, w.Body.String(), c.code)
			assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		})
	}
}

func TestAnUnknownClientIsAnsweredLikeAWrongSecret(t *testing.T) {
	const form = "grant_type=client_credentials"
	assert.Equal(t, post("robot", "guess", form), post("nobody", "guess", form))
}

func TestLogLinesAreBounded(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: bounded}))
	logger.Info("m", slog.Group("error", slog.String("message", strings.Repeat("é\n", 10_000))))
	assert.Less(t, log.Len(), 500)
	assert.True(t, utf8.Valid(log.Bytes()))
	assert.Equal(t, 1, strings.Count(log.String(), "\n"))
}
