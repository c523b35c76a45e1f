package autherrhttp_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

func TestResourceAnswerToTheLetter(t *testing.T) {
	s := resourceAnswer(post(), &autherr.PermissionDeniedError{Permission: "user:write"}, autherrhttp.Challenge{Realm: "api", Scope: "profile user:write"})
	assert.Equal(t, 403, s.status)
	assert.Equal(t, http.Header{
		"Cache-Control":          {"no-store"},
		"Content-Type":           {"application/json"},
		"Www-Authenticate":       {`Bearer realm="api", scope="profile user:write", error="insufficient_scope"`},
		"X-Content-Type-Options": {"nosniff"},
	}, s.header)
	assert.Equal(t, `{"error":"insufficient_scope"}`, s.body)

	// RFC 6750 §3.1: a request without authentication gets no error code. Go's MCP SDK refuses an empty realm.
	s = resourceAnswer(post(), autherr.ErrNotLogin)
	assert.Equal(t, 401, s.status)
	assert.Equal(t, http.Header{
		"Cache-Control":          {"no-store"},
		"Www-Authenticate":       {`Bearer realm="resource"`},
		"X-Content-Type-Options": {"nosniff"},
	}, s.header)
	assert.Empty(t, s.body)
}

func TestWhichResourceAnswersHaveChallenges(t *testing.T) {
	challenges := []autherrhttp.Challenge{{Realm: "api"}, {Scheme: "DPoP", Realm: "api"}}
	for name, err := range anyError() {
		s := resourceAnswer(post(), err, challenges...)
		want := s.status == 401 || (s.status == 400 || s.status == 403) && s.answer.Response.Code != ""
		assert.Equal(t, want, s.header["Www-Authenticate"] != nil, name)
		if want {
			assert.Len(t, s.header["Www-Authenticate"], 2, name)
		}
		assert.Equal(t, string(s.answer.Response.Code), parsedJSON(t, s.body)["error"], name)
	}
}

// The scope that is needed and where to get a token are of use to a client that has no token yet.
func TestChallengesWithoutAnErrorSayAllElse(t *testing.T) {
	s := resourceAnswer(post(), autherr.ErrNotLogin,
		autherrhttp.Challenge{Scope: "profile", ResourceMetadata: "https://api.example/m"},
		autherrhttp.Challenge{Scheme: "DPoP", Scope: "profile", Params: map[string]string{"algs": "ES256"}},
		autherrhttp.Challenge{Scheme: "Basic"},
	)
	assert.Equal(t, []string{
		`Bearer scope="profile", resource_metadata="https://api.example/m"`,
		`DPoP scope="profile", algs="ES256"`,
		`Basic realm="resource"`,
	}, s.header["Www-Authenticate"])
}

func TestErrorGoesIntoTheChallengeOfTheSchemeUsed(t *testing.T) {
	challenges := []autherrhttp.Challenge{{Realm: "a"}, {Scheme: "DPoP"}, {Scheme: "dpop", Realm: "b"}, {Scheme: "Basic", Realm: "c"}}
	for _, test := range []struct {
		authorization string
		saying        int
	}{
		{"", 0}, {"Bearer x", 0}, {"bearer x", 0}, {"DPoP x", 1}, {"dpop x", 1}, {"DPOP", 1}, {"Basic x", 3}, {"Digest x", 0},
		{"x", 0}, {"DPoPx", 0}, {"DPoP,x", 0}, {" DPoP x", 1},
	} {
		for _, response := range []autherr.ErrorResponse{
			{Code: autherr.InvalidDPoPProof, Description: "The proof is old.", URI: "https://server.example/e"},
			{Code: autherr.InvalidToken},
			{Code: autherr.InvalidRequest, Description: "Two tokens."},
		} {
			s := resourceAnswer(post("Authorization", test.authorization), response, challenges...)
			all := readChallenges(t, s.header)
			require.Len(t, all, len(challenges))
			for i, c := range all {
				want := autherr.ErrorResponse{}
				if i == test.saying {
					want = response
				}
				assert.Equal(t, want, autherr.ErrorResponse{
					Code:        autherr.ErrorCode(c.params["error"]),
					Description: c.params["error_description"],
					URI:         c.params["error_uri"],
				}, "%q: challenge %d", test.authorization, i)
				assert.True(t, strings.EqualFold(challenges[i].Scheme, c.scheme) || challenges[i].Scheme == "" && c.scheme == "Bearer")
			}
		}
	}
}

