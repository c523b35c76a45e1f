// Package clienttest tests what package autherrhttp makes of the errors of other OAuth clients.
package clienttest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// answers are what a token endpoint may answer.
var answers = []struct {
	name   string
	status int
	header [][2]string
	body   string
	want   autherr.RemoteError // without Header and Body
}{
	{"an error", 400, [][2]string{{"Content-Type", "application/json"}},
		`{"error":"invalid_grant","error_description":"Too old","error_uri":"https://as.example/e"}`,
		autherr.RemoteError{Status: 400, Response: autherr.ErrorResponse{Code: autherr.InvalidGrant, Description: "Too old", URI: "https://as.example/e"}}},
	{"an error with a wait", 503, [][2]string{{"Content-Type", "application/json; charset=utf-8"}, {"Retry-After", "30"}}, `{"error":"temporarily_unavailable"}`,
		autherr.RemoteError{Status: 503, RetryAfter: 30 * time.Second, Response: autherr.ErrorResponse{Code: autherr.TemporarilyUnavailable}}},
	{"an error with 200, as a form", 200, [][2]string{{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
		"error=bad_verification_code&error_description=Too+old&error_uri=https%3A%2F%2Fas.example%2Fe",
		autherr.RemoteError{Status: 200, Response: autherr.ErrorResponse{Code: "bad_verification_code", Description: "Too old", URI: "https://as.example/e"}}},
	{"an error with 200, as JSON", 200, [][2]string{{"Content-Type", "application/json"}}, `{"error":"slow_down","interval":10}`,
		autherr.RemoteError{Status: 200, Response: autherr.ErrorResponse{Code: autherr.SlowDown}}},
	{"an error in a challenge only", 401, [][2]string{{"WWW-Authenticate", `Basic realm="token", error="invalid_client", error_description="Who?"`}}, "",
		autherr.RemoteError{Status: 401, Response: autherr.ErrorResponse{Code: autherr.InvalidClient, Description: "Who?"}}},
	{"an error as CBOR", 400, [][2]string{{"Content-Type", "application/ace+cbor"}}, "\xA1\x18\x1E\x03",
		autherr.RemoteError{Status: 400, Response: autherr.ErrorResponse{Code: autherr.InvalidGrant}}},
	{"a page", 502, [][2]string{{"Content-Type", "text/html"}}, "<html>502 Bad Gateway</html>", autherr.RemoteError{Status: 502}},
	{"nothing", 500, nil, "", autherr.RemoteError{Status: 500}},
}

// tokenEndpoint answers everything with one answer.
func tokenEndpoint(t *testing.T, status int, header [][2]string, body string) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for _, line := range header {
			w.Header().Add(line[0], line[1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// read is what the comment of ReadErrorBody shows.
func read(err error) error {
	if retrieve, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return autherrhttp.ReadErrorBody(retrieve.Response, retrieve.Body)
	}
	return err
}

func TestRetrieveErrorBecomesARemoteError(t *testing.T) {
	for _, test := range answers {
		t.Run(test.name, func(t *testing.T) {
			endpoint := oauth2.Endpoint{TokenURL: tokenEndpoint(t, test.status, test.header, test.body), AuthStyle: oauth2.AuthStyleInParams}
			config := oauth2.Config{ClientID: "app", Endpoint: endpoint}
			flows := map[string]func() error{
				"code": func() error {
					_, err := config.Exchange(t.Context(), "a code")
					return err
				},
				"refresh": func() error {
					_, err := config.TokenSource(t.Context(), &oauth2.Token{RefreshToken: "a refresh token"}).Token()
					return err
				},
				"password": func() error {
					_, err := config.PasswordCredentialsToken(t.Context(), "ann", "secret")
					return err
				},
				"client credentials": func() error {
					c := clientcredentials.Config{ClientID: "app", TokenURL: endpoint.TokenURL, AuthStyle: endpoint.AuthStyle}
					_, err := c.Token(t.Context())
					return err
				},
				"a request of its client": func() error { // whose error is an *url.Error
					client := config.Client(t.Context(), &oauth2.Token{RefreshToken: "a refresh token"})
					res, err := client.Get(endpoint.TokenURL)
					if err == nil {
						res.Body.Close()
					}
					return err
				},
			}
			for name, flow := range flows {
				err := flow()
				retrieve, ok := errors.AsType[*oauth2.RetrieveError](err)
				require.True(t, ok, "%s: %v", name, err)
				remote, ok := read(err).(*autherr.RemoteError)
				require.True(t, ok, name)

				assert.Equal(t, test.want.Response, remote.Response, name)
				assert.Equal(t, test.want.Status, remote.Status, name)
				assert.Equal(t, test.want.RetryAfter, remote.RetryAfter, name)
				assert.Equal(t, test.body, string(remote.Body), name)
				assert.Equal(t, retrieve.Response.Header, http.Header(remote.Header), name)
				assert.Equal(t, test.want.Response.Code == "", remote.Err != nil, name)

				// What x/oauth2 found, we found.
				if retrieve.ErrorCode != "" {
					assert.Equal(t, retrieve.ErrorCode, string(remote.Response.Code), name)
					assert.Equal(t, retrieve.ErrorDescription, remote.Response.Description, name)
					assert.Equal(t, retrieve.ErrorURI, remote.Response.URI, name)
				}
			}
		})
	}
}

// x/oauth2 asks again by itself while authorization is pending, and returns the error that ends this.
func TestDeviceCode(t *testing.T) {
	for _, code := range []autherr.ErrorCode{autherr.ExpiredToken, autherr.AccessDenied, autherr.InvalidGrant} {
		body := `{"error":"` + code.String() + `"}`
		config := oauth2.Config{ClientID: "tv", Endpoint: oauth2.Endpoint{
			TokenURL:      tokenEndpoint(t, 400, [][2]string{{"Content-Type", "application/json"}}, body),
			DeviceAuthURL: tokenEndpoint(t, 401, [][2]string{{"Content-Type", "application/json"}}, `{"error":"invalid_client"}`),
			AuthStyle:     oauth2.AuthStyleInParams,
		}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := config.DeviceAccessToken(ctx, &oauth2.DeviceAuthResponse{DeviceCode: "a device code", Interval: 1})
		assert.ErrorIs(t, read(err), code)

		_, err = config.DeviceAuth(ctx)
		assert.ErrorIs(t, read(err), autherr.InvalidClient)
	}
}

// A RetrieveError that somebody made by hand need not have a response.
func TestRetrieveErrorWithoutResponse(t *testing.T) {
	err := read(&oauth2.RetrieveError{Body: []byte(`{"error":"invalid_grant"}`)})
	assert.ErrorIs(t, err, autherr.InvalidGrant)
	assert.ErrorContains(t, err, "no response")
}

// x/oauth2 reads up to 1 MiB, and all of a body that has been read already counts.
func TestLongBody(t *testing.T) {
	body := `{"padding":"` + strings.Repeat("x", 512<<10) + `","error":"invalid_grant"}`
	config := oauth2.Config{ClientID: "app", Endpoint: oauth2.Endpoint{
		TokenURL: tokenEndpoint(t, 400, [][2]string{{"Content-Type", "application/json"}}, body), AuthStyle: oauth2.AuthStyleInParams,
	}}
	_, err := config.Exchange(t.Context(), "a code")
	assert.ErrorIs(t, read(err), autherr.InvalidGrant)
}
