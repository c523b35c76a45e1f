package autherrhttp_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// checkRemote checks what is true of each RemoteError.
func checkRemote(t *testing.T, err error) *autherr.RemoteError {
	remote := remoteOf(t, err)
	assert.Less(t, len(err.Error()), 6<<10)
	if remote.Err != nil {
		assert.Less(t, len(remote.Err.Error()), 2<<10)
	}
	assert.False(t, remote.Response.Code == "" && remote.Err == nil, "no code, and no reason")
	assert.Equal(t, remote.Response.Code != "", errors.Is(err, remote.Response.Code))
	assert.False(t, remote.RetryAfter < 0)
	_, ok := errors.AsType[autherr.ErrorResponse](err)
	assert.False(t, ok, "what another server says is not our own word")
	assert.GreaterOrEqual(t, autherr.TokenEndpoint.Answer(err).HTTPStatus, 502)
	return remote
}

func FuzzReadErrorBody(f *testing.F) {
	for _, answer := range answers {
		contentType, challenge, retryAfter := "", "", ""
		for line := range strings.SplitSeq(answer.header, "\n") {
			name, value, _ := strings.Cut(line, ": ")
			switch name {
			case "Content-Type":
				contentType = value
			case "WWW-Authenticate":
				challenge = value
			case "Retry-After":
				retryAfter = value
			}
		}
		f.Add(answer.status, contentType, challenge, retryAfter, []byte(answer.body))
	}
	f.Fuzz(func(t *testing.T, status int, contentType, challenge, retryAfter string, body []byte) {
		res := response(status, bytes.NewReader(body), "Content-Type", contentType, "WWW-Authenticate", challenge, "Retry-After", retryAfter)
		header := res.Header.Clone()
		given := bytes.Clone(body)
		remote := checkRemote(t, autherrhttp.ReadErrorBody(res, body))
		assert.Equal(t, status, remote.Status)
		assert.Equal(t, string(given), string(remote.Body))
		assert.Equal(t, header, http.Header(remote.Header))
		assert.Equal(t, header, res.Header)

		// Neither is shared.
		for i := range remote.Body {
			remote.Body[i]++
		}
		assert.Equal(t, string(given), string(body))
		remote.Header["Content-Type"][0] += "x"
		assert.Equal(t, header, res.Header)

		// ReadError makes the same of it, if it may read all.
		if len(body) < limit {
			again := remoteOf(t, autherrhttp.ReadErrorBody(res, body))
			assert.Equal(t, again, remoteOf(t, autherrhttp.ReadError(res)))
		}

		// If reading fails at the end, nothing new is made of what came before.
		broken := errors.New("broken")
		failing := &http.Response{StatusCode: status, Header: res.Header, Body: &counter{Reader: iotest.TimeoutReader(bytes.NewReader(body))}}
		failed := checkRemote(t, autherrhttp.ReadError(failing))
		assert.True(t, bytes.HasPrefix(body, failed.Body))
		failing.Body = &counter{Reader: iotest.ErrReader(broken)}
		assert.ErrorIs(t, checkRemote(t, autherrhttp.ReadError(failing)), broken)

		// What the core can read at all, the reader reads in the same way.
		response, challenges := autherr.ErrorResponse{}, autherrhttp.ParseChallenges(res.Header)
		if response.UnmarshalJSON(body) == nil && len(challenges) == 0 {
			again := remoteOf(t, autherrhttp.ReadErrorBody(res, body))
			assert.Equal(t, response, again.Response)
			assert.NoError(t, again.Err)
		}
	})
}

func FuzzReadRedirect(f *testing.F) {
	for _, query := range []string{
		"", "code=x&state=y", "error=access_denied&error_description=The+user+said+no&error_uri=https://as.example&state=y",
		"error=", "error=&error_description=d", "error=a&error=b", "error=%ff%00%22", "error_description=d", "error=a&error_uri=&error_uri=%zz",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		values, _ := url.ParseQuery(query)
		before := values.Encode()
		err := autherrhttp.ReadRedirect(values)
		assert.Equal(t, before, values.Encode())
		if err == nil {
			assert.Empty(t, strings.Join(values["error"], ""))
			if values.Has("error") {
				assert.Empty(t, strings.Join(append(values["error_description"], values["error_uri"]...), ""))
			}
			return
		}
		remote := checkRemote(t, err)
		assert.True(t, values.Has("error"))
		assert.Zero(t, remote.Status)
		assert.Zero(t, remote.RetryAfter)
		assert.Nil(t, remote.Header)
		assert.Nil(t, remote.Body)
		for param, text := range map[string]string{
			"error": string(remote.Response.Code), "error_description": remote.Response.Description, "error_uri": remote.Response.URI,
		} {
			if text == "" {
				assert.Empty(t, strings.Join(values[param], ""))
			} else {
				assert.Contains(t, values[param], text)
			}
		}

		// It is the same by form_post, and with its parameters in another order.
		parsed, parseErr := url.ParseQuery(before)
		require.NoError(t, parseErr)
		assert.Equal(t, err, autherrhttp.ReadRedirect(parsed))

		// One of each is not a fault.
		single := url.Values{"error": {string(remote.Response.Code)}, "error_description": {remote.Response.Description}}
		if remote.Response.Code != "" {
			assert.NoError(t, remoteOf(t, autherrhttp.ReadRedirect(single)).Err)
		}
	})
}
