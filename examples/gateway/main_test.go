package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

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
		"remote: 413 invalid_request, again: false, after: 0s",
	}, stdout.Find(stdout.Of(t, main), `(?m)^client: (.*)$`))
}

func TestLogSaysWhoseFaultItIs(t *testing.T) {
	text := stdout.Of(t, main)
	assert.Equal(t, []string{"client", "remote", "server", "remote", "remote", "client"}, stdout.Find(text, `error\.fault=(\w+)`))
	assert.Equal(t, []string{"INFO", "WARN", "ERROR", "WARN", "WARN", "INFO"}, stdout.Find(text, `(?m)^([A-Z]+) `))
}

func TestOutputIsTheSameEachTime(t *testing.T) {
	assert.Equal(t, stdout.Of(t, main), stdout.Of(t, main))
}
