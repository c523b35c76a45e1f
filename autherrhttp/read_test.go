package autherrhttp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// response returns an answer with the given body and headers, of names and values in turn.
func response(status int, body io.Reader, headers ...string) *http.Response {
	res := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(body)}
	for i := 0; i < len(headers); i += 2 {
		res.Header.Add(headers[i], headers[i+1])
	}
	return res
}

// remoteOf returns err as what each reader promises.
func remoteOf(t testing.TB, err error) *autherr.RemoteError {
	t.Helper()
	remote, ok := err.(*autherr.RemoteError)
	require.True(t, ok, "%T", err)
	require.NotNil(t, remote)
	return remote
}

func TestThereIsAlwaysARemoteError(t *testing.T) {
	for _, err := range []error{autherrhttp.ReadError(nil), autherrhttp.ReadErrorBody(nil, nil)} {
		remote := remoteOf(t, err)
		assert.EqualError(t, remote.Err, "autherrhttp: no response")
		assert.EqualError(t, err, "remote: autherrhttp: no response")
		assert.Zero(t, remote.Status)
		assert.Nil(t, remote.Header)
		assert.Nil(t, remote.Body)
	}
	remote := remoteOf(t, autherrhttp.ReadErrorBody(nil, []byte(`{"error":"invalid_grant"}`)))
	assert.Equal(t, autherr.InvalidGrant, remote.Response.Code)
	assert.EqualError(t, remote.Err, "autherrhttp: no response")
	assert.Equal(t, `{"error":"invalid_grant"}`, string(remote.Body))
	assert.EqualError(t, remoteOf(t, autherrhttp.ReadErrorBody(nil, []byte(`<html>`))).Err, "autherrhttp: no response")

	remote = remoteOf(t, autherrhttp.ReadError(&http.Response{}))
	assert.EqualError(t, remote.Err, "autherrhttp: body is empty")
	assert.Nil(t, remote.Header)

	remote = remoteOf(t, autherrhttp.ReadError(&http.Response{StatusCode: 401, Header: challengeLines(`Bearer error="invalid_token"`)}))
	assert.EqualError(t, remote, "remote: 401 invalid_token")
	assert.NoError(t, remote.Err)
	remote = remoteOf(t, autherrhttp.ReadError(&http.Response{StatusCode: 204, Body: http.NoBody}))
	assert.EqualError(t, remote, "remote: 204: autherrhttp: body is empty")
}

func TestHeaderAndBodyAreTheErrorsOwn(t *testing.T) {
	res := response(400, nil, "X", "a", "X", "b")
	body := []byte(`{"error":"invalid_grant"}`)
	remote := remoteOf(t, autherrhttp.ReadErrorBody(res, body))
	clear(body)
	res.Header["X"][0] = "changed"
	res.Header.Set("Y", "new")
	assert.Equal(t, `{"error":"invalid_grant"}`, string(remote.Body))
	assert.Equal(t, map[string][]string{"X": {"a", "b"}}, remote.Header)
}

// A counter counts what is read of a body, and whether it is closed.
type counter struct {
	io.Reader
	read   int
	closed bool
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.read += n
	return n, err
}

func (c *counter) Close() error {
	c.closed = true
	return nil
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = '0'
	}
	return len(b), nil
}

const limit = 64 << 10

