package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/seed-e9190de5/autherr/examples/internal/stdout"
)

func TestChallengesTellTheClientWhatToDo(t *testing.T) {
	const metadata = "https://health.example.com/.well-known/oauth-protected-resource"
	assert.Equal(t, []string{
		`ask "` + metadata + `" who issues tokens, and get one for "records.read"`,
		"refresh the token, and try once more",
		`ask the user to allow "records.read"`,
		`let the user log in again, with max_age="300"`,
		"show the records",
	}, stdout.Find(stdout.Of(t, main), `(?m)^client: (.*)$`))
}

func TestLogSaysWhatTheClientIsNotTold(t *testing.T) {
	text := stdout.Of(t, main)
	assert.Equal(t, []string{"NotLogin", "TokenExpired"}, stdout.Find(text, `error\.name=(\w+)`))
	assert.Equal(t, []string{"401", "401", "403", "401"}, stdout.Find(text, `answer\.status=(\d+)`))
	assert.Equal(t, 4, strings.Count(text, "INFO "), "nothing of this is the server's fault")
}

func TestOutputIsTheSameEachTime(t *testing.T) {
	assert.Equal(t, stdout.Of(t, main), stdout.Of(t, main))
}
