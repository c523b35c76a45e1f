package middlewaretest

import (
	"io"
	"log"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

var discard = log.New(io.Discard, "", 0)

// hostile are texts that try to leave the HTML of a page.
var hostile = []string{
	"", "xyz", `"`, "'", "`", "<", ">", "&", "&quot;", "&#34;", "&amp;lt;", "</", "\x00", "\r", "\n", "\r\n", "\t", "\u2028", "\xff\xfe", "é", "=", " ", "/>",
	`<script>alert(1)</script>`, `"><script>alert(1)</script>`, `'><img src=x onerror=alert(1)>`, `" autofocus onfocus="alert(1)`,
	`</form><form action="https://evil.example">`, `<base href="https://evil.example">`, `<!--`, `-->`, `<![CDATA[`, `]]>`, `</title>`, `</textarea>`,
	`<meta http-equiv="refresh" content="0;url=https://evil.example">`, "{{.}}", "${7*7}", "javascript:alert(1)", `https://a.example/?a=b&lt=c&copy=d`,
	strings.Repeat("<", 64<<10), strings.Repeat(`"`, 64<<10), strings.Repeat("é", 32<<10),
}

// elements returns all elements of a page, as a browser builds them, and its texts.
func elements(t *testing.T, page string) (all []*html.Node, texts []string) {
	t.Helper()
	document, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	for node := range document.Descendants() {
		assert.NotEqual(t, html.CommentNode, node.Type)
		switch {
		case node.Type == html.ElementNode:
			all = append(all, node)
		case node.Type == html.TextNode && node.Parent.DataAtom != atom.Script && strings.TrimSpace(node.Data) != "":
			texts = append(texts, node.Data)
		}
	}
	return all, texts
}

func attributes(node *html.Node) map[string]string {
	all := make(map[string]string)
	for _, attribute := range node.Attr {
		all[attribute.Key] = attribute.Val
	}
	return all
}

func names(nodes []*html.Node) string {
	var all []string
	for _, node := range nodes {
		all = append(all, node.Data)
	}
	return strings.Join(all, " ")
}

const head = "html head meta meta meta title body main h1 "

// read returns what a browser makes of a text in a page, which has no NUL, and only one form of a line's end.
func read(text string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\uFFFD").Replace(text)
}

func TestPostedPageInABrowser(t *testing.T) {
	for _, uri := range []string{
		"https://client.example/cb", "https://client.example/cb?a=b&copy=c&lt=d&amp;e", "https://client.example/a'b(c)*d!;e,f$?'=+",
		"com.example.app:/cb", "https://client.example/?a=%zz%41",
	} {
		for _, text := range hostile {
			to := autherrhttp.Redirect{URI: uri, State: text, Issuer: text, Mode: autherrhttp.FormPostMode}
			err := autherr.ErrorResponse{Code: autherr.InvalidScope, Description: text, URI: text}
			recorder := httptest.NewRecorder()
			answer := autherrhttp.WriteAuthorizationError(recorder, httptest.NewRequest("GET", "/", nil), err, to)
			require.Equal(t, 200, answer.HTTPStatus, uri)

			all, texts := elements(t, recorder.Body.String())
			posted := make(url.Values)
			var others []*html.Node
			for _, node := range all {
				switch attributes := attributes(node); node.DataAtom {
				case atom.Form:
					assert.Equal(t, map[string]string{"method": "post", "action": uri}, attributes)
					others = append(others, node)
				case atom.Input:
					assert.Len(t, attributes, 3)
					assert.Equal(t, "hidden", attributes["type"])
					assert.Equal(t, "form", node.Parent.Data)
					posted.Add(attributes["name"], attributes["value"])
				default:
					others = append(others, node)
					if node.DataAtom != atom.Meta && node.DataAtom != atom.Html {
						assert.Empty(t, attributes, node.Data)
					}
				}
			}
			assert.Equal(t, head+"form p button script", names(others))
			want := make(url.Values)
			for name, values := range to.Parameters(err) {
				want.Set(name, read(values[0]))
			}
			assert.Equal(t, want, posted)
			assert.Equal(t, []string{"Back to the application", "Back to the application", "If nothing happens, go on with this button.", "Continue"}, texts)
		}
	}
}

func TestPageForPeopleInABrowser(t *testing.T) {
	for _, text := range hostile {
		err := autherr.ErrorResponse{Code: autherr.InvalidRedirectURI, Description: text, URI: text}
		recorder := httptest.NewRecorder()
		answer := autherrhttp.WriteAuthorizationError(recorder, httptest.NewRequest("GET", "/", nil), err, autherrhttp.Redirect{URI: text, State: text, Issuer: text})
		require.Equal(t, 400, answer.HTTPStatus)

		all, texts := elements(t, recorder.Body.String())
		want, wantTexts := head+"p ", []string{"This request cannot be completed", "This request cannot be completed", autherr.InvalidRedirectURI.Description()}
		if answer.Response.Description != "" {
			want += "p "
			if strings.TrimSpace(answer.Response.Description) != "" {
				wantTexts = append(wantTexts, answer.Response.Description)
			}
		}
		if answer.Response.URI != "" {
			want += "p "
			wantTexts = append(wantTexts, answer.Response.URI)
			if strings.HasPrefix(answer.Response.URI, "https://") {
				want += "a "
			}
		}
		assert.Equal(t, want+"p code", names(all))
		assert.Equal(t, append(wantTexts, "Error code: ", "invalid_redirect_uri"), texts)
		for _, node := range all {
			for name, value := range attributes(node) {
				if node.DataAtom != atom.Meta && node.DataAtom != atom.Html {
					assert.Equal(t, "href", name)
					assert.Equal(t, answer.Response.URI, value)
				}
			}
		}
	}
}
