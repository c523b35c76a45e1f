// Command tour shows what autherr knows. Without arguments it lists the errors, takes one of
// them from a store to a handler, and shows a response as it is on the wire. With arguments it
// explains each of them: the CBOR of a response, an error or a code.
package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

const usage = `Tour shows what autherr knows.

  go run -C examples ./tour             lists the errors, and follows one to the wire
  go run -C examples ./tour WHAT [...]  explains each WHAT, which is one of

    A1181E04                         the CBOR of an error response, in hex
    TokenNotFound, ErrTokenNotFound  an error, by its sa-token name or its constant
    invalid_grant, InvalidGrant, 3   a code, by its name, its constant or its number
    'other(418)', 418, -99999        a code that has no name
`

// A page is what is printed in one piece, or not at all where it fails. The writer takes
// everything.
type page func(w io.Writer) error

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run answers args on stdout and returns the exit status. What it cannot answer gets a line on
// stderr, and does not keep it from answering the rest. It does without package flag, which
// would take -99999 for a flag.
func run(args []string, stdout, stderr io.Writer) (status int) {
	asksHelp := func(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }

	var pages []page
	switch {
	case slices.ContainsFunc(args, asksHelp):
		pages = []page{help}
	case len(args) == 0:
		pages = []page{tour}
	default:
		for _, arg := range args {
			pages = append(pages, explanation(arg))
		}
	}

	gap := ""
	for _, page := range pages {
		text, err := layOut(page)
		if err == nil {
			_, err = io.WriteString(stdout, gap+text)
			gap = "\n"
		}
		if err != nil {
			fmt.Fprintln(stderr, "tour:", err)
			status = 1
		}
	}
	return status
}

func help(w io.Writer) error {
	fmt.Fprint(w, usage)
	return nil
}

// layOut returns a page with its tab-separated cells in columns.
func layOut(page page) (string, error) {
	var padded, text strings.Builder
	columns := tabwriter.NewWriter(&padded, 0, 0, 1, ' ', 0)
	if err := page(columns); err != nil {
		return "", err
	}
	columns.Flush()
	for line := range strings.Lines(padded.String()) {
		// The empty cells at the end of a line have come out as blanks.
		fmt.Fprintln(&text, strings.TrimRight(line, " \n"))
	}
	return text.String(), nil
}
