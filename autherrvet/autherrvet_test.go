package autherrvet_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrvet"
)

func TestAnalyzerFindsWhatItSays(t *testing.T) {
	here, err := os.Getwd()
	require.NoError(t, err)
	for _, result := range analysistest.Run(t, here, autherrvet.Analyzer, "./testdata/codes", "./testdata/texts") {
		require.NoError(t, result.Action.Err)
		for _, found := range result.Action.Diagnostics {
			assert.Contains(t, []string{"switch", "text"}, found.Category)
			assert.Greater(t, found.End, found.Pos)
		}
	}
}

func TestAnalyzerIsValid(t *testing.T) {
	assert.NoError(t, analysis.Validate([]*analysis.Analyzer{autherrvet.Analyzer}))
}

// The analyzer knows autherr only by names. If one changes, it no longer finds anything.
func TestAutherrHasTheNamesThatAreLookedFor(t *testing.T) {
	const path = "github.com/seed-e9190de5/autherr"
	for name, its := range map[string]reflect.Type{
		"ErrorCode":            reflect.TypeFor[autherr.ErrorCode](),
		"ErrorResponse":        reflect.TypeFor[autherr.ErrorResponse](),
		"ErrorResponseBuilder": reflect.TypeFor[autherr.ErrorResponseBuilder](),
		"RemoteError":          reflect.TypeFor[autherr.RemoteError](),
	} {
		assert.Equal(t, path, its.PkgPath())
		assert.Equal(t, name, its.Name())
	}
}

// command builds the command and returns its path.
func command(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "autherrvet.exe")
	output, err := exec.Command("go", "build", "-o", path, "./cmd/autherrvet").CombinedOutput()
	require.NoError(t, err, "%s", output)
	return path
}

func TestGoVetRunsTheCommand(t *testing.T) {
	vet := exec.Command("go", "vet", "-vettool="+command(t), "./testdata/codes", "./testdata/texts")
	output, err := vet.CombinedOutput()
	var failed *exec.ExitError
	require.ErrorAs(t, err, &failed, "there is something to find")

	wanted := 0
	for _, file := range []string{"testdata/codes/codes.go", "testdata/texts/found.go", "testdata/texts/notfound.go"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			if _, want, ok := strings.Cut(line, "// want "); ok {
				wanted += strings.Count(want, "`") / 2
			}
		}
	}
	found := 0
	for line := range strings.Lines(string(output)) {
		if !strings.HasPrefix(line, "#") {
			assert.Regexp(t, `^testdata.*\.go:\d+:\d+: (switch on|an error's text)`, line)
			found++
		}
	}
	assert.Equal(t, wanted, found, "%s", output)
}
