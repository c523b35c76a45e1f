package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"net/http"

	"github.com/golang-jwt/jwt/v5"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrjwt"
)

const keySchema = `CREATE TABLE IF NOT EXISTS key (id TEXT PRIMARY KEY, der BLOB NOT NULL, signs INTEGER NOT NULL);`

// keys are the keys of the server, in a database of their own.
type keys struct {
	db *database
}

// openKeys opens the database of keys, in a file next to that of the store, and makes a key if there is none.
func openKeys(ctx context.Context, file string, faults *faults) (*keys, error) {
	if file != "" {
		file += "-keys"
	}
	db, err := openDatabase(ctx, file, keySchema, network{faults: faults, down: "keys-down", address: "10.0.0.6:5432"})
	if err != nil {
		return nil, err
	}
	k := &keys{db}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, errors.Join(err, db.close())
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, errors.Join(err, db.close())
	}
	if _, err := db.ExecContext(ctx, `INSERT INTO key SELECT ?, ?, 1 WHERE NOT EXISTS (SELECT * FROM key)`, rand.Text(), der); err != nil {
		return nil, errors.Join(storeError("save key", err), db.close())
	}
	return k, nil
}

// sign signs claims with the newest key that may sign.
func (k *keys) sign(ctx context.Context, typ string, claims jwt.Claims) (string, error) {
	var id string
	var der []byte
	found, err := k.db.scan(ctx, "find signing key", []any{&id, &der}, `SELECT id, der FROM key WHERE signs ORDER BY rowid DESC LIMIT 1`)
	switch {
	case err != nil:
		return "", err
	case !found:
		return "", &autherr.ConfigError{Details: "no signing key"}
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return "", &autherr.ConfigError{Details: "signing key", Err: err}
	}
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header["kid"], token.Header["typ"] = id, typ
	text, err := token.SignedString(key)
	if err != nil {
		return "", &autherr.InternalError{Details: "sign", Err: autherrjwt.Wrap(err)}
	}
	return text, nil
}

// public returns the key that a token of ours names. If there is no such key, the token is invalid. If the store of keys fails, that
// decides.
func (k *keys) public(ctx context.Context, token *jwt.Token) (any, error) {
	id, _ := token.Header["kid"].(string)
	var der []byte
	found, err := k.db.scan(ctx, "find key", []any{&der}, `SELECT der FROM key WHERE id = ?`, id)
	if err != nil || !found {
		return nil, &autherr.InvalidTokenError{Reason: fmt.Sprintf("no key %.40q", id), Err: err}
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, &autherr.ConfigError{Details: "key", Err: err}
	}
	return key.(crypto.Signer).Public(), nil
}

// jwks serves the public keys (RFC 7517).
func (s *server) jwks(w http.ResponseWriter, r *http.Request) error {
	rows, err := s.keys.db.QueryContext(r.Context(), `SELECT id, der FROM key`)
	if err != nil {
		return storeError("list keys", err)
	}
	defer rows.Close()
	set := keySet{Keys: []jwk{}}
	for rows.Next() {
		var id string
		var der []byte
		if err := rows.Scan(&id, &der); err != nil {
			return storeError("list keys", err)
		}
		key, err := x509.ParsePKCS8PrivateKey(der)
		if err != nil {
			return &autherr.ConfigError{Details: "key", Err: err}
		}
		if public, ok := key.(crypto.Signer).Public().(*ecdsa.PublicKey); ok && public.Curve == elliptic.P256() {
			set.Keys = append(set.Keys, newJWK(id, public))
		}
	}
	if err := rows.Err(); err != nil {
		return storeError("list keys", err)
	}
	return writeJSON(w, http.StatusOK, set)
}

type keySet struct {
	Keys []jwk `json:"keys"`
}

// find returns the key that token names, or the only one.
func (s *keySet) find(token *jwt.Token) (any, error) {
	id, _ := token.Header["kid"].(string)
	for _, k := range s.Keys {
		if k.ID == id || id == "" && len(s.Keys) == 1 {
			return k.public()
		}
	}
	return nil, fmt.Errorf("no key %.40q", id)
}

// A jwk is a public key (RFC 7517): P-256, Ed25519 or RSA.
type jwk struct {
	Type      string `json:"kty"`
	Curve     string `json:"crv,omitempty"`
	X         string `json:"x,omitempty"`
	Y         string `json:"y,omitempty"`
	N         string `json:"n,omitempty"`
	E         string `json:"e,omitempty"`
	ID        string `json:"kid,omitempty"`
	Algorithm string `json:"alg,omitempty"`
	Use       string `json:"use,omitempty"`
	Private   string `json:"d,omitempty"` // must be absent
}

var base64url = base64.RawURLEncoding

func newJWK(id string, key *ecdsa.PublicKey) jwk {
	point, _ := key.Bytes() // fails only for a key that is not on its curve
	return jwk{Type: "EC", Curve: "P-256", X: base64url.EncodeToString(point[1:33]), Y: base64url.EncodeToString(point[33:]),
		ID: id, Algorithm: "ES256", Use: "sig"}
}

func (k jwk) public() (crypto.PublicKey, error) {
	if k.Private != "" {
		return nil, errors.New("jwk: a private key")
	}
	x, errX := base64url.DecodeString(k.X)
	y, errY := base64url.DecodeString(k.Y)
	n, errN := base64url.DecodeString(k.N)
	e, errE := base64url.DecodeString(k.E)
	if err := errors.Join(errX, errY, errN, errE); err != nil {
		return nil, fmt.Errorf("jwk: %w", err)
	}
	switch {
	case k.Type == "EC" && k.Curve == "P-256" && len(x) == 32 && len(y) == 32:
		return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	case k.Type == "OKP" && k.Curve == "Ed25519" && len(x) == ed25519.PublicKeySize:
		return ed25519.PublicKey(x), nil
	case k.Type == "RSA" && len(n) >= 256 && len(n) <= 512 && len(e) == 3:
		return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
	}
	return nil, fmt.Errorf("jwk: no key of a kind that is supported, but %.10q %.10q", k.Type, k.Curve)
}

// thumbprint returns the SHA-256 thumbprint (RFC 7638).
func (k jwk) thumbprint() string {
	text := fmt.Sprintf(`{"crv":%q,"kty":%q,"x":%q,"y":%q}`, k.Curve, k.Type, k.X, k.Y)
	switch k.Type {
	case "OKP":
		text = fmt.Sprintf(`{"crv":%q,"kty":%q,"x":%q}`, k.Curve, k.Type, k.X)
	case "RSA":
		text = fmt.Sprintf(`{"e":%q,"kty":%q,"n":%q}`, k.E, k.Type, k.N)
	}
	sum := sha256.Sum256([]byte(text))
	return base64url.EncodeToString(sum[:])
}
