package autherr_test

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

// outsiders are values that are none of the 32.
var outsiders = []autherr.SaTokenError{0, 33, 34, 128, 255}

func TestEveryErrorIsInOneCategory(t *testing.T) {
	var members []autherr.SaTokenError
	for _, category := range autherr.Categories() {
		assert.NotEmpty(t, category.Errors(), category)
		for _, e := range category.Errors() {
			assert.Equal(t, category, e.Category(), e)
		}
		members = append(members, category.Errors()...)
	}
	assert.Equal(t, autherr.SaTokenErrors(), members, "and the errors are in the order of the categories")
	assert.Len(t, members, 32)
	assert.Len(t, autherr.Categories(), 10)
}

func TestEveryErrorIsDocumentedInWordsOfItsOwn(t *testing.T) {
	seen := map[string]autherr.SaTokenError{}
	for _, e := range autherr.SaTokenErrors() {
		require.NotEmpty(t, e.Causes(), e)
		for _, sentence := range []string{e.Description(), e.Solution()} {
			assert.Regexp(t, `^[A-Z].*\.$`, sentence, "%#v", e)
		}
		for _, cause := range e.Causes() {
			assert.Regexp(t, `^[A-Za-z].*[a-z0-9]$`, cause, "%#v", e)
		}
		for _, text := range []string{"name " + e.Name(), "meaning " + e.Description()} {
			assert.NotContains(t, seen, text, "%#v", e)
			seen[text] = e
		}
		assert.NotEmpty(t, e.Error())
	}
}

// RFC 6750 §3.1 ties each value of the error attribute to a status; 401 without one asks a client
// that sent no token for it.
func TestStatusAndBearerErrorAgreeWithRFC6750(t *testing.T) {
	status := map[string][]int{
		"":                   {401, 403, 500},
		"invalid_request":    {400},
		"invalid_token":      {401},
		"insufficient_scope": {403},
	}
	for _, e := range autherr.SaTokenErrors() {
		assert.Contains(t, status[e.BearerError()], e.HTTPStatus(), "%#v", e)
		assert.Equal(t, e.HTTPStatus(), dotted(e.CoAPCode()), "%#v", e)
	}
}

func TestSystemErrorsAloneAreServerFaults(t *testing.T) {
	for _, e := range autherr.SaTokenErrors() {
		code, ok := e.Code()
		system := e.Category() == autherr.CategorySystem
		assert.Equal(t, !system, ok, "%#v", e)
		assert.Equal(t, ok, code.IsRegistered(), "%#v", e)
		assert.Equal(t, system, e.HTTPStatus() == 500, "%#v", e)
		if system {
			assert.Empty(t, e.BearerError(), "%#v", e)
		}
	}
}

func TestAnErrorIsItsCategoryAndItsCodeAndNoOther(t *testing.T) {
	for _, e := range append(autherr.SaTokenErrors(), outsiders...) {
		for _, err := range []error{e, fmt.Errorf("redeem: %w", e), errors.Join(errors.New("x"), fmt.Errorf("a: %w", fmt.Errorf("b: %w", e)))} {
			for _, other := range autherr.SaTokenErrors() {
				assert.Equal(t, e == other, errors.Is(err, other))
			}
			for c := range 256 {
				category := autherr.Category(c)
				assert.Equal(t, category != 0 && category == e.Category(), errors.Is(err, category))
			}
			want, hasCode := e.Code()
			for code := autherr.ErrorCode(-10); code < 100; code++ {
				assert.Equal(t, hasCode && code == want, errors.Is(err, code))
			}

			var category autherr.Category
			assert.Equal(t, e.Category() != 0, errors.As(err, &category))
			assert.Equal(t, e.Category(), category)
			var code autherr.ErrorCode
			assert.Equal(t, hasCode, errors.As(err, &code))
			assert.Equal(t, want, code)
			found, ok := errors.AsType[autherr.SaTokenError](err)
			assert.True(t, ok)
			assert.Equal(t, e, found)
		}
	}
}