func TestAtMost64KiBAreReadAndTheBodyStaysOpen(t *testing.T) {
	for _, reader := range []io.Reader{zeros{}, iotest.OneByteReader(zeros{}), io.MultiReader(strings.NewReader(`{"error":"`), zeros{})} {
		body := &counter{Reader: reader}
		remote := remoteOf(t, autherrhttp.ReadError(&http.Response{StatusCode: 500, Body: body}))
		assert.Equal(t, limit, body.read)
		assert.Len(t, remote.Body, limit)
		assert.False(t, body.closed)
		assert.Empty(t, remote.Response)
		assert.ErrorContains(t, remote.Err, "no JSON object in the first 64 KiB of body: ")
	}

	// An object that ends within the limit counts, whatever follows.
	object := `{"error":"invalid_grant"}`
	for _, size := range []int{limit, limit + 1, 2 * limit} {
		remote := remoteOf(t, autherrhttp.ReadError(response(400, strings.NewReader(object+strings.Repeat(" ", size-len(object))))))
		assert.Equal(t, autherr.InvalidGrant, remote.Response.Code)
		assert.NoError(t, remote.Err)
	}
	for size, want := range map[int]autherr.ErrorCode{limit - 1: "invalid_grant", limit: "invalid_grant", limit + 1: ""} {
		remote := remoteOf(t, autherrhttp.ReadError(response(400, strings.NewReader(strings.Repeat(" ", size-len(object))+object))))
		assert.Equal(t, want, remote.Response.Code, size)
		assert.Equal(t, want == "", remote.Err != nil, size)
	}

	// A form of 64 KiB may be cut short.
	for size, want := range map[int]autherr.ErrorCode{limit - 1: "a", limit: "", limit + 1: ""} {
		body := "error=a&x=" + strings.Repeat("x", size-len("error=a&x="))
		res := response(400, strings.NewReader(body), "Content-Type", "application/x-www-form-urlencoded")
		assert.Equal(t, want, remoteOf(t, autherrhttp.ReadError(res)).Response.Code, size)
		assert.Equal(t, autherr.ErrorCode("a"), remoteOf(t, autherrhttp.ReadErrorBody(res, []byte(body))).Response.Code, "it was read whole")
	}
}

func TestABodyThatCannotBeRead(t *testing.T) {
	broken := errors.New("connection reset by peer")
	for _, test := range []struct {
		name, contentType, read string
		want                    autherr.ErrorCode
		err                     string // after the failure
	}{
		{"nothing", "application/json", "", "", ""},
		{"half of an object", "application/json", `{"error":"invalid_grant"`, "", ""},
		{"an object", "application/json", `{"error":"invalid_grant"}`, "invalid_grant", ""},
		{"an object with a fault", "application/json", `{"error":"invalid_grant","error_uri":1}`, "invalid_grant", "; autherr: error_uri: found number, not a string"},
		{"half of a form", "application/x-www-form-urlencoded", "error=invalid_gr", "", ""},
		{"CBOR", "application/ace+cbor", "\xA1\x18\x1E\x03", "invalid_grant", ""},
		{"half of CBOR", "application/ace+cbor", "\xA2\x18\x1E\x03", "", ""},
		{"half of a page", "text/html", "<html><bo", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			body := io.MultiReader(strings.NewReader(test.read), iotest.ErrReader(broken))
			err := autherrhttp.ReadError(response(502, body, "Content-Type", test.contentType))
			remote := remoteOf(t, err)
			assert.Equal(t, test.want, remote.Response.Code)
			assert.Equal(t, test.read, string(remote.Body))
			assert.Equal(t, 502, remote.Status)
			assert.ErrorIs(t, err, broken)
			assert.EqualError(t, remote.Err, "autherrhttp: body could not be read: connection reset by peer"+test.err)
		})
	}

	// What a challenge says does not hide the failure.
	err := autherrhttp.ReadError(response(401, iotest.ErrReader(context.Canceled), "WWW-Authenticate", `Bearer error="invalid_token"`))
	assert.ErrorIs(t, err, autherr.InvalidToken)
	assert.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, autherr.CanceledFault, autherr.FaultOf(err))
}

// net/http says itself if a body is shorter than it should be.
func TestABodyCutShortByTheServer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Header().Set("Content-Type", "application/x-www-form-urlencoded")
		w.WriteHeader(400)
		fmt.Fprint(w, "error=invalid_gr")
	}))
	defer server.Close()
	res, err := http.Get(server.URL)
	require.NoError(t, err)
	defer res.Body.Close()
	err = autherrhttp.ReadError(res)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, autherr.ErrorCode(""), remoteOf(t, err).Response.Code)
	assert.Equal(t, "error=invalid_gr", string(remoteOf(t, err).Body))
}

type panics struct{}

func (panics) Error() string { panic("no text") }