// Nobody can put an error into a challenge but the error that came up.
func TestResponseOfAChallengeIsIgnored(t *testing.T) {
	c := autherrhttp.Challenge{Response: autherr.ErrorResponse{Code: autherr.InsufficientScope, Description: "No.", URI: "https://server.example/e"}}
	for name, err := range anyError() {
		assert.Equal(t, resourceAnswer(post(), err, autherrhttp.Challenge{}), resourceAnswer(post(), err, c), name)
	}
}

// A writer leaves the challenges that it is given as they are: a server has them once for all requests.
func TestChallengesAreNotChanged(t *testing.T) {
	fresh := func() []autherrhttp.Challenge {
		return []autherrhttp.Challenge{{}, {Scheme: "a b", Params: map[string]string{"ALGS": "a", "algs": "", "error": "b"}}}
	}
	challenges := fresh()
	resourceAnswer(post(), autherr.ErrTokenExpired, challenges...)
	assert.Equal(t, fresh(), challenges)
}

func TestResourceAnswersInJSONOnly(t *testing.T) {
	s := resourceAnswer(post("Accept", autherr.MediaTypeACECBOR, "Content-Type", autherr.MediaTypeACECBOR), autherr.ErrTokenExpired)
	assert.Equal(t, "application/json", s.header.Get("Content-Type"))
	assert.Equal(t, `{"error":"invalid_token"}`, s.body)
}

func FuzzWriteResourceError(f *testing.F) {
	for i, text := range shortHostile {
		other := shortHostile[(i+7)%len(shortHostile)]
		f.Add("X-Other", text, "invalid_token", text, other, text, text, other, text, other, text, other)
		f.Add("WWW-Authenticate", text, "insufficient_scope", other, text, "DPoP "+text, "DPoP", text, "profile", text, "algs", text)
		f.Add(text, text, "access_denied", text, text, text+" x", text, text, text, text, "ALGS", other)
	}
	f.Fuzz(func(t *testing.T, name, value, code, description, uri, authorization, scheme, realm, scope, metadata, param, paramValue string) {
		r := post()
		r.Header["Authorization"] = []string{authorization}
		recorder := httptest.NewRecorder()
		recorder.Header()[name] = []string{value}
		err := autherr.ErrorResponse{Code: autherr.ErrorCode(code), Description: description, URI: uri}
		challenges := []autherrhttp.Challenge{
			{Realm: realm, Scope: scope, ResourceMetadata: metadata},
			{Scheme: scheme, Realm: realm, Scope: scope, ResourceMetadata: metadata, Params: map[string]string{param: paramValue, "algs": realm}},
		}
		answer := autherrhttp.WriteResourceError(recorder, r, err, challenges...)

		assert.Equal(t, recorder.Code, answer.HTTPStatus)
		checkOthersStay(t, recorder.Header(), name, value)
		checkMembers(t, answer.Response, parsedJSON(t, recorder.Body.String()))
		if recorder.Code != 401 && (answer.Response.Code == "" || recorder.Code != 400 && recorder.Code != 403) {
			assert.Empty(t, recorder.Header()["Www-Authenticate"])
			return
		}
		all := readChallenges(t, recorder.Header())
		require.Len(t, all, 2)
		saying := 0
		tried, _, _ := strings.Cut(strings.Trim(authorization, " \t"), " ")
		if !strings.EqualFold(tried, "Bearer") && strings.EqualFold(tried, all[1].scheme) {
			saying = 1
		}
		for i, c := range all {
			response := autherr.ErrorResponse{}
			if i == saying {
				response = answer.Response
			}
			want := wantChallenge(challenges[i], response)
			assert.Equal(t, want.scheme, c.scheme)
			assert.Equal(t, want.params, c.params)
		}
	})
}
