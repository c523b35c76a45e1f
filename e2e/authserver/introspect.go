package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/seed-e9190de5/autherr"
)

// readToken authenticates the client that asks about a token, and returns both.
func (s *server) readToken(r *http.Request) (*client, string, error) {
	c, err := s.authenticate(r)
	if err != nil {
		return nil, "", err
	}
	token, err := required(r.PostForm, "token")
	return c, token, err
}

// introspect says what a token stands for (RFC 7662). A token that is dead or unknown is not an error.
func (s *server) introspect(w http.ResponseWriter, r *http.Request) error {
	c, token, err := s.readToken(r)
	if err != nil {
		return err
	}
	if c.public() {
		return fmt.Errorf("client %.40q is public: %w", c.ID, autherr.UnauthorizedClient)
	}
	var g grant
	kind := "refresh token"
	is, err := s.store.find(r.Context(), kind, token, &g)
	if err == nil && is == absent {
		kind = "token"
		g, err = s.resolve(r.Context(), token)
		is = fresh
	}
	if err == nil && g.User != "" {
		_, err = s.store.account(r.Context(), g.User)
	}
	switch {
	case err == nil && is == fresh && (g.Expires.IsZero() || s.now().Before(g.Expires)):
	case err == nil || autherr.CodeOf(err) == autherr.InvalidGrant: // not by errors.Is, since a store that is down counts
		return writeJSON(w, http.StatusOK, map[string]any{"active": false})
	default:
		return err
	}
	answer := map[string]any{"active": true, "client_id": g.Client, "scope": g.Scope, "iss": s.issuer}
	if !g.Expires.IsZero() {
		answer["exp"] = g.Expires.Unix()
	}
	if g.User != "" {
		answer["sub"], answer["username"], answer["auth_time"], answer["acr"] = g.User, g.User, g.Login.Unix(), g.ACR
	}
	if kind == "token" {
		answer["token_type"], answer["aud"] = "Bearer", g.Audience
	}
	if g.Key != "" {
		answer["token_type"], answer["cnf"] = "DPoP", map[string]string{"jkt": g.Key}
	}
	return writeJSON(w, http.StatusOK, answer)
}

// revoke revokes a token of the client, with all of its family (RFC 7009). A token that is dead or unknown is not an error.
func (s *server) revoke(w http.ResponseWriter, r *http.Request) error {
	c, token, err := s.readToken(r)
	if err != nil {
		return err
	}
	if strings.HasPrefix(token, machinePrefix) {
		return fmt.Errorf("tokens of machines are files: %w", autherr.UnsupportedTokenType)
	}
	var g grant
	is, err := s.store.find(r.Context(), "refresh token", token, &g)
	if err == nil && is == absent {
		g, err = s.resolve(r.Context(), token)
	}
	switch {
	case err == nil && g.Client != c.ID:
		return fmt.Errorf("client %.40q: %w: %w", c.ID, autherr.UnauthorizedClient, autherr.ErrOAuth2ClientIDMismatch)
	case err == nil:
		err = s.store.revoke(r.Context(), g.Family)
	case autherr.CodeOf(err) == autherr.InvalidGrant: // not by errors.Is, since a store that is down counts
		err = nil
	}
	return err
}
