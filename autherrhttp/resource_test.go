package autherrhttp_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

func TestResourceStatus(t *testing.T) {
	for name, err := range anyError(t) {
		want := 500
		if e, ok := autherr.SaTokenErrorOf(err); ok {
			want = e.HTTPStatus()
		} else if code, ok := autherr.CodeOf(err); ok {
			want = code.HTTPStatus()
		}
		assert.Equal(t, want, resourceAnswer(err, autherrhttp.Challenge{}).status, name)
	}
}

func TestResourceAnswerDependsOnStatusAndBearerErrorAlone(t *testing.T) {
	type known struct {
		status      int
		bearerError string
	}
	answers := make(map[known]answer)
	for name, err := range anyError(t) {
		a := resourceAnswer(err, autherrhttp.Challenge{Realm: "api", Scope: "profile"})
		e, _ := autherr.SaTokenErrorOf(err)
		k := known{a.status, e.BearerError()}
		if before, ok := answers[k]; ok {
			assert.Equal(t, before, a, name)
		}
		answers[k] = a

		_, challenged := a.header["Www-Authenticate"]
		assert.Equal(t, k.status == 401 || k.bearerError != "", challenged, name)
		if challenged {
			scheme, attributes := parseChallenge(t, a.header)
			assert.Equal(t, "Bearer", scheme, name)
			want := map[string]string{"realm": "api"}
			if k.bearerError != "" {
				want["error"] = k.bearerError
			}
			if k.bearerError == "insufficient_scope" {
				want["scope"] = "profile"
			}
			assert.Equal(t, want, attributes, name)
		}

		switch {
		case k.status == 500:
			assert.Equal(t, `{"error":"server_error"}`, a.body, name)
			assert.False(t, challenged, name)
		case k.bearerError != "":
			assert.JSONEq(t, `{"error":"`+k.bearerError+`"}`, a.body, name)
		default:
			assert.Empty(t, a.body, name)
			assert.Empty(t, a.contentType(), name)
		}
		if a.body != "" {
			assert.Equal(t, "application/json", a.contentType(), name)
		}
		assert.NotContains(t, a.header, "Pragma", name)
	}
}

func TestResourceAnswerToTheLetter(t *testing.T) {
	c := autherrhttp.Challenge{Realm: `the "API"`, Scope: "profile user:write"}
	assert.Equal(t, answer{
		status: 403,
		header: http.Header{
			"Cache-Control":    {"no-store"},
			"Content-Type":     {"application/json"},
			"Www-Authenticate": {`Bearer realm="the \"API\"", scope="profile user:write", error="insufficient_scope"`},
		},
		body: `{"error":"insufficient_scope"}`,
	}, resourceAnswer(&autherr.PermissionDeniedError{Permission: "user:write"}, c))

	// RFC 6750 §3.1: a request without authentication gets no error code.
	assert.Equal(t, answer{
		status: 401,
		header: http.Header{
			"Cache-Control":    {"no-store"},
			"Www-Authenticate": {`Bearer realm=""`},
		},
	}, resourceAnswer(autherr.ErrNotLogin, autherrhttp.Challenge{}))
}

// A challenge that was set in the hope of a 401 does not go with an answer that has none.
func TestResourceAnswerHasItsOwnChallengeAlone(t *testing.T) {
	for name, err := range anyError(t) {
		recorder := httptest.NewRecorder()
		recorder.Header().Set("WWW-Authenticate", "DPoP")
		autherrhttp.WriteResourceError(recorder, post(), err, autherrhttp.Challenge{})
		assert.Equal(t, resourceAnswer(err, autherrhttp.Challenge{}).header, recorder.Header(), name)
	}
}

func TestResourceAnswersInJSONAlone(t *testing.T) {
	recorder := httptest.NewRecorder()
	r := post("Accept", "application/ace+cbor", "Content-Type", "application/ace+cbor")
	autherrhttp.WriteResourceError(recorder, r, autherr.ErrTokenExpired, autherrhttp.Challenge{})
	assert.Equal(t, "application/json", recorder.Header().Get("Content-Type"))
	assert.JSONEq(t, `{"error":"invalid_token"}`, recorder.Body.String())
}
