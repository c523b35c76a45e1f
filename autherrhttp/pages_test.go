package autherrhttp_test

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// With these, the tests read what a page is to be made of, and fail if there is anything else. The module
// middlewaretest parses the pages as a browser does.
var (
	aTag       = regexp.MustCompile(`<[^>]*>`)
	aHidden    = regexp.MustCompile(`^<input type="hidden" name="([a-z_]+)" value="([^"<>]*)">$`)
	aForm      = regexp.MustCompile(`^<form method="post" action="([^"<>]*)">$`)
	aLink      = regexp.MustCompile(`^<a href="([^"<>]*)">$`)
	aScript    = regexp.MustCompile(`(?s)<script>(.*?)</script>`)
	aHead      = `<!DOCTYPE html> <html lang="en"> <head> <meta charset="utf-8"> <meta name="viewport" content="width=device-width"> <meta name="color-scheme" content="light dark"> <title> </title> </head> <body> <main> <h1> </h1> `
	aTail      = ` </main> </body> </html>`
	aReference = regexp.MustCompile(`&[^;]*;`)
)

// readPost reads the page that posts as its browser will.
func readPost(t testing.TB, page string) (action string, posted map[string]string) {
	t.Helper()
	posted = make(map[string]string)
	var tags []string
	for _, tag := range aTag.FindAllString(page, -1) {
		if match := aHidden.FindStringSubmatch(tag); match != nil {
			require.NotContains(t, posted, match[1])
			posted[match[1]] = html.UnescapeString(match[2])
			continue
		}
		if match := aForm.FindStringSubmatch(tag); match != nil {
			require.Empty(t, action)
			action = html.UnescapeString(match[1])
			tag = "<form>"
		}
		tags = append(tags, tag)
	}
	require.Equal(t, aHead+`<form> <p> </p> <button> </button> </form> </main> <script> </script> </body> </html>`, strings.Join(tags, " "))
	return action, posted
}

// checkPersonPage checks that a page for people says what it may, and no more.
func checkPersonPage(t testing.TB, header http.Header, page string, response autherr.ErrorResponse) {
	t.Helper()
	assert.Equal(t, "text/html; charset=utf-8", header.Get("Content-Type"))
	assert.Equal(t, []string{"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}, header["Content-Security-Policy"])
	assert.Equal(t, []string{"no-referrer"}, header["Referrer-Policy"])
	assert.Equal(t, []string{"DENY"}, header["X-Frame-Options"])

	var tags, texts []string
	for _, tag := range aTag.FindAllString(page, -1) {
		if match := aLink.FindStringSubmatch(tag); match != nil {
			assert.Regexp(t, `(?i)^https?://`, match[1])
			tag = "<a>"
		}
		tags = append(tags, tag)
	}
	for text := range strings.SplitSeq(html.UnescapeString(aTag.ReplaceAllString(page, "\n")), "\n") {
		if text = strings.TrimSpace(text); text != "" {
			texts = append(texts, text)
		}
	}
	wantTexts := []string{"This request cannot be completed", "This request cannot be completed"}
	wantTags := aHead
	for _, text := range []string{response.Code.Description(), response.Description} {
		if text != "" {
			wantTexts = append(wantTexts, strings.TrimSpace(text))
			wantTags += "<p> </p> "
		}
	}
	if response.URI != "" {
		wantTexts = append(wantTexts, response.URI)
		if strings.Contains(page, "<a ") {
			wantTags += "<p> <a> </a> </p> "
		} else {
			wantTags += "<p> </p> "
		}
	}
	wantTexts = append(wantTexts, "Error code:")
	if code := strings.TrimSpace(string(response.Code)); code != "" {
		wantTexts = append(wantTexts, code)
	}
	wantTexts = nonEmpty(wantTexts)
	assert.Equal(t, wantTags+"<p> <code> </code> </p>"+aTail, strings.Join(tags, " "))
	assert.Equal(t, wantTexts, texts)
}

func nonEmpty(texts []string) (kept []string) {
	for _, text := range texts {
		if text != "" {
			kept = append(kept, text)
		}
	}
	return kept
}

// checkPostPolicy checks what the page that posts may do.
func checkPostPolicy(t testing.TB, header http.Header) {
	t.Helper()
	require.Len(t, header["Content-Security-Policy"], 1)
	assert.Regexp(t, `^default-src 'none'; script-src 'sha256-[A-Za-z0-9+/]{43}='; base-uri 'none'$`, header.Get("Content-Security-Policy"))
	assert.Equal(t, []string{"strict-origin"}, header["Referrer-Policy"])
	assert.NotContains(t, header, "X-Frame-Options")
}

func TestPolicyNamesTheScriptOfThePage(t *testing.T) {
	s := authorizationAnswer(built, back(autherrhttp.FormPostMode))
	checkPostPolicy(t, s.header)
	scripts := aScript.FindAllStringSubmatch(s.body, -1)
	require.Len(t, scripts, 1)
	sum := sha256.Sum256([]byte(scripts[0][1]))
	assert.Contains(t, s.header.Get("Content-Security-Policy"), "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
}

// Each page says its language and has a title. It has nothing but text, a link or a button.
func TestPagesForPeopleWithoutSight(t *testing.T) {
	for _, page := range []string{
		authorizationAnswer(built, autherrhttp.Redirect{}).body,
		authorizationAnswer(built, back(autherrhttp.FormPostMode)).body,
	} {
		assert.Regexp(t, `<html lang="en">`, page)
		assert.Regexp(t, `<title>[^<]+</title>`, page)
		assert.Regexp(t, `<main>\n<h1>[^<]+</h1>`, page)
		assert.NotRegexp(t, `(?i)tabindex|outline|<(img|style|link|iframe|object|noscript)`, page)
		assert.Less(t, len(page), 2000)
		for _, reference := range aReference.FindAllString(page, -1) {
			assert.Contains(t, []string{"&lt;", "&gt;", "&amp;", "&#34;", "&#39;", "&#43;"}, reference)
		}
	}
}
