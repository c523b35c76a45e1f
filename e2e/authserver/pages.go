package main

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"

	"github.com/seed-e9190de5/autherr"
)

//go:embed pages.html
var pagesHTML string

// submit is the script that posts a code to the client.
const submit = "document.forms[0].submit()"

var pages = template.Must(template.New("").Funcs(template.FuncMap{"submit": func() template.JS { return submit }}).Parse(pagesHTML))

// There is no form-action, since browsers apply it to the redirect that follows, too.
var pagePolicy = func() string {
	sum := sha256.Sum256([]byte(submit))
	return "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}()

func writePage(w http.ResponseWriter, name string, data any) error {
	var page bytes.Buffer
	if err := pages.ExecuteTemplate(&page, name, data); err != nil {
		return &autherr.InternalError{Details: "page " + name, Err: err}
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Referrer-Policy", "strict-origin") // with no-referrer, the forms of the page would have the Origin null
	h.Set("X-Content-Type-Options", "nosniff")
	w.Write(page.Bytes()) // if it fails, the browser has gone
	return nil
}
