// Package examples holds programs that show what the library is for, each in a folder of its own.
package examples

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// program matches a program in Markdown and, in the block after it, what the program prints.
var program = regexp.MustCompile("(?s)```go\n(package main\n.*?)```\n(?:\n```text\n(.*?)```\n)?")

func TestProgramsInTheReadmePrintWhatItSays(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	programs := program.FindAllSubmatch(readme, -1)
	require.Len(t, programs, len(regexp.MustCompile("```go\n").FindAll(readme, -1)), "every block of Go is a program")
	require.NotEmpty(t, programs)
	for i, parts := range programs {
		t.Run(fmt.Sprint(i+1), func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "main.go")
			require.NoError(t, os.WriteFile(file, parts[1], 0o600))
			printed, err := exec.Command("go", "run", file).CombinedOutput()
			require.NoError(t, err, "%s", printed)
			assert.Equal(t, string(parts[2]), string(printed))
		})
	}
}
