package main

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
	"github.com/seed-e9190de5/autherr/autherrjwt"
)

// A client is a registered client, in the names of RFC 7591.
type client struct {
	ID            string   `json:"client_id"`
	Name          string   `json:"client_name,omitempty"`
	RedirectURIs  []string `json:"redirect_uris,omitempty"`
	RequestURIs   []string `json:"request_uris,omitempty"`
	GrantTypes    []string `json:"grant_types"`
	ResponseTypes []string `json:"response_types"`
	Scope         string   `json:"scope"` // the most that it may have
	AuthMethod    string   `json:"token_endpoint_auth_method"`
	Keys          *keySet  `json:"jwks,omitempty"`

	secret, registration []byte // hashes; real secrets are long and random, so a fast hash will do
}

func (c *client) public() bool { return c.AuthMethod == "none" }

func (c *client) may(grantType string) error {
	if !slices.Contains(c.GrantTypes, grantType) {
		return fmt.Errorf("client %.40q: grant type %.80q: %w", c.ID, grantType, autherr.UnauthorizedClient)
	}
	return nil
}

// narrow returns the scope that is asked for, or the whole allowed scope if none is (RFC 6749 §3.3).
func (c *client) narrow(asked, allowed string) (string, error) {
	if asked == "" {
		return allowed, nil
	}
	for name := range strings.SplitSeq(asked, " ") {
		if !hasScope(allowed, name) {
			return "", fmt.Errorf("client %.40q: scope %.80q: %w", c.ID, name, autherr.ErrOAuth2InvalidScope)
		}
	}
	return asked, nil
}

// redirectURI returns the URI to redirect to: the one that is asked for, if it is registered, or the only registered one.
func (c *client) redirectURI(asked string) (string, error) {
	if asked == "" && len(c.RedirectURIs) == 1 {
		return c.RedirectURIs[0], nil
	}
	uri, err := url.Parse(asked)
	if err != nil {
		return "", fmt.Errorf("%w: %w: %w", autherr.InvalidRedirectURI, autherr.ErrOAuth2RedirectURIMismatch, err)
	}
	for _, registered := range c.RedirectURIs {
		if registered == asked {
			return asked, nil
		}
		// A native application gets its port when it starts (RFC 8252 §7.3).
		if own, err := url.Parse(registered); err == nil && own.Scheme == "http" && net.ParseIP(own.Hostname()).IsLoopback() && uri.User == nil {
			if own.Host = net.JoinHostPort(own.Hostname(), uri.Port()); own.String() == asked {
				return asked, nil
			}
		}
	}
	return "", fmt.Errorf("client %.40q: %w: %w: %.80q", c.ID, autherr.InvalidRedirectURI, autherr.ErrOAuth2RedirectURIMismatch, asked)
}

// key returns the key of the client that signed token.
func (c *client) key(token *jwt.Token) (any, error) {
	if c.Keys == nil {
		return nil, fmt.Errorf("client %.40q has no keys", c.ID)
	}
	return c.Keys.find(token)
}

// client returns the client with this id. If its record is corrupt, the error is that of encoding/json, to see what becomes of an
// error that autherr does not know.
func (s *store) client(ctx context.Context, id string) (*client, error) {
	var c client
	var metadata []byte
	found, err := s.db.scan(ctx, "find client", []any{&c.secret, &c.registration, &metadata},
		`SELECT secret, registration, metadata FROM client WHERE id = ?`, id)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, fmt.Errorf("client %.40q: %w", id, autherr.ErrOAuth2ClientNotFound)
	}
	if err := json.Unmarshal(metadata, &c); err != nil {
		return nil, fmt.Errorf("client %.40q: %w", id, err)
	}
	return &c, nil
}

func (s *store) saveClient(ctx context.Context, c *client) error {
	metadata, err := json.Marshal(c)
	if err != nil {
		return &autherr.SerializationError{Details: "client", Err: err}
	}
	_, err = s.db.ExecContext(ctx, `INSERT OR REPLACE INTO client VALUES (?, ?, ?, ?)`, c.ID, c.secret, c.registration, metadata)
	return storeError("save client", err)
}

// readForm parses the form of r. Only the parameters in several may be repeated (RFC 6749 §3.2).
func readForm(r *http.Request, several ...string) error {
	if err := r.ParseForm(); err != nil {
		return autherrhttp.RequestError(err)
	}
	for name, values := range r.PostForm {
		if len(values) > 1 && !slices.Contains(several, name) {
			return fmt.Errorf("parameter %.40q is there %d times: %w", name, len(values), autherr.InvalidRequest)
		}
	}
	return nil
}

