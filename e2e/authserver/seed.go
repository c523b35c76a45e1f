package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"sync"
	"time"

	"github.com/seed-e9190de5/autherr"
)

// robotKey signs the assertions of the client robot. A real client keeps its key to itself.
var robotKey = ed25519.NewKeyFromSeed(hash("robot-secret"))

const (
	deviceGrant   = "urn:ietf:params:oauth:grant-type:device_code"
	exchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange"
	jwtGrant      = "urn:ietf:params:oauth:grant-type:jwt-bearer"
)

// seed saves what the guide speaks of. It replaces clients, and leaves users and tokens that are there as they are.
func (s *store) seed(ctx context.Context) error {
	const callback, loopback = "https://app.example.com/callback", "http://127.0.0.1/callback"
	code := []string{"code"}
	for _, c := range []client{
		{ID: "demo", secret: hash("demo-secret"), AuthMethod: "client_secret_basic", Scope: "profile email", RedirectURIs: []string{callback, loopback}, ResponseTypes: code,
			GrantTypes: []string{"authorization_code", "client_credentials", "refresh_token", deviceGrant, exchangeGrant, jwtGrant}},
		{ID: "other", secret: hash("other-secret"), AuthMethod: "client_secret_basic", Scope: "profile email", RedirectURIs: []string{callback}, GrantTypes: []string{"refresh_token"}},
		{ID: "web", secret: hash("web-secret"), AuthMethod: "client_secret_basic", Scope: "openid profile email", RedirectURIs: []string{callback, loopback}, ResponseTypes: code,
			RequestURIs: []string{"http://127.0.0.1:1/request.jwt"}, GrantTypes: []string{"authorization_code", "refresh_token"}},
		{ID: "spa", AuthMethod: "none", Scope: "openid profile email", RedirectURIs: []string{loopback}, ResponseTypes: code, GrantTypes: []string{"authorization_code", "refresh_token"}},
		{ID: "tv", AuthMethod: "none", Scope: "openid profile", GrantTypes: []string{deviceGrant, "refresh_token"}},
		{ID: "robot", AuthMethod: "private_key_jwt", Scope: "profile", GrantTypes: []string{"client_credentials"},
			Keys: &keySet{[]jwk{{Type: "OKP", Curve: "Ed25519", X: base64url.EncodeToString(robotKey.Public().(ed25519.PublicKey))}}}},
	} {
		if c.secret == nil {
			c.secret = []byte{}
		}
		c.registration = hash(c.ID + "-registration-token")
		if err := s.saveClient(ctx, &c); err != nil {
			return err
		}
	}

	if _, err := s.db.ExecContext(ctx, `INSERT OR IGNORE INTO client VALUES ('corrupt', x'', x'', '{')`); err != nil {
		return storeError("save client", err)
	}

	password, err := demoPassword()
	if err != nil {
		return err
	}
	for _, a := range []account{
		{Name: "alice", Second: hash("123456")},
		{Name: "bob", Banned: true},
		{Name: "carol", Roles: []string{"admin"}},
		{Name: "erin", Second: hash("123456"), NeedsSecond: true},
	} {
		data, err := json.Marshal(a)
		if err != nil {
			return &autherr.SerializationError{Details: "user", Err: err}
		}
		if _, err := s.db.ExecContext(ctx, `INSERT OR IGNORE INTO user VALUES (?, ?, ?, ?)`, a.Name, password.hash, password.salt, data); err != nil {
			return storeError("save user", err)
		}
	}

	now := s.now()
	access := func(id, client, user, scope string, life time.Duration) row {
		return grant{Client: client, User: user, Scope: scope, Family: id, Login: now.Add(-time.Hour), ACR: acrPassword, Expires: now.Add(life)}.record("token", id)
	}
	refresh := func(id, client, user, scope string, life time.Duration) row {
		r := access(id, client, user, scope, life)
		r.kind = "refresh token"
		return r
	}
	const long = refreshTokenLife
	for _, r := range []row{
		access("demo-access-token", "demo", "", "profile", accessTokenLife),
		access("demo-email-token", "demo", "", "email", accessTokenLife),
		access("demo-expired-token", "demo", "", "profile", -accessTokenLife),
		access("demo-initial-token", "demo", "", "register", long),
		access("alice-access-token", "demo", "alice", "profile", accessTokenLife),
		access("bob-access-token", "demo", "bob", "profile", accessTokenLife),
		access("carol-access-token", "demo", "carol", "profile", accessTokenLife),
		access("gone-access-token", "demo", "dave", "profile", accessTokenLife),
		refresh("demo-refresh-token", "demo", "alice", "profile email", long),
		refresh("demo-expired-token", "demo", "alice", "profile email", -accessTokenLife),
		refresh("other-refresh-token", "other", "alice", "profile", long),
		refresh("bob-refresh-token", "demo", "bob", "profile", long),
		refresh("gone-refresh-token", "demo", "dave", "profile", long),
		refresh("erin-refresh-token", "demo", "erin", "profile", long),
		refresh("nobody-refresh-token", "demo", "", "profile", long), // its record has no login id
		{kind: "refresh token", id: "whenever-refresh-token", until: now.Add(long), data: map[string]string{"client_id": "demo", "login_id": "alice", "expires": "whenever"}},
		{kind: "refresh token", id: "corrupt-refresh-token", until: now.Add(long), data: "corrupt"},
	} {
		r.once = true
		if _, err := s.save(ctx, nil, r); err != nil {
			return err
		}
	}
	return nil
}

type slowHashed struct{ hash, salt []byte }

// demoPassword is the password of all users, wonderland. It is hashed only once, since that takes long.
var demoPassword = sync.OnceValues(func() (slowHashed, error) {
	salt := []byte(rand.Text())
	key, err := slowHash("wonderland", salt)
	return slowHashed{key, salt}, err
})
