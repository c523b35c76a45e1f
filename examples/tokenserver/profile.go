package main

import (
	"net/http"
	"slices"
	"strings"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// profileScope is the scope that /profile needs.
const profileScope = "profile"

// profile is the protected resource (RFC 6750).
func (a *api) profile(w http.ResponseWriter, r *http.Request) {
	g, err := a.authorize(r)
	if err != nil {
		a.logFailure(r, err)
		autherrhttp.WriteResourceError(w, r, err, autherrhttp.Challenge{Realm: "demo", Scope: profileScope})
		return
	}
	writeJSON(w, map[string]string{"client_id": g.clientID, "scope": strings.Join(g.scope, " ")})
}

// authorize returns what the token in r stands for, if that is enough.
func (a *api) authorize(r *http.Request) (grant, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return grant{}, autherr.ErrNotLogin
	}
	g, err := a.store.find(strings.TrimLeft(token, " ")) // RFC 9110 §11.4 allows several
	if err != nil {
		return grant{}, err
	}
	if !slices.Contains(g.scope, profileScope) {
		return grant{}, &autherr.PermissionDeniedError{Permission: profileScope}
	}
	return g, nil
}
