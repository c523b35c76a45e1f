package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/seed-e9190de5/autherr"
)

const (
	accessTokenLife  = time.Hour
	refreshTokenLife = 30 * 24 * time.Hour
)

// tokens is the answer to a token request that succeeds (RFC 6749 §5.1).
type tokens struct {
	AccessToken     string `json:"access_token"`
	TokenType       string `json:"token_type"`
	ExpiresIn       int    `json:"expires_in"`
	RefreshToken    string `json:"refresh_token,omitempty"`
	IDToken         string `json:"id_token,omitempty"`
	IssuedTokenType string `json:"issued_token_type,omitempty"` // RFC 8693 §2.2.1
	Scope           string `json:"scope"`
}

// A tokenRequest is a request of an authenticated client at the token endpoint.
type tokenRequest struct {
	client *client
	form   url.Values
	key    string    // the thumbprint of its DPoP key, or ""
	until  time.Time // when what it uses ends; the zero time if that does not matter
}

var grantTypes = map[string]func(*server, context.Context, tokenRequest) (*tokens, error){
	"authorization_code": (*server).redeem,
	"client_credentials": (*server).clientCredentials,
	"refresh_token":      (*server).refresh,
	deviceGrant:          (*server).poll,
	exchangeGrant:        (*server).exchange,
	jwtGrant:             (*server).chain,
}

// token is the token endpoint (RFC 6749 §3.2). It checks first the form, then the client, then the grant.
func (s *server) token(w http.ResponseWriter, r *http.Request) error {
	several := []string{"resource", "audience"}
	if err := readForm(r, several...); err != nil {
		return err
	}
	grantType := r.PostForm.Get("grant_type")
	grant := grantTypes[grantType]
	switch {
	case grantType == "":
		return fmt.Errorf("no grant_type: %w", autherr.InvalidRequest)
	case grant == nil:
		return fmt.Errorf("grant type %.80q: %w", grantType, autherr.UnsupportedGrantType)
	}
	c, err := s.authenticate(r, several...)
	if err != nil {
		return err
	}
	if err := c.may(grantType); err != nil {
		return err
	}
	key, err := s.proof(w, r, "")
	if err != nil {
		return err
	}
	tokens, err := grant(s, r.Context(), tokenRequest{client: c, form: r.PostForm, key: key})
	if err != nil {
		return err
	}
	w.Header().Set("Pragma", "no-cache") // RFC 6749 §5.1
	return writeJSON(w, http.StatusOK, tokens)
}

// bounds returns the scope that c asks for, which has to be within allowed, and the resource that it is for (RFC 8707 §2, RFC 8693 §2.1).
func (s *server) bounds(c *client, form url.Values, allowed string) (scope, audience string, err error) {
	audience = s.issuer
	switch asked := slices.Concat(form["resource"], form["audience"]); {
	case len(asked) > 1:
		return "", "", fmt.Errorf("%d resources: %w", len(asked), autherr.InvalidTarget)
	case len(asked) == 1 && asked[0] != s.issuer && asked[0] != otherResource:
		return "", "", fmt.Errorf("resource %.80q: %w", asked[0], autherr.InvalidTarget)
	case len(asked) == 1:
		audience = asked[0]
	}
	scope, err = c.narrow(form.Get("scope"), allowed)
	return scope, audience, err
}

// clientCredentials issues an access token, and no refresh token (RFC 6749 §4.4.3).
func (s *server) clientCredentials(ctx context.Context, r tokenRequest) (*tokens, error) {
	scope, audience, err := s.bounds(r.client, r.form, r.client.Scope)
	if err != nil {
		return nil, err
	}
	return s.issue(ctx, r, grant{Audience: audience}, scope, nil)
}

