// Command docgen writes the reference pages in docs/ from the tables of package autherr: codes.md,
// errors.md and errors.zh.md. It draws way.svg too, from what the endpoints really answer. What a page
// says is in its template, and what is known of a code or an error comes from the package. The Chinese
// texts are in zh.go, so that no program that uses the package carries them.
//
// Run it by go generate, in the root of the module.
package main

import (
	"bytes"
	"embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"unicode"

	"github.com/seed-e9190de5/autherr"
)

func main() {
	log.SetFlags(0)
	pages, err := render(".")
	if err != nil {
		log.Fatal(err)
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join("docs", name), text, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

//go:embed *.tmpl
var templates embed.FS

// render returns the pages by their names in docs/. The source of package autherr is in root.
func render(root string) (map[string][]byte, error) {
	names, err := constants(root)
	if err != nil {
		return nil, err
	}
	all, err := template.New("").Funcs(template.FuncMap{
		"categories":     autherr.Categories,
		"specifications": specifications,
		"constant":       names.of,
		"answers":        answers,
		"reference":      reference,
		"cbor":           cborValue,
		"anchor":         anchor,
		"join":           strings.Join,
		"tokenExpired":   func() autherr.SaTokenError { return autherr.ErrTokenExpired },
		"faultOf":        autherr.FaultOf,
		"edges":          edges,
		"column":         func(i int) int { return 10 + 300*i },
		"zhCategory":     func(c autherr.Category) string { return zhCategories[c] },
		"zhError":        func(e autherr.SaTokenError) zhText { return zhErrors[e] },
	}).ParseFS(templates, "*.tmpl")
	if err != nil {
		return nil, err
	}
	pages := make(map[string][]byte)
	for _, page := range all.Templates() {
		var text bytes.Buffer
		if err := page.Execute(&text, nil); err != nil {
			return nil, err
		}
		pages[strings.TrimSuffix(page.Name(), ".tmpl")] = text.Bytes()
	}
	return pages, nil
}

// constantNames has the names of the constants of types ErrorCode, Category and SaTokenError, by
// their values.
type constantNames map[error]string

func (n constantNames) of(value error) (string, error) {
	name, ok := n[value]
	if !ok {
		return "", fmt.Errorf("no constant has the value %q", value)
	}
	return name, nil
}

// constants finds the names in the source of package autherr, which is in root. It relies on each
// constant being declared with its type and a literal.
func constants(root string) (constantNames, error) {
	files, err := filepath.Glob(filepath.Join(root, "*.go"))
	if err != nil {
		return nil, err
	}
	names := make(constantNames)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, declaration := range source.Decls {
			if declaration, ok := declaration.(*ast.GenDecl); ok && declaration.Tok == token.CONST {
				for _, spec := range declaration.Specs {
					names.add(spec.(*ast.ValueSpec))
				}
			}
		}
	}
	return names, nil
}

// add takes note of a constant, if it is of one of the three types.
func (n constantNames) add(spec *ast.ValueSpec) {
	if len(spec.Values) != 1 {
		return
	}
	typeName, isName := spec.Type.(*ast.Ident)
	value, isLiteral := spec.Values[0].(*ast.BasicLit)
	if !isName || !isLiteral {
		return
	}
	name := spec.Names[0].Name
	// Each is a valid literal of its type, or the package would not compile.
	text, _ := strconv.Unquote(value.Value)
	number, _ := strconv.ParseUint(value.Value, 0, 8)
	switch typeName.Name {
	case "ErrorCode":
		n[autherr.ErrorCode(text)] = name
	case "Category":
		n[autherr.Category(number)] = name
	case "SaTokenError":
		n[autherr.SaTokenError(number)] = name
	}
}

// A specification is what defines some of the codes.
type specification struct {
	Name  string
	Codes []autherr.ErrorCode
}

// specifications returns all codes by the specification that defines them, in the order of the
// first code of each.
func specifications() (all []specification) {
	for _, code := range autherr.ErrorCodes() {
		name, _, _ := strings.Cut(code.Reference(), " §")
		i := slices.IndexFunc(all, func(s specification) bool { return s.Name == name })
		if i < 0 {
			i = len(all)
			all = append(all, specification{Name: name})
		}
		all[i].Codes = append(all[i].Codes, code)
	}
	return all
}

var rfcSection = regexp.MustCompile(`^RFC (\d+) §([\d.]+)$`)

// reference returns where a code is specified, with a link if that is an RFC.
func reference(code autherr.ErrorCode) string {
	return rfcSection.ReplaceAllString(code.Reference(), "[$0](https://www.rfc-editor.org/rfc/rfc$1#section-$2)")
}

// cborValue returns the CBOR value of a code, or "none".
func cborValue(code autherr.ErrorCode) string {
	value, ok := code.CBORValue()
	if !ok {
		return "none"
	}
	return strconv.Itoa(int(value))
}

// answers returns what the token endpoint, the authorization endpoint and the protected resource
// answer, in this order.
func answers(err error) []autherr.Answer {
	return []autherr.Answer{
		autherr.TokenEndpoint.Answer(err),
		autherr.AuthorizationEndpoint.Answer(err),
		autherr.ProtectedResource.Answer(err),
	}
}

// anchor returns the fragment by which code hosts link to a heading.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		default:
			return -1
		}
	}, heading)
}
