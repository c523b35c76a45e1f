package autherrhttp_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// A client of a token endpoint acts on the code, and can wait as long as it was told to.
func ExampleReadError() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(http.StatusServiceUnavailable)
		io.WriteString(w, `{"error":"temporarily_unavailable","error_description":"Back in a moment"}`)
	}))
	defer server.Close()

	refresh := func() error {
		res, err := http.PostForm(server.URL, url.Values{"grant_type": {"refresh_token"}})
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return autherrhttp.ReadError(res)
		}
		return nil
	}

	err := refresh()
	fmt.Println(err)
	if wait, ok := autherr.RetryAfterOf(err); ok {
		fmt.Println("try again in", wait)
	}
	// Output:
	// remote: 503 temporarily_unavailable: Back in a moment
	// try again in 5s
}

// GitHub answers errors with 200, and as a form unless it is asked for JSON.
func ExampleReadErrorBody() {
	res := &http.Response{
		StatusCode: http.StatusOK,
		Header:     http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}},
		Body:       io.NopCloser(strings.NewReader("error=bad_verification_code&error_description=Too+old.")),
	}

	body, _ := io.ReadAll(res.Body)
	values, _ := url.ParseQuery(string(body))
	if !values.Has("access_token") {
		err := autherrhttp.ReadErrorBody(res, body)
		fmt.Println(err)
		fmt.Println(errors.Is(err, autherr.ErrorCode("bad_verification_code")))
	}
	// Output:
	// remote: 200 bad_verification_code: Too old.
	// true
}

// At the client's redirection endpoint, check state first.
func ExampleReadRedirect() {
	r := httptest.NewRequest("GET", "/callback?error=access_denied&error_description=The+user+said+no&state=xyz-1", nil)

	query := r.URL.Query()
	if query.Get("state") != "xyz-1" {
		return
	}
	err := autherrhttp.ReadRedirect(query)
	fmt.Println(err)
	fmt.Println(errors.Is(err, autherr.AccessDenied))
	// Output:
	// remote: access_denied: The user said no
	// true
}

// A resource asks for a proof of possession by DPoP, and says which algorithms it takes.
func ExampleParseChallenges() {
	header := http.Header{"Www-Authenticate": {
		`Bearer realm="api", resource_metadata="https://api.example/.well-known/oauth-protected-resource"`,
		`DPoP error="use_dpop_nonce", algs="ES256 PS256"`,
	}}

	for _, c := range autherrhttp.ParseChallenges(header) {
		switch strings.ToLower(c.Scheme) {
		case "bearer":
			fmt.Println("Bearer: metadata at", c.ResourceMetadata)
		case "dpop":
			fmt.Println("DPoP:", c.Response.Code, "with one of", strings.Fields(c.Params["algs"]))
		}
	}
	// Output:
	// Bearer: metadata at https://api.example/.well-known/oauth-protected-resource
	// DPoP: use_dpop_nonce with one of [ES256 PS256]
}
