// Command resource shows a protected resource that takes JWT access tokens (RFC 9068), and a client that
// learns from its challenges what to do: where to get a token (RFC 9728, as clients of MCP need it), which
// scope to ask for, and when the user has to log in again (RFC 9470).
//
// You may copy it. Keep the TLS, since whoever reads a bearer token can use it. Left out are the document at
// the metadata URL, fetching keys, revocation, DPoP, and a limit to attempts.
package main

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
	"github.com/seed-e9190de5/autherr/autherrjwt"
)

const issuer, resource = "https://login.example.com", "https://health.example.com"

// challenge says how to get in: with this scope, by a user who logged in within 300 seconds.
var challenge = autherrhttp.Challenge{Scope: "records.read", Params: map[string]string{"max_age": "300"},
	ResourceMetadata: resource + "/.well-known/oauth-protected-resource"}
var parser = jwt.NewParser(jwt.WithValidMethods([]string{"EdDSA"}),
	jwt.WithIssuer(issuer), jwt.WithAudience(resource), jwt.WithExpirationRequired())

type claims struct {
	jwt.RegisteredClaims
	Scope    string           `json:"scope"`
	AuthTime *jwt.NumericDate `json:"auth_time"`
}

// authorize checks the token of r. If keys cannot get the keys, it should return an *autherr.StorageError, for 500.
func authorize(r *http.Request, keys jwt.Keyfunc) error {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case len(r.Header["Authorization"]) > 1: // a proxy may have checked another one
		return fmt.Errorf("more than one Authorization: %w", autherr.InvalidRequest)
	case !strings.EqualFold(scheme, "Bearer"):
		return autherr.ErrNotLogin
	}
	var user claims
	token, err := parser.ParseWithClaims(text, &user, keys)
	if err != nil {
		return autherrjwt.Wrap(err)
	}
	switch typ := token.Header["typ"]; {
	case typ != "at+jwt" && typ != "application/at+jwt": // an ID token has the same issuer and key
		return &autherr.InvalidTokenError{Reason: "not an access token"}
	case !slices.Contains(strings.Fields(user.Scope), challenge.Scope):
		return fmt.Errorf("%.40q has scope %.80q: %w", user.Subject, user.Scope, autherr.InsufficientScope)
	case user.AuthTime == nil || time.Since(user.AuthTime.Time) > 300*time.Second:
		return fmt.Errorf("login of %.40q is too old: %w", user.Subject, autherr.InsufficientUserAuthentication)
	}
	return nil
}

// get is the client. It returns what to do next.
func get(client *http.Client, authorization []string) string {
	r, _ := http.NewRequest(http.MethodGet, resource+"/records", nil)
	r.Header["Authorization"] = authorization
	res, err := client.Do(r)
	if err != nil {
		return "give up: " + err.Error()
	}
	defer res.Body.Close()
	if res.StatusCode/100 == 2 {
		return "show the records"
	}
	remote, _ := errors.AsType[*autherr.RemoteError](autherrhttp.ReadError(res))
	for _, c := range autherrhttp.ParseChallenges(remote.Header) {
		switch code := c.Response.Code; {
		case !strings.EqualFold(c.Scheme, "Bearer"): // the client has no other credentials
		case code == "":
			return fmt.Sprintf("ask %q who issues tokens, and get one for %q", c.ResourceMetadata, c.Scope)
		case code == autherr.InvalidToken:
			return "refresh the token, and try once more"
		case code == autherr.InsufficientScope:
			return fmt.Sprintf("ask the user to allow %q", c.Scope)
		case code == autherr.InsufficientUserAuthentication:
			return fmt.Sprintf("let the user log in again, with max_age=%q", c.Params["max_age"])
		}
	}
	return "give up: " + remote.Error()
}

func main() {
	log.SetFlags(0) // no time, so that each run prints the same
	log.SetOutput(os.Stdout)
	public, private, _ := ed25519.GenerateKey(nil)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := authorize(r, func(*jwt.Token) (any, error) { return public, nil }); err != nil {
			answer := autherrhttp.WriteResourceError(w, r, err, challenge)
			slog.LogAttrs(r.Context(), autherr.FaultOf(err).Level(), "no records", autherr.LogAttr(err), slog.Any("answer", answer))
		}
	}))
	// The limit to headers also limits tokens, and what they can put into the log.
	srv.Config.ReadTimeout, srv.Config.WriteTimeout, srv.Config.MaxHeaderBytes = 5*time.Second, 10*time.Second, 8<<10
	srv.StartTLS()
	defer srv.Close()
	srv.Client().Timeout = 10 * time.Second
	issue := func(scope string, expires, login time.Duration) string { // as the authorization server does
		token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{"iss": issuer, "aud": resource, "sub": "ann",
			"exp": time.Now().Add(expires).Unix(), "scope": scope, "auth_time": time.Now().Add(login).Unix()})
		token.Header["typ"] = "at+jwt"
		text, _ := token.SignedString(private)
		return "Bearer " + text
	}
	show := func(with string, authorization ...string) {
		fmt.Printf("\nWith %s\n", with)
		fmt.Println("client:", get(srv.Client(), authorization))
	}
	good := issue("records.read", time.Hour, 0)
	show("no token")
	show("an expired token", issue("records.read", -time.Hour, 0))
	show("a token for something else", issue("profile", time.Hour, 0))
	show("a token of an old login", issue("records.read", time.Hour, -time.Hour))
	show("two tokens", good, good)
	show("a good token", good)
}
