package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

const (
	pushedURI  = "urn:ietf:params:oauth:request_uri:"
	pushedLife = time.Minute
)

// A pushed request is kept until the browser comes.
type pushed struct {
	Client string
	Form   url.Values
}

// par is the endpoint for pushed authorization requests (RFC 9126).
func (s *server) par(w http.ResponseWriter, r *http.Request) error {
	c, err := s.authenticate(r, "resource")
	if err != nil {
		return err
	}
	if r.PostForm.Has("request_uri") {
		return fmt.Errorf("request_uri is pushed: %w", autherr.InvalidRequest)
	}
	form := maps.Clone(r.PostForm)
	for _, name := range []string{"client_secret", "client_assertion", "client_assertion_type"} {
		form.Del(name)
	}
	var back autherrhttp.Redirect
	if _, err := s.check(c, form, &back); err != nil {
		return err
	}
	uri := pushedURI + rand.Text()
	if _, err := s.store.save(r.Context(), nil, row{kind: "pushed request", id: uri, data: pushed{c.ID, form}, until: s.now().Add(pushedLife)}); err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, map[string]any{"request_uri": uri, "expires_in": int(pushedLife.Seconds())})
}

// pushed returns what c pushed, once.
func (s *server) pushed(ctx context.Context, c *client, uri string) (url.Values, error) {
	var p pushed
	if _, err := s.store.find(ctx, "pushed request", uri, &p); err != nil {
		return nil, err
	}
	if p.Client != c.ID {
		return nil, fmt.Errorf("%.80q is not known to %.40q: %w", uri, c.ID, autherr.InvalidRequestURI)
	}
	taken, err := s.store.take(ctx, "pushed request", uri)
	if err == nil && !taken {
		err = fmt.Errorf("%.80q is used up: %w", uri, autherr.InvalidRequestURI)
	}
	return p.Form, err
}
