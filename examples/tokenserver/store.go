package main

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed-e9190de5/autherr"
)

const (
	accessTokenLife  = time.Hour
	refreshTokenLife = 30 * 24 * time.Hour
)

// A client is a registered client. Real secrets are long and random, so that a hash will do.
type client struct {
	id         string
	secretHash [sha256.Size]byte
	grantTypes []string
	scope      []string // the most that it may have
}

// A grant is what a token stands for.
type grant struct {
	clientID string
	scope    []string
	expires  time.Time
}

// tokens is what a client gets (RFC 6749 §5.1).
type tokens struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope"`
}

// A store knows clients and tokens. All that goes wrong in it, it says in sa-token errors.
type store struct {
	connect func(operation string) error // to the data; an operation fails with what this returns
	clients map[string]client

	mu            sync.Mutex
	accessTokens  map[string]grant
	refreshTokens map[string]grant
}

// newStore returns a store with what the guide speaks of.
func newStore() *store {
	now := time.Now()
	both, profile, email := []string{profileScope, "email"}, []string{profileScope}, []string{"email"}
	return &store{
		connect: func(string) error { return nil }, // it is all in memory
		clients: map[string]client{
			"demo":  {"demo", sha256.Sum256([]byte("demo-secret")), []string{"client_credentials", "refresh_token"}, both},
			"other": {"other", sha256.Sum256([]byte("other-secret")), []string{"refresh_token"}, both},
		},
		accessTokens: map[string]grant{
			"demo-access-token":  {"demo", profile, now.Add(accessTokenLife)},
			"demo-email-token":   {"demo", email, now.Add(accessTokenLife)},
			"demo-expired-token": {"demo", profile, now.Add(-accessTokenLife)},
		},
		refreshTokens: map[string]grant{
			"demo-refresh-token":  {"demo", both, now.Add(refreshTokenLife)},
			"demo-expired-token":  {"demo", both, now.Add(-refreshTokenLife)},
			"other-refresh-token": {"other", profile, now.Add(refreshTokenLife)},
		},
	}
}

// refuseConnection is the connect of a store that is down.
func refuseConnection(operation string) error {
	return &autherr.StorageError{Details: operation, Err: errors.New("dial tcp 10.0.0.5:6379: connection refused")}
}

// authenticate returns the client with this id and secret. An unknown client takes as long as a
// wrong secret.
func (s *store) authenticate(id, secret string) (client, error) {
	if err := s.connect("find client"); err != nil {
		return client{}, err
	}
	c, known := s.clients[id]
	hash := sha256.Sum256([]byte(secret))
	same := subtle.ConstantTimeCompare(hash[:], c.secretHash[:]) == 1
	switch {
	case !known:
		return client{}, fmt.Errorf("client %q: %w", id, autherr.ErrOAuth2ClientNotFound)
	case !same:
		return client{}, fmt.Errorf("client %q: %w", id, autherr.ErrOAuth2InvalidCredentials)
	}
	return c, nil
}

// issue returns an access token for c, and no refresh token (RFC 6749 §4.4.3).
func (s *store) issue(c client, scope string) (*tokens, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newTokens(c.id, scope, c.scope)
}

// refresh returns an access token for c, and a refresh token in place of the one used. A request
// that fails uses up nothing.
func (s *store) refresh(c client, refreshToken, scope string) (*tokens, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.refreshTokens[refreshToken]
	switch {
	case !ok || time.Now().After(g.expires):
		return nil, fmt.Errorf("client %q: %w", c.id, autherr.ErrOAuth2RefreshTokenNotFound)
	case g.clientID != c.id:
		return nil, fmt.Errorf("client %q uses what %q got: %w", c.id, g.clientID, autherr.ErrOAuth2ClientIDMismatch)
	}
	fresh, err := s.newTokens(c.id, scope, g.scope)
	if err != nil {
		return nil, err
	}
	fresh.RefreshToken = rand.Text()
	g.expires = time.Now().Add(refreshTokenLife)
	s.refreshTokens[fresh.RefreshToken] = g // with the scope of the old one (RFC 6749 §6)
	delete(s.refreshTokens, refreshToken)
	return fresh, nil
}

// find returns what an access token stands for.
func (s *store) find(accessToken string) (grant, error) {
	if accessToken == "" {
		return grant{}, autherr.ErrTokenEmpty
	}
	if err := s.connect("find token"); err != nil {
		return grant{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.accessTokens[accessToken]
	switch {
	case !ok:
		return grant{}, autherr.ErrTokenNotFound
	case time.Now().After(g.expires):
		return grant{}, fmt.Errorf("token of client %q: %w", g.clientID, autherr.ErrTokenExpired)
	}
	return g, nil
}

// newTokens makes an access token with the scope asked for, or with all that is allowed where that
// is "" (RFC 6749 §3.3).
func (s *store) newTokens(clientID, asked string, allowed []string) (*tokens, error) {
	scope := allowed
	if asked != "" {
		scope = strings.Split(asked, " ")
	}
	for _, name := range scope {
		if !slices.Contains(allowed, name) {
			return nil, fmt.Errorf("client %q: scope %q: %w", clientID, name, autherr.ErrOAuth2InvalidScope)
		}
	}
	if err := s.connect("save token"); err != nil {
		return nil, err
	}
	token := rand.Text()
	s.accessTokens[token] = grant{clientID, scope, time.Now().Add(accessTokenLife)}
	return &tokens{
		AccessToken: token,
		TokenType:   "Bearer",
		ExpiresIn:   int(accessTokenLife.Seconds()),
		Scope:       strings.Join(scope, " "),
	}, nil
}
