// Command docgen writes what documents repeat of the library's tables: docs/errors.md, and the table of
// errors in README.md. Run it by go generate, from the root of the module.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/seed-e9190de5/autherr"
)

func main() {
	log.SetFlags(0)
	if err := os.WriteFile("docs/errors.md", reference(), 0o644); err != nil {
		log.Fatal(err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		log.Fatal(err)
	}
	if readme, err = replaceTable(readme, table()); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("README.md", readme, 0o644); err != nil {
		log.Fatal(err)
	}
}

// reference returns docs/errors.md.
func reference() []byte {
	var b bytes.Buffer
	fmt.Fprint(&b, `<!-- Made from the library's tables by "go generate ./...". Changes belong there. -->

# The errors and codes of autherr

`)
	for _, category := range autherr.Categories() {
		fmt.Fprintf(&b, "- [%s](#%s)\n", category, anchor(category.String()))
		for _, e := range category.Errors() {
			fmt.Fprintf(&b, "  - [%s](#%s)\n", constant(e), anchor(constant(e)))
		}
	}
	fmt.Fprintf(&b, "- [OAuth and ACE error codes](#%s)\n", anchor("OAuth and ACE error codes"))
	for code := range registered {
		fmt.Fprintf(&b, "  - [%s](#%s)\n", code, anchor(code.String()))
	}
	fmt.Fprint(&b, `
Of each error: the **code** is what a token endpoint tells the client (RFC 6749 §5.2, RFC 9200 §5.8.3); **HTTP**, **CoAP** and
**bearer error** are what a protected resource answers (RFC 6750 §3.1, RFC 9200 §5.10.2). Packages autherrhttp and autherrcoap write
both answers. A message may be followed by a detail where the error has one.
`)
	for _, category := range autherr.Categories() {
		fmt.Fprintf(&b, "\n## %s\n", category)
		for _, e := range category.Errors() {
			fmt.Fprintf(&b, "\n### %s\n\n%s\n\n", constant(e), e.Description())
			fmt.Fprintf(&b, "- Name: `%s`\n- Message: %q\n- Causes: %s\n- Way out: %s\n",
				e.Name(), e.Error(), strings.Join(e.Causes(), "; "), e.Solution())
			fmt.Fprintf(&b, "- Code: %s\n- HTTP: %d\n- CoAP: %s\n- Bearer error: %s\n",
				codeLink(e), e.HTTPStatus(), dotted(e.CoAPCode()), orNone(e.BearerError()))
		}
	}
	fmt.Fprint(&b, "\n## OAuth and ACE error codes\n\nHTTP and CoAP are what a token endpoint answers.\n")
	for code := range registered {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n", code, code.Description())
		fmt.Fprintf(&b, "- Value: %d\n- Name: `%s`\n- HTTP: %d\n- CoAP: %s\n", code, code, code.HTTPStatus(), dotted(code.CoAPCode()))
	}
	return b.Bytes()
}

// table returns the table of errors for README.md.
func table() []byte {
	var b bytes.Buffer
	fmt.Fprint(&b, "| category | error | code |\n|---|---|---|\n")
	for _, category := range autherr.Categories() {
		name := category.String()
		for _, e := range category.Errors() {
			fmt.Fprintf(&b, "| %s | [%s](docs/errors.md#%s) | %s |\n", name, constant(e), anchor(constant(e)), codeName(e))
			name = ""
		}
	}
	return b.Bytes()
}

// replaceTable puts table between the two comments that mark its place.
func replaceTable(document, table []byte) ([]byte, error) {
	begin, end := []byte("<!-- begin of the table of errors, by go generate -->\n"), []byte("<!-- end of the table of errors -->\n")
	before, rest, ok := bytes.Cut(document, begin)
	_, after, ok2 := bytes.Cut(rest, end)
	if !ok || !ok2 {
		return nil, fmt.Errorf("README.md has no place for the table of errors, between %q and %q", begin, end)
	}
	return bytes.Join([][]byte{before, begin, table, end, after}, nil), nil
}

// registered yields the codes that have a name.
func registered(yield func(autherr.ErrorCode) bool) {
	for code := autherr.ErrorCode(1); code.IsRegistered() && yield(code); code++ {
	}
}

func constant(e autherr.SaTokenError) string {
	return strings.TrimPrefix(fmt.Sprintf("%#v", e), "autherr.")
}

// anchor returns the fragment by which Markdown viewers link to a heading.
func anchor(heading string) string {
	return strings.ReplaceAll(strings.ToLower(heading), " ", "-")
}

func codeName(e autherr.SaTokenError) string {
	if code, ok := e.Code(); ok {
		return code.String()
	}
	return "none: a server fault"
}

func codeLink(e autherr.SaTokenError) string {
	if _, ok := e.Code(); !ok {
		return codeName(e)
	}
	return fmt.Sprintf("[%s](#%s)", codeName(e), anchor(codeName(e)))
}

// dotted writes a CoAP code as RFC 7252 §3 does: class, dot, two digits of detail.
func dotted(code uint8) string { return fmt.Sprintf("%d.%02d", code>>5, code&0x1F) }

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
