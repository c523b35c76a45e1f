package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/examples/internal/stdout"
)

func TestChallengesTellTheClientWhatToDo(t *testing.T) {
	const metadata = "https://health.example.com/.well-known/oauth-protected-resource"
	assert.Equal(t, []string{
		`ask "` + metadata + `" who issues tokens, and get one for "records.read"`,
		"refresh the token, and try once more",
		`ask the user to allow "records.read"`,
		`let the user log in again, with max_age="300"`,
		"give up: remote: 400 invalid_request",
		"show the records",
	}, stdout.Find(stdout.Of(t, main), `(?m)^client: (.*)$`))
}

func TestLogSaysWhatTheClientIsNotTold(t *testing.T) {
	text := stdout.Of(t, main)
	assert.Equal(t, []string{"NotLogin", "TokenExpired"}, stdout.Find(text, `error\.name=(\w+)`))
	assert.Equal(t, []string{"401", "401", "403", "401", "400"}, stdout.Find(text, `answer\.status=(\d+)`))
	assert.Equal(t, 5, strings.Count(text, "INFO "), "nothing of this is the server's fault")
}

func TestOutputIsTheSameEachTime(t *testing.T) {
	assert.Equal(t, stdout.Of(t, main), stdout.Of(t, main))
}

func TestOnlyAccessTokensForTheResourceAreTaken(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	now := time.Now().Unix()
	for name, c := range map[string]struct {
		typ, claim string
		value      any
		want       error
	}{
		"the right token":          {"at+jwt", "", nil, nil},
		"the type as a media type": {"application/at+jwt", "", nil, nil},
		"an ID token":              {"JWT", "", nil, autherr.ErrInvalidToken},
		"no type":                  {"", "", nil, autherr.ErrInvalidToken},
		"another issuer":           {"at+jwt", "iss", issuer + ".evil.example", autherr.ErrInvalidToken},
		"another audience":         {"at+jwt", "aud", "https://other.example.com", autherr.ErrInvalidToken},
		"no expiry":                {"at+jwt", "exp", nil, autherr.ErrInvalidToken},
		"expired":                  {"at+jwt", "exp", now - 1, autherr.ErrTokenExpired},
		"a longer scope":           {"at+jwt", "scope", "records.readable", autherr.InsufficientScope},
		"no scope":                 {"at+jwt", "scope", nil, autherr.InsufficientScope},
		"an old login":             {"at+jwt", "auth_time", now - 302, autherr.InsufficientUserAuthentication},
		"an unknown login":         {"at+jwt", "auth_time", nil, autherr.InsufficientUserAuthentication},
	} {
		t.Run(name, func(t *testing.T) {
			all := jwt.MapClaims{"iss": issuer, "aud": resource, "exp": now + 3600, "scope": "profile records.read", "auth_time": now}
			all[c.claim] = c.value
			token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, all)
			token.Header["typ"] = c.typ
			text, err := token.SignedString(private)
			require.NoError(t, err)
			r := httptest.NewRequest(http.MethodGet, "/records", nil)
			r.Header.Set("Authorization", "bearer "+text)
			assert.ErrorIs(t, authorize(r, func(*jwt.Token) (any, error) { return public, nil }), c.want)
		})
	}
}

func TestTokenPutsNoMoreIntoTheLogThanItHas(t *testing.T) {
	const most = 8 << 10 // the server's limit to headers
	encoded := base64.RawURLEncoding.EncodeToString
	for _, part := range []string{`{"scope":1%s}`, `{"auth_time":1%s}`, `{"alg":"%s"}`, `{"%s`, "%s"} {
		hostile := fmt.Sprintf(part, strings.Repeat("1", most/2))
		for _, token := range []string{hostile, encoded([]byte(hostile)) + ".e30.", encoded([]byte(`{"alg":"EdDSA"}`)) + "." + encoded([]byte(hostile)) + "."} {
			r := httptest.NewRequest(http.MethodGet, "/records", nil)
			r.Header.Set("Authorization", "Bearer "+token)
			err := authorize(r, func(*jwt.Token) (any, error) { return nil, &autherr.StorageError{Details: "no keys"} })
			require.Error(t, err)
			assert.Less(t, len(autherr.LogAttr(err).String()), most)
		}
	}
}