func TestAnErrorOutsideThe32HasANumberAndNothingElse(t *testing.T) {
	for _, e := range outsiders {
		number := strconv.Itoa(int(e))
		assert.Contains(t, e.Error(), number)
		assert.Contains(t, e.Name(), number)
		assert.Contains(t, e.GoString(), number)
		assert.Equal(t, 500, e.HTTPStatus())
		assert.EqualValues(t, 160, e.CoAPCode())
		assert.Zero(t, e.Category())
		_, ok := e.Code()
		assert.False(t, ok)
		assert.Empty(t, e.BearerError())
		assert.Empty(t, e.Description())
		assert.Empty(t, e.Causes())
		assert.Empty(t, e.Solution())

		buffer := []byte("kept")
		b, err := e.AppendText(buffer)
		assert.ErrorContains(t, err, number)
		assert.Equal(t, buffer, b)
		_, err = e.MarshalText()
		assert.Error(t, err)
	}
}

func TestACategoryOutsideTheTenHasANumberAndNothingElse(t *testing.T) {
	for _, c := range []autherr.Category{0, 11, 255} {
		assert.Contains(t, c.String(), strconv.Itoa(int(c)))
		assert.Empty(t, c.Errors())
	}
	names := map[string]bool{}
	for _, c := range autherr.Categories() {
		assert.True(t, unicode.IsUpper(rune(c.String()[0])))
		assert.Equal(t, c.String(), c.Error())
		names[c.String()] = true
	}
	assert.Len(t, names, 10)
}

func TestNameOfAnErrorReadsBack(t *testing.T) {
	for _, e := range autherr.SaTokenErrors() {
		data, err := json.Marshal(map[autherr.SaTokenError]autherr.SaTokenError{e: e})
		require.NoError(t, err)
		assert.Contains(t, string(data), strconv.Quote(e.Name()))
		var read map[autherr.SaTokenError]autherr.SaTokenError
		require.NoError(t, json.Unmarshal(data, &read))
		assert.Equal(t, e, read[e])

		var appender encoding.TextAppender = e
		text, err := appender.AppendText([]byte("name="))
		require.NoError(t, err)
		assert.Equal(t, "name="+e.Name(), string(text))
	}
}

func TestTextThatIsNoErrorIsRefusedAndQuoted(t *testing.T) {
	names := []string{"", "Token", "tokenNotFound", "ErrTokenNotFound", "TokenNotFound ", "Token not found or expired", "line\nbreak", "\xff"}
	for _, e := range outsiders {
		names = append(names, e.Name())
	}
	for _, name := range names {
		_, err := autherr.ParseSaTokenError(name)
		require.ErrorContains(t, err, strconv.Quote(name))

		e := autherr.ErrConfig
		require.ErrorContains(t, e.UnmarshalText([]byte(name)), strconv.Quote(name))
		assert.Equal(t, autherr.ErrConfig, e, "a failed decode leaves the receiver alone")
	}
}

// The source itself is what says how a constant is written.
func TestGoStringIsTheConstant(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "satoken_errors.go", nil, 0)
	require.NoError(t, err)
	var constants []string
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "Err") {
			constants = append(constants, "autherr."+spec.Names[0].Name)
		}
		return true
	})
	var written []string
	for _, e := range autherr.SaTokenErrors() {
		written = append(written, fmt.Sprintf("%#v", e))
	}
	assert.Equal(t, constants, written)
}

func TestWhatIsReturnedIsTheCallersOwn(t *testing.T) {
	autherr.SaTokenErrors()[0] = autherr.ErrInternal
	autherr.Categories()[0] = autherr.CategorySystem
	autherr.CategoryBasicToken.Errors()[0] = autherr.ErrInternal
	autherr.ErrTokenNotFound.Causes()[0] = "changed"

	assert.Equal(t, autherr.ErrTokenNotFound, autherr.SaTokenErrors()[0])
	assert.Equal(t, autherr.CategoryBasicToken, autherr.Categories()[0])
	assert.Equal(t, autherr.ErrTokenNotFound, autherr.CategoryBasicToken.Errors()[0])
	assert.NotEqual(t, "changed", autherr.ErrTokenNotFound.Causes()[0])
}

func TestSlogWritesTheMessage(t *testing.T) {
	for _, err := range []error{autherr.ErrTokenNotFound, autherr.SaTokenError(33), autherr.InvalidGrant, autherr.ErrorResponse{}, &autherr.ErrorResponse{Code: 3, Description: "é"}} {
		for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
			"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			"JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var log bytes.Buffer
			slog.New(handler(&log)).Info("", "err", err)
			var plain bytes.Buffer
			slog.New(handler(&plain)).Info("", "err", err.Error())
			_, got, _ := strings.Cut(log.String(), "err")
			_, want, _ := strings.Cut(plain.String(), "err")
			assert.Equal(t, want, got, name)
		}
	}
}
