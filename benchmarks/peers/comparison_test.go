package peers

import (
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	gotoken "go/token"
	"go/types"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	goerrors "github.com/go-oauth2/oauth2/v4/errors"
	"github.com/plgd-dev/go-coap/v3/message"
	coapcodes "github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/plgd-dev/go-coap/v3/mux"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrcoap"
)

var update = flag.Bool("update", false, "write the comparison into the README")

// To write the table:
//
//	go test -C benchmarks ./peers -run Comparison -update
func TestComparisonInTheReadme(t *testing.T) {
	const file, begin, end = "../../README.md", "<!-- comparison -->\n", "<!-- /comparison -->\n"
	readme, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, _ := strings.Cut(string(readme), begin)
	table, after, ok := strings.Cut(rest, end)
	require.True(t, ok, "the README has both marks")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(before+begin+comparison(t)+end+after), 0o644))
		return
	}
	assert.Equal(t, comparison(t), table)
}

// columns are the columns of the table. Each finds out what it says of a library.
var columns = []struct {
	name string
	cell func(t *testing.T, l *Library) string
}{
	{"codes named", codesNamed},
	{"answers at", answersAt},
	{"wrapped error", wrappedError},
	{"store down", storeDown},
	{"leaks error text at", leaksAt},
	{"client side", clientSide},
	{"CBOR", speaksCBOR},
}

