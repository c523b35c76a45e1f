package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// An upstream is another authorization server, whose tokens and assertions this one accepts.
type upstream struct {
	url, secret string
	client      *http.Client
}

func newUpstream(url, secret string, patience time.Duration) *upstream {
	client := *fetcher
	client.Timeout = patience / 2 // the other half is for the store
	return &upstream{url, secret, &client}
}

// do sends a request, and decodes the answer into into. If the upstream refuses our secret, that is a ConfigError. Any other answer
// that is not what was asked for is a RemoteError.
func (u *upstream) do(ctx context.Context, method, path string, form url.Values, into any) error {
	r, err := http.NewRequestWithContext(ctx, method, u.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		return &autherr.ConfigError{Details: "upstream", Err: err}
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("gateway", url.QueryEscape(u.secret))
	res, err := u.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		err := autherrhttp.ReadError(res)
		if errors.Is(err, autherr.InvalidClient) {
			return &autherr.ConfigError{Details: "our secret at the upstream", Err: err}
		}
		return err
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	if err != nil {
		return &autherr.RemoteError{Status: res.StatusCode, Header: res.Header, Body: body, Err: err}
	}
	return nil
}

// noVerdict returns the error for a token that the upstream did not judge. It is an InvalidTokenError, unless that would turn a
// fault of the upstream into one of the client, as it would for an unexpected answer.
func noVerdict(err error) error {
	if useless := (&autherr.InvalidTokenError{Reason: "no verdict", Err: err}); autherr.FaultOf(useless) != autherr.ClientFault {
		return useless
	}
	return err
}

// key returns the key that a token of the upstream names.
func (u *upstream) key(ctx context.Context, token *jwt.Token) (any, error) {
	var set keySet
	if err := u.do(ctx, http.MethodGet, "/jwks", nil, &set); err != nil {
		return nil, noVerdict(err)
	}
	return set.find(token)
}

// introspect returns what the upstream says about a token that the store does not know (RFC 7662).
func (u *upstream) introspect(ctx context.Context, token string) (g grant, err error) {
	var answer struct {
		Active bool              `json:"active"`
		Client string            `json:"client_id"`
		Scope  string            `json:"scope"`
		Expiry int64             `json:"exp"`
		Key    map[string]string `json:"cnf"` // RFC 9449 §6.2
	}
	if err := u.do(ctx, http.MethodPost, "/introspect", url.Values{"token": {token}}, &answer); err != nil {
		return grant{}, noVerdict(err)
	}
	if !answer.Active {
		return grant{}, fmt.Errorf("upstream: %w", autherr.ErrTokenNotFound)
	}
	return grant{Client: answer.Client, Scope: answer.Scope, Key: answer.Key["jkt"], Expires: time.Unix(answer.Expiry, 0)}, nil
}

// chain issues an access token for an assertion that the upstream accepts (RFC 7523 §2.1).
func (s *server) chain(ctx context.Context, r tokenRequest) (*tokens, error) {
	assertion, err := required(r.form, "assertion")
	if err != nil {
		return nil, err
	}
	if s.upstream == nil {
		return nil, fmt.Errorf("no upstream: %w", autherr.UnsupportedGrantType)
	}
	var answer struct {
		Scope string `json:"scope"`
	}
	err = s.upstream.do(ctx, http.MethodPost, "/token", url.Values{"grant_type": {jwtGrant}, "assertion": {assertion}}, &answer)
	if errors.Is(err, autherr.InvalidGrant) {
		err = fmt.Errorf("%w: %w", autherr.InvalidGrant, err) // we say so too
	}
	if err != nil {
		return nil, fmt.Errorf("client %.40q: %w", r.client.ID, err)
	}
	scope, audience, err := s.bounds(r.client, r.form, answer.Scope)
	if err != nil {
		return nil, err
	}
	return s.issue(ctx, r, grant{Audience: audience}, scope, nil)
}

const accessTokenType = "urn:ietf:params:oauth:token-type:access_token"

// exchange issues an access token for another one (RFC 8693).
func (s *server) exchange(ctx context.Context, r tokenRequest) (*tokens, error) {
	subject, err := required(r.form, "subject_token")
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"subject_token_type", "requested_token_type"} {
		if kind := r.form.Get(name); kind != accessTokenType && (kind != "" || name == "subject_token_type") {
			return nil, fmt.Errorf("%s %.80q: %w", name, kind, autherr.InvalidRequest)
		}
	}
	if r.form.Has("actor_token") {
		return nil, fmt.Errorf("actor_token: %w", autherr.InvalidRequest)
	}
	g, err := s.resolve(ctx, subject)
	switch {
	case err != nil:
	case g.Key != "" && g.Key != r.key: // or a stolen token could be made one that is not bound
		err = &autherr.InvalidTokenError{Reason: "bound to another key"}
	case g.User != "":
		err = s.checkUser(ctx, g)
	}
	if err != nil {
		return nil, fmt.Errorf("subject_token: %w: %w", autherr.InvalidRequest, err) // RFC 8693 §2.2.2
	}
	scope, audience, err := s.bounds(r.client, r.form, g.Scope)
	if err != nil {
		return nil, err
	}
	g.Audience, r.until = audience, g.Expires
	var kept *row
	if g.Family != "" {
		kept = &row{kind: "token", id: subject, lasts: true} // unless it is revoked at this moment
	}
	tokens, err := s.issue(ctx, r, g, scope, kept)
	if errors.Is(err, errUsed) {
		return nil, fmt.Errorf("subject_token: %w: %w", autherr.InvalidRequest, err)
	}
	if err == nil {
		tokens.IssuedTokenType = accessTokenType
	}
	return tokens, err
}
