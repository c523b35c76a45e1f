package autherr_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

var endpoints = []autherr.Endpoint{autherr.TokenEndpoint, autherr.AuthorizationEndpoint, autherr.ProtectedResource}

// unwrapping is a type of a server's own that wraps one error.
type unwrapping struct{ err error }

func (u unwrapping) Error() string { return secret }
func (u unwrapping) Unwrap() error { return u.err }

// claiming is a type of a server's own that says that it is another error, without wrapping it.
type claiming struct{ target error }

func (c claiming) Error() string        { return secret }
func (c claiming) Is(target error) bool { return target == c.target }

// timing is an error that says what it is only by its method Timeout.
type timing bool

func (t timing) Error() string { return secret }
func (t timing) Timeout() bool { return bool(t) }

// joining is a type of a server's own that has to be asked what it is, and wraps several errors.
type joining struct {
	claiming
	errs []error
}

func (j joining) Unwrap() []error { return j.errs }

// wrappers put an error into a tree that has nothing else to say.
var wrappers = map[string]func(error) error{
	"alone":           func(err error) error { return err },
	"wrapped":         func(err error) error { return fmt.Errorf(secret+": %w", err) },
	"wrapped 3 times": func(err error) error { return fmt.Errorf(secret+": %w", fmt.Errorf("b: %w", fmt.Errorf("c: %w", err))) },
	"wrapped 100 times": func(err error) error {
		for range 100 {
			err = fmt.Errorf(secret+": %w", err)
		}
		return err
	},
	"in a type of the server's own": func(err error) error { return unwrapping{fmt.Errorf(secret+": %w", err)} },
	"joined first":                  func(err error) error { return errors.Join(err, errors.New(secret)) },
	"joined last":                   func(err error) error { return errors.Join(errors.New(secret), nil, err) },
	"joined within a join":          func(err error) error { return fmt.Errorf("x: %w", errors.Join(io.EOF, errors.Join(io.EOF, err))) },
	"one of two that %w wraps":      func(err error) error { return fmt.Errorf(secret+": %w, %w", io.EOF, err) },
}

// answers returns the answers of the three endpoints.
func answers(err error) (all [3]autherr.Answer) {
	for i, endpoint := range endpoints {
		all[i] = endpoint.Answer(err)
	}
	return all
}

// said returns the answers of the three endpoints with a code, a status and a wait, by redirect at the authorization
// endpoint.
func said(code autherr.ErrorCode, status int, wait time.Duration) (all [3]autherr.Answer) {
	answer := autherr.Answer{Response: autherr.ErrorResponse{Code: code}, HTTPStatus: status, RetryAfter: wait}
	all = [3]autherr.Answer{answer, answer, answer}
	all[1].HTTPStatus = 303
	return all
}

var (
	serverError = said(autherr.ServerError, 500, 0)
	unavailable = said(autherr.TemporarilyUnavailable, 503, 0)
	badGateway  = said(autherr.ServerError, 502, 0)
)

// These are types of a server's own that are other errors by embedding them.
type (
	embeddingSentinel struct {
		autherr.SaTokenError
		err error
	}
	embeddingCode struct {
		autherr.ErrorCode
		err error
	}
	embeddingResponse    struct{ *autherr.ErrorResponse }
	embeddingStorage     struct{ *autherr.StorageError }
	embeddingUnavailable struct{ *autherr.UnavailableError }
	embeddingRateLimited struct{ *autherr.RateLimitedError }
	embeddingRemote      struct{ *autherr.RemoteError }

	// A remoteAndMore wraps something besides the RemoteError that it is.
	remoteAndMore struct {
		*autherr.RemoteError
		err error
	}
)

func (e remoteAndMore) Unwrap() []error { return []error{e.RemoteError, e.err} }

func (e embeddingSentinel) Unwrap() error { return e.err }
func (e embeddingCode) Unwrap() error     { return e.err }

func ptr[T any](value T) *T { return &value }

// refused returns the error of dialing a port on which nobody listens.
func refused(t testing.TB) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	_, err = net.Dial("tcp", listener.Addr().String())
	require.Error(t, err)
	return err
}

// serverFaults are faults of the server, by what they are answered with.
func serverFaults(t testing.TB) map[string]struct {
	err  error
	want [3]autherr.Answer
} {
	expired, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	type fault = struct {
		err  error
		want [3]autherr.Answer
	}
	faults := map[string]fault{
		"a category":                     {autherr.CategorySystem, serverError},
		"a pointer to a category":        {ptr(autherr.CategorySystem), serverError},
		"an embedded category":           {struct{ autherr.Category }{autherr.CategorySystem}, serverError},
		"one that says it is System":     {claiming{autherr.CategorySystem}, serverError},
		"outside the 32":                 {autherr.SaTokenError(33), serverError},
		"the zero sa-token error":        {autherr.SaTokenError(0), serverError},
		"a pointer to a sentinel":        {ptr(autherr.ErrStorage), serverError},
		"an embedded sentinel":           {embeddingSentinel{SaTokenError: autherr.ErrConfig}, serverError},
		"an embedded sentinel with more": {embeddingSentinel{autherr.ErrConfig, autherr.InvalidGrant}, serverError},
		"an embedded StorageError":       {embeddingStorage{&autherr.StorageError{Details: secret}}, serverError},
		"a code":                         {autherr.ServerError, serverError},
		"a pointer to a code":            {ptr(autherr.ServerError), serverError},
		"an embedded code":               {embeddingCode{ErrorCode: autherr.ServerError}, serverError},
		"a passing code":                 {autherr.TemporarilyUnavailable, unavailable},
		"an embedded passing code":       {embeddingCode{ErrorCode: autherr.TemporarilyUnavailable}, unavailable},
		"unavailable":                    {&autherr.UnavailableError{RetryAfter: time.Second, Err: errors.New(secret)}, said(autherr.TemporarilyUnavailable, 503, time.Second)},
		"unavailable, embedded":          {embeddingUnavailable{&autherr.UnavailableError{RetryAfter: time.Minute}}, said(autherr.TemporarilyUnavailable, 503, time.Minute)},
		"unavailable for less than 0":    {&autherr.UnavailableError{RetryAfter: -time.Second}, unavailable},
		"a refused connection":           {refused(t), serverError},
		"a name that does not resolve":   {&net.DNSError{Err: "no such host", Name: "db", IsNotFound: true}, serverError},
		"a resolver that is too slow":    {&net.DNSError{Err: "timeout", Name: "db", IsTimeout: true}, unavailable},
		"a failed GET":                   {&url.Error{Op: "Get", URL: "https://as.example", Err: io.EOF}, serverError},
		"a GET that took too long":       {&url.Error{Op: "Get", URL: "https://as.example", Err: os.ErrDeadlineExceeded}, unavailable},
		"a deadline":                     {expired.Err(), unavailable},
		"a deadline of the system":       {os.ErrDeadlineExceeded, unavailable},
		"an errno that is a timeout":     {syscall.ETIMEDOUT, unavailable},
		"a type whose Timeout says so":   {timing(true), unavailable},
		"canceled":                       {context.Canceled, unavailable},
		"one that says it is canceled":   {claiming{context.Canceled}, unavailable},
		"a store that is out of time":    {&autherr.StorageError{Err: context.DeadlineExceeded}, unavailable},
		"a store that was given up":      {&autherr.StorageError{Err: context.Canceled}, unavailable},
	}
	for _, e := range autherr.CategorySystem.Errors() {
		faults[e.Name()] = fault{e, serverError}
		faults[e.Name()+" with details"] = fault{detailed(e, secret, errors.New(secret)), serverError}
	}
	return faults
}