// redeem issues tokens for a code (RFC 6749 §4.1.3).
func (s *server) redeem(ctx context.Context, r tokenRequest) (*tokens, error) {
	code, err := required(r.form, "code")
	if err != nil {
		return nil, err
	}
	used := row{kind: "code", id: code}
	var g grant
	is, err := s.store.find(ctx, used.kind, code, &g)
	verifier := sha256.Sum256([]byte(r.form.Get("code_verifier")))
	switch {
	case err != nil:
		return nil, err
	case is == absent: // it may have been used long ago
		return nil, errors.Join(autherr.ErrOAuth2CodeNotFound, s.store.revoke(ctx, familyOf(code)))
	case g.Client != r.client.ID:
		err = fmt.Errorf("uses the code of %.40q: %w", g.Client, autherr.ErrOAuth2ClientIDMismatch)
	case is == spent: // RFC 6749 §4.1.2
		return nil, errors.Join(s.store.revoke(ctx, g.Family), fmt.Errorf("code used before: %w", autherr.ErrOAuth2CodeNotFound))
	case !s.now().Before(g.Expires):
		err = fmt.Errorf("expired: %w", autherr.ErrOAuth2CodeNotFound)
	case g.RedirectURI != "" && g.RedirectURI != r.form.Get("redirect_uri"):
		err = fmt.Errorf("redirect_uri %.80q: %w", r.form.Get("redirect_uri"), autherr.ErrOAuth2RedirectURIMismatch)
	case g.Challenge == "" && r.form.Has("code_verifier"), // RFC 9700 §4.8.2
		g.Challenge != "" && subtle.ConstantTimeCompare([]byte(base64url.EncodeToString(verifier[:])), []byte(g.Challenge)) != 1:
		err = fmt.Errorf("code_verifier: %w", autherr.InvalidGrant)
	case g.Key != "" && g.Key != r.key:
		err = fmt.Errorf("code bound to another key: %w", autherr.InvalidGrant)
	default:
		err = s.checkUser(ctx, g)
	}
	if err != nil {
		return nil, fmt.Errorf("client %.40q: %w", r.client.ID, err)
	}
	made, err := s.issue(ctx, r, g, g.Scope, &used)
	if errors.Is(err, errUsed) {
		return s.redeem(ctx, r) // which finds it spent
	}
	return made, err
}

// refresh issues an access token, and a refresh token in place of the used one (RFC 6749 §6). A request that fails does not use
// up the token.
func (s *server) refresh(ctx context.Context, r tokenRequest) (*tokens, error) {
	used := row{kind: "refresh token", id: r.form.Get("refresh_token")}
	if used.id == "" {
		return nil, autherr.ErrTokenEmpty
	}
	var g grant
	is, err := s.store.find(ctx, used.kind, used.id, &g)
	if err == nil || errors.Is(err, autherr.ErrSerialization) {
		err = s.checkRefresh(ctx, r, g, is, err)
	}
	if err != nil {
		return nil, fmt.Errorf("client %.40q: %w", r.client.ID, err)
	}
	scope, err := r.client.narrow(r.form.Get("scope"), g.Scope)
	if err != nil {
		return nil, err
	}
	if resources := r.form["resource"]; len(resources) != 0 && !(len(resources) == 1 && resources[0] == g.Audience) {
		return nil, fmt.Errorf("resources %.200q, granted %.80q: %w", resources, g.Audience, autherr.InvalidTarget)
	}
	made, err := s.issue(ctx, r, g, scope, &used)
	if errors.Is(err, errUsed) {
		return s.refresh(ctx, r) // which finds it spent
	}
	return made, err
}

// checkRefresh returns why a refresh token cannot be used, or nil. corrupt is what is wrong with its record, if anything is. It is
// formatted with %v, since a corrupt record is invalid_grant and not a server fault.
func (s *server) checkRefresh(ctx context.Context, r tokenRequest, g grant, is state, corrupt error) error {
	_, badTime := errors.AsType[*time.ParseError](corrupt)
	switch {
	case badTime:
		return fmt.Errorf("%w: %v", autherr.ErrRefreshTokenInvalidExpireTime, corrupt)
	case corrupt != nil:
		return fmt.Errorf("%w: %v", autherr.ErrOAuth2InvalidRefreshToken, corrupt)
	case is == absent:
		return autherr.ErrOAuth2RefreshTokenNotFound
	case g.Client != r.client.ID:
		return fmt.Errorf("uses what %.40q got: %w", g.Client, autherr.ErrOAuth2ClientIDMismatch)
	case is == spent: // somebody has stolen it, or the one that came after it (RFC 9700 §4.14.2)
		return errors.Join(s.store.revoke(ctx, g.Family), fmt.Errorf("used before: %w", autherr.ErrOAuth2RefreshTokenNotFound))
	case !s.now().Before(g.Expires):
		return fmt.Errorf("expired: %w", autherr.ErrOAuth2RefreshTokenNotFound)
	case g.User == "":
		return autherr.ErrRefreshTokenMissingLoginID
	case g.Key != "" && g.Key != r.key:
		return fmt.Errorf("bound to another key: %w", autherr.InvalidGrant)
	}
	return s.checkUser(ctx, g)
}