// Err neither grows with what a peer sent, nor repeats it.
func TestErrIsBounded(t *testing.T) {
	long := strings.Repeat("secret ", 1<<12)
	for _, bad := range []string{long, strings.Repeat("\xff", 1<<12), strings.Repeat("\x00", 1<<12), strings.Repeat("\u2028", 1<<12)} {
		for _, res := range []*http.Response{
			response(400, strings.NewReader(bad), "Content-Type", bad),
			response(400, strings.NewReader(`{"error":[`+fmt.Sprintf("%q", long)+`]}`)),
			response(400, strings.NewReader(`{"error":1`+strings.Repeat("0", 1<<12)+`}`)),
			response(400, strings.NewReader("%"+bad), "Content-Type", "application/x-www-form-urlencoded"),
			response(400, strings.NewReader("\x7b"+bad), "Content-Type", "application/ace+cbor"),
			response(400, strings.NewReader("\xA1\x79\x10\x00"+bad+"\x01"), "Content-Type", "application/ace+cbor"),
			response(400, iotest.ErrReader(errors.New(bad))),
		} {
			remote := remoteOf(t, autherrhttp.ReadError(res))
			require.Error(t, remote.Err)
			assert.Less(t, len(remote.Err.Error()), 1<<10)
			assert.Less(t, strings.Count(remote.Err.Error(), "secret"), 30)
			assert.True(t, utf8.ValidString(remote.Err.Error()))
			assert.NotContains(t, remote.Err.Error(), "\u2028")
		}
	}
	body := remoteOf(t, autherrhttp.ReadError(response(400, strings.NewReader(long), "Content-Type", "text/plain"))).Err.Error()
	assert.NotContains(t, body, "secret")
}

func TestWhyABodyCannotBeReadIsSaidWithoutAText(t *testing.T) {
	for err, want := range map[error]string{
		errors.New(""): "",
		panics{}:       "autherrhttp_test.panics: its method Error panics with a string",
	} {
		remote := remoteOf(t, autherrhttp.ReadError(response(400, iotest.ErrReader(err))))
		assert.ErrorIs(t, remote, err)
		assert.EqualError(t, remote.Err, "autherrhttp: body could not be read: "+want)
	}
}

func TestFaultsOfMembersAreFieldErrors(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{autherrhttp.ReadErrorBody(response(400, nil), []byte(`{"error":1}`)), "error"},
		{autherrhttp.ReadErrorBody(response(400, nil), []byte(`{"error":"a","error_description":1,"error_uri":{}}`)), "error_description"},
		{autherrhttp.ReadErrorBody(response(400, nil), []byte(`{}`)), "error"},
		{autherrhttp.ReadErrorBody(response(400, nil, "Content-Type", "application/x-www-form-urlencoded"), []byte("error=a&error_uri=a&error_uri=b")), "error_uri"},
		{autherrhttp.ReadErrorBody(response(400, nil, "Content-Type", "application/ace+cbor"), []byte("\xA1\x18\x1E\x61a")), "error"},
		{autherrhttp.ReadRedirect(url.Values{"error": {"a", "b"}}), "error"},
	} {
		field, ok := errors.AsType[*autherr.FieldError](test.err)
		require.True(t, ok, test.err)
		assert.Equal(t, test.want, field.Field)
	}
}

