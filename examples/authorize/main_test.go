package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/seed-e9190de5/autherr/examples/internal/stdout"
)

func TestNobodyIsRedirectedToAnUnknownAddress(t *testing.T) {
	assert.Equal(t, []string{
		"https://app.example.com/callback?error=login_required&iss=https%3A%2F%2Flogin.example.com&state=x7",
	}, stdout.Find(stdout.Of(t, main), `(?m)^  is sent to (.*)$`))
}

func TestUserSeesAPageOrComesBackToTheClient(t *testing.T) {
	text := stdout.Of(t, main)
	assert.Equal(t, []string{"400", "400", "200", "200", "502", "400"}, stdout.Find(text, `(?m)^  sees (\d+) `))
	assert.Equal(t, []string{"invalid_client", "invalid_redirect_uri"}, stdout.Find(text, `Error code: (\w+)`))
	assert.Equal(t, []string{"error=unsupported_response_type&iss=https%3A%2F%2Flogin.example.com&state=x7"}, stdout.Find(text, `(?m)^  posts (.*)$`))
}

func TestClientTakesNoAnswerThatItDidNotAskFor(t *testing.T) {
	_, text, _ := strings.Cut(stdout.Of(t, main), "comes from elsewhere\n")
	assert.Equal(t, "  sees 400 This is not the answer to a question of ours.\n", text)
}

func TestOutputIsTheSameEachTime(t *testing.T) {
	assert.Equal(t, stdout.Of(t, main), stdout.Of(t, main))
}