// detailed returns the error with details that unwraps to e.
func detailed(e autherr.SaTokenError, text string, cause error) error {
	switch e {
	case autherr.ErrInvalidToken:
		return &autherr.InvalidTokenError{Reason: text, Err: cause}
	case autherr.ErrPermissionDenied:
		return &autherr.PermissionDeniedError{Permission: text}
	case autherr.ErrRoleDenied:
		return &autherr.RoleDeniedError{Role: text}
	case autherr.ErrAccountBanned:
		return &autherr.AccountBannedError{Until: time.Unix(1, 0)}
	case autherr.ErrStorage:
		return &autherr.StorageError{Details: text, Err: cause}
	case autherr.ErrConfig:
		return &autherr.ConfigError{Details: text, Err: cause}
	case autherr.ErrSerialization:
		return &autherr.SerializationError{Details: text, Err: cause}
	case autherr.ErrInternal:
		return &autherr.InternalError{Details: text, Err: cause}
	default:
		return e
	}
}

func TestAServerFaultAnywhereWins(t *testing.T) {
	clientFaults := []error{
		autherr.ErrTokenExpired, autherr.InvalidClient, autherr.ErrorResponse{Code: autherr.InvalidScope, Description: "d"},
		&autherr.ErrorResponse{Code: autherr.ServerError, Description: "d"}, &autherr.RateLimitedError{RetryAfter: time.Hour},
		&autherr.RemoteError{Status: 503, RetryAfter: time.Hour}, autherr.ErrorCode(""), &autherr.RoleDeniedError{Role: "r"},
	}
	for name, fault := range serverFaults(t) {
		for place, wrap := range wrappers {
			require.Equal(t, fault.want, answers(wrap(fault.err)), "%s, %s", name, place)
			for _, client := range clientFaults {
				for i, err := range []error{
					errors.Join(client, wrap(fault.err)),
					errors.Join(wrap(fault.err), client),
					fmt.Errorf("%w: %w", client, wrap(fault.err)),
					&autherr.InvalidTokenError{Err: errors.Join(client, wrap(fault.err))},
					&autherr.RateLimitedError{RetryAfter: time.Hour, Err: errors.Join(client, wrap(fault.err))},
					wrap(errors.Join(unwrapping{client}, &autherr.InvalidTokenError{Err: wrap(fault.err)})),
					embeddingSentinel{autherr.ErrTokenExpired, wrap(fault.err)},
					embeddingCode{autherr.InvalidGrant, wrap(fault.err)},
					errors.Join(client, remoteAndMore{&autherr.RemoteError{Status: 400}, wrap(fault.err)}),
				} {
					require.Equal(t, fault.want, answers(err), "%s, %s, way %d, with %T", name, place, i, client)
				}
			}
		}
	}
}

// systemicUnavailable is an UnavailableError that says that it is a System error too.
type systemicUnavailable struct{ *autherr.UnavailableError }

func (systemicUnavailable) Is(target error) bool { return target == autherr.CategorySystem }

// A StorageError that wraps a timeout will pass, and so will one beside a timeout.
func TestOneFaultThatPassesMakesAllPass(t *testing.T) {
	for _, err := range []error{
		errors.Join(autherr.ErrStorage, context.DeadlineExceeded),
		errors.Join(context.DeadlineExceeded, autherr.ErrStorage),
		&autherr.StorageError{Err: &autherr.UnavailableError{}},
		fmt.Errorf("%w: %w", autherr.ErrInternal, autherr.TemporarilyUnavailable),
		systemicUnavailable{&autherr.UnavailableError{}},
	} {
		assert.Equal(t, unavailable, answers(err))
	}
	for _, err := range []error{
		errors.Join(autherr.ErrStorage, autherr.ErrorResponse{Code: autherr.TemporarilyUnavailable}),
		errors.Join(&autherr.RateLimitedError{RetryAfter: time.Hour}, autherr.ErrStorage),
		errors.Join(&autherr.RemoteError{Status: 503, RetryAfter: time.Hour}, autherr.ErrStorage),
	} {
		assert.Equal(t, serverError, answers(err), "a response, a limit and another server do not count")
	}
	longest := errors.Join(&autherr.UnavailableError{RetryAfter: time.Second}, &autherr.StorageError{Err: &autherr.UnavailableError{RetryAfter: time.Minute}})
	assert.Equal(t, said(autherr.TemporarilyUnavailable, 503, time.Minute), answers(longest))
}

// What the standard library says of what a client sent, or of a file that is not there, is not a server fault.
func TestWhatAClientSentIsTheClientsFault(t *testing.T) {
	parse := func(_ any, err error) error { return err }
	unclosed := strings.TrimSuffix("https://[::1]", "]")
	_, missing := os.Open(filepath.Join(t.TempDir(), "token"))
	_, _, splitHostPort := net.SplitHostPort("a:b:c")
	_, _, parseCIDR := net.ParseCIDR("10.0.0.0/99")
	for _, cause := range []error{
		parse(url.Parse(unclosed)), parse(url.Parse(unclosed + "%zz")), parse(url.ParseRequestURI("relative")), parse(url.QueryUnescape("%")),
		splitHostPort, parseCIDR, &net.AddrError{Err: "mismatched", Addr: "::"}, net.InvalidAddrError("x"), net.UnknownNetworkError("x"),
		parse(netip.ParseAddr("1.2.3")), parse(strconv.Atoi("x")), parse(strconv.Atoi("99999999999999999999")), parse(time.Parse(time.RFC3339, "x")),
		parse(time.ParseDuration("1")), parse(base64.RawURLEncoding.DecodeString("!")), json.Unmarshal([]byte("{"), new(any)), json.Unmarshal([]byte("1"), new(string)),
		missing, syscall.ENOENT, syscall.EACCES, io.EOF, io.ErrUnexpectedEOF, timing(false), claiming{autherr.ServerError}, claiming{autherr.TemporarilyUnavailable},
		autherr.CategoryOAuth2,
	} {
		require.Error(t, cause)
		for place, wrap := range wrappers {
			for _, client := range []error{autherr.ErrTokenNotFound, autherr.InvalidRequest, autherr.ErrorResponse{Code: autherr.InvalidScope, Description: "d"}} {
				for _, err := range []error{fmt.Errorf("%w: %w", client, wrap(cause)), errors.Join(wrap(cause), client)} {
					assert.Equal(t, answers(client), answers(err), "%v (%T), %s", cause, cause, place)
					assert.Equal(t, autherr.ClientFault, autherr.FaultOf(err), "%v (%T), %s", cause, cause, place)
				}
			}
			assert.Equal(t, serverError, answers(wrap(cause)), "by itself, nobody knows what happened: %v (%T)", cause, cause)
			assert.Equal(t, autherr.ServerFault, autherr.FaultOf(wrap(cause)))
		}
	}
}

func TestAFaultFormattedWithVDoesNotDecide(t *testing.T) {
	for name, fault := range serverFaults(t) {
		err := fmt.Errorf("%w: %v", autherr.ErrRefreshTokenInvalidData, fault.err)
		assert.Equal(t, autherr.InvalidGrant, autherr.CodeOf(err), name)
		assert.Equal(t, autherr.ClientFault, autherr.FaultOf(err), name)
	}
}

func TestNobodyKnowsStrangers(t *testing.T) {
	for _, stranger := range []error{nil, io.EOF, errors.New(secret), autherr.CategoryNonce, claiming{autherr.InvalidGrant}, claiming{autherr.ErrTokenExpired}} {
		for place, wrap := range wrappers {
			if stranger == nil && place == "wrapped" {
				continue // %w of nil is a text
			}
			err := wrap(stranger)
			assert.Equal(t, serverError, answers(err), "%v %s", stranger, place)
			assert.Zero(t, autherr.SaTokenErrorOf(err))
			assert.Zero(t, autherr.CategoryOf(err))
		}
	}
	assert.Equal(t, autherr.ErrorCode(""), autherr.CodeOf(nil))
	assert.Equal(t, autherr.NoFault, autherr.FaultOf(nil))
}

