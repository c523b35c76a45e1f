package main

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

const registrationScope = "register"

// guarded has admit check the token of a request, and serve answer it. Errors of admit are answered as at a protected resource, those of
// serve as at a token endpoint (RFC 7591 §3, RFC 7592 §2).
func (s *server) guarded(admit func(http.ResponseWriter, *http.Request) (*client, error), serve func(http.ResponseWriter, *http.Request, *client) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		admitted := false
		s.answer(w, r, func(w http.ResponseWriter, r *http.Request) error {
			c, err := admit(w, r)
			if err != nil {
				return err
			}
			admitted = true
			return serve(w, r, c)
		}, func(err error) autherr.Answer {
			if admitted {
				return autherrhttp.WriteTokenError(w, r, err)
			}
			return autherrhttp.WriteResourceError(w, r, err, autherrhttp.Challenge{Realm: "registration"})
		})
	}
}

// initial admits whoever has an initial access token, as a new client.
func (s *server) initial(w http.ResponseWriter, r *http.Request) (*client, error) {
	_, err := s.authorized(w, r, need{scope: registrationScope})
	return &client{ID: rand.Text()}, err
}

// itself admits a client that has its registration access token.
func (s *server) itself(_ http.ResponseWriter, r *http.Request) (*client, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil, autherr.ErrNotLogin
	}
	c, err := s.store.client(r.Context(), r.PathValue("id"))
	if err == nil && subtle.ConstantTimeCompare(hash(token), c.registration) != 1 {
		err = fmt.Errorf("client %.40q: %w", c.ID, autherr.ErrTokenNotFound)
	}
	return c, err
}

// A registration is what a client is told about itself.
type registration struct {
	*client
	Secret        string `json:"client_secret,omitempty"`
	SecretExpires int    `json:"client_secret_expires_at"`
	Token         string `json:"registration_access_token,omitempty"`
	URI           string `json:"registration_client_uri"`
}

func (s *server) registration(c *client, secret, token string) registration {
	return registration{client: c, Secret: secret, Token: token, URI: s.issuer + "/register/" + url.PathEscape(c.ID)}
}

func (s *server) register(w http.ResponseWriter, r *http.Request, c *client) error {
	if err := readMetadata(r, c); err != nil {
		return err
	}
	secret, token := "", rand.Text()
	c.secret, c.registration = []byte{}, hash(token)
	if strings.HasPrefix(c.AuthMethod, "client_secret_") {
		secret = rand.Text()
		c.secret = hash(secret)
	}
	if err := s.store.saveClient(r.Context(), c); err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, s.registration(c, secret, token))
}

func (s *server) showClient(w http.ResponseWriter, r *http.Request, c *client) error {
	return writeJSON(w, http.StatusOK, s.registration(c, "", ""))
}

// updateClient replaces all that is known of a client, except its credentials.
func (s *server) updateClient(w http.ResponseWriter, r *http.Request, c *client) error {
	fresh := &client{ID: c.ID, secret: c.secret, registration: c.registration}
	if err := readMetadata(r, fresh); err != nil {
		return err
	}
	if fresh.AuthMethod != c.AuthMethod {
		return fmt.Errorf("token_endpoint_auth_method %.40q instead of %q: %w", fresh.AuthMethod, c.AuthMethod, autherr.InvalidClientMetadata)
	}
	if err := s.store.saveClient(r.Context(), fresh); err != nil {
		return err
	}
	return s.showClient(w, r, fresh)
}

// readMetadata reads what a client says about itself (RFC 7591 §2) into c.
func readMetadata(r *http.Request, c *client) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return autherrhttp.RequestError(err)
	}
	id := c.ID
	if err := json.Unmarshal(body, c); err != nil {
		return fmt.Errorf("%w: %w", autherr.InvalidClientMetadata, err)
	}
	if c.ID != id && r.Method == http.MethodPut {
		return fmt.Errorf("client_id %.40q: %w", c.ID, autherr.InvalidClientMetadata)
	}
	c.ID = id
	if c.GrantTypes == nil {
		c.GrantTypes = []string{"authorization_code"}
	}
	if c.AuthMethod == "" {
		c.AuthMethod = "client_secret_basic"
	}
	if c.Scope == "" {
		c.Scope = "openid profile email"
	}
	if c.ResponseTypes == nil {
		c.ResponseTypes = []string{"code"}
	}
	refuse := func(name string, value any) error {
		return fmt.Errorf("%s %.80q: %w", name, value, autherr.InvalidClientMetadata)
	}
	for _, uri := range c.RedirectURIs {
		if u, err := url.Parse(uri); err != nil || strings.Contains(uri, "#") || !acceptable(u) {
			return fmt.Errorf("%.80q: %w", uri, autherr.InvalidRedirectURI)
		}
	}
	for _, grantType := range c.GrantTypes {
		if grantTypes[grantType] == nil {
			return refuse("grant_types", grantType)
		}
	}
	for _, responseType := range c.ResponseTypes {
		if responseType != "code" {
			return refuse("response_types", responseType)
		}
	}
	for name := range strings.FieldsSeq(c.Scope) {
		if !slices.Contains(scopes, name) {
			return refuse("scope", name)
		}
	}
	for _, uri := range c.RequestURIs {
		// The server goes there, so it must not be a way into the network around it.
		if u, err := url.Parse(uri); err != nil || u.Scheme != "https" || net.ParseIP(u.Hostname()) != nil || !strings.Contains(u.Hostname(), ".") {
			return refuse("request_uris", uri)
		}
	}
	if c.Keys != nil {
		for _, key := range c.Keys.Keys {
			if _, err := key.public(); err != nil {
				return fmt.Errorf("%w: jwks: %w", autherr.InvalidClientMetadata, err)
			}
		}
	}
	switch {
	case !slices.Contains(authMethods, c.AuthMethod):
		return refuse("token_endpoint_auth_method", c.AuthMethod)
	case c.AuthMethod == "private_key_jwt" && c.Keys == nil:
		return refuse("jwks", "")
	case slices.Contains(c.GrantTypes, "authorization_code") && len(c.RedirectURIs) == 0:
		return fmt.Errorf("no redirect_uris: %w", autherr.InvalidRedirectURI)
	case c.public() && slices.Contains(c.GrantTypes, "client_credentials"):
		return refuse("grant_types", "client_credentials")
	}
	return nil
}

// acceptable reports whether u may be a redirection URI: of https, of http on this machine, or of an application's own scheme (RFC 8252 §7).
func acceptable(u *url.URL) bool {
	switch {
	case u.User != nil:
		return false
	case u.Scheme == "https":
		return u.Host != ""
	case u.Scheme == "http":
		return u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	}
	return strings.Contains(u.Scheme, ".")
}