func comparison(t *testing.T) string {
	var table strings.Builder
	row := func(cells []string) { table.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	heads, rules := []string{"library"}, []string{"---"}
	for _, column := range columns {
		heads, rules = append(heads, column.name), append(rules, "---")
	}
	row(heads)
	table.WriteString("|" + strings.Join(rules, "|") + "|\n")
	for _, l := range Libraries {
		cells := []string{l.Name}
		for _, column := range columns {
			cells = append(cells, column.cell(t, l))
		}
		row(cells)
	}
	return table.String()
}

const none = "–" // a client has no endpoints, and some servers have no client side

// codesNamed counts the codes that have a name in the library.
func codesNamed(t *testing.T, l *Library) string {
	var named []string
	switch l {
	case Autherr:
		for _, code := range autherr.ErrorCodes() {
			named = append(named, string(code))
		}
	case Fosite:
		named = namedIn(t, "github.com/ory/fosite", "RFC6749Error")
	case Zitadel:
		named = namedIn(t, "github.com/zitadel/oidc/v3/pkg/oidc", "errorType")
	case GoOAuth2:
		for err := range goerrors.Descriptions {
			named = append(named, err.Error())
		}
	case XOAuth2:
		named = namedIn(t, "golang.org/x/oauth2", "string")
	case ByHand:
		return "your own"
	}
	slices.Sort(named)
	return fmt.Sprint(len(slices.Compact(named)))
}

// namedIn returns the codes that exported names of a package stand for. These are constants of the given
// type, and variables that point to a literal of it with the code in its ErrorField.
func namedIn(t *testing.T, path, typeName string) (named []string) {
	set := gotoken.NewFileSet()
	var files []*ast.File
	sources, err := filepath.Glob(filepath.Join(list(t, path), "*.go"))
	require.NoError(t, err)
	for _, source := range sources {
		if !strings.HasSuffix(source, "_test.go") {
			file, err := parser.ParseFile(set, source, nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			files = append(files, file)
		}
	}
	// Much does not type-check, since imports are not looked at. The package's own constants do.
	info := types.Info{Types: make(map[ast.Expr]types.TypeAndValue)}
	config := types.Config{Error: func(error) {}, Importer: noImporter{}}
	pkg, _ := config.Check(path, set, files, &info)
	for _, name := range pkg.Scope().Names() {
		c, ok := pkg.Scope().Lookup(name).(*types.Const)
		if ok && c.Exported() && strings.HasSuffix(c.Type().String(), typeName) && c.Val().Kind() == constant.String {
			named = append(named, constant.StringVal(c.Val()))
		}
	}
	for _, file := range files {
		ast.Inspect(file, func(node ast.Node) bool {
			spec, ok := node.(*ast.ValueSpec)
			if !ok || !spec.Names[0].IsExported() || len(spec.Values) != 1 {
				return true
			}
			pointer, ok := spec.Values[0].(*ast.UnaryExpr)
			if !ok {
				return true
			}
			literal, ok := pointer.X.(*ast.CompositeLit)
			if !ok || fmt.Sprint(literal.Type) != typeName {
				return true
			}
			for _, element := range literal.Elts {
				if field := element.(*ast.KeyValueExpr); fmt.Sprint(field.Key) == "ErrorField" {
					named = append(named, constant.StringVal(info.Types[field.Value].Value))
				}
			}
			return true
		})
	}
	return named
}

type noImporter struct{}

func (noImporter) Import(path string) (*types.Package, error) {
	return nil, errors.New("not looked at")
}

// list returns the directory of a package.
func list(t *testing.T, path string) string {
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", path).Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(dir))
}

// coap are the libraries that answer over CoAP.
var coap = map[*Library]func(w mux.ResponseWriter, err error) error{Autherr: autherrcoap.WriteTokenError}

// answersAt names the endpoints that the library answers at. Other tests check that the answers over HTTP
// are right.
func answersAt(t *testing.T, l *Library) string {
	var endpoints []string
	for _, endpoint := range []struct {
		name string
		with func(error) http.Handler
	}{{token, l.Token}, {authorize, l.Authorization}, {resource, l.Resource}} {
		if endpoint.with != nil {
			endpoints = append(endpoints, endpoint.name)
		}
	}
	if write := coap[l]; write != nil {
		w := coapWriter{message: pool.NewMessage(t.Context())}
		require.NoError(t, write(w, l.InvalidGrant))
		assert.Equal(t, coapcodes.BadRequest, w.message.Code())
		endpoints = append(endpoints, "CoAP")
	}
	if endpoints == nil {
		return none
	}
	return strings.Join(endpoints, ", ")
}

// A coapWriter keeps the code of a response.
type coapWriter struct {
	mux.ResponseWriter
	message *pool.Message
}

func (w coapWriter) Message() *pool.Message { return w.message }

func (w coapWriter) SetResponse(code coapcodes.Code, _ message.MediaType, _ io.ReadSeeker, _ ...message.Option) error {
	w.message.SetCode(code)
	return nil
}

// wrappedError says whether a token endpoint finds a wrapped error.
func wrappedError(_ *testing.T, l *Library) string {
	if l.Token == nil {
		return none
	}
	a := new(Answer).Of(l.Token(Wrapped(l.InvalidGrant)), TokenRequest())
	if code := codeOfAnswer(a); code != "invalid_grant" {
		return fmt.Sprintf("lost: %d %s", a.Status, code)
	}
	return "found"
}

// storeDown says what a token endpoint answers if its whole store is down.
func storeDown(t *testing.T, l *Library) string {
	for _, o := range outages(t) {
		if o.library == l && o.endpoint == token && o.down == all {
			a := new(Answer).Of(o.handler, o.request)
			return fmt.Sprintf("%d %s", a.Status, codeOfAnswer(a))
		}
	}
	return none
}

// leaksAt names the endpoints at which the text of a store's error reaches the client.
func leaksAt(t *testing.T, l *Library) string {
	said, endpoints := none, []string(nil)
	for _, o := range outages(t) {
		if o.library == l {
			said = "nowhere"
			if leaks(new(Answer).Of(o.handler, o.request)) && !slices.Contains(endpoints, o.endpoint) {
				endpoints = append(endpoints, o.endpoint)
			}
		}
	}
	if endpoints != nil {
		return strings.Join(endpoints, ", ")
	}
	return said
}

// clientSide says how a client finds the code that it was told, and whether its error has the whole answer.
func clientSide(t *testing.T, l *Library) string {
	if l.Call == nil {
		return none
	}
	err := l.Call(&http.Client{Transport: newWire("application/json", bodyJSON)})
	require.True(t, l.matches(err))
	said := "`errors.Is`"
	if l.Told == nil {
		said = "a string"
	}
	if holds(reflect.ValueOf(err), "no-cache", 8) && holds(reflect.ValueOf(err), bodyJSON, 8) {
		said += ", whole answer"
	}
	return said
}

// holds reports whether text is in v, at most depth levels down.
func holds(v reflect.Value, text string, depth int) bool {
	if depth == 0 {
		return false
	}
	var inner []reflect.Value
	switch v.Kind() {
	case reflect.String:
		return v.String() == text
	case reflect.Pointer, reflect.Interface:
		inner = append(inner, v.Elem())
	case reflect.Struct:
		for _, field := range v.Fields() {
			inner = append(inner, field)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return string(v.Bytes()) == text
		}
		for i := range v.Len() {
			inner = append(inner, v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			inner = append(inner, v.MapIndex(key))
		}
	}
	return slices.ContainsFunc(inner, func(v reflect.Value) bool { return holds(v, text, depth-1) })
}

// speaksCBOR says whether a token endpoint answers in CBOR.
func speaksCBOR(_ *testing.T, l *Library) string {
	switch {
	case l.TokenCBOR == nil:
		return "no"
	case l.Module == "":
		return "with a codec"
	default:
		return "yes"
	}
}

// Running a library cannot show that it does not do something. But a library that did it would have to name it.
func TestWhatALibraryDoesNotDoIsNotInItsSource(t *testing.T) {
	eachLibrary(t, func(t *testing.T, l *Library) {
		if l.Module == "" {
			return
		}
		var source strings.Builder
		dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", l.Module).Output()
		require.NoError(t, err)
		root := os.DirFS(strings.TrimSpace(string(dir)))
		require.NoError(t, fs.WalkDir(root, ".", func(path string, _ fs.DirEntry, err error) error {
			if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
				text, readErr := fs.ReadFile(root, path)
				source.WriteString(strings.ToLower(string(text)))
				err = errors.Join(err, readErr)
			}
			return err
		}))
		require.Contains(t, source.String(), "error")
		for word, does := range map[string]bool{"www-authenticate": l.Resource != nil, "cbor": l.TokenCBOR != nil, "coap": coap[l] != nil} {
			assert.Equal(t, does, strings.Contains(source.String(), word), word)
		}
	})
}
