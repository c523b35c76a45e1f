package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrjwt"
)

const (
	proofLife = time.Minute     // before and after its iat
	nonceLife = 5 * time.Minute // until there is a new one; the one before it is accepted too
)

// A dpop makes nonces that need not be stored.
type dpop struct {
	now    func() time.Time
	secret []byte
}

func newDPoP(now func() time.Time) *dpop { return &dpop{now, []byte(rand.Text())} }

func (d *dpop) nonce(age time.Duration) string {
	mac := hmac.New(sha256.New, d.secret)
	fmt.Fprint(mac, d.now().Add(-age).UnixNano()/int64(nonceLife))
	return base64url.EncodeToString(mac.Sum(nil))
}

type proofClaims struct {
	jwt.RegisteredClaims
	Method string `json:"htm"`
	URI    string `json:"htu"`
	Hash   string `json:"ath"`
	Nonce  string `json:"nonce"`
}

// proof returns the thumbprint of the key whose possession r proves (RFC 9449 §4.3), or "" if r has no proof. The proof has to be
// for accessToken, unless that is "".
func (s *server) proof(w http.ResponseWriter, r *http.Request, accessToken string) (thumbprint string, err error) {
	proofs := r.Header.Values("DPoP")
	if len(proofs) == 0 {
		return "", nil
	}
	w.Header().Set("DPoP-Nonce", s.dpop.nonce(0))
	if len(proofs) > 1 {
		return "", fmt.Errorf("%d proofs: %w", len(proofs), autherr.InvalidDPoPProof)
	}
	var claims proofClaims
	parser := jwt.NewParser(jwt.WithValidMethods(asymmetric), jwt.WithTimeFunc(s.now))
	_, err = parser.ParseWithClaims(proofs[0], &claims, func(token *jwt.Token) (any, error) {
		if token.Header["typ"] != "dpop+jwt" {
			return nil, fmt.Errorf("not a proof")
		}
		var key jwk
		text, err := json.Marshal(token.Header["jwk"])
		if err == nil {
			err = json.Unmarshal(text, &key)
		}
		if err != nil {
			return nil, fmt.Errorf("jwk: %w", err)
		}
		thumbprint = key.thumbprint()
		return key.public()
	})
	if err != nil {
		return "", fmt.Errorf("%w: %w", autherr.InvalidDPoPProof, autherrjwt.Wrap(err))
	}
	hash := sha256.Sum256([]byte(accessToken))
	switch {
	case claims.Method != r.Method || claims.URI != s.issuer+r.URL.Path:
		return "", fmt.Errorf("%w: it is for %.10q %.80q", autherr.InvalidDPoPProof, claims.Method, claims.URI)
	case accessToken != "" && claims.Hash != base64url.EncodeToString(hash[:]):
		return "", fmt.Errorf("%w: it is for another token", autherr.InvalidDPoPProof)
	case claims.ID == "":
		return "", fmt.Errorf("%w: jti: %w", autherr.InvalidDPoPProof, autherr.ErrInvalidNonceFormat)
	case claims.IssuedAt == nil || s.now().Sub(claims.IssuedAt.Time).Abs() > proofLife:
		return "", fmt.Errorf("%w: iat: %w", autherr.InvalidDPoPProof, autherr.ErrInvalidNonceTimestamp)
	case !s.isNonce(claims.Nonce):
		return "", fmt.Errorf("nonce %.60q: %w", claims.Nonce, autherr.UseDPoPNonce)
	}
	first, err := s.store.save(r.Context(), nil, row{kind: "proof", id: thumbprint + " " + claims.ID, until: claims.IssuedAt.Add(2 * proofLife), once: true})
	if err == nil && !first {
		err = fmt.Errorf("%w: jti: %w", autherr.InvalidDPoPProof, autherr.ErrNonceAlreadyUsed)
	}
	return thumbprint, err
}

func (s *server) isNonce(text string) bool {
	return subtle.ConstantTimeCompare([]byte(text), []byte(s.dpop.nonce(0))) == 1 ||
		subtle.ConstantTimeCompare([]byte(text), []byte(s.dpop.nonce(nonceLife))) == 1
}