func TestRetryAfterInSecondsOrAsADate(t *testing.T) {
	const date = "Fri, 09 Jan 2026 02:02:12 GMT"
	const longest = math.MaxInt32 * time.Second
	for _, test := range []struct {
		retryAfter, date string
		want             time.Duration
	}{
		{"", "", 0},
		{"0", "", 0},
		{"1", "", time.Second},
		{"00120", "", 2 * time.Minute},
		{"2.0", "", 2 * time.Second},
		{"0.25", "", 250 * time.Millisecond},
		{".5", "", 500 * time.Millisecond},
		{"2147483646", "", longest - time.Second},
		{"2147483647", "", longest},
		{"2147483648", "", longest},
		{"9223372036", "", longest},
		{"9223372037", "", longest},
		{"99999999999999999999999", "", longest},
		{strings.Repeat("9", 1000), "", longest},
		{"-1", "", 0},
		{"+1", "", 0},
		{"1e3", "", 0},
		{"0x10", "", 0},
		{"1_000", "", 0},
		{"1.2.3", "", 0},
		{".", "", 0},
		{"1,5", "", 0},
		{"5, 6", "", 0},
		{"5s", "", 0},
		{"Inf", "", 0},
		{"NaN", "", 0},
		{"soon", "", 0},
		{"٣", "", 0},
		{"Fri, 09 Jan 2026 02:03:12 GMT", date, time.Minute},
		{"Friday, 09-Jan-26 02:03:12 GMT", date, time.Minute},
		{"Fri Jan  9 02:03:12 2026", date, time.Minute},
		{date, date, 0},
		{"Fri, 09 Jan 2026 02:02:11 GMT", date, 0},
		{"Mon, 01 Jan 0001 00:00:00 GMT", date, 0},
		{"Fri, 31 Dec 9999 23:59:59 GMT", date, longest},
		{"Fri, 31 Dec 9999 23:59:59 GMT", "", longest},
		{"Fri, 09 Jan 2026 02:03:12", date, 0},
		{"7", date, 7 * time.Second},
		{"7", "never", 7 * time.Second},
	} {
		res := response(429, http.NoBody)
		if test.retryAfter != "" {
			res.Header.Set("Retry-After", test.retryAfter)
		}
		if test.date != "" {
			res.Header.Set("Date", test.date)
		}
		assert.Equal(t, test.want, remoteOf(t, autherrhttp.ReadError(res)).RetryAfter, "%s at %s", test.retryAfter, test.date)
	}

	// Without a Date, a date counts from now.
	for _, header := range [][]string{{}, {"Date", "never"}} {
		res := response(503, http.NoBody, append(header, "Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))...)
		wait := remoteOf(t, autherrhttp.ReadError(res)).RetryAfter
		assert.LessOrEqual(t, wait, time.Hour)
		assert.Greater(t, wait, 30*time.Minute)
	}
}

func TestReadRedirect(t *testing.T) {
	for _, test := range []struct {
		query string
		want  *autherr.RemoteError
		err   string
	}{
		{"", nil, ""},
		{"code=x&state=y", nil, ""},
		{"error_description=d&error_uri=u", nil, ""},
		{"error=&code=x", nil, ""},
		{"error=&error=&code=x", nil, ""},
		{"ERROR=a", nil, ""},
		{"error=access_denied&state=y", &autherr.RemoteError{Response: autherr.ErrorResponse{Code: "access_denied"}}, ""},
		{"error=access_denied&error_description=The+user+said+no&error_uri=https://as.example/e&state=y&iss=https://as.example",
			&autherr.RemoteError{Response: autherr.ErrorResponse{Code: "access_denied", Description: "The user said no", URI: "https://as.example/e"}}, ""},
		{"error=org_internal&error_subtype=access_denied", &autherr.RemoteError{Response: autherr.ErrorResponse{Code: "org_internal"}}, ""},
		{"error=a%22%0d%0a&error_description=%ff", &autherr.RemoteError{Response: autherr.ErrorResponse{Code: "a\"\r\n", Description: "\xff"}}, ""},
		{"error=a&code=x", &autherr.RemoteError{Response: autherr.ErrorResponse{Code: "a"}}, ""},
		{"error=a&error=b", &autherr.RemoteError{Response: autherr.ErrorResponse{Code: "a"}}, "autherr: error: found 2 times"},
		{"error=&error=b", &autherr.RemoteError{Response: autherr.ErrorResponse{Code: "b"}}, "autherr: error: found 2 times"},
		{"error=a&error=a", &autherr.RemoteError{Response: autherr.ErrorResponse{Code: "a"}}, "autherr: error: found 2 times"},
		{"error=a&error_description=b&error_description=c&error_uri=d&error_uri=e", &autherr.RemoteError{Response: autherr.ErrorResponse{Code: "a", Description: "b", URI: "d"}},
			"autherr: error_description: found 2 times; autherr: error_uri: found 2 times"},
		{"error=&error_description=d", &autherr.RemoteError{Response: autherr.ErrorResponse{Description: "d"}}, "autherr: error: required, but absent"},
	} {
		t.Run(test.query, func(t *testing.T) {
			values, err := url.ParseQuery(test.query)
			require.NoError(t, err)
			err = autherrhttp.ReadRedirect(values)
			if test.want == nil {
				assert.Nil(t, err)
				return
			}
			got := *remoteOf(t, err)
			if test.err == "" {
				assert.NoError(t, got.Err)
			} else {
				assert.EqualError(t, got.Err, test.err)
			}
			got.Err = nil
			assert.Equal(t, *test.want, got)
		})
	}
	assert.Nil(t, autherrhttp.ReadRedirect(nil))
	assert.Nil(t, autherrhttp.ReadRedirect(url.Values{"error": nil}))
	assert.Nil(t, autherrhttp.ReadRedirect(url.Values{"error": {}, "error_description": {"d"}}))
}

// A client of the device flow can tell by errors.Is what to do next, however the server answered.
func TestDeviceCodesAreToldApart(t *testing.T) {
	codes := []autherr.ErrorCode{autherr.AuthorizationPending, autherr.SlowDown, autherr.ExpiredToken, autherr.AccessDenied}
	for _, code := range codes {
		for _, err := range []error{
			autherrhttp.ReadErrorBody(response(400, nil), []byte(`{"error":"`+code.String()+`"}`)),
			autherrhttp.ReadErrorBody(response(200, nil, "Content-Type", "application/x-www-form-urlencoded"), []byte("error="+code.String())),
			autherrhttp.ReadErrorBody(response(401, nil, "WWW-Authenticate", "Bearer error="+code.String()), nil),
		} {
			for _, other := range codes {
				assert.Equal(t, code == other, errors.Is(fmt.Errorf("poll: %w", err), other), "%v is %v", err, other)
			}
		}
	}
}

// What a server asks for besides its code is in the header, even after the error has been wrapped.
func TestChallengesOfARemoteError(t *testing.T) {
	res := response(401, http.NoBody, "DPoP-Nonce", "bm9uY2U",
		"WWW-Authenticate", `Bearer error="insufficient_user_authentication", max_age=5, scope="pay", resource_metadata="https://rs.example/m"`,
		"WWW-Authenticate", `DPoP algs="ES256"`)
	err := fmt.Errorf("pay: %w", errors.Join(errors.New("first"), autherrhttp.ReadError(res)))
	assert.ErrorIs(t, err, autherr.InsufficientUserAuthentication)

	remote, ok := errors.AsType[*autherr.RemoteError](err)
	require.True(t, ok)
	assert.Equal(t, []autherrhttp.Challenge{
		{Scheme: "Bearer", Scope: "pay", ResourceMetadata: "https://rs.example/m", Params: params{"max_age": "5"},
			Response: autherr.ErrorResponse{Code: autherr.InsufficientUserAuthentication}},
		{Scheme: "DPoP", Params: params{"algs": "ES256"}},
	}, autherrhttp.ParseChallenges(remote.Header))
	assert.Equal(t, "bm9uY2U", http.Header(remote.Header).Get("DPoP-Nonce"))
}

// What another server says decides nothing but that it is behind us: the verdict is the core's.
func TestWhatIsReadIsAFaultBehindUs(t *testing.T) {
	for _, test := range []struct {
		err    error
		status int
		fault  autherr.Fault
	}{
		{autherrhttp.ReadErrorBody(response(400, nil), []byte(`{"error":"invalid_grant"}`)), 502, autherr.RemoteFault},
		{autherrhttp.ReadErrorBody(response(429, nil, "Retry-After", "7"), nil), 503, autherr.RemoteFault},
		{autherrhttp.ReadErrorBody(response(502, nil), []byte("<html>")), 502, autherr.RemoteFault},
		{autherrhttp.ReadRedirect(url.Values{"error": {"access_denied"}}), 502, autherr.RemoteFault},
		{autherrhttp.ReadError(nil), 502, autherr.RemoteFault},
	} {
		assert.Equal(t, test.status, autherr.TokenEndpoint.Answer(test.err).HTTPStatus, test.err)
		assert.Equal(t, test.fault, autherr.FaultOf(test.err), test.err)
	}
	wait, ok := autherr.RetryAfterOf(autherrhttp.ReadErrorBody(response(429, nil, "Retry-After", "7"), nil))
	assert.True(t, ok)
	assert.Equal(t, 7*time.Second, wait)
}
