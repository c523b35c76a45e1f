package autherrhttp_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

func TestTokenAnswerToTheLetter(t *testing.T) {
	s := tokenAnswer(post(), autherr.ErrorResponse{
		Code:        autherr.UnauthorizedClient,
		Description: "You are not authorized to receive this token.",
		URI:         "https://http.cat/401",
	})
	assert.Equal(t, 400, s.status)
	assert.Equal(t, http.Header{
		"Cache-Control":          {"no-store"},
		"Content-Type":           {"application/json"},
		"Pragma":                 {"no-cache"},
		"X-Content-Type-Options": {"nosniff"},
	}, s.header)
	assert.Equal(t, `{"error":"unauthorized_client","error_description":"You are not authorized to receive this token.","error_uri":"https://http.cat/401"}`, s.body)

	// The map of RFC 9200 §5.8.3, in core deterministic encoding.
	assert.Equal(t, "\xa1\x18\x1e\x04", tokenAnswer(post(inCBOR...), autherr.UnauthorizedClient).body)

	s = tokenAnswer(post("Authorization", "Basic x"), autherr.ErrOAuth2ClientNotFound)
	assert.Equal(t, sent{
		status: 401,
		header: http.Header{
			"Cache-Control":          {"no-store"},
			"Content-Type":           {"application/json"},
			"Pragma":                 {"no-cache"},
			"Www-Authenticate":       {`Basic realm="token", error="invalid_client"`},
			"X-Content-Type-Options": {"nosniff"},
		},
		body:   `{"error":"invalid_client"}`,
		answer: autherr.Answer{Response: autherr.ErrorResponse{Code: autherr.InvalidClient}, HTTPStatus: 401},
	}, s)
}

func TestTokenAnswerIsTheResponse(t *testing.T) {
	for name, err := range anyError() {
		response := autherr.TokenEndpoint.Answer(err).Response
		members := parsedJSON(t, tokenAnswer(post(), err).body)
		assert.Equal(t, response, autherr.ErrorResponse{
			Code:        autherr.ErrorCode(members["error"]),
			Description: members["error_description"],
			URI:         members["error_uri"],
		}, name)
	}
}

// CBOR is for a client that speaks it, and the type of its request says so.
func TestCBORIsForRequestsInCBOR(t *testing.T) {
	for contentType, want := range map[string]bool{
		"application/ace+cbor":             true,
		"Application/ACE+CBOR":             true,
		" application/ace+cbor ":           true,
		"application/ace+cbor; profile=a":  true,
		"application/ace+cbor ;x":          true,
		"application/ace+cbor2":            false,
		"application/cbor":                 false,
		"application/json":                 false,
		"text/html;application/ace+cbor":   false,
		"application/ace+cbor, text/plain": false,
		"":                                 false,
	} {
		s := tokenAnswer(post("Content-Type", contentType), built)
		if want {
			assert.Equal(t, autherr.MediaTypeACECBOR, s.header.Get("Content-Type"), contentType)
			var members map[int]any
			require.NoError(t, cbor.Unmarshal([]byte(s.body), &members), contentType)
			assert.Equal(t, map[int]any{30: uint64(1), 31: built.Description, 32: built.URI}, members)
		} else {
			assert.Equal(t, "application/json", s.header.Get("Content-Type"), contentType)
			assert.Equal(t, string(built.Code), parsedJSON(t, s.body)["error"], contentType)
		}
	}
	accept := tokenAnswer(post("Accept", autherr.MediaTypeACECBOR), built)
	assert.Equal(t, "application/json", accept.header.Get("Content-Type"))
}

// The writer still says what it would have said.
func TestNoBodyIfCBORCannotSayIt(t *testing.T) {
	s := tokenAnswer(post(inCBOR...), autherr.ErrorResponse{Code: mfaRequired, Description: "Use a second factor."})
	assert.Empty(t, s.body)
	assert.Equal(t, 400, s.status)
	assert.Equal(t, mfaRequired, s.answer.Response.Code)
	assert.Equal(t, "Use a second factor.", s.answer.Response.Description)

	s = tokenAnswer(post(inCBOR...), autherr.ErrStorage)
	assert.Empty(t, s.body)
	assert.Equal(t, 500, s.status)
}

