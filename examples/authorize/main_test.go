package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// printed returns what main prints.
func printed(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "stdout")
	file, err := os.Create(name)
	require.NoError(t, err)
	stdout := os.Stdout
	os.Stdout = file
	defer func() { os.Stdout = stdout }()
	main()
	require.NoError(t, file.Close())
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

func TestNobodyIsRedirectedToAnUnknownAddress(t *testing.T) {
	assert.Equal(t, []string{
		"https://app.example.com/callback?error=login_required&iss=https%3A%2F%2Flogin.example.com&state=x7",
	}, all(printed(t), `(?m)^  is sent to (.*)$`))
}

func TestUserSeesAPageOrComesBackToTheClient(t *testing.T) {
	text := printed(t)
	assert.Equal(t, []string{"400", "400", "200", "200", "502", "400"}, all(text, `(?m)^  sees (\d+) `))
	assert.Equal(t, []string{"invalid_client", "invalid_redirect_uri"}, all(text, `Error code: (\w+)`))
	assert.Equal(t, []string{"error=unsupported_response_type&iss=https%3A%2F%2Flogin.example.com&state=x7"}, all(text, `(?m)^  posts (.*)$`))
}

func TestClientTakesNoAnswerThatItDidNotAskFor(t *testing.T) {
	_, text, _ := strings.Cut(printed(t), "comes from elsewhere\n")
	assert.Equal(t, "  sees 400 This is not the answer to a question of ours.\n", text)
}

func TestOutputIsTheSameEachTime(t *testing.T) {
	assert.Equal(t, printed(t), printed(t))
}

// all returns what the group of the expression matches in text.
func all(text, expression string) []string {
	var found []string
	for _, match := range regexp.MustCompile(expression).FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	return found
}
