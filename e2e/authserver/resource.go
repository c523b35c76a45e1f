package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
	"github.com/seed-e9190de5/autherr/autherrjwt"
)

const (
	otherResource = "https://files.example.com" // a resource elsewhere, for which this server issues tokens
	acrPassword   = "pwd"
	acrSecond     = "mfa"
)

// A need is what a protected resource requires.
type need struct {
	scope  string
	role   string
	acr    string
	maxAge time.Duration // since the login
}

var resources = map[string]need{
	"GET /profile":          {scope: "profile"},
	"GET /account":          {scope: "profile", maxAge: 5 * time.Minute},
	"GET /account/security": {scope: "profile", acr: acrSecond},
	"GET /admin":            {scope: "profile", role: "admin"},
}

// resource is a protected resource (RFC 6750, RFC 9449 §7, RFC 9470).
func (s *server) resource(w http.ResponseWriter, r *http.Request, needs need) {
	s.answer(w, r, func(w http.ResponseWriter, r *http.Request) error {
		g, err := s.authorized(w, r, needs)
		if err != nil {
			return err
		}
		return writeJSON(w, http.StatusOK, struct {
			Client  string `json:"client_id"`
			Scope   string `json:"scope"`
			Subject string `json:"sub,omitempty"`
		}{g.Client, g.Scope, g.User})
	}, func(err error) autherr.Answer {
		return autherrhttp.WriteResourceError(w, r, err, s.challenges(needs)...)
	})
}

// challenges returns the challenges that say how to meet needs.
func (s *server) challenges(needs need) []autherrhttp.Challenge {
	bearer := autherrhttp.Challenge{Realm: "demo", Scope: needs.scope, ResourceMetadata: s.issuer + "/.well-known/oauth-protected-resource",
		Params: map[string]string{"acr_values": needs.acr}}
	if needs.maxAge > 0 {
		bearer.Params["max_age"] = strconv.Itoa(int(needs.maxAge.Seconds()))
	}
	proof := bearer
	proof.Scheme, proof.Params = "DPoP", maps.Clone(bearer.Params)
	proof.Params["algs"] = strings.Join(asymmetric, " ")
	return []autherrhttp.Challenge{bearer, proof}
}

// authorized returns what the token of r stands for, if that meets needs.
func (s *server) authorized(w http.ResponseWriter, r *http.Request, needs need) (grant, error) {
	authorization := r.Header.Values("Authorization")
	if len(authorization) > 1 || r.URL.Query().Has("access_token") { // RFC 6750 §2
		return grant{}, fmt.Errorf("two Authorization headers, or a token in the query: %w", autherr.InvalidRequest)
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimLeft(token, " ") // RFC 9110 §11.4 allows several
	var key string
	switch {
	case strings.EqualFold(scheme, "DPoP"):
		var err error
		if key, err = s.proof(w, r, token); err == nil && key == "" {
			err = fmt.Errorf("no proof: %w", autherr.InvalidDPoPProof)
		}
		if err != nil {
			return grant{}, err
		}
	case !strings.EqualFold(scheme, "Bearer"):
		return grant{}, autherr.ErrNotLogin
	}
	g, err := s.resolve(r.Context(), token)
	if err == nil && g.Key != key {
		err = &autherr.InvalidTokenError{Reason: "bound to another key, or to none"}
	}
	if err != nil {
		return grant{}, err
	}
	var user account
	if g.User != "" {
		found, err := s.store.account(r.Context(), g.User)
		if err != nil {
			return grant{}, err
		}
		user = *found
	}
	switch {
	case !hasScope(g.Scope, needs.scope):
		return grant{}, &autherr.PermissionDeniedError{Permission: needs.scope}
	case needs.role != "" && !slices.Contains(user.Roles, needs.role):
		return grant{}, fmt.Errorf("user %.40q: %w", g.User, &autherr.RoleDeniedError{Role: needs.role})
	case needs.acr != "" && g.ACR != needs.acr, needs.maxAge > 0 && s.now().Sub(g.Login) > needs.maxAge:
		return grant{}, fmt.Errorf("login of %.40q at %v by %q: %w", g.User, g.Login, g.ACR, autherr.InsufficientUserAuthentication)
	}
	return g, nil
}

const machinePrefix = "machine-"

// resolve returns what an access token stands for: one that the store knows, one of a machine, or one of the upstream.
func (s *server) resolve(ctx context.Context, token string) (grant, error) {
	if token == "" {
		return grant{}, autherr.ErrTokenEmpty
	}
	if strings.HasPrefix(token, machinePrefix) {
		return s.machine(token)
	}
	if strings.Count(token, ".") == 2 {
		claims, err := s.verify(ctx, token)
		if err != nil {
			return grant{}, err
		}
		if claims.Issuer != s.issuer {
			return grant{Client: claims.Client, Scope: claims.Scope, Key: claims.Key["jkt"], Expires: claims.ExpiresAt.Time}, nil
		}
	}
	var g grant
	switch is, err := s.store.find(ctx, "token", token, &g); {
	case err != nil:
		return grant{}, err
	case is == absent && s.upstream != nil:
		return s.upstream.introspect(ctx, token)
	case is == absent:
		return grant{}, autherr.ErrTokenNotFound
	case !s.now().Before(g.Expires):
		return grant{}, fmt.Errorf("token of client %.40q: %w: %w", g.Client, autherr.InvalidGrant, autherr.ErrTokenExpired)
	}
	return g, nil
}

// verify checks a JWT of ours or of the upstream (RFC 9068 §4).
func (s *server) verify(ctx context.Context, text string) (*accessClaims, error) {
	claims := &accessClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods(asymmetric), jwt.WithAudience(s.issuer), jwt.WithExpirationRequired(), jwt.WithTimeFunc(s.now))
	token, err := parser.ParseWithClaims(text, claims, func(token *jwt.Token) (any, error) {
		switch {
		case claims.Issuer == s.issuer:
			return s.keys.public(ctx, token)
		case s.upstream != nil && claims.Issuer == s.upstream.url:
			return s.upstream.key(ctx, token)
		}
		return nil, fmt.Errorf("issuer %.80q", claims.Issuer)
	})
	if err != nil {
		return nil, autherrjwt.Wrap(err)
	}
	if token.Header["typ"] != "at+jwt" {
		return nil, &autherr.InvalidTokenError{Reason: "not an access token"}
	}
	return claims, nil
}

// machine returns what the token of a machine stands for. An operator puts that into a file.
func (s *server) machine(token string) (g grant, err error) {
	data, err := fs.ReadFile(s.machines, fmt.Sprintf("%x.json", hash(token)))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return grant{}, fmt.Errorf("%w: %w", autherr.ErrTokenNotFound, err)
	case err != nil:
		return grant{}, &autherr.StorageError{Details: "machines", Err: err}
	}
	if err := json.Unmarshal(data, &g); err != nil {
		return grant{}, &autherr.SerializationError{Details: "machines", Err: err}
	}
	return g, nil
}
