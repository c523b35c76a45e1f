package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

const root = "../.."

func TestPagesAreUpToDate(t *testing.T) {
	pages, err := render(root)
	require.NoError(t, err)
	require.Len(t, pages, 4)
	for name, text := range pages {
		written, err := os.ReadFile(filepath.Join(root, "docs", name))
		require.NoError(t, err)
		assert.Equal(t, string(text), string(written), "go generate ./... writes %s again", name)
	}
}

var (
	headingLine = regexp.MustCompile(`(?m)^##+ (.*)$`)
	link        = regexp.MustCompile(`\]\(([^)#]*)(?:#([^)]*))?\)`)

	// What GitHub leaves out of the fragment of a heading: github.com/gjtorikian/html-pipeline,
	// in its filter for a table of contents.
	dropped = regexp.MustCompile(`[^\pL\pM\p{Nd}\p{Pc}\- ]`)
)

// fragments returns the fragments of the headings of a page below its title.
func fragments(t *testing.T, page []byte) (all []string) {
	for _, heading := range headingLine.FindAllSubmatch(page, -1) {
		text := dropped.ReplaceAllString(strings.ToLower(string(heading[1])), "")
		fragment := strings.ReplaceAll(text, " ", "-")
		assert.NotContains(t, all, fragment, "a second heading of this text gets another fragment")
		all = append(all, fragment)
	}
	return all
}

func TestLinksResolve(t *testing.T) {
	pages, err := render(root)
	require.NoError(t, err)
	for name, text := range pages {
		t.Run(name, func(t *testing.T) {
			var linked []string
			for _, target := range link.FindAllSubmatch(text, -1) {
				file, fragment := string(target[1]), string(target[2])
				switch {
				case strings.HasPrefix(file, "https://"):
				case fragment == "":
					assert.FileExists(t, filepath.Join(root, "docs", file))
				case file == "":
					assert.Contains(t, fragments(t, text), fragment)
					linked = append(linked, fragment)
				default:
					assert.Contains(t, fragments(t, pages[file]), fragment)
				}
			}
			for _, entry := range regexp.MustCompile(`(?m)^### (.*)$`).FindAllSubmatch(text, -1) {
				assert.Contains(t, linked, strings.ToLower(string(entry[1])), "the index has every entry")
			}
		})
	}
}

func TestEveryConstantIsFound(t *testing.T) {
	names, err := constants(root)
	require.NoError(t, err)
	for _, code := range autherr.ErrorCodes() {
		assert.Contains(t, names, error(code))
	}
	for _, category := range autherr.Categories() {
		assert.Contains(t, names, error(category))
	}
	for _, e := range autherr.SaTokenErrors() {
		assert.Equal(t, fmt.Sprintf("%#v", e), "autherr."+names[e])
	}
	_, err = names.of(autherr.ErrorCode("mfa_required"))
	assert.Error(t, err)
}

func TestChineseIsComplete(t *testing.T) {
	isChinese := func(text string) bool {
		return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	}
	for _, category := range autherr.Categories() {
		// A product's name is the same in Chinese.
		assert.True(t, isChinese(zhCategories[category]) || category == autherr.CategoryOAuth2, "%v", category)
	}
	assert.Len(t, zhCategories, len(autherr.Categories()))
	for _, e := range autherr.SaTokenErrors() {
		text := zhErrors[e]
		assert.True(t, isChinese(text.Meaning), "meaning of %#v", e)
		assert.True(t, isChinese(text.Solution), "solution of %#v", e)
		assert.Len(t, text.Causes, len(e.Causes()), "causes of %#v", e)
		for _, cause := range text.Causes {
			assert.True(t, isChinese(cause), "cause %q of %#v", cause, e)
		}
	}
	assert.Len(t, zhErrors, len(autherr.SaTokenErrors()))
}