// MFARequired is the only code of this server's own: the user has to log in again, with a second factor.
const MFARequired autherr.ErrorCode = "mfa_required"

// checkUser returns why the user of g cannot have more tokens, or nil.
func (s *server) checkUser(ctx context.Context, g grant) error {
	user, err := s.store.account(ctx, g.User)
	if err != nil {
		return err
	}
	if user.NeedsSecond && g.ACR != acrSecond {
		return fmt.Errorf("user %.40q: %w", g.User, autherr.ErrorResponse{Code: MFARequired, Description: "log in again, with a second factor"})
	}
	return nil
}

type accessClaims struct {
	jwt.RegisteredClaims
	Client string            `json:"client_id"`
	Scope  string            `json:"scope"`
	Login  *jwt.NumericDate  `json:"auth_time,omitempty"`
	ACR    string            `json:"acr,omitempty"`
	Key    map[string]string `json:"cnf,omitempty"` // RFC 9449 §6.1
}

var errUsed = fmt.Errorf("used by somebody who was faster: %w", autherr.InvalidGrant)

// issue makes an access token with scope for what g grants to the client of r, and an ID token if scope asks for it. It makes a
// refresh token if there is a user and the client may have one, and spend is not nil. spend is the code or token to spend. issue
// fails with errUsed if somebody else has spent it in the meantime.
func (s *server) issue(ctx context.Context, r tokenRequest, g grant, scope string, spend *row) (*tokens, error) {
	now := s.now()
	life := accessTokenLife
	if !r.until.IsZero() {
		life = min(life, r.until.Sub(now))
	}
	access := g
	access.Client, access.Scope, access.Key, access.Expires = r.client.ID, scope, r.key, now.Add(life)
	if access.Audience == "" {
		access.Audience = s.issuer
	}
	if access.Family == "" { // so that what a client got for itself can be revoked
		access.Family = rand.Text()
	}
	access.RedirectURI, access.Challenge, access.Nonce = "", "", ""
	subject := access.User
	if subject == "" {
		subject = access.Client
	}
	registered := jwt.RegisteredClaims{Issuer: s.issuer, Subject: subject, Audience: jwt.ClaimStrings{access.Audience}, ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(access.Expires)}
	claims := accessClaims{RegisteredClaims: registered, Client: access.Client, Scope: scope, ACR: access.ACR}
	if !access.Login.IsZero() {
		claims.Login = jwt.NewNumericDate(access.Login)
	}
	made := &tokens{TokenType: "Bearer", ExpiresIn: int(life.Seconds()), Scope: scope}
	if access.Key != "" {
		made.TokenType, claims.Key = "DPoP", map[string]string{"jkt": access.Key}
	}
	var err error
	if made.AccessToken, err = s.keys.sign(ctx, "at+jwt", claims); err != nil { // RFC 9068
		return nil, err
	}
	rows := []row{access.record("token", made.AccessToken)}
	if access.User != "" && hasScope(scope, "openid") {
		registered.Audience = jwt.ClaimStrings{access.Client}
		made.IDToken, err = s.keys.sign(ctx, "JWT", struct {
			jwt.RegisteredClaims
			Login *jwt.NumericDate `json:"auth_time,omitempty"`
			ACR   string           `json:"acr,omitempty"`
			Nonce string           `json:"nonce,omitempty"`
		}{registered, claims.Login, access.ACR, g.Nonce})
		if err != nil {
			return nil, err
		}
	}
	if access.User != "" && spend != nil && !spend.lasts && r.client.may("refresh_token") == nil {
		made.RefreshToken = rand.Text()
		longer := access
		longer.Scope, longer.Expires = g.Scope, now.Add(refreshTokenLife) // with the scope of the old one (RFC 6749 §6)
		if !r.client.public() {
			longer.Key = "" // it is bound to the client's credentials (RFC 9449 §5)
		}
		rows = append(rows, longer.record("refresh token", made.RefreshToken))
	}
	ok, err := s.store.save(ctx, spend, rows...)
	if err == nil && !ok {
		err = fmt.Errorf("%s %w", spend.kind, errUsed)
	}
	return made, err
}

func hasScope(scope, name string) bool {
	return slices.Contains(strings.Fields(scope), name)
}