// An answer depends only on what decides, so nobody can tell apart two errors that differ only in their texts.
func TestAnswerDependsOnWhatDecidesOnly(t *testing.T) {
	for _, e := range autherr.SaTokenErrors() {
		want := answers(e)
		for place, wrap := range wrappers {
			for _, err := range []error{
				e, &e, embeddingSentinel{SaTokenError: e}, detailed(e, secret, nil), detailed(e, secret, errors.New(secret)),
				fmt.Errorf("%w (%w)", e, autherr.InvalidTarget), errors.Join(e, &autherr.RateLimitedError{}), errors.Join(e, &autherr.RemoteError{Status: 400}),
			} {
				assert.Equal(t, want, answers(wrap(err)), "%#v %s %v", e, place, err)
			}
		}
	}
	assert.Equal(t, answers(autherr.ErrOAuth2ClientNotFound), answers(autherr.ErrOAuth2InvalidCredentials))
}

// The table says what becomes of a code, by the specifications of the endpoints.
func TestEveryCodeAtEveryEndpoint(t *testing.T) {
	pages := "invalid_client invalid_redirect_uri invalid_trust_anchor invalid_trust_chain invalid_metadata"
	redirected := map[autherr.ErrorCode]autherr.ErrorCode{"invalid_grant": "invalid_request", "invalid_token": "access_denied", "insufficient_scope": "access_denied"}
	challenged := map[autherr.ErrorCode]struct {
		code   autherr.ErrorCode
		status int
	}{
		"invalid_grant": {"invalid_token", 401}, "expired_token": {"invalid_token", 401}, "invalid_client": {"invalid_token", 401}, "invalid_token": {"invalid_token", 401},
		"invalid_dpop_proof": {"invalid_dpop_proof", 401}, "use_dpop_nonce": {"use_dpop_nonce", 401}, "insufficient_user_authentication": {"insufficient_user_authentication", 401},
		"invalid_scope": {"insufficient_scope", 403}, "insufficient_scope": {"insufficient_scope", 403},
		"unauthorized_client": {"", 403}, "access_denied": {"", 403}, "login_required": {"", 401},
	}
	statuses := map[int]string{
		401: "invalid_client invalid_token", 403: "insufficient_scope need_info request_denied request_submitted",
		404: "invalid_issuer invalid_subject invalid_trust_anchor not_found", 500: "server_error", 503: "temporarily_unavailable",
	}
	for _, code := range codes {
		status := 400
		for other, listed := range statuses {
			if slices.Contains(strings.Fields(listed), string(code)) {
				status = other
			}
		}
		want := [3]autherr.Answer{}
		want[0] = autherr.Answer{Response: autherr.ErrorResponse{Code: code}, HTTPStatus: status}

		want[1] = autherr.Answer{Response: autherr.ErrorResponse{Code: code}, HTTPStatus: 303}
		if sent, ok := redirected[code]; ok {
			want[1].Response.Code = sent
		}
		if slices.Contains(strings.Fields(pages), string(code)) {
			want[1].HTTPStatus = 400
		}

		want[2] = want[0]
		if sent, ok := challenged[code]; ok {
			want[2] = autherr.Answer{Response: autherr.ErrorResponse{Code: sent.code}, HTTPStatus: sent.status}
		}
		built := autherr.ErrorResponse{Code: code, Description: "Own words.", URI: "https://as.example/help"}
		for i, endpoint := range endpoints {
			assert.Equal(t, want[i], endpoint.Answer(code), "%s at the %s", code, endpoint)
			assert.Equal(t, want[i], endpoint.Answer(&code))
			assert.Equal(t, want[i], endpoint.Answer(autherr.ErrorResponse{Code: code}))

			answer := endpoint.Answer(fmt.Errorf("wrapped: %w", built))
			assert.Equal(t, want[i].HTTPStatus, answer.HTTPStatus)
			if want[i].Response.Code == code {
				assert.Equal(t, built, answer.Response, "its texts go out with the code")
			} else {
				assert.Equal(t, want[i].Response, answer.Response, "texts about one code are not sent with another")
			}
		}
		assert.Equal(t, want[0], autherr.Endpoint(0).Answer(code))
		assert.Equal(t, want[0], autherr.Endpoint(9).Answer(code))
	}
}

func TestABuiltResponseIsSentWithoutWhatIsForbidden(t *testing.T) {
	for _, r := range slices.Concat(validResponses, invalidResponses) {
		want := r
		faults, _ := faultsOf(r)
		for _, fault := range faults {
			switch fault {
			case "error_description":
				want.Description = ""
			case "error_uri":
				want.URI = ""
			}
		}
		for place, wrap := range wrappers {
			for _, err := range []error{wrap(r), wrap(&r), wrap(embeddingResponse{&r})} {
				answer := autherr.TokenEndpoint.Answer(err)
				if slices.Contains(faults, "error") {
					assert.Equal(t, serverError[0], answer, place)
					assert.Equal(t, autherr.ServerFault, autherr.FaultOf(err))
					continue
				}
				assert.Equal(t, want, answer.Response, "only what is at fault is left out")
				assert.NoError(t, answer.Response.Validate())
				_, err := answer.Response.MarshalJSON()
				assert.NoError(t, err)
			}
		}
	}
	for _, code := range forbiddenCodes {
		assert.Equal(t, serverError, answers(code), "%q", code)
		assert.Equal(t, serverError, answers(errors.Join(code, autherr.InvalidGrant)), "%q decides, and nothing else", code)
	}
}

func TestAnotherServersAnswerIsNotOurs(t *testing.T) {
	const wait = 3 * time.Second
	theirs := autherr.ErrorResponse{Code: autherr.InvalidGrant, Description: "theirs", URI: "https://theirs.example"}
	passing := said(autherr.TemporarilyUnavailable, 503, wait)
	for name, tt := range map[string]struct {
		remote *autherr.RemoteError
		want   [3]autherr.Answer
		wins   bool // by rule 2, also beneath a code of ours
	}{
		"a client's fault":            {&autherr.RemoteError{Response: theirs, Status: 400, RetryAfter: wait}, badGateway, false},
		"nothing":                     {&autherr.RemoteError{}, badGateway, false},
		"a page":                      {&autherr.RemoteError{Status: 404, Err: errors.New("not JSON")}, badGateway, false},
		"a code that is no code":      {&autherr.RemoteError{Response: autherr.ErrorResponse{Code: "\n"}, Status: 400}, badGateway, false},
		"too many requests":           {&autherr.RemoteError{Response: theirs, Status: 429, RetryAfter: wait}, passing, true},
		"unavailable":                 {&autherr.RemoteError{Status: 503, RetryAfter: wait}, passing, true},
		"unavailable, by its code":    {&autherr.RemoteError{Response: autherr.ErrorResponse{Code: autherr.TemporarilyUnavailable}, Status: 400, RetryAfter: wait}, passing, true},
		"unavailable, less than 0":    {&autherr.RemoteError{Status: 503, RetryAfter: -wait}, unavailable, true},
		"failed":                      {&autherr.RemoteError{Response: theirs, Status: 500, RetryAfter: wait}, badGateway, true},
		"failed behind it":            {&autherr.RemoteError{Status: 502, RetryAfter: wait}, badGateway, true},
		"failed, by a status unheard": {&autherr.RemoteError{Status: 599}, badGateway, true},
		"failed, by its code":         {&autherr.RemoteError{Response: autherr.ErrorResponse{Code: autherr.ServerError}}, badGateway, true},
	} {
		for place, wrap := range wrappers {
			for _, err := range []error{tt.remote, embeddingRemote{tt.remote}} {
				err = wrap(err)
				msg := name + ", " + place
				assert.Equal(t, tt.want, answers(err), msg)
				assert.Equal(t, tt.want, answers(errors.Join(err, autherr.InvalidScope)), msg+", before a code of our own")
				assert.Equal(t, autherr.RemoteFault, autherr.FaultOf(err), msg)
				assert.Zero(t, autherr.SaTokenErrorOf(err), msg)

				for _, own := range []error{autherr.InvalidScope, autherr.ErrInvalidToken, autherr.ErrorResponse{Code: autherr.InvalidScope, Description: "ours"}} {
					err := fmt.Errorf("%w: %w", own, err)
					if tt.wins {
						assert.Equal(t, tt.want, answers(err), msg)
						assert.Equal(t, autherr.RemoteFault, autherr.FaultOf(err), msg)
					} else {
						assert.Equal(t, answers(own), answers(err), msg+": our own word goes out, and none of theirs")
						assert.Equal(t, autherr.ClientFault, autherr.FaultOf(err), msg)
					}
				}
			}
		}
	}
	both := errors.Join(&autherr.RemoteError{Status: 400}, &autherr.RemoteError{Status: 500}, &autherr.RemoteError{Status: 503, RetryAfter: wait})
	assert.Equal(t, badGateway, answers(both), "the first of those that failed")
}