// A browser opens a password box for a Basic challenge. A client that never sent Authorization has no
// use for one, and RFC 6749 §5.2 does not ask for it.
func TestNoChallengeForAClientThatSentNoAuthorization(t *testing.T) {
	for _, err := range []error{autherr.InvalidClient, autherr.ErrOAuth2ClientNotFound, autherr.ErrOAuth2InvalidCredentials} {
		for _, headers := range [][]string{nil, {"Authorization", ""}, {"Authorization", " \t"}, {"Authorization", "", "Authorization", ""}, {"Proxy-Authorization", "Basic x"}} {
			s := tokenAnswer(post(headers...), err)
			assert.Equal(t, 400, s.status)
			assert.NotContains(t, s.header, "Www-Authenticate")
			assert.Equal(t, `{"error":"invalid_client"}`, s.body)
		}
	}
}

// Clients such as openid-client do not read the body if there is a challenge.
func TestChallengeOfATokenEndpointSaysTheError(t *testing.T) {
	for _, err := range []error{
		autherr.InvalidClient, autherr.InvalidToken, autherr.InsufficientScope,
		autherr.ErrorResponse{Code: autherr.InvalidClient, Description: "Who are you?"},
	} {
		s := tokenAnswer(post("Authorization", "Basic x"), err)
		c := readChallenge(t, s.header.Get("WWW-Authenticate"))
		assert.Equal(t, map[string]string{"realm": "token", "error": parsedJSON(t, s.body)["error"]}, c.params)
	}
	for _, headers := range [][]string{nil, {"Authorization", "Basic x"}} {
		assert.Equal(t, []string{`Bearer realm="token", error="invalid_token"`}, tokenAnswer(post(headers...), autherr.InvalidToken).header["Www-Authenticate"])
		assert.Equal(t, []string{`Bearer realm="token", error="insufficient_scope"`}, tokenAnswer(post(headers...), autherr.InsufficientScope).header["Www-Authenticate"])
	}
}

func TestTokenEndpointChallengesForThreeCodesOnly(t *testing.T) {
	for name, err := range anyError() {
		s := tokenAnswer(post("Authorization", "Basic x"), err)
		switch s.answer.Response.Code {
		case autherr.InvalidClient, autherr.InvalidToken, autherr.InsufficientScope:
			assert.Len(t, s.header["Www-Authenticate"], 1, name)
			assert.Contains(t, []int{401, 403}, s.status, name)
		default:
			assert.NotContains(t, s.header, "Www-Authenticate", name)
		}
	}
}

// registry is what IANA's registry of authentication schemes has.
var registry = strings.Fields("Basic Bearer Concealed Digest DPoP GNAP HOBA Mutual Negotiate OAuth PrivateToken SCRAM-SHA-1 SCRAM-SHA-256 vapid")

// RFC 6749 §5.2 asks for the scheme that the client used.
func TestChallengeHasTheSchemeTried(t *testing.T) {
	for _, scheme := range registry {
		for _, sent := range []string{scheme, strings.ToLower(scheme), strings.ToUpper(scheme)} {
			for _, credentials := range []string{"", " ", " x", "  x", ` a="b c", d=e`} {
				s := tokenAnswer(post("Authorization", sent+credentials), autherr.InvalidClient)
				assert.Equal(t, 401, s.status)
				assert.Equal(t, scheme, readChallenge(t, s.header.Get("WWW-Authenticate")).scheme, sent+credentials)
			}
		}
	}
	first := tokenAnswer(post("Authorization", "", "Authorization", "bearer a", "Authorization", "Basic b"), autherr.InvalidClient)
	assert.Equal(t, "Bearer", readChallenge(t, first.header.Get("WWW-Authenticate")).scheme)
}

