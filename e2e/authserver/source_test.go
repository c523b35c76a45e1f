package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

// The source of the server says what goes wrong. It has one error code, and neither an error status nor a challenge, since
// those come from the library.
func TestServerWritesNoAnswerOfItsOwn(t *testing.T) {
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	files := token.NewFileSet()
	codes := 0
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for n := range ast.Preorder(file) {
			at := files.Position(n.Pos())
			switch n := n.(type) {
			case *ast.SelectorExpr:
				switch name := types.ExprString(n); {
				case name == "autherr.ErrorCode":
					codes++
				case strings.HasPrefix(name, "http.Status"):
					assert.Contains(t, []string{"http.StatusOK", "http.StatusCreated", "http.StatusSeeOther"}, name, "%s", at)
				default:
					assert.NotContains(t, []string{"http.Error", "http.NotFound"}, name, "%s", at)
				}
			case *ast.CallExpr:
				if name := types.ExprString(n.Fun); slices.Contains([]string{"w.WriteHeader", "writeJSON", "http.Redirect"}, name) {
					for _, argument := range n.Args {
						assert.IsNotType(t, (*ast.BasicLit)(nil), argument, "%s: %s", at, name)
					}
				}
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Code" {
					assert.IsNotType(t, (*ast.BasicLit)(nil), n.Value, "%s", at)
				}
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
					assert.NotContains(t, strings.ToLower(text), "www-authenticate", "%s", at)
					assert.False(t, slices.Contains(autherr.ErrorCodes(), autherr.ErrorCode(text)), "%s: %q", at, text)
				}
			}
		}
	}
	assert.Equal(t, 1, codes, "uses of the type ErrorCode")
	assert.Equal(t, autherr.ErrorCode("mfa_required"), MFARequired)
}