func TestWhatARemoteErrorHoldsIsNotOurs(t *testing.T) {
	for name, fault := range serverFaults(t) {
		remote := &autherr.RemoteError{Status: 400, Err: fmt.Errorf("%w: %w", autherr.ErrTokenExpired, fault.err)}
		for _, err := range []error{remote, embeddingRemote{remote}} {
			assert.Equal(t, badGateway, answers(err), name)
			assert.Zero(t, autherr.SaTokenErrorOf(err), name)
			assert.Zero(t, autherr.CategoryOf(err), name)
			_, ok := autherr.RetryAfterOf(err)
			assert.False(t, ok, name)
			assert.Equal(t, answers(autherr.InvalidScope), answers(errors.Join(autherr.InvalidScope, err)), name)
		}
	}
}

func TestFaultOf(t *testing.T) {
	canceled := &autherr.StorageError{Err: context.Canceled}
	for _, tt := range []struct {
		want autherr.Fault
		err  error
	}{
		{autherr.CanceledFault, context.Canceled},
		{autherr.CanceledFault, canceled},
		{autherr.CanceledFault, embeddingStorage{canceled}},
		{autherr.CanceledFault, fmt.Errorf("%w: %w", autherr.ErrTokenNotFound, canceled)},
		{autherr.CanceledFault, errors.Join(autherr.InvalidGrant, context.Canceled)},
		{autherr.CanceledFault, errors.Join(context.Canceled, autherr.ErrorResponse{Code: autherr.ServerError})},
		{autherr.CanceledFault, &autherr.UnavailableError{Err: context.Canceled}},
		{autherr.CanceledFault, embeddingUnavailable{&autherr.UnavailableError{Err: context.Canceled}}},
		{autherr.CanceledFault, &autherr.StorageError{Err: &autherr.InternalError{Err: fmt.Errorf("x: %w", context.Canceled)}}},
		{autherr.CanceledFault, &url.Error{Op: "Get", Err: context.Canceled}},
		{autherr.CanceledFault, embeddingSentinel{autherr.ErrStorage, context.Canceled}},
		{autherr.CanceledFault, claiming{context.Canceled}},
		{autherr.CanceledFault, &autherr.RemoteError{Err: context.Canceled}},
		{autherr.CanceledFault, &autherr.RemoteError{Status: 503, Err: fmt.Errorf("read: %w", context.Canceled)}},
		{autherr.CanceledFault, &autherr.StorageError{Err: &autherr.RemoteError{Err: context.Canceled}}},
		{autherr.CanceledFault, &autherr.RemoteError{Err: errors.Join(context.Canceled, autherr.ErrStorage)}},

		{autherr.ServerFault, errors.Join(autherr.ErrStorage, context.Canceled)},
		{autherr.ServerFault, errors.Join(context.Canceled, autherr.ErrStorage)},
		{autherr.ServerFault, fmt.Errorf("%w: %w", autherr.ErrStorage, context.Canceled)},
		{autherr.ServerFault, errors.Join(canceled, &autherr.ConfigError{})},
		{autherr.ServerFault, &autherr.StorageError{Err: errors.Join(autherr.ErrConfig, context.Canceled)}},
		{autherr.ServerFault, errors.Join(context.Canceled, context.DeadlineExceeded)},
		{autherr.ServerFault, autherr.TemporarilyUnavailable},
		{autherr.ServerFault, autherr.ErrorResponse{Code: autherr.ServerError}},
		{autherr.ServerFault, &autherr.ErrorResponse{Code: autherr.TemporarilyUnavailable}},
		{autherr.ServerFault, errors.Join(&autherr.RemoteError{Status: 500}, autherr.ErrInternal)},
		{autherr.ServerFault, io.EOF},
		{autherr.ServerFault, autherr.ErrorCode("")},

		{autherr.RemoteFault, &autherr.RemoteError{Status: 400}},
		{autherr.RemoteFault, errors.Join(autherr.InvalidGrant, &autherr.RemoteError{Status: 500})},

		{autherr.ClientFault, &autherr.RateLimitedError{}},
		{autherr.ClientFault, errors.Join(autherr.InvalidGrant, autherr.ErrorResponse{Code: autherr.ServerError})},
		{autherr.ClientFault, errors.Join(autherr.InvalidGrant, &autherr.RemoteError{Status: 400})},
		{autherr.ClientFault, autherr.ErrorCode("mfa_required")},
		{autherr.NoFault, nil},
	} {
		assert.Equal(t, tt.want, autherr.FaultOf(tt.err), "%T %v", tt.err, tt.err)
	}
}

func TestFaultsHaveNamesAndLevels(t *testing.T) {
	for fault, want := range map[autherr.Fault]string{
		autherr.NoFault: "none DEBUG", autherr.ClientFault: "client INFO", autherr.ServerFault: "server ERROR",
		autherr.RemoteFault: "remote WARN", autherr.CanceledFault: "canceled INFO", 5: "Fault(5) ERROR", 255: "Fault(255) ERROR",
	} {
		assert.Equal(t, want, fmt.Sprint(fault, " ", fault.Level()))
	}
}

func TestEndpointsHaveNames(t *testing.T) {
	assert.Equal(t, "token endpoint, authorization endpoint, protected resource, Endpoint(0), Endpoint(4)",
		fmt.Sprintf("%v, %v, %v, %v, %v", autherr.TokenEndpoint, autherr.AuthorizationEndpoint, autherr.ProtectedResource, autherr.Endpoint(0), autherr.Endpoint(4)))
}

func TestRetryAfterOf(t *testing.T) {
	remote := func(status int, code autherr.ErrorCode, wait time.Duration) error {
		return &autherr.RemoteError{Response: autherr.ErrorResponse{Code: code}, Status: status, RetryAfter: wait}
	}
	for _, tt := range []struct {
		err  error
		wait time.Duration
		ok   bool
	}{
		{nil, 0, false},
		{io.EOF, 0, false},
		{autherr.ErrStorage, 0, false},
		{autherr.ErrTokenExpired, 0, false},
		{autherr.TemporarilyUnavailable, 0, true},
		{autherr.ErrorResponse{Code: autherr.TemporarilyUnavailable}, 0, true},
		{context.DeadlineExceeded, 0, true},
		{&autherr.UnavailableError{RetryAfter: 2}, 2, true},
		{&autherr.UnavailableError{RetryAfter: -2}, 0, true},
		{errors.Join(&autherr.UnavailableError{RetryAfter: 2}, &autherr.RateLimitedError{RetryAfter: 3}), 3, true},
		{&autherr.RateLimitedError{RetryAfter: 4}, 4, true},
		{embeddingRateLimited{&autherr.RateLimitedError{RetryAfter: 4}}, 4, true},
		{&autherr.RateLimitedError{Err: &autherr.RateLimitedError{RetryAfter: 5}}, 5, true},
		{errors.Join(autherr.InvalidGrant, &autherr.RateLimitedError{RetryAfter: 4}), 0, false},
		{autherr.SlowDown, 0, true},
		{autherr.ErrorResponse{Code: autherr.AuthorizationPending}, 0, true},
		{errors.Join(autherr.SlowDown, &autherr.RateLimitedError{RetryAfter: 4}), 4, true},
		{errors.Join(autherr.InvalidGrant, autherr.SlowDown), 0, false},
		{autherr.ExpiredToken, 0, false},

		{remote(429, "", 7), 7, true},
		{remote(500, "", 7), 7, true},
		{remote(503, autherr.InvalidGrant, 7), 7, true},
		{remote(400, autherr.SlowDown, 7), 7, true},
		{remote(400, autherr.AuthorizationPending, 0), 0, true},
		{remote(400, autherr.TemporarilyUnavailable, 7), 7, true},
		{remote(400, autherr.ServerError, 7), 0, false},
		{remote(400, autherr.InvalidGrant, 7), 0, false},
		{errors.Join(autherr.InvalidGrant, remote(400, autherr.SlowDown, 7)), 7, true},
		{errors.Join(autherr.ErrStorage, remote(503, "", 7)), 7, true},
		{errors.Join(remote(400, autherr.InvalidGrant, 9), remote(503, "", 7), &autherr.UnavailableError{RetryAfter: 8}), 8, true},

		{context.Canceled, 0, false},
		{&autherr.UnavailableError{RetryAfter: 3, Err: context.Canceled}, 0, false},
		{errors.Join(context.Canceled, &autherr.UnavailableError{RetryAfter: 3}), 3, true},
	} {
		wait, ok := autherr.RetryAfterOf(tt.err)
		assert.Equal(t, tt.ok, ok, "%v", tt.err)
		assert.Equal(t, tt.wait, wait, "%v", tt.err)
	}
}

