package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
	"github.com/seed-e9190de5/autherr/examples/internal/stdout"
)

func TestNobodyIsRedirectedToAnUnknownAddress(t *testing.T) {
	const to, from = "https://app.example.com/callback?error=", "&iss=https%3A%2F%2Flogin.example.com&state=x7"
	assert.Equal(t, []string{to + "login_required" + from, to + "invalid_request" + from}, stdout.Find(stdout.Of(t, main), `(?m)^  is sent to (.*)$`))
}

func TestUserSeesAPageOrComesBackToTheClient(t *testing.T) {
	text := stdout.Of(t, main)
	assert.Equal(t, []string{"400", "400", "400", "200", "502", "400"}, stdout.Find(text, `(?m)^  sees (\d+) `))
	assert.Equal(t, []string{"invalid_client", "invalid_redirect_uri", "invalid_request"}, stdout.Find(text, `Error code: (\w+)`))
}

func TestClientTakesNoAnswerThatItDidNotAskFor(t *testing.T) {
	const right = "?error=login_required&state=x7&iss=" + issuer
	for name, c := range map[string]struct {
		cookie, query string
		status        int
	}{
		"the right answer": {"__Host-state=x7", right, 200},
		"no cookie":        {"", right, 400},
		"another cookie":   {"state=x7", right, 400},
		"another state":    {"__Host-state=y8", right, 400},
		"no state":         {"__Host-state=x7", "?error=login_required&iss=" + issuer, 400},
		"another issuer":   {"__Host-state=x7", right + ".evil.example", 400},
		"no issuer":        {"__Host-state=x7", "?error=login_required&state=x7", 400},
	} {
		r := httptest.NewRequest(http.MethodGet, "/callback"+c.query, nil)
		r.Header.Set("Cookie", c.cookie)
		w := httptest.NewRecorder()
		callback(w, r)
		assert.Equal(t, c.status, w.Code, name)
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	const client, uri, code = "client_id=app", "&redirect_uri=" + callbackURI, "&response_type=code"
	back := autherrhttp.Redirect{URI: callbackURI, Issuer: issuer}
	for query, want := range map[string]struct {
		back autherrhttp.Redirect
		err  error
	}{
		client + uri + code:                               {back, nil},
		client + uri + code + "&response_mode=query":      {back, nil},
		client + uri + code + "&response_mode=form_post":  {back, autherr.InvalidRequest},
		client + uri + code + "&prompt=none":              {back, autherr.ErrNotLogin},
		client + uri + "&response_type=token":             {back, autherr.UnsupportedResponseType},
		client + uri:                                      {back, autherr.UnsupportedResponseType},
		client + code:                                     {autherrhttp.Redirect{}, autherr.ErrOAuth2RedirectURIMismatch},
		client + uri + "/x" + code:                        {autherrhttp.Redirect{}, autherr.ErrOAuth2RedirectURIMismatch},
		uri[1:] + code:                                    {autherrhttp.Redirect{}, autherr.ErrOAuth2ClientNotFound},
		client + uri + uri + code:                         {autherrhttp.Redirect{}, autherr.InvalidRequest},
		client + uri + code + "&state=&state=":            {autherrhttp.Redirect{}, autherr.InvalidRequest},
		client + uri + code + "&state=%zz":                {autherrhttp.Redirect{}, autherr.InvalidRequest},
		client + uri + code + strings.Repeat("&x=y", 2e3): {autherrhttp.Redirect{}, autherr.InvalidRequest},
	} {
		back, err := check(httptest.NewRequest(http.MethodGet, "/authorize?"+query, nil))
		assert.Equal(t, want.back, back, "%.80s", query)
		assert.ErrorIs(t, err, want.err, "%.80s", query)
	}
}

func TestLogLinesAreShort(t *testing.T) {
	long := strings.Repeat("%0a", 2700) // a header has no room for more
	for _, query := range []string{
		"client_id=" + long, "client_id=app&redirect_uri=" + long, long + "&" + long, long + "=%zz", "client_id=app&redirect_uri=" + callbackURI + "&response_mode=" + long,
		"client_id=app&redirect_uri=" + callbackURI + "&response_type=" + long,
	} {
		_, err := check(httptest.NewRequest(http.MethodGet, "/authorize?"+query, nil))
		assert.Less(t, len(autherr.LogAttr(err).String()), 1000)
	}
}

func TestOutputIsTheSameEachTime(t *testing.T) {
	assert.Equal(t, stdout.Of(t, main), stdout.Of(t, main))
}
