package autherrhttp

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"html/template"
	"net/http"

	"github.com/seed-e9190de5/autherr"
)

const mediaTypeHTML = "text/html; charset=utf-8"

// pageHead is the beginning of each page, up to its title.
const pageHead = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
`

// personPage is for a person who may not be sent back to the client.
var personPage = template.Must(template.New("person").Parse(pageHead + `<title>This request cannot be completed</title>
</head>
<body>
<main>
<h1>This request cannot be completed</h1>
{{with .Response}}
{{- with .Code.Description}}<p>{{.}}</p>
{{end}}
{{- with .Description}}<p>{{.}}</p>
{{end}}
{{- with .URI}}<p>{{if $.Linked}}<a href="{{.}}">{{.}}</a>{{else}}{{.}}{{end}}</p>
{{end -}}
<p>Error code: <code>{{.Code}}</code></p>
{{end -}}
</main>
</body>
</html>
`))

const personPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// sendPersonPage sends an answer that has begun, for a person to read.
func sendPersonPage(w http.ResponseWriter, answer autherr.Answer) {
	header := w.Header()
	set(header, "Content-Security-Policy", personPolicy)
	set(header, "Referrer-Policy", "no-referrer")
	set(header, "X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors (RFC 6749 §10.13)
	sendPage(w, answer.HTTPStatus, personPage, struct {
		Response autherr.ErrorResponse
		Linked   bool
	}{answer.Response, isWebAddress(parseURI(answer.Response.URI))})
}

// postPage posts parameters. The button is always there, since scripts can fail to run in more ways
// than those in which a browser shows what is in a noscript element.
var postPage = template.Must(template.New("post").Parse(pageHead + `<title>Back to the application</title>
</head>
<body>
<main>
<h1>Back to the application</h1>
<form method="post" {{.Action}}>
{{range .Parameters}}<input type="hidden" name="{{.Name}}" value="{{.Value}}">
{{end -}}
<p>If nothing happens, go on with this button.</p>
<button>Continue</button>
</form>
</main>
<script>` + postScript + `</script>
</body>
</html>
`))

const postScript = "document.forms[0].submit()"

// postPolicy has no form-action: some browsers apply it to redirects after the post too, and where the
// client then sends its user is the client's affair. Nothing but the page's own form can post.
var postPolicy = func() string {
	sum := sha256.Sum256([]byte(postScript))
	return "default-src 'none'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'"
}()

// sendPostPage sends an answer that has begun and that has the browser post the parameters to uri. The
// URI has to be one that a browser may be sent to.
func sendPostPage(w http.ResponseWriter, uri string, parameters []parameter) {
	header := w.Header()
	set(header, "Content-Security-Policy", postPolicy)
	set(header, "Referrer-Policy", "strict-origin")
	drop(header, "X-Frame-Options")
	sendPage(w, http.StatusOK, postPage, struct {
		// As a URL, html/template would write some characters in another way, and refuse most schemes.
		Action     template.HTMLAttr
		Parameters []parameter
	}{template.HTMLAttr(`action="` + html.EscapeString(uri) + `"`), parameters})
}

func sendPage(w http.ResponseWriter, status int, page *template.Template, data any) {
	var body bytes.Buffer
	_ = page.Execute(&body, data) // nothing in it can fail
	send(w, status, mediaTypeHTML, body.Bytes())
}
