// Package stdout reads what a program prints, for the tests of the examples.
package stdout

import (
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// Of returns what main writes to os.Stdout. What main does to package log is undone.
func Of(t *testing.T, main func()) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "stdout")
	file, err := os.Create(name)
	require.NoError(t, err)
	defer file.Close()
	defer func(file *os.File, logger *slog.Logger) {
		os.Stdout = file
		slog.SetDefault(logger)
	}(os.Stdout, slog.Default())
	defer log.SetOutput(log.Writer())
	defer log.SetFlags(log.Flags())
	os.Stdout = file
	main()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

// Find returns what the group of the expression matches, for each match in text.
func Find(text, expression string) (found []string) {
	for _, match := range regexp.MustCompile(expression).FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	return found
}
