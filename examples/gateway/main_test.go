package main

import (
	"os"
	"path/filepath"
	"regexp"
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

func TestClientIsToldWhatTheUpstreamsAnswerMeans(t *testing.T) {
	assert.Equal(t, []string{
		"<nil>, again: false, after: 0s",
		"remote: 400 invalid_grant, again: false, after: 0s",
		"remote: 502 server_error, again: true, after: 0s",
		"remote: 500 server_error, again: true, after: 0s",
		"remote: 503 temporarily_unavailable, again: true, after: 30s",
		"remote: 503 temporarily_unavailable, again: true, after: 2m0s",
		"remote: 413 invalid_request, again: false, after: 0s",
	}, all(printed(t), `(?m)^client: (.*)$`))
}

func TestLogSaysWhoseFaultItIs(t *testing.T) {
	text := printed(t)
	assert.Equal(t, []string{"client", "remote", "server", "remote", "remote", "client"}, all(text, `error\.fault=(\w+)`))
	assert.Equal(t, []string{"INFO", "WARN", "ERROR", "WARN", "WARN", "INFO"}, all(text, `(?m)^([A-Z]+) `))
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
