// Command apicheck holds the exported API of the module to the one recorded in docs/api.txt. It is run from
// the root of the module. Something that is recorded and gone, or no longer as recorded, fails unless CHANGELOG.md
// announces it: under Unreleased, below "### Changed" or "### Removed", with its name in backquotes, such as
// `ErrorCode.String`. Something new fails until it is recorded, with -record.
package main

import (
	"errors"
	"flag"
	"fmt"
	"go/build"
	"go/importer"
	"go/token"
	"go/types"
	"log"
	"os"
	"regexp"
	"slices"
	"strings"
)

const (
	module     = "github.com/seed-e9190de5/autherr"
	recordFile = "docs/api.txt"
)

func main() {
	log.SetFlags(0)
	record := flag.Bool("record", false, "record the API as it is")
	flag.Parse()

	current, err := exported(module, module+"/autherrhttp")
	if err != nil {
		log.Fatal(err)
	}
	if *record {
		if err := os.WriteFile(recordFile, []byte(strings.Join(current, "\n")+"\n"), 0o644); err != nil {
			log.Fatal(err)
		}
		return
	}
	recorded, err := os.ReadFile(recordFile)
	if err != nil {
		log.Fatal(err)
	}
	changelog, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		log.Fatal(err)
	}
	if err := check(strings.Split(strings.TrimSpace(string(recorded)), "\n"), current, string(changelog)); err != nil {
		log.Fatal(err)
	}
}

// exported returns a line for each exported name of the packages, with its type and, for a constant, its value;
// and one for each exported field and method.
func exported(paths ...string) (lines []string, err error) {
	build.Default.CgoEnabled = false // which would only make it slower
	source := importer.ForCompiler(token.NewFileSet(), "source", nil).(types.ImporterFrom)
	for _, path := range paths {
		pkg, err := source.ImportFrom(path, ".", 0)
		if err != nil {
			return nil, err
		}
		for _, name := range pkg.Scope().Names() {
			object := pkg.Scope().Lookup(name)
			if !object.Exported() {
				continue
			}
			if object, ok := object.(*types.TypeName); ok {
				lines = append(lines, members(pkg, object)...)
				continue
			}
			line := types.ObjectString(object, (*types.Package).Name)
			if c, ok := object.(*types.Const); ok {
				line = fmt.Sprintf("const %s.%s %s = %s", pkg.Name(), name, types.TypeString(c.Type(), (*types.Package).Name), c.Val())
			}
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// members returns a line for the type itself and one for each of its exported fields and methods.
func members(pkg *types.Package, name *types.TypeName) []string {
	kind := "struct"
	fields, isStruct := name.Type().Underlying().(*types.Struct)
	if !isStruct {
		kind = types.TypeString(name.Type().Underlying(), (*types.Package).Name)
	}
	lines := []string{fmt.Sprintf("type %s.%s %s", pkg.Name(), name.Name(), kind)}
	if isStruct {
		for field := range fields.Fields() {
			if field.Exported() {
				lines = append(lines, fmt.Sprintf("field %s.%s.%s %s", pkg.Name(), name.Name(), field.Name(), types.TypeString(field.Type(), (*types.Package).Name)))
			}
		}
	}
	for method := range types.NewMethodSet(types.NewPointer(name.Type())).Methods() {
		if method.Obj().Exported() {
			lines = append(lines, types.ObjectString(method.Obj(), (*types.Package).Name))
		}
	}
	return lines
}

// check returns an error for all that is recorded, not current and not announced, and for all that is current
// and not recorded.
func check(recorded, current []string, changelog string) error {
	var faults []error
	for _, line := range recorded {
		if !slices.Contains(current, line) && !announced(changelog, nameOf(line)) {
			faults = append(faults, fmt.Errorf("gone or changed, and not announced in CHANGELOG.md as `%s`: %s", nameOf(line), line))
		}
	}
	for _, line := range current {
		if !slices.Contains(recorded, line) {
			faults = append(faults, fmt.Errorf("not recorded in %s, which go run ./internal/apicheck -record does: %s", recordFile, line))
		}
	}
	return errors.Join(faults...)
}

// subject is the name that a line is about, as in func autherr.Name or func (*autherr.Name).Name.
var subject = regexp.MustCompile(`^\w+ \(?\*?\w+\.(\w+)\)?(\.\w+)?`)

// nameOf returns the name that a line is about, without the package: Other, or ErrorCode.String.
func nameOf(line string) string {
	parts := subject.FindStringSubmatch(line)
	if parts == nil {
		return line
	}
	return parts[1] + parts[2]
}

// announced reports whether the changelog names a change.
func announced(changelog, name string) bool {
	_, unreleased, _ := strings.Cut(changelog, "\n## [Unreleased]")
	unreleased, _, _ = strings.Cut(unreleased, "\n## ")
	for section := range strings.SplitSeq(unreleased, "\n### ") {
		heading, entries, _ := strings.Cut(section, "\n")
		if (heading == "Changed" || heading == "Removed") && strings.Contains(entries, "`"+name+"`") {
			return true
		}
	}
	return false
}
