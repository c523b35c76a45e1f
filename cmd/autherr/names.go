package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/seed-e9190de5/autherr"
)

// A name is a text by which people know an error, a code or a category.
type name struct {
	text    string
	folded  string // by fold
	subject error  // an autherr.SaTokenError, ErrorCode or Category
}

// names has all names.
var names = func() (all []name) {
	add := func(subject error, texts ...string) {
		constant := constantOf(subject)
		for _, text := range append(texts, constant, strings.TrimPrefix(constant, "autherr.")) {
			all = append(all, name{text, fold(text), subject})
		}
	}
	for _, c := range autherr.ErrorCodes() {
		add(c, string(c))
	}
	for _, e := range autherr.SaTokenErrors() {
		add(e, e.Name(), e.Error())
	}
	for _, c := range autherr.Categories() {
		add(c, c.String())
	}
	return all
}()

// initialisms are the words of codes that are not just capitalized in Go.
var initialisms = map[string]string{"ace": "ACE", "dpop": "DPoP", "id": "ID", "pop": "PoP", "uri": "URI", "vp": "VP"}

// constantOf returns how a subject is written in Go, such as "autherr.InvalidGrant".
func constantOf(subject error) string {
	switch s := subject.(type) {
	case autherr.Category:
		return "autherr.Category" + strings.ReplaceAll(s.String(), " ", "")
	case autherr.ErrorCode:
		if value, ok := s.CBORValue(); ok && !s.IsKnown() {
			return fmt.Sprintf("autherr.Other(%d)", value)
		}
		if !s.IsKnown() {
			return fmt.Sprintf("autherr.ErrorCode(%s)", shownQuoted(string(s)))
		}
		constant := "autherr."
		for word := range strings.SplitSeq(string(s), "_") {
			if initialism, ok := initialisms[word]; ok {
				constant += initialism
			} else {
				constant += strings.ToUpper(word[:1]) + word[1:]
			}
		}
		return constant
	default:
		return fmt.Sprintf("%#v", subject)
	}
}

// shortNameOf returns the name by which a subject is called in the output.
func shortNameOf(subject error) string {
	switch s := subject.(type) {
	case autherr.ErrorCode, autherr.Category:
		return s.Error()
	case autherr.SaTokenError:
		return strings.TrimPrefix(constantOf(s), "autherr.")
	default:
		return fmt.Sprintf("%T", s)
	}
}

// lookUp returns what text names, exactly, else by its letters and digits only. One text may name
// several: "InvalidToken" is the name of an error and the constant of a code.
func lookUp(text string) []error {
	found := subjects(func(n name) bool { return n.text == text })
	if folded := fold(text); found == nil && folded != "" {
		found = subjects(func(n name) bool { return n.folded == folded })
	}
	return found
}

// subjects returns what has a name that matches, each once.
func subjects(matches func(name) bool) (found []error) {
	for _, n := range names {
		if matches(n) && !slices.Contains(found, n.subject) {
			found = append(found, n.subject)
		}
	}
	return found
}

// fold returns the letters and digits of text, in lower case: the same for InvalidGrant and
// invalid_grant.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}

// namesLike returns what a misspelt name may be, or "".
func namesLike(text string) string {
	var all []string
	for _, subject := range nearest(fold(text)) {
		all = append(all, shortNameOf(subject))
	}
	return strings.Join(all, " or ")
}

// nearest returns the subjects whose names are the nearest to a folded text, if they are near. Else it
// returns those with the text in their names, if they are few.
func nearest(folded string) []error {
	const longest, most = 80, 4
	if len(folded) < 3 || len(folded) > longest {
		return nil
	}
	distanceTo := func(n name) int { return distance(folded, n.folded) }
	least := 1 + len(folded)/5
	for _, n := range names {
		least = min(least, distanceTo(n))
	}
	found := subjects(func(n name) bool { return distanceTo(n) == least })
	if found == nil {
		found = subjects(func(n name) bool { return strings.Contains(n.folded, folded) })
	}
	if len(found) > most {
		return nil
	}
	return found
}

// distance returns how many bytes have to be inserted, deleted or replaced to turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1) // row[j] is the distance from a[:i] to b[:j]
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0]++
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
