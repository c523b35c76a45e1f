package autherrhttp_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

func TestTokenAnswerIsTheErrorResponse(t *testing.T) {
	for name, err := range anyError(t) {
		response, ok := autherr.ErrorResponseFor(err)
		if !ok {
			continue
		}
		t.Run(name, func(t *testing.T) {
			json := tokenAnswer(post(), err)
			assert.Equal(t, response.Code.HTTPStatus(), json.status)
			assert.Equal(t, "application/json", json.contentType())
			assert.Equal(t, response, parsedJSON(t, json.body))

			cbor := tokenAnswer(post(inCBOR...), err)
			assert.Equal(t, json.status, cbor.status)
			assert.Equal(t, "application/ace+cbor", cbor.contentType())
			var read autherr.ErrorResponse
			require.NoError(t, read.UnmarshalCBOR([]byte(cbor.body)))
			assert.Equal(t, response, read)

			for _, a := range []answer{json, cbor} {
				assert.Equal(t, []string{"no-cache"}, a.header.Values("Pragma"))
			}
		})
	}
}

// parsedJSON reads a response as a client does that has nothing but encoding/json.
func parsedJSON(t *testing.T, body string) autherr.ErrorResponse {
	t.Helper()
	var members map[string]string
	require.NoError(t, json.Unmarshal([]byte(body), &members))
	for name, value := range members {
		assert.Contains(t, []string{"error", "error_description", "error_uri"}, name)
		assert.NotEmpty(t, value, name)
	}
	code, err := autherr.ParseErrorCode(members["error"])
	require.NoError(t, err)
	return autherr.ErrorResponse{Code: code, Description: members["error_description"], URI: members["error_uri"]}
}

func TestTokenAnswerToTheLetter(t *testing.T) {
	response := built(t)
	a := tokenAnswer(post(), response)
	assert.Equal(t, `{"error":"unauthorized_client","error_description":"You are not authorized to receive this token.","error_uri":"https://http.cat/401"}`, a.body)
	assert.Equal(t, 400, a.status)

	// RFC 9200 §5.8.3, figure 10, in core deterministic encoding.
	assert.Equal(t, "\xa1\x18\x1e\x04", tokenAnswer(post(inCBOR...), autherr.UnauthorizedClient).body)

	a = tokenAnswer(post(), autherr.ErrOAuth2ClientNotFound)
	assert.Equal(t, answer{
		status: 401,
		header: http.Header{
			"Cache-Control":    {"no-store"},
			"Content-Type":     {"application/json"},
			"Pragma":           {"no-cache"},
			"Www-Authenticate": {`Basic realm="token"`},
		},
		body: `{"error":"invalid_client"}`,
	}, a)
}

func TestServerFaultHasNoCode(t *testing.T) {
	faults := 0
	for name, err := range anyError(t) {
		if _, ok := autherr.ErrorResponseFor(err); ok {
			continue
		}
		faults++
		t.Run(name, func(t *testing.T) {
			a := tokenAnswer(post("Authorization", "Basic Zm9vOmJhcg=="), err)
			assert.Equal(t, answer{
				status: 500,
				header: http.Header{
					"Cache-Control": {"no-store"},
					"Content-Type":  {"application/json"},
					"Pragma":        {"no-cache"},
				},
				body: `{"error":"server_error"}`,
			}, a)

			a = tokenAnswer(post(inCBOR...), err)
			assert.Equal(t, answer{
				status: 500,
				header: http.Header{"Cache-Control": {"no-store"}, "Pragma": {"no-cache"}},
			}, a)
		})
	}
	assert.NotZero(t, faults)
}

func TestTokenAnswerDependsOnCodeAlone(t *testing.T) {
	for _, headers := range [][]string{nil, inCBOR} {
		answers := make(map[autherr.ErrorCode]answer)
		for _, e := range autherr.SaTokenErrors() {
			code, _ := autherr.CodeOf(e)
			a := tokenAnswer(post(headers...), e)
			if before, ok := answers[code]; ok {
				assert.Equal(t, before, a, e.Name())
			}
			answers[code] = a
		}
	}
}

// RFC 6749 §5.2 wants the scheme back that the client used.
func TestChallengeHasTheSchemeTried(t *testing.T) {
	for _, test := range []struct {
		name          string
		authorization []string
		scheme        string
	}{
		{"none", nil, "Basic"},
		{"empty", []string{""}, "Basic"},
		{"Basic", []string{"Basic Zm9vOmJhcg=="}, "Basic"},
		{"in the client's spelling", []string{"bAsIc Zm9vOmJhcg=="}, "bAsIc"},
		{"another", []string{"DPoP abc"}, "DPoP"},
		{"without credentials", []string{"Bearer"}, "Bearer"},
		{"with parameters", []string{`Digest username="a", realm="b c"`}, "Digest"},
		{"the first of two", []string{"Bearer a", "Basic b"}, "Bearer"},
		{"any token", []string{"!#$%&'*+-.^_`|~09AZaz x"}, "!#$%&'*+-.^_`|~09AZaz"},
		{"the longest", []string{strings.Repeat("x", 32) + " y"}, strings.Repeat("x", 32)},
		{"too long", []string{strings.Repeat("x", 33) + " y"}, "Basic"},
		{"after a space", []string{" Bearer x"}, "Basic"},
		{"before a tab", []string{"Bearer\tx"}, "Basic"},
		{"quotes", []string{`"Bearer" x`}, "Basic"},
		{"a comma", []string{"Bearer,Digest x"}, "Basic"},
		{"an equals sign", []string{"dG9rZW4= x"}, "Basic"},
		{"a split header", []string{"Bearer\r\nSet-Cookie: a=b"}, "Basic"},
		{"a NUL", []string{"Bear\x00er x"}, "Basic"},
		{"a DEL", []string{"Bearer\x7f x"}, "Basic"},
		{"not ASCII", []string{"Béarer x"}, "Basic"},
		{"not UTF-8", []string{"B\xffarer x"}, "Basic"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := post()
			if test.authorization != nil {
				r.Header["Authorization"] = test.authorization
			}
			a := tokenAnswer(r, autherr.InvalidClient)
			scheme, attributes := parseChallenge(t, a.header)
			assert.Equal(t, test.scheme, scheme)
			assert.Equal(t, map[string]string{"realm": "token"}, attributes)
		})
	}
}

func TestSchemeTriedIsAToken(t *testing.T) {
	for c := range 256 {
		scheme := "B" + string([]byte{byte(c)})
		got, _ := parseChallenge(t, tokenAnswer(post("Authorization", scheme+" x"), autherr.InvalidClient).header)
		switch {
		case aToken.MatchString(scheme):
			assert.Equal(t, scheme, got)
		case c == ' ':
			assert.Equal(t, "B", got)
		default:
			assert.Equal(t, "Basic", got, "%q", scheme)
		}
	}
}

func TestTokenChallengeComesWith401Alone(t *testing.T) {
	for name, err := range anyError(t) {
		a := tokenAnswer(post("Authorization", "Basic x"), err)
		assert.Equal(t, a.status == 401, a.header.Get("WWW-Authenticate") != "", name)

		recorder := httptest.NewRecorder()
		recorder.Header().Set("WWW-Authenticate", "DPoP")
		recorder.Header().Set("Pragma", "x")
		autherrhttp.WriteTokenError(recorder, post("Authorization", "Basic x"), err)
		assert.Equal(t, a.header, recorder.Header(), "what was set before does not go with it")
	}
}
