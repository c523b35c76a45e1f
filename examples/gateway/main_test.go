package main

import (
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
	"github.com/seed-e9190de5/autherr/examples/internal/stdout"
)

func TestClientIsToldWhatTheUpstreamsAnswerMeans(t *testing.T) {
	assert.Equal(t, []string{
		"<nil>, again: false, after: 0s",
		"remote: 400 invalid_grant, again: false, after: 0s",
		"remote: 502 server_error, again: true, after: 0s",
		"remote: 500 server_error, again: true, after: 0s",
		"remote: 503 temporarily_unavailable, again: true, after: 30s",
		"remote: 503 temporarily_unavailable, again: true, after: 2m0s",
		"remote: 500 server_error, again: true, after: 0s",
		"remote: 413 invalid_request, again: false, after: 0s",
	}, stdout.Find(stdout.Of(t, main), `(?m)^client: (.*)$`))
}

func TestLogSaysWhoseFaultItIs(t *testing.T) {
	text := stdout.Of(t, main)
	assert.Equal(t, []string{"client", "remote", "server", "remote", "remote", "server", "client"}, stdout.Find(text, `error\.fault=(\w+)`))
	assert.Equal(t, []string{"INFO", "WARN", "ERROR", "WARN", "WARN", "ERROR", "INFO"}, stdout.Find(text, `(?m)^([A-Z]+) `))
}

func TestOutputIsTheSameEachTime(t *testing.T) {
	assert.Equal(t, stdout.Of(t, main), stdout.Of(t, main))
}

func TestClientsThatAreRefused(t *testing.T) {
	upstream := &http.Client{Transport: http.NewFileTransport(http.Dir(t.TempDir()))} // it answers 404 to whoever is let in
	g := &gateway{map[string][sha256.Size]byte{"a b": sha256.Sum256([]byte("+%"))}, upstream, ""}
	for name, c := range map[string]struct {
		id, secret string
		status     int
	}{
		"right":             {"a+b", "%2B%25", 502},
		"not encoded":       {"a b", "+%", 401},
		"another secret":    {"a+b", "%2B", 401},
		"an empty secret":   {"a+b", "", 401},
		"an unknown client": {"c", "%2B%25", 401},
		"nobody":            {"", "", 401},
		"a long client":     {strings.Repeat("%0a", 2000), "", 401},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/token", nil)
			r.SetBasicAuth(c.id, c.secret)
			w := httptest.NewRecorder()
			err := g.refresh(w, r)
			assert.Equal(t, c.status, autherrhttp.WriteTokenError(w, r, err).HTTPStatus)
			assert.Less(t, len(autherr.LogAttr(err).String()), 1000)
		})
	}
}