// What a client sends in place of a scheme may be its secret.
func TestNoCredentialComesBack(t *testing.T) {
	const secret = "sk_live_51Hb9"
	for _, authorization := range []string{
		secret, secret + " ", " " + secret, secret + " x", "Token " + secret, "ApiKey " + secret, "Basic," + secret, "Basic\t" + secret,
		"Basic:" + secret, "Basic=" + secret, `"Basic" ` + secret, "Basic\x00" + secret, "Basic\r\nSet-Cookie: " + secret, "Bäsic " + secret,
		"SCRAM-SHA-512 " + secret, "AWS4-HMAC-SHA256 Credential=" + secret,
	} {
		r := post()
		r.Header["Authorization"] = []string{authorization}
		s := tokenAnswer(r, autherr.InvalidClient)
		assert.Equal(t, 401, s.status, authorization)
		assert.Equal(t, []string{`Basic realm="token", error="invalid_client"`}, s.header["Www-Authenticate"], authorization)
	}
}

func FuzzWriteTokenError(f *testing.F) {
	for i, text := range shortHostile {
		other := shortHostile[(i+7)%len(shortHostile)]
		f.Add("X-Other", text, "invalid_client", text, other, text, "application/json")
		f.Add("Www-Authenticate", text, text, other, text, "Basic "+text, autherr.MediaTypeACECBOR)
		f.Add(text, other, "invalid_token", text, other, other, text)
	}
	f.Fuzz(func(t *testing.T, name, value, code, description, uri, authorization, contentType string) {
		r := post()
		r.Header["Authorization"] = []string{authorization}
		r.Header["Content-Type"] = []string{contentType}
		recorder := httptest.NewRecorder()
		recorder.Header()[name] = []string{value}
		err := autherr.ErrorResponse{Code: autherr.ErrorCode(code), Description: description, URI: uri}
		answer := autherrhttp.WriteTokenError(recorder, r, err)

		assert.Equal(t, recorder.Code, answer.HTTPStatus)
		checkOthersStay(t, recorder.Header(), name, value)
		switch body := recorder.Body.Bytes(); recorder.Header().Get("Content-Type") {
		case "application/json":
			checkMembers(t, answer.Response, parsedJSON(t, string(body)))
		case autherr.MediaTypeACECBOR:
			var members map[int]any
			require.NoError(t, cbor.Unmarshal(body, &members))
			text, _ := members[31].(string)
			assert.Equal(t, answer.Response.Description, text)
			text, _ = members[32].(string)
			assert.Equal(t, answer.Response.URI, text)
		default:
			assert.Empty(t, body)
		}

		lines := recorder.Header()["Www-Authenticate"]
		authorization = strings.Trim(authorization, " \t")
		if code := answer.Response.Code; code == autherr.InvalidClient && authorization != "" || code == autherr.InvalidToken || code == autherr.InsufficientScope {
			require.Len(t, lines, 1)
			c := readChallenge(t, lines[0])
			assert.Equal(t, map[string]string{"realm": "token", "error": string(code)}, c.params)
			assert.Contains(t, registry, c.scheme)
			if c.scheme != "Basic" && c.scheme != "Bearer" {
				assert.True(t, bytes.EqualFold([]byte(authorization)[:min(len(c.scheme), len(authorization))], []byte(c.scheme)) || !isASCII(authorization))
			}
		} else {
			assert.Empty(t, lines)
			if code == autherr.InvalidClient {
				assert.Equal(t, 400, recorder.Code)
			}
		}
	})
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > '\x7f' })
}

// checkMembers compares what a client reads with a response, which has to be one that may be sent.
func checkMembers(t testing.TB, response autherr.ErrorResponse, members map[string]string) {
	t.Helper()
	assert.Equal(t, response, autherr.ErrorResponse{
		Code:        autherr.ErrorCode(members["error"]),
		Description: members["error_description"],
		URI:         members["error_uri"],
	})
	for name, value := range members {
		assert.Regexp(t, anErrorText, value, name)
	}
}

// checkOthersStay checks that a header that a handler set is as it was, unless it is a writer's to set or
// to drop.
func checkOthersStay(t testing.TB, header http.Header, name, value string) {
	t.Helper()
	for _, own := range append([]string{
		"Pragma", "Retry-After", "X-Content-Type-Options", "Location", "Refresh", "Content-Security-Policy", "Referrer-Policy", "X-Frame-Options",
	}, otherAnswer...) {
		if strings.EqualFold(own, name) {
			return
		}
	}
	if !strings.HasSuffix(strings.ToLower(name), "cache-control") {
		assert.Equal(t, []string{value}, header[name], name)
	}
}
