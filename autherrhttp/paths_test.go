package autherrhttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// Path by path, this is what goes wrong in an authorization server and in its resource servers: the error
// as a handler has it, what has to leave, and what has to be logged.
func TestPaths(t *testing.T) {
	const (
		client, server, remote, canceled = autherr.ClientFault, autherr.ServerFault, autherr.RemoteFault, autherr.CanceledFault
	)
	basic, bearer, dpop := []string{"Authorization", "Basic x"}, []string{"Authorization", "Bearer x"}, []string{"Authorization", "DPoP x"}
	type way = func(error) sent
	token := func(headers ...string) way {
		return func(err error) sent { return tokenAnswer(post(headers...), err) }
	}
	resource := func(headers []string, challenges ...autherrhttp.Challenge) way {
		return func(err error) sent { return resourceAnswer(post(headers...), err, challenges...) }
	}
	authorize := func(err error) sent { return authorizationAnswer(err, back(autherrhttp.QueryMode)) }
	unknown := func(err error) sent { return authorizationAnswer(err, autherrhttp.Redirect{}) }
	timeout := &url.Error{Op: "Get", URL: "https://keys.example", Err: os.ErrDeadlineExceeded}
	refusedConnection := &url.Error{Op: "Get", URL: "https://keys.example", Err: &net.OpError{Op: "dial", Err: errors.New("connection refused")}}
	syntax := json.Unmarshal([]byte("{"), new(any))

	for _, test := range []struct {
		name      string
		send      way
		err       error
		want      string // the status and the code
		challenge string
		retry     string
		fault     autherr.Fault
		known     autherr.SaTokenError
	}{
		// At a token endpoint.
		{"unknown client, Basic", token(basic...), autherr.ErrOAuth2ClientNotFound, "401 invalid_client", `Basic realm="token", error="invalid_client"`, "", client, autherr.ErrOAuth2ClientNotFound},
		{"wrong secret, Basic", token(basic...), autherr.ErrOAuth2InvalidCredentials, "401 invalid_client", `Basic realm="token", error="invalid_client"`, "", client, autherr.ErrOAuth2InvalidCredentials},
		{"wrong secret in the body", token(), autherr.ErrOAuth2InvalidCredentials, "400 invalid_client", "", "", client, autherr.ErrOAuth2InvalidCredentials},
		{"two ways of authentication", token(basic...), autherr.InvalidRequest, "400 invalid_request", "", "", client, 0},
		{"body too large", token(), autherrhttp.RequestError(&http.MaxBytesError{}), "413 invalid_request", "", "", client, 0},
		{"connection reset", token(), autherrhttp.RequestError(&net.OpError{Op: "read", Err: io.EOF}), "400 invalid_request", "", "", client, 0},
		{"missing parameter", token(), built, "400 invalid_request", "", "", client, 0},
		{"grant type", token(), autherr.UnsupportedGrantType, "400 unsupported_grant_type", "", "", client, 0},
		{"grant type of this client", token(), autherr.UnauthorizedClient, "400 unauthorized_client", "", "", client, 0},
		{"scope", token(), autherr.ErrOAuth2InvalidScope, "400 invalid_scope", "", "", client, autherr.ErrOAuth2InvalidScope},
		{"resource", token(), autherr.InvalidTarget, "400 invalid_target", "", "", client, 0},
		{"code", token(), autherr.ErrOAuth2CodeNotFound, "400 invalid_grant", "", "", client, autherr.ErrOAuth2CodeNotFound},
		{"another's code", token(), autherr.ErrOAuth2ClientIDMismatch, "400 invalid_grant", "", "", client, autherr.ErrOAuth2ClientIDMismatch},
		{"another redirection URI", token(), autherr.ErrOAuth2RedirectURIMismatch, "400 invalid_grant", "", "", client, autherr.ErrOAuth2RedirectURIMismatch},
		{"corrupt record", token(), autherr.ErrRefreshTokenMissingLoginID, "400 invalid_grant", "", "", client, autherr.ErrRefreshTokenMissingLoginID},
		{"banned", token(), &autherr.AccountBannedError{}, "400 invalid_grant", "", "", client, autherr.ErrAccountBanned},
		{"store down", token(), &autherr.StorageError{}, "500 server_error", "", "", server, autherr.ErrStorage},
		{"store down and code not found", token(), errors.Join(autherr.ErrOAuth2CodeNotFound, &autherr.StorageError{}), "500 server_error", "", "", server, autherr.ErrStorage},
		{"store busy", token(), &autherr.UnavailableError{RetryAfter: time.Second}, "503 temporarily_unavailable", "", "1", server, 0},
		{"query too late", token(), &autherr.StorageError{Err: context.DeadlineExceeded}, "503 temporarily_unavailable", "", "", server, autherr.ErrStorage},
		{"client gone", token(), &autherr.StorageError{Err: context.Canceled}, "503 temporarily_unavailable", "", "", canceled, autherr.ErrStorage},
		{"rate limit", token(), &autherr.RateLimitedError{RetryAfter: time.Minute}, "429 temporarily_unavailable", "", "60", client, 0},
		{"signing key", token(), &autherr.ConfigError{}, "500 server_error", "", "", server, autherr.ErrConfig},
		{"a stranger", token(), syntax, "500 server_error", "", "", server, 0},
		{"own code", token(), mfaRequired, "400 mfa_required", "", "", client, 0},
		{"pending", token(), autherr.AuthorizationPending, "400 authorization_pending", "", "", client, 0},
		{"DPoP nonce", token(), autherr.UseDPoPNonce, "400 use_dpop_nonce", "", "", client, 0},
		{"DPoP replay", token(), fmt.Errorf("%w: %w", autherr.InvalidDPoPProof, autherr.ErrNonceAlreadyUsed), "400 invalid_dpop_proof", "", "", client, autherr.ErrNonceAlreadyUsed},
		{"PAR, redirection URI", token(), fmt.Errorf("%w: %w", autherr.InvalidRedirectURI, &url.Error{Op: "parse"}), "400 invalid_redirect_uri", "", "", client, 0},
		{"revocation, store down beneath a bad token", token(), &autherr.InvalidTokenError{Err: &autherr.UnavailableError{RetryAfter: time.Second}}, "503 temporarily_unavailable", "", "1", server, autherr.ErrInvalidToken},
		{"metadata", token(), autherr.InvalidClientMetadata, "400 invalid_client_metadata", "", "", client, 0},
		{"token exchange", token(), fmt.Errorf("%w: %w", autherr.InvalidRequest, autherr.ErrTokenExpired), "400 invalid_request", "", "", client, autherr.ErrTokenExpired},
		{"assertion expired", token(), fmt.Errorf("%w: %w", autherr.InvalidClient, autherr.ErrTokenExpired), "400 invalid_client", "", "", client, autherr.ErrTokenExpired},

		// At an authorization endpoint.
		{"unknown client", unknown, autherr.ErrOAuth2ClientNotFound, "400 page invalid_client", "", "", client, autherr.ErrOAuth2ClientNotFound},
		{"redirection URI not registered", authorize, fmt.Errorf("%w: %w", autherr.ErrOAuth2RedirectURIMismatch, &url.Error{Op: "parse"}), "400 page invalid_redirect_uri", "", "", client, autherr.ErrOAuth2RedirectURIMismatch},
		{"response type", authorize, autherr.UnsupportedResponseType, "303 unsupported_response_type", "", "", client, 0},
		{"prompt=none", authorize, autherr.ErrNotLogin, "303 login_required", "", "", client, autherr.ErrNotLogin},
		{"session gone", authorize, autherr.ErrSessionNotFound, "303 login_required", "", "", client, autherr.ErrSessionNotFound},
		{"banned at authorization", authorize, autherr.ErrAccountBanned, "303 access_denied", "", "", client, autherr.ErrAccountBanned},
		{"the user says no", authorize, autherr.AccessDenied, "303 access_denied", "", "", client, 0},
		{"store down at authorization", authorize, &autherr.StorageError{}, "303 server_error", "", "", server, autherr.ErrStorage},
		{"maintenance at authorization", authorize, &autherr.UnavailableError{RetryAfter: time.Hour}, "303 temporarily_unavailable", "", "", server, 0},
		{"request_uri used up", unknown, autherr.InvalidRequestURI, "400 page invalid_request_uri", "", "", client, 0},
		{"request_uri cannot be fetched", authorize, fmt.Errorf("%w: %v", autherr.InvalidRequestURI, timeout), "303 invalid_request_uri", "", "", client, 0},

		// At a protected resource.
		{"no token", resource(nil, autherrhttp.Challenge{Scope: "profile", ResourceMetadata: "https://api.example/m"}), autherr.ErrNotLogin, "401", `Bearer scope="profile", resource_metadata="https://api.example/m"`, "", client, autherr.ErrNotLogin},
		{"expired", resource(bearer), autherr.ErrTokenExpired, "401 invalid_token", `Bearer error="invalid_token"`, "", client, autherr.ErrTokenExpired},
		{"key store down", resource(bearer), &autherr.InvalidTokenError{Err: &autherr.StorageError{}}, "500 server_error", "", "", server, autherr.ErrStorage},
		{"two tokens", resource(bearer), autherr.InvalidRequest, "400 invalid_request", `Bearer error="invalid_request"`, "", client, 0},
		{"scope lacking", resource(bearer, autherrhttp.Challenge{Scope: "write"}), autherr.ErrPermissionDenied, "403 insufficient_scope", `Bearer scope="write", error="insufficient_scope"`, "", client, autherr.ErrPermissionDenied},
		{"role lacking", resource(bearer), autherr.ErrRoleDenied, "403", "", "", client, autherr.ErrRoleDenied},
		{"banned at a resource", resource(bearer), autherr.ErrAccountBanned, "403", "", "", client, autherr.ErrAccountBanned},
		{"step-up", resource(bearer, autherrhttp.Challenge{Params: map[string]string{"max_age": "300"}}), autherr.InsufficientUserAuthentication, "401 insufficient_user_authentication", `Bearer max_age="300", error="insufficient_user_authentication"`, "", client, 0},
		{"DPoP", resource(dpop, autherrhttp.Challenge{}, autherrhttp.Challenge{Scheme: "DPoP", Params: map[string]string{"algs": "ES256"}}), autherr.UseDPoPNonce, "401 use_dpop_nonce", `Bearer realm="resource"; DPoP algs="ES256", error="use_dpop_nonce"`, "", client, 0},
		{"outer code", resource(bearer), fmt.Errorf("%w: %w", autherr.InvalidGrant, autherr.ErrTokenExpired), "401 invalid_token", `Bearer error="invalid_token"`, "", client, autherr.ErrTokenExpired},
		{"rate limit at a resource", resource(bearer), &autherr.RateLimitedError{RetryAfter: time.Second}, "429 temporarily_unavailable", "", "1", client, 0},
		{"upload too large", resource(bearer), autherrhttp.RequestError(&http.MaxBytesError{}), "413 invalid_request", "", "", client, 0},
		{"no such file", resource(bearer), fmt.Errorf("%w: %w", autherr.ErrTokenNotFound, fs.ErrNotExist), "401 invalid_token", `Bearer error="invalid_token"`, "", client, autherr.ErrTokenNotFound},
		{"introspection down", resource(bearer), &autherr.InvalidTokenError{Err: &autherr.RemoteError{Status: 503, RetryAfter: time.Second}}, "503 temporarily_unavailable", "", "1", remote, autherr.ErrInvalidToken},
		{"keys refused", resource(bearer), &autherr.InvalidTokenError{Err: refusedConnection}, "500 server_error", "", "", server, autherr.ErrInvalidToken},
		{"keys too slow", resource(bearer), &autherr.InvalidTokenError{Err: timeout}, "503 temporarily_unavailable", "", "", server, autherr.ErrInvalidToken},
		{"registration token absent", resource(nil), autherr.ErrNotLogin, "401", `Bearer realm="resource"`, "", client, autherr.ErrNotLogin},

		// At a gateway.
		{"our own word", token(), fmt.Errorf("%w: %w", autherr.InvalidGrant, &autherr.RemoteError{Status: 400, Response: autherr.ErrorResponse{Code: autherr.InvalidGrant}}), "400 invalid_grant", "", "", client, 0},
		{"our configuration", token(), &autherr.ConfigError{Err: &autherr.RemoteError{Status: 401}}, "500 server_error", "", "", server, autherr.ErrConfig},
		{"upstream busy", token(), &autherr.RemoteError{Status: 429, RetryAfter: 3 * time.Second}, "503 temporarily_unavailable", "", "3", remote, 0},
		{"upstream's own code", token(), &autherr.RemoteError{Status: 400, Response: autherr.ErrorResponse{Code: "odd"}}, "502 server_error", "", "", remote, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := test.send(test.err)
			got := []string{strconv.Itoa(s.status)}
			switch contentType := s.header.Get("Content-Type"); {
			case contentType == "application/json":
				got = append(got, parsedJSON(t, s.body)["error"])
			case strings.HasPrefix(contentType, "text/html"):
				got = append(got, "page", string(s.answer.Response.Code))
			case s.status == 303:
				location, err := url.Parse(s.header.Get("Location"))
				require.NoError(t, err)
				got = append(got, location.Query().Get("error"))
			}
			assert.Equal(t, test.want, strings.Join(got, " "))
			assert.Equal(t, test.challenge, strings.Join(s.header["Www-Authenticate"], "; "))
			assert.Equal(t, test.retry, s.header.Get("Retry-After"))
			assert.Equal(t, test.fault, autherr.FaultOf(test.err))
			assert.Equal(t, test.known, autherr.SaTokenErrorOf(test.err))
		})
	}
}
