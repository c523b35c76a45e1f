package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// token is the token endpoint (RFC 6749 §3.2).
func (a *api) token(w http.ResponseWriter, r *http.Request) {
	const maxForm = 16 << 10
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	tokens, err := a.grantTokens(r)
	if err != nil {
		a.logFailure(r, err)
		autherrhttp.WriteTokenError(w, r, err)
		return
	}
	w.Header().Set("Pragma", "no-cache") // RFC 6749 §5.1
	writeJSON(w, tokens)
}

// grantTokens checks the request from the outside in: its form, its client, its grant.
func (a *api) grantTokens(r *http.Request) (*tokens, error) {
	grantType, err := parseForm(r)
	if err != nil {
		return nil, err
	}
	c, err := a.authenticate(r)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(c.grantTypes, grantType) {
		return nil, fmt.Errorf("client %q: grant type %q: %w", c.id, grantType, autherr.UnauthorizedClient)
	}
	scope, refreshToken := r.PostForm.Get("scope"), r.PostForm.Get("refresh_token")
	switch {
	case grantType == "client_credentials":
		return a.store.issue(c, scope)
	case refreshToken == "":
		return nil, fmt.Errorf("no refresh_token: %w", autherr.InvalidRequest)
	}
	return a.store.refresh(c, refreshToken, scope)
}

// parseForm parses the parameters, which are in the body alone, and returns the grant type.
func parseForm(r *http.Request) (grantType string, err error) {
	if err := r.ParseForm(); err != nil {
		return "", fmt.Errorf("form: %v: %w", err, autherr.InvalidRequest)
	}
	for name, values := range r.PostForm {
		if len(values) > 1 { // RFC 6749 §3.2
			return "", fmt.Errorf("parameter %q is there %d times: %w", name, len(values), autherr.InvalidRequest)
		}
	}
	switch grantType := r.PostForm.Get("grant_type"); grantType {
	case "client_credentials", "refresh_token":
		return grantType, nil
	case "":
		return "", fmt.Errorf("no grant_type: %w", autherr.InvalidRequest)
	default:
		return "", fmt.Errorf("grant type %q: %w", grantType, autherr.UnsupportedGrantType)
	}
}

// authenticate returns the client, which says who it is by HTTP Basic or in the body, but not by
// both (RFC 6749 §2.3).
func (a *api) authenticate(r *http.Request) (client, error) {
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if r.Header.Get("Authorization") != "" {
		user, password, ok := r.BasicAuth()
		userID, idErr := url.QueryUnescape(user) // RFC 6749 §2.3.1
		userSecret, secretErr := url.QueryUnescape(password)
		switch {
		case secret != "":
			return client{}, fmt.Errorf("two ways of client authentication: %w", autherr.InvalidRequest)
		case !ok || idErr != nil || secretErr != nil:
			return client{}, fmt.Errorf("no HTTP Basic: %w", autherr.InvalidClient)
		case id != "" && id != userID:
			return client{}, fmt.Errorf("client_id is not the one in HTTP Basic: %w", autherr.InvalidRequest)
		}
		id, secret = userID, userSecret
	}
	if id == "" {
		return client{}, fmt.Errorf("no client authentication: %w", autherr.InvalidClient)
	}
	return a.store.authenticate(id, secret)
}

// writeJSON answers with what is for the client alone.
func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(value)
}