// required returns the value of a parameter.
func required(form url.Values, name string) (string, error) {
	if form.Get(name) == "" {
		return "", autherr.ErrorResponse{Code: autherr.InvalidRequest, Description: "parameter " + name + " is missing"}
	}
	return form.Get(name), nil
}

// authenticate reads the form of r and returns the client, which may authenticate in one way only (RFC 6749 §2.3).
func (s *server) authenticate(r *http.Request, several ...string) (*client, error) {
	if err := readForm(r, several...); err != nil {
		return nil, err
	}
	form := r.PostForm
	id, secret := form.Get("client_id"), form.Get("client_secret")
	header, assertion := r.Header.Get("Authorization") != "", form.Has("client_assertion")
	switch {
	case header && (secret != "" || assertion) || secret != "" && assertion:
		return nil, fmt.Errorf("two ways of client authentication: %w", autherr.InvalidRequest)
	case assertion:
		return s.authenticateByAssertion(r.Context(), form)
	case header:
		user, password, ok := r.BasicAuth()
		userID, idErr := url.QueryUnescape(user) // RFC 6749 §2.3.1
		userSecret, secretErr := url.QueryUnescape(password)
		switch {
		case !ok || idErr != nil || secretErr != nil:
			return nil, fmt.Errorf("no HTTP Basic: %w", autherr.InvalidClient)
		case id != "" && id != userID:
			return nil, fmt.Errorf("client_id is not the one in HTTP Basic: %w", autherr.InvalidRequest)
		}
		id, secret = userID, userSecret
	case id == "":
		return nil, fmt.Errorf("no client authentication: %w", autherr.InvalidClient)
	}
	c, err := s.store.client(r.Context(), id)
	if err != nil {
		return nil, err
	}
	if c.public() && secret == "" && !header {
		return c, nil
	}
	if subtle.ConstantTimeCompare(hash(secret), c.secret) != 1 {
		return nil, fmt.Errorf("client %.40q: %w", id, autherr.ErrOAuth2InvalidCredentials)
	}
	return c, nil
}

var asymmetric = []string{"ES256", "EdDSA", "RS256", "PS256"}

// authenticateByAssertion returns the client that signed a JWT (RFC 7523 §2.2).
func (s *server) authenticateByAssertion(ctx context.Context, form url.Values) (*client, error) {
	if form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
		return nil, fmt.Errorf("client_assertion_type %.80q: %w", form.Get("client_assertion_type"), autherr.InvalidClient)
	}
	var c *client
	var claims jwt.RegisteredClaims
	parser := jwt.NewParser(jwt.WithValidMethods(asymmetric), jwt.WithExpirationRequired(), jwt.WithTimeFunc(s.now), jwt.WithAudience(s.issuer, s.issuer+"/token"))
	_, err := parser.ParseWithClaims(form.Get("client_assertion"), &claims, func(token *jwt.Token) (_ any, err error) {
		if id := form.Get("client_id"); claims.Issuer != claims.Subject || id != "" && id != claims.Subject {
			return nil, fmt.Errorf("issuer %.40q, subject %.40q, client_id %.40q", claims.Issuer, claims.Subject, id)
		}
		if c, err = s.store.client(ctx, claims.Subject); err != nil {
			return nil, err
		}
		return c.key(token)
	})
	if err != nil {
		return nil, fmt.Errorf("client assertion: %w: %w", autherr.InvalidClient, autherrjwt.Wrap(err))
	}
	if limit := s.now().Add(time.Hour); claims.ID == "" || claims.ExpiresAt.After(limit) {
		return nil, fmt.Errorf("client assertion without jti, or good for too long: %w", autherr.InvalidClient)
	}
	first, err := s.store.save(ctx, nil, row{kind: "assertion", id: c.ID + " " + claims.ID, until: claims.ExpiresAt.Time, once: true})
	if err == nil && !first {
		err = fmt.Errorf("client assertion: %w: %w", autherr.InvalidClient, autherr.ErrNonceAlreadyUsed)
	}
	return c, err
}

// A memory remembers clients, so that a browser can be sent back to one while the store is down.
type memory struct {
	mu      sync.Mutex
	clients map[string]*client
}

func (m *memory) recall(id string) *client {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.clients[id]
}

func (m *memory) keep(c *client) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.clients) >= 1000 || m.clients == nil {
		m.clients = map[string]*client{}
	}
	m.clients[c.ID] = c
}