func TestRateLimitIsAnsweredWith429(t *testing.T) {
	limited := &autherr.RateLimitedError{RetryAfter: time.Minute, Err: errors.New(secret)}
	for place, wrap := range wrappers {
		for _, err := range []error{limited, embeddingRateLimited{limited}, &autherr.RateLimitedError{RetryAfter: time.Minute, Err: autherr.ErrNonceAlreadyUsed}} {
			assert.Equal(t, said(autherr.TemporarilyUnavailable, 429, time.Minute), answers(wrap(err)), place)
			assert.ErrorIs(t, wrap(err), autherr.TemporarilyUnavailable)
			assert.Equal(t, answers(autherr.AccessDenied), answers(fmt.Errorf("%w: %w", autherr.AccessDenied, wrap(err))), "an outer code decides")
		}
	}
	assert.Equal(t, said(autherr.TemporarilyUnavailable, 429, 0), answers(&autherr.RateLimitedError{RetryAfter: -1}))
}

func TestTheSaTokenErrorThatHappened(t *testing.T) {
	for _, tt := range []struct {
		want     autherr.SaTokenError
		category autherr.Category
		err      error
	}{
		{autherr.ErrTokenExpired, autherr.CategoryBasicToken, fmt.Errorf("%w: %w", autherr.InvalidGrant, autherr.ErrTokenExpired)},
		{autherr.ErrTokenExpired, autherr.CategoryBasicToken, errors.Join(autherr.SaTokenError(77), autherr.ErrTokenExpired, autherr.ErrNotLogin)},
		{autherr.ErrStorage, autherr.CategorySystem, errors.Join(autherr.ErrTokenExpired, &autherr.StorageError{}, autherr.ErrConfig)},
		{autherr.ErrConfig, autherr.CategorySystem, errors.Join(ptr(autherr.ErrTokenExpired), embeddingSentinel{SaTokenError: autherr.ErrConfig})},
		{autherr.ErrTokenExpired, autherr.CategorySystem, errors.Join(autherr.ErrTokenExpired, claiming{autherr.CategorySystem})},
		{0, autherr.CategorySystem, autherr.CategorySystem},
		{0, 0, autherr.SaTokenError(200)},
		{0, 0, autherr.ServerError},
		{0, 0, claiming{autherr.ErrTokenExpired}},
		{autherr.ErrTokenExpired, autherr.CategoryBasicToken, &autherr.UnavailableError{Err: autherr.ErrTokenExpired}},
		{0, 0, nil},
	} {
		assert.Equal(t, tt.want, autherr.SaTokenErrorOf(tt.err), "%v", tt.err)
		assert.Equal(t, tt.category, autherr.CategoryOf(tt.err), "%v", tt.err)
	}
}

func TestCoAPCodeHasClassAndDetailOfTheStatus(t *testing.T) {
	for status, want := range map[int]uint8{
		400: 4 << 5, 401: 129, 403: 131, 404: 132, 413: 4<<5 | 13, 429: 4<<5 | 29, 431: 4<<5 | 31, 500: 160, 502: 162, 503: 163,
		0: 0, 200: 0, 303: 0, 432: 0, 451: 0, 600: 0, 1000: 0, -1: 0, -499: 0,
	} {
		assert.Equal(t, want, autherr.Answer{HTTPStatus: status}.CoAPCode(), status)
	}
}

func TestAnswerSaysToALogWhatLeft(t *testing.T) {
	assert.Equal(t, "[status=401]", autherr.Answer{HTTPStatus: 401}.LogValue().String())
	value := autherr.TokenEndpoint.Answer(&autherr.UnavailableError{RetryAfter: time.Second}).LogValue()
	assert.Equal(t, "[status=503 code=temporarily_unavailable retry_after=1s]", value.String())
	group := value.Group()
	assert.Equal(t, []slog.Kind{slog.KindInt64, slog.KindString, slog.KindDuration}, []slog.Kind{group[0].Value.Kind(), group[1].Value.Kind(), group[2].Value.Kind()})
}

func TestLogAttrSaysAllThatIsKnown(t *testing.T) {
	assert.True(t, autherr.LogAttr(nil).Equal(slog.Attr{}))
	for _, tt := range []struct {
		err  error
		want string
	}{
		{io.EOF, "message=EOF fault=server code=server_error"},
		{fmt.Errorf("load: %w", &autherr.StorageError{Details: secret}), "message=load: Storage error: " + secret + " fault=server code=server_error name=StorageError category=System"},
		{fmt.Errorf("redeem: %w", autherr.ErrOAuth2CodeNotFound), "message=redeem: Authorization code not found or expired fault=client code=invalid_grant name=OAuth2CodeNotFound category=OAuth2"},
		{autherr.UnsupportedGrantType, "message=unsupported_grant_type fault=client code=unsupported_grant_type"},
		{fmt.Errorf("%w: %w", autherr.InvalidDPoPProof, autherr.ErrNonceAlreadyUsed), "message=invalid_dpop_proof: Nonce has been used, possible replay attack detected fault=client code=invalid_dpop_proof name=NonceAlreadyUsed category=Nonce"},
		{&autherr.RemoteError{Response: autherr.ErrorResponse{Code: autherr.InvalidGrant}}, "message=remote: invalid_grant fault=remote code=server_error"},
		{autherr.CategorySystem, "message=System fault=server code=server_error category=System"},
		{errors.New("用户 \u202e"), `message="用户 \u202e" fault=server code=server_error`},
		{errors.New("a\nb"), `message="a\nb" fault=server code=server_error`},
		{errors.New("令牌无效"), "message=令牌无效 fault=server code=server_error"},
		{errors.New(long("x")), "message=" + long("x") + " fault=server code=server_error"},
	} {
		attr := autherr.LogAttr(tt.err)
		assert.Equal(t, "error=["+tt.want+"]", attr.String())
		for _, member := range attr.Value.Group() {
			assert.Equal(t, slog.KindString, member.Value.Kind(), member.Key)
		}
	}
}

// panicking is an error of which some methods panic.
type panicking struct {
	methods string
	err     error
}

func (p panicking) panicIn(method string) {
	if strings.Contains(p.methods, method) {
		panic(p) // a value whose own Error panics
	}
}
func (p panicking) Error() string    { p.panicIn("Error"); return secret }
func (p panicking) Is(error) bool    { p.panicIn("Is"); return false }
func (p panicking) As(any) bool      { p.panicIn("As"); return false }
func (p panicking) Unwrap() error    { p.panicIn("Unwrap"); return p.err }
func (p panicking) Timeout() bool    { p.panicIn("Timeout"); return false }
func (p *panicking) Temporary() bool { panic("never asked") }

