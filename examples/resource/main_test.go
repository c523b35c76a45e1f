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

func TestChallengesTellTheClientWhatToDo(t *testing.T) {
	const metadata = "https://health.example.com/.well-known/oauth-protected-resource"
	assert.Equal(t, []string{
		`ask "` + metadata + `" who issues tokens, and get one for "records.read"`,
		"refresh the token, and try once more",
		`ask the user to allow "records.read"`,
		`let the user log in again, with max_age="300"`,
		"show the records",
	}, all(printed(t), `(?m)^client: (.*)$`))
}

func TestLogSaysWhatTheClientIsNotTold(t *testing.T) {
	text := printed(t)
	assert.Equal(t, []string{"NotLogin", "TokenExpired"}, all(text, `error\.name=(\w+)`))
	assert.Equal(t, []string{"401", "401", "403", "401"}, all(text, `answer\.status=(\d+)`))
	assert.Equal(t, 4, strings.Count(text, "INFO "), "nothing of this is the server's fault")
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
