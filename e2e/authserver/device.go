package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

const (
	deviceLife   = 10 * time.Minute
	pollInterval = 5 * time.Second
)

// authorizeDevice is the device authorization endpoint (RFC 8628 §3.1).
func (s *server) authorizeDevice(w http.ResponseWriter, r *http.Request) error {
	c, err := s.authenticate(r, "resource")
	if err != nil {
		return err
	}
	if err := c.may(deviceGrant); err != nil {
		return err
	}
	scope, audience, err := s.bounds(c, r.PostForm, c.Scope)
	if err != nil {
		return err
	}
	code, letters := rand.Text(), rand.Text()
	userCode := letters[:4] + "-" + letters[4:8]
	g := grant{Client: c.ID, Scope: scope, Audience: audience, Family: familyOf(code), Expires: s.now().Add(deviceLife)}
	if _, err := s.store.save(r.Context(), nil, g.record("device code", code), g.record("user code", userCode)); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{
		"device_code": code, "user_code": userCode, "expires_in": int(deviceLife.Seconds()), "interval": int(pollInterval.Seconds()),
		"verification_uri": s.issuer + "/device", "verification_uri_complete": s.issuer + "/device?user_code=" + userCode,
	})
}

// A decision is what a user said about a device.
type decision struct {
	Allowed bool
	Session session
}

// A pace is how often a device polls.
type pace struct {
	Last     time.Time
	Interval time.Duration
}

// poll issues tokens for a device code, if the user has said yes (RFC 8628 §3.4).
func (s *server) poll(ctx context.Context, r tokenRequest) (*tokens, error) {
	code, err := required(r.form, "device_code")
	if err != nil {
		return nil, err
	}
	used := row{kind: "device code", id: code}
	var g grant
	is, err := s.store.find(ctx, used.kind, code, &g)
	switch {
	case err != nil:
		return nil, err
	case is != fresh:
		return nil, fmt.Errorf("device code is unknown or used: %w", autherr.InvalidGrant)
	case g.Client != r.client.ID:
		return nil, fmt.Errorf("device code of client %.40q: %w", g.Client, autherr.ErrOAuth2ClientIDMismatch)
	case !s.now().Before(g.Expires):
		return nil, autherr.ExpiredToken
	}
	p := pace{Interval: pollInterval}
	if _, err := s.store.find(ctx, "pace", code, &p); err != nil {
		return nil, err
	}
	was, tooFast := p, s.now().Sub(p.Last) < p.Interval
	if p.Last = s.now(); tooFast {
		p.Interval += pollInterval // RFC 8628 §3.5
	}
	first, err := s.store.save(ctx, nil, row{kind: "pace", id: code, family: g.Family, data: p, until: g.Expires, once: true, was: was})
	if err != nil {
		return nil, err
	}
	if tooFast || !first {
		return nil, autherr.SlowDown
	}
	var d decision
	switch is, err := s.store.find(ctx, "decision", g.Family, &d); {
	case err != nil:
		return nil, err
	case is == absent:
		return nil, autherr.AuthorizationPending
	case !d.Allowed:
		return nil, autherr.AccessDenied
	}
	g.User, g.Login, g.ACR = d.Session.User, d.Session.Login, d.Session.ACR
	if err := s.checkUser(ctx, g); err != nil {
		return nil, err
	}
	return s.issue(ctx, r, g, g.Scope, &used)
}

// device is the page where the user enters the code that the device shows, and says yes or no (RFC 8628 §3.3).
func (s *server) device(w http.ResponseWriter, r *http.Request) {
	s.answer(w, r, func(w http.ResponseWriter, r *http.Request) error {
		if r.Method != http.MethodPost {
			return writePage(w, "device", map[string]any{"UserCode": r.URL.Query().Get("user_code")})
		}
		if err := s.csrf.Check(r); err != nil {
			return fmt.Errorf("%w: %w", autherr.AccessDenied, err)
		}
		if err := readForm(r); err != nil {
			return err
		}
		message, err := s.decide(r.Context(), r.PostForm)
		if err != nil {
			return err
		}
		if message != "" {
			return writePage(w, "device", map[string]any{"UserCode": r.PostForm.Get("user_code"), "Message": message})
		}
		return writePage(w, "decided", nil)
	}, func(err error) autherr.Answer {
		return autherrhttp.WriteAuthorizationError(w, r, err, autherrhttp.Redirect{})
	})
}

// decide stores what the user says. message tells the user why that was not possible, or is "".
func (s *server) decide(ctx context.Context, form url.Values) (message string, err error) {
	who, err := s.login(ctx, form)
	if errors.Is(err, errWrongPassword) {
		return "Name, password or second factor is wrong.", nil
	}
	if err != nil {
		return "", err
	}
	var g grant
	code := strings.ToUpper(strings.TrimSpace(form.Get("user_code")))
	is, err := s.store.find(ctx, "user code", code, &g)
	switch {
	case err != nil:
		return "", err
	case is == absent || !s.now().Before(g.Expires):
		return "This code is wrong or has expired.", nil
	}
	first, err := s.store.save(ctx, nil, row{kind: "decision", id: g.Family, family: g.Family, until: g.Expires, once: true,
		data: decision{form.Get("decision") == "allow", who}})
	if err == nil && !first {
		return "This code has been used.", nil
	}
	return "", err
}