type panickingJoin struct{ panicking }

func (p panickingJoin) Unwrap() []error { p.panicIn("Unwrap"); return []error{nil, p.err, nil} }

func TestMethodsThatPanicAreSurvived(t *testing.T) {
	all := "Error Is As Unwrap Timeout"
	for _, methods := range append(strings.Fields(all), all) {
		for _, tt := range []struct {
			inner error
			want  [3]autherr.Answer
		}{{autherr.ErrTokenExpired, answers(autherr.ErrTokenExpired)}, {&autherr.StorageError{}, serverError}, {context.DeadlineExceeded, unavailable}} {
			for _, err := range []error{panicking{methods, tt.inner}, &panicking{methods, tt.inner}, panickingJoin{panicking{methods, tt.inner}}} {
				if strings.Contains(methods, "Unwrap") {
					assert.Equal(t, serverError, answers(err), methods)
					assert.Equal(t, answers(autherr.InvalidScope), answers(errors.Join(err, autherr.InvalidScope)), methods)
				} else {
					assert.Equal(t, tt.want, answers(err), "what it wraps counts: %s", methods)
				}
				message := autherr.LogAttr(err).Value.Group()[0].Value.String()
				if strings.Contains(methods, "Error") {
					assert.Contains(t, message, "panics")
					assert.Contains(t, message, "panicking")
				} else {
					assert.Equal(t, secret, message)
				}
				autherr.FaultOf(err)
				autherr.RetryAfterOf(err)
			}
		}
	}
}

// speaking panics after it has said something.
type speaking struct {
	autherr.SaTokenError
	first error
}

func (s speaking) Unwrap() []error {
	return []error{s.first, panicking{"Error Is As Unwrap Timeout", nil}}
}
func (s speaking) Timeout() bool { panic("Timeout") }

// breaking panics if it is asked what it wraps.
type breaking struct{ claiming }

func (breaking) Unwrap() error { panic("Unwrap") }

// systemic says that it is a System error, and panics if it is asked for anything else.
type systemic struct{}

func (systemic) Error() string { return secret }
func (systemic) Is(target error) bool {
	if target != autherr.CategorySystem {
		panic("Is")
	}
	return true
}

func TestWhatIsSaidBeforeAPanicCounts(t *testing.T) {
	assert.Equal(t, serverError, answers(errors.Join(systemic{}, autherr.InvalidGrant)))
	assert.Equal(t, answers(autherr.ErrTokenExpired), answers(speaking{autherr.ErrTokenExpired, io.EOF}))
	assert.Equal(t, unavailable, answers(speaking{autherr.ErrTokenExpired, context.DeadlineExceeded}))
	assert.Equal(t, autherr.CanceledFault, autherr.FaultOf(speaking{autherr.ErrTokenExpired, context.Canceled}))
	assert.Equal(t, autherr.CanceledFault, autherr.FaultOf(breaking{claiming{context.Canceled}}))
	assert.Equal(t, autherr.ServerFault, autherr.FaultOf(errors.Join(context.Canceled, breaking{claiming{autherr.CategorySystem}})))
}

func TestNilPointers(t *testing.T) {
	silent := map[string]error{
		"ErrorResponse": (*autherr.ErrorResponse)(nil), "ErrorCode": (*autherr.ErrorCode)(nil), "SaTokenError": (*autherr.SaTokenError)(nil),
		"RemoteError": (*autherr.RemoteError)(nil), "Category": (*autherr.Category)(nil), "FieldError": (*autherr.FieldError)(nil),
		"url.Error": (*url.Error)(nil), "net.OpError": (*net.OpError)(nil), "net.DNSError": (*net.DNSError)(nil), "panicking": (*panicking)(nil), "unwrapping": (*unwrapping)(nil), "PathError": (*os.PathError)(nil),
		"embedded RemoteError": embeddingRemote{}, "embedded ErrorResponse": embeddingResponse{}, "embedded pointer to a sentinel": struct{ *autherr.SaTokenError }{},
	}
	for name, err := range silent {
		for place, wrap := range wrappers {
			tree := wrap(err)
			assert.Equal(t, serverError, answers(tree), "%s, %s", name, place)
			assert.Equal(t, answers(autherr.InvalidScope), answers(errors.Join(tree, autherr.InvalidScope)), "%s says nothing, %s", name, place)
			assert.Zero(t, autherr.SaTokenErrorOf(tree))
			assert.NotZero(t, autherr.LogAttr(tree))
		}
	}
	for _, tt := range []struct {
		err  error
		want [3]autherr.Answer
	}{
		{(*autherr.InvalidTokenError)(nil), answers(autherr.ErrInvalidToken)}, {(*autherr.PermissionDeniedError)(nil), answers(autherr.ErrPermissionDenied)},
		{(*autherr.RoleDeniedError)(nil), answers(autherr.ErrRoleDenied)}, {(*autherr.AccountBannedError)(nil), answers(autherr.ErrAccountBanned)},
		{(*autherr.StorageError)(nil), serverError}, {(*autherr.ConfigError)(nil), serverError}, {(*autherr.SerializationError)(nil), serverError},
		{(*autherr.InternalError)(nil), serverError}, {(*autherr.UnavailableError)(nil), unavailable}, {(*autherr.RateLimitedError)(nil), said(autherr.TemporarilyUnavailable, 429, 0)},
		{embeddingStorage{}, serverError}, {embeddingUnavailable{}, unavailable},
	} {
		assert.Equal(t, tt.want, answers(tt.err), "%T", tt.err)
		assert.NotContains(t, autherr.LogAttr(tt.err).String(), "panics", "%T", tt.err)
	}
}

// A saidNode is what one error in a tree says. The model of the verdict knows it, since a grower put the error there.
type saidNode struct {
	code      autherr.ErrorCode      // an ErrorCode
	saToken   autherr.SaTokenError   // a SaTokenError, also with details
	outside   bool                   // saToken is outside the 32
	response  *autherr.ErrorResponse // an ErrorResponse
	limited   bool                   // a RateLimitedError
	remote    *autherr.RemoteError
	wait      time.Duration // of an UnavailableError or a RateLimitedError
	fault     bool          // rule 1
	passing   bool          // rule 1, with 503
	canceled  bool          // context.Canceled
	system    bool          // errors.Is says System
	beneath   bool          // a RemoteError holds it
	last      int           // the index of the last node beneath it
	undecided bool          // it has no say by rule 3
}

// A grower makes trees of errors from choices.
type grower struct {
	choose func(n int) int
	nodes  []saidNode
}

// add adds a node, and returns it with a function that is to be called when what it wraps has been added.
func (g *grower) add(n saidNode) (done func()) {
	i := len(g.nodes)
	g.nodes = append(g.nodes, n)
	return func() { g.nodes[i].last = len(g.nodes) - 1 }
}

func (g *grower) pick(all ...string) string { return all[g.choose(len(all))] }

func (g *grower) wait() time.Duration { return time.Duration(g.choose(6)-1) * time.Second }

func (g *grower) response() autherr.ErrorResponse {
	all := len(validResponses) + len(invalidResponses)
	if i := g.choose(all); i < len(validResponses) {
		return validResponses[i]
	} else {
		return invalidResponses[i-len(validResponses)]
	}
}

func (g *grower) code() autherr.ErrorCode {
	switch g.choose(4) {
	case 0:
		return forbiddenCodes[g.choose(len(forbiddenCodes))]
	case 1:
		return []autherr.ErrorCode{autherr.SlowDown, autherr.AuthorizationPending, autherr.ServerError, autherr.TemporarilyUnavailable}[g.choose(4)]
	default:
		return codes[g.choose(len(codes))]
	}
}

