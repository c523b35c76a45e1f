package examples

import (
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// imports are the packages that the recipes may use. Recipes leave import declarations out.
var imports = []string{
	"bytes", "context", "encoding/json", "errors", "fmt", "io", "log/slog", "net/http", "net/url", "strconv", "time",
	"github.com/seed-e9190de5/autherr", "github.com/seed-e9190de5/autherr/autherrhttp",
}

func TestRecipesCompile(t *testing.T) {
	recipes, err := os.ReadFile("../docs/recipes.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(recipes, -1)
	require.NotEmpty(t, blocks)
	require.Len(t, blocks, strings.Count(string(recipes), "```")/2, "every block is Go")
	for i, block := range blocks {
		t.Run(fmt.Sprint(i+1), func(t *testing.T) {
			t.Parallel()
			printed, err := vet(t, string(block[1]))
			require.NoError(t, err, "%s\n%s", printed, block[1])
			formatted, err := format.Source(block[1])
			require.NoError(t, err)
			assert.Equal(t, string(formatted), string(block[1]))
		})
	}
}

func TestRecipeThatDoesNotCompileIsFound(t *testing.T) {
	for _, block := range []string{"var err error = autherr.NoSuchCode\n", "func f() { x := 1 }\n", "func f() {\n"} {
		_, err := vet(t, block)
		assert.Error(t, err, block)
	}
}

// vet compiles and vets a whole program, or declarations together with the imports that they need.
func vet(t *testing.T, block string) (printed []byte, err error) {
	t.Helper()
	if !strings.HasPrefix(block, "package ") {
		file := "package recipes\n\n"
		for _, path := range imports {
			if regexp.MustCompile(`\b` + filepath.Base(path) + `\.[A-Z]`).MatchString(block) {
				file += fmt.Sprintf("import %q\n", path)
			}
		}
		block = file + "\n" + block
	}
	name := filepath.Join(t.TempDir(), "recipe.go")
	require.NoError(t, os.WriteFile(name, []byte(block), 0o600))
	return exec.Command("go", "vet", name).CombinedOutput()
}
