package autherrvet_test

import (
	"fmt"
	"log"
	"path/filepath"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"

	"github.com/seed-e9190de5/autherr/autherrvet"
)

// Most people run the analyzer by go vet. A checker of your own can have it among its analyzers.
func ExampleAnalyzer() {
	loaded, err := packages.Load(&packages.Config{Mode: packages.LoadAllSyntax}, "./testdata/device")
	if err != nil {
		log.Fatal(err)
	}
	graph, err := checker.Analyze([]*analysis.Analyzer{autherrvet.Analyzer}, loaded, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, action := range graph.Roots {
		for _, found := range action.Diagnostics {
			at := action.Package.Fset.Position(found.Pos)
			fmt.Printf("%s:%d: %s\n", filepath.Base(at.Filename), at.Line, found.Message)
		}
	}
	// Output:
	// device.go:16: switch on an autherr.ErrorCode without a default case: the set of codes is open, so add a default for the codes that no case names
	// device.go:28: an error's text in the Description of a response reaches the client: write a fixed text, and log the error with autherr.LogAttr
}