// grow returns a tree of errors, and adds its nodes.
func (g *grower) grow(depth int) error {
	if depth == 0 || g.choose(5) == 0 {
		return g.leaf()
	}
	switch g.pick("wrap", "own type", "format", "join", "own join", "two", "details", "details", "unavailable", "limited", "remote", "embed") {
	case "wrap":
		return fmt.Errorf("%s: %w", secret, g.grow(depth-1))
	case "own type":
		return unwrapping{g.grow(depth - 1)}
	case "format":
		unseen := &grower{choose: g.choose}
		return fmt.Errorf("%s: %v", secret, unseen.grow(depth-1))
	case "join":
		return errors.Join(g.grow(depth-1), nil, g.grow(depth-1), io.EOF)
	case "own join":
		return joining{claiming{autherr.InvalidGrant}, []error{g.grow(depth - 1), nil, g.grow(depth - 1)}}
	case "two":
		return fmt.Errorf("%w (%s) %w", g.grow(depth-1), secret, g.grow(depth-1))
	case "details":
		e := []autherr.SaTokenError{autherr.ErrInvalidToken, autherr.ErrStorage, autherr.ErrConfig, autherr.ErrSerialization, autherr.ErrInternal}[g.choose(5)]
		system := e != autherr.ErrInvalidToken
		defer g.add(saidNode{saToken: e, fault: system, system: system})()
		return detailed(e, secret, g.grow(depth-1))
	case "unavailable":
		wait := g.wait()
		defer g.add(saidNode{code: autherr.TemporarilyUnavailable, wait: wait, fault: true, passing: true})()
		return &autherr.UnavailableError{RetryAfter: wait, Err: g.grow(depth - 1)}
	case "limited":
		wait := g.wait()
		defer g.add(saidNode{limited: true, wait: wait})()
		return &autherr.RateLimitedError{RetryAfter: wait, Err: g.grow(depth - 1)}
	case "remote":
		status := []int{0, 400, 401, 429, 500, 502, 503}[g.choose(7)]
		remote := &autherr.RemoteError{Response: autherr.ErrorResponse{Code: g.code()}, Status: status, RetryAfter: g.wait()}
		done := g.add(saidNode{remote: remote})
		first := len(g.nodes)
		remote.Err = g.grow(depth - 1)
		for i := first; i < len(g.nodes); i++ {
			g.nodes[i].beneath = true
		}
		done()
		if g.choose(2) == 0 {
			return embeddingRemote{remote}
		}
		return remote
	default:
		e := autherr.SaTokenErrors()[g.choose(32)]
		system := e.Category() == autherr.CategorySystem
		defer g.add(saidNode{saToken: e, fault: system, system: system})()
		return embeddingSentinel{e, g.grow(depth - 1)}
	}
}

func (g *grower) leaf() error {
	add := func(n saidNode, err error) error {
		g.add(n)()
		return err
	}
	switch g.pick("sentinel", "sentinel", "sentinel", "any", "code", "code", "response", "pointer", "stranger", "stranger", "fault") {
	case "sentinel":
		e := autherr.SaTokenErrors()[g.choose(32)]
		system := e.Category() == autherr.CategorySystem
		return add(saidNode{saToken: e, fault: system, system: system}, e)
	case "any":
		e := autherr.SaTokenError(g.choose(256))
		system := e.Category() == autherr.CategorySystem
		outside := e == 0 || e > 32
		return add(saidNode{saToken: e, outside: outside, fault: system || outside, system: system}, &e)
	case "code":
		code := g.code()
		passing := code == autherr.TemporarilyUnavailable
		return add(saidNode{code: code, fault: passing || code == autherr.ServerError, passing: passing}, code)
	case "response":
		r := g.response()
		return add(saidNode{response: &r}, r)
	case "pointer":
		r := g.response()
		return add(saidNode{response: &r}, &r)
	case "stranger":
		return []error{io.EOF, errors.New(secret), autherr.CategoryOAuth2, claiming{autherr.InvalidGrant}, timing(false), &url.Error{Op: "parse", Err: io.EOF}, (*autherr.ErrorResponse)(nil), (*autherr.RemoteError)(nil), panicking{"Is As Unwrap Timeout", nil}}[g.choose(9)]
	default:
		passing := []error{context.DeadlineExceeded, os.ErrDeadlineExceeded, timing(true), &net.DNSError{IsTimeout: true}}
		standing := []error{&net.DNSError{}, &net.OpError{Err: io.EOF}, &url.Error{Op: "Get", Err: io.EOF}}
		switch i := g.choose(9); {
		case i < len(passing):
			return add(saidNode{undecided: true, fault: true, passing: true}, passing[i])
		case i < len(passing)+len(standing):
			return add(saidNode{undecided: true, fault: true}, standing[i-len(passing)])
		case i == 7:
			return add(saidNode{undecided: true, fault: true, system: true}, claiming{autherr.CategorySystem})
		default:
			return add(saidNode{undecided: true, fault: true, passing: true, canceled: true}, context.Canceled)
		}
	}
}

// sendable reports whether Validate would not refuse a code.
func sendable(code autherr.ErrorCode) bool { return errorCharacters.MatchString(string(code)) }

// checkVerdict holds all functions of the verdict to a model that applies its rules to a list of the errors in the tree.
func checkVerdict(t *testing.T, err error, all []saidNode) {
	t.Helper()
	var ours []saidNode
	canceled, stands := false, false
	for i, n := range all {
		canceled = canceled || n.canceled
		if n.beneath {
			continue
		}
		ours = append(ours, n)
		wraps := slices.ContainsFunc(all[i:n.last+1], func(n saidNode) bool { return n.canceled })
		stands = stands || n.fault && !wraps
	}
	first := func(match func(saidNode) bool) *saidNode {
		if i := slices.IndexFunc(ours, match); i >= 0 {
			return &ours[i]
		}
		return nil
	}
	unavailableRemote := func(r *autherr.RemoteError) bool {
		return r.Status == 429 || r.Status == 503 || r.Response.Code == autherr.TemporarilyUnavailable
	}
	remoteAnswer := func(r *autherr.RemoteError) [3]autherr.Answer {
		if unavailableRemote(r) {
			return said(autherr.TemporarilyUnavailable, 503, max(0, r.RetryAfter))
		}
		return badGateway
	}

	want, fault := serverError, autherr.ServerFault
	behind := first(func(n saidNode) bool {
		r := n.remote
		return r != nil && (unavailableRemote(r) || r.Status >= 500 || r.Response.Code == autherr.ServerError)
	})
	decider := first(func(n saidNode) bool { return !n.undecided })
	retriesByCode := false
	switch {
	case first(func(n saidNode) bool { return n.fault }) != nil:
		if first(func(n saidNode) bool { return n.passing }) != nil {
			wait := time.Duration(0)
			for _, n := range ours {
				if n.fault {
					wait = max(wait, n.wait)
				}
			}
			want = said(autherr.TemporarilyUnavailable, 503, wait)
		}
	case behind != nil:
		want, fault = remoteAnswer(behind.remote), autherr.RemoteFault
	case decider == nil:
	case decider.remote != nil:
		want, fault = remoteAnswer(decider.remote), autherr.RemoteFault
	case decider.limited:
		want, fault = said(autherr.TemporarilyUnavailable, 429, max(0, decider.wait)), autherr.ClientFault
	case decider.saToken != 0:
		want, fault = answers(decider.saToken), autherr.ClientFault
	case decider.response != nil && sendable(decider.response.Code):
		want, fault = answers(*decider.response), autherr.ClientFault
		if code := decider.response.Code; code == autherr.ServerError || code == autherr.TemporarilyUnavailable {
			fault = autherr.ServerFault
		}
		retriesByCode = decider.response.Code == autherr.SlowDown || decider.response.Code == autherr.AuthorizationPending
	case decider.response == nil && sendable(decider.code):
		want, fault = answers(decider.code), autherr.ClientFault
		retriesByCode = decider.code == autherr.SlowDown || decider.code == autherr.AuthorizationPending
	}
	if canceled && !stands {
		fault = autherr.CanceledFault
	}
	require.Equal(t, want, answers(err), "%v", err)
	require.Equal(t, fault, autherr.FaultOf(err), "%v", err)
	require.Equal(t, want[0].Response.Code, autherr.CodeOf(err))

	happened := first(func(n saidNode) bool { return n.saToken != 0 && !n.outside && n.system })
	if happened == nil {
		happened = first(func(n saidNode) bool { return n.saToken != 0 && !n.outside })
	}
	wantError, wantCategory := autherr.SaTokenError(0), autherr.Category(0)
	if happened != nil {
		wantError, wantCategory = happened.saToken, happened.saToken.Category()
	}
	if first(func(n saidNode) bool { return n.system }) != nil {
		wantCategory = autherr.CategorySystem
	}
	require.Equal(t, wantError, autherr.SaTokenErrorOf(err))
	require.Equal(t, wantCategory, autherr.CategoryOf(err))

	wantWait, wantRetry := time.Duration(0), want[0].HTTPStatus == 429 || want[0].HTTPStatus == 503 || retriesByCode
	for _, n := range ours {
		wantWait = max(wantWait, n.wait)
		if r := n.remote; r != nil && (r.Status == 429 || r.Status >= 500 || slices.Contains([]autherr.ErrorCode{autherr.SlowDown, autherr.AuthorizationPending, autherr.TemporarilyUnavailable}, r.Response.Code)) {
			wantRetry, wantWait = true, max(wantWait, r.RetryAfter)
		}
	}
	if fault == autherr.CanceledFault {
		wantRetry = false
	}
	if !wantRetry {
		wantWait = 0
	}
	wait, retry := autherr.RetryAfterOf(err)
	require.Equal(t, wantRetry, retry, "%v", err)
	require.Equal(t, wantWait, wait, "%v", err)

	for _, answer := range answers(err) {
		if answer.Response.Code == "" {
			continue
		}
		data, err := answer.Response.MarshalJSON()
		require.NoError(t, err)
		require.NotContains(t, string(data), secret)
	}
	require.Equal(t, "error", autherr.LogAttr(err).Key)
}

