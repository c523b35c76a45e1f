package peers

import (
	"encoding/json"
	stderrors "errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/go-oauth2/oauth2/v4/errors"
	"github.com/ory/fosite"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

// eachLibrary runs test once for every library.
func eachLibrary(t *testing.T, test func(t *testing.T, l *Library)) {
	for _, l := range Libraries {
		t.Run(l.Name, func(t *testing.T) { test(t, l) })
	}
}

// parameters returns the parameters of a body in JSON, without those that are empty.
func parameters(t *testing.T, body []byte) map[string]any {
	var object map[string]any
	require.NoError(t, json.Unmarshal(body, &object), "%s", body)
	for name, value := range object {
		if value == "" {
			delete(object, name)
		}
	}
	return object
}

func TestTokenEndpointsSayTheSame(t *testing.T) {
	eachLibrary(t, func(t *testing.T, l *Library) {
		if l.Token == nil {
			return
		}
		a := new(Answer).Of(l.Token(l.Up(l.InvalidGrant)), TokenRequest())
		assert.Equal(t, map[string]any{"error": "invalid_grant"}, parameters(t, a.Body))
		assert.True(t, strings.HasPrefix(a.Head.Get("Content-Type"), "application/json"))
		status := http.StatusBadRequest
		if l == GoOAuth2 {
			status = http.StatusUnauthorized // by its own table
		}
		assert.Equal(t, status, a.Status)
	})
}

func TestAuthorizationEndpointsSayTheSame(t *testing.T) {
	eachLibrary(t, func(t *testing.T, l *Library) {
		if l.Authorization == nil {
			return
		}
		a := new(Answer).Of(l.Authorization(l.Up(l.AccessDenied)), AuthorizationRequest())
		assert.Contains(t, []int{http.StatusFound, http.StatusSeeOther}, a.Status)
		to, query, _ := strings.Cut(a.Head.Get("Location"), "?")
		assert.Equal(t, redirectURI, to)
		values, err := url.ParseQuery(query)
		require.NoError(t, err)
		if values.Get("error_description") == "" {
			values.Del("error_description")
		}
		assert.Equal(t, url.Values{"error": {"access_denied"}, "state": {state}}, values)
	})
}

func TestResourcesSayTheSame(t *testing.T) {
	eachLibrary(t, func(t *testing.T, l *Library) {
		if l.Resource == nil {
			return
		}
		a := new(Answer).Of(l.Resource(l.Up(l.InvalidToken)), ResourceRequest())
		assert.Equal(t, http.StatusUnauthorized, a.Status)
		assert.Equal(t, []string{`Bearer realm="api", error="invalid_token"`}, a.Head["Www-Authenticate"])
		assert.Equal(t, map[string]any{"error": "invalid_token"}, parameters(t, a.Body))
	})
}

func TestTokenEndpointsSayTheSameInCBOR(t *testing.T) {
	eachLibrary(t, func(t *testing.T, l *Library) {
		if l.TokenCBOR == nil {
			return
		}
		a := new(Answer).Of(l.TokenCBOR(l.Up(l.InvalidGrant)), TokenRequestCBOR())
		assert.Equal(t, http.StatusBadRequest, a.Status)
		assert.Equal(t, autherr.MediaTypeACECBOR, a.Head.Get("Content-Type"))
		var read map[int]any
		require.NoError(t, cbor.Unmarshal(a.Body, &read))
		assert.Equal(t, map[int]any{30: uint64(3)}, read)
	})
}

func TestAllWorkComesOutRight(t *testing.T) {
	eachLibrary(t, func(t *testing.T, l *Library) {
		done := 0
		for _, work := range Works {
			if do := work.Of(l); do != nil {
				done++
				assert.True(t, do(10), work.Name)
			}
		}
		assert.NotZero(t, done)
		for name := range l.Remarks {
			known := slices.ContainsFunc(Works, func(work Work) bool { return work.Name == name })
			assert.True(t, known, "a remark on %q, which is not a work", name)
		}
	})
}

func TestWorkThatComesOutWrongIsNoticed(t *testing.T) {
	wrong := *Autherr
	wrong.Token = func(error) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	}
	wrong.Authorization, wrong.Resource, wrong.TokenCBOR = wrong.Token, wrong.Token, wrong.Token
	wrong.Target, wrong.AccessDenied = wrong.AccessDenied, wrong.Target
	wrong.Told = autherr.InvalidClient
	for _, work := range Works {
		assert.False(t, work.Of(&wrong)(1), work.Name)
	}
}

func TestGoOAuth2HasNoClientSide(t *testing.T) {
	a := new(Answer).Of(GoOAuth2.Token(errors.ErrInvalidGrant), TokenRequest())
	var read errors.Response
	assert.Error(t, json.Unmarshal(a.Body, &read))
}

func TestFositeDoesNotMatchWhatItReads(t *testing.T) {
	var read fosite.RFC6749Error
	require.NoError(t, json.Unmarshal([]byte(bodyJSON), &read))
	assert.Equal(t, "invalid_grant", read.ErrorField)
	assert.False(t, stderrors.Is(&read, fosite.ErrInvalidGrant))
}

func TestOnlyZitadelLetsAnswersBeCached(t *testing.T) {
	eachLibrary(t, func(t *testing.T, l *Library) {
		if l.Token == nil {
			return
		}
		a := new(Answer).Of(l.Token(l.Up(l.InvalidGrant)), TokenRequest())
		assert.Equal(t, l == Zitadel, a.Head.Get("Cache-Control") == "", a.Head)
	})
}

func BenchmarkWork(b *testing.B) {
	for _, work := range Works {
		for _, l := range Libraries {
			do := work.Of(l)
			if do == nil {
				continue
			}
			b.Run(work.Name+"/"+l.Name, func(b *testing.B) {
				b.ReportAllocs()
				do(b.N)
			})
		}
	}
}