func TestTheVerdictOnAnyTree(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 20000 {
		g := &grower{choose: r.IntN}
		err := g.grow(r.IntN(6))
		checkVerdict(t, err, g.nodes)
	}
}

// The input makes the choices of which the tree is grown.
func FuzzVerdict(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
	f.Add(bytes.Repeat([]byte{4, 3, 5, 9, 7, 1}, 20))
	f.Fuzz(func(t *testing.T, choices []byte) {
		if len(choices) > 400 {
			return // a large tree takes long, and shows no more
		}
		next := 0
		g := &grower{choose: func(n int) int {
			next++
			if next > len(choices) {
				return 0
			}
			return int(choices[next-1]) % n
		}}
		err := g.grow(g.choose(6))
		checkVerdict(t, err, g.nodes)
	})
}

// For the race detector: all that the package shares between goroutines is only read.
func TestConcurrentUse(t *testing.T) {
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 0))
			for range 200 {
				err := (&grower{choose: r.IntN}).grow(3)
				_ = autherr.LogAttr(err)
				response := answers(err)[0].Response
				data, _ := response.AppendCBOR(nil)
				_ = response.UnmarshalCBOR(data)
				text, _ := response.MarshalJSON()
				_ = response.UnmarshalJSON(text)
				_ = autherr.CategoryOAuth2.Errors()
				_ = autherr.Other(int32(r.Uint32())).Description()
			}
		})
	}
	wait.Wait()
}

// store is what returns errors to a server.
//
//go:noinline
func store(found bool) error {
	if !found {
		return autherr.ErrOAuth2CodeNotFound
	}
	return nil
}

// errWrapped is an error as a handler gets it: from the store, wrapped three times.
var errWrapped = fmt.Errorf("token endpoint: %w", fmt.Errorf("redeem code: %w", fmt.Errorf("store: %w", store(false))))

// toWire is the way from an error to the bytes of its response.
func toWire(b []byte, err error) []byte {
	b, _ = autherr.TokenEndpoint.Answer(err).Response.AppendCBOR(b)
	return b
}

func TestTheHotPathAllocatesNothing(t *testing.T) {
	buffer := make([]byte, 0, 256)
	throughResponse := fmt.Errorf("token endpoint: %w", error(longResponse))
	details := fmt.Errorf("token endpoint: %w", &autherr.StorageError{Details: "find code", Err: &autherr.UnavailableError{Err: &autherr.InvalidTokenError{Err: io.EOF}}})
	moreDetails := &autherr.ConfigError{Err: &autherr.SerializationError{Err: &autherr.InternalError{Err: &autherr.RateLimitedError{Err: io.EOF}}}}
	remote := fmt.Errorf("gateway: %w", &autherr.RemoteError{Status: 503, Err: io.EOF})
	withoutURI := autherr.ErrorResponse{Code: autherr.InvalidRequest, Description: longResponse.Description}
	forbidden := autherr.ErrorResponse{Code: autherr.InvalidRequest, Description: "caf\u00e9", URI: "\n"}
	for name, f := range map[string]func(){
		"returning a sentinel":            func() { _ = store(false) },
		"errors.Is by error":              func() { _ = errors.Is(errWrapped, autherr.ErrOAuth2CodeNotFound) },
		"errors.Is by category":           func() { _ = errors.Is(errWrapped, autherr.CategoryOAuth2) },
		"errors.Is by code":               func() { _ = errors.Is(errWrapped, autherr.InvalidGrant) },
		"errors.Is, missing":              func() { _ = errors.Is(errWrapped, autherr.ErrTokenExpired) },
		"errors.Is through a response":    func() { _ = errors.Is(throughResponse, autherr.UnauthorizedClient) },
		"Answer of a sentinel":            func() { _ = autherr.ProtectedResource.Answer(errWrapped) },
		"Answer of errors with details":   func() { _ = autherr.TokenEndpoint.Answer(details) },
		"Answer of the others with them":  func() { _ = autherr.TokenEndpoint.Answer(moreDetails) },
		"Answer of a remote error":        func() { _ = autherr.AuthorizationEndpoint.Answer(remote) },
		"Answer of a response":            func() { _ = autherr.TokenEndpoint.Answer(&withoutURI) },
		"FaultOf":                         func() { _ = autherr.FaultOf(details) },
		"RetryAfterOf":                    func() { _, _ = autherr.RetryAfterOf(remote) },
		"AppendCBOR of a code":            func() { _, _ = autherr.ErrorResponse{Code: autherr.UnauthorizedClient}.AppendCBOR(buffer) },
		"AppendCBOR of another code":      func() { _, _ = autherr.ErrorResponse{Code: "other(-70000)"}.AppendCBOR(buffer) },
		"AppendCBOR of all parameters":    func() { _, _ = longResponse.AppendCBOR(buffer) },
		"AppendCBOR of an ErrorCode":      func() { _, _ = autherr.InvalidGrant.AppendCBOR(buffer) },
		"from a wrapped sentinel to CBOR": func() { _ = toWire(buffer, errWrapped) },
		"Answer of a forbidden text":      func() { _ = autherr.TokenEndpoint.Answer(&forbidden) },
		"Validate without a URI":          func() { _ = withoutURI.Validate() },
	} {
		assert.Zero(t, testing.AllocsPerRun(100, f), name)
	}
	assert.Equal(t, unhex(t, "A1181E03"), toWire(buffer, errWrapped))

	parsing := testing.AllocsPerRun(100, func() { _, _ = url.Parse(longResponse.URI) })
	built := error(longResponse)
	for name, f := range map[string]func(){
		"Validate": func() { _ = longResponse.Validate() },
		"Build": func() {
			_, _ = autherr.NewErrorResponseBuilder().Error(longResponse.Code).Description(longResponse.Description).URI(longResponse.URI).Build()
		},
		"Answer of a response with a URI": func() { _ = autherr.TokenEndpoint.Answer(built) },
	} {
		assert.Equal(t, parsing, testing.AllocsPerRun(100, f), name)
	}
}
