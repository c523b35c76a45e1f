package autherr

import (
	"log/slog"
	"strconv"
	"time"
)

// Endpoint is a kind of endpoint, which decides how an error is answered: what is invalid_grant
// at a token endpoint is invalid_token at a protected resource. Values other than the constants
// answer as [TokenEndpoint] does.
type Endpoint uint8

const (
	// TokenEndpoint is for everything that an authorization server answers directly, in the form
	// of RFC 6749 §5.2: token, pushed authorization request, device authorization, revocation,
	// introspection, registration and backchannel authentication.
	TokenEndpoint Endpoint = iota + 1

	// AuthorizationEndpoint is where a browser brings a user. It answers by redirect (RFC 6749
	// §4.1.2.1), or by a page of its own if nobody may be redirected. Its [LoginRequired] is for
	// prompt=none: without that, show the login page instead of an answer.
	AuthorizationEndpoint

	// ProtectedResource is what an access token is for. It answers by a challenge (RFC 6750 §3).
	ProtectedResource
)

// String returns "token endpoint", "authorization endpoint" or "protected resource", and
// "Endpoint(N)" for any other value.
func (e Endpoint) String() string {
	switch e {
	case TokenEndpoint:
		return "token endpoint"
	case AuthorizationEndpoint:
		return "authorization endpoint"
	case ProtectedResource:
		return "protected resource"
	default:
		return "Endpoint(" + strconv.Itoa(int(e)) + ")"
	}
}

// Answer is what an endpoint tells a client about an error.
type Answer struct {
	Response   ErrorResponse // what the client is told; its Code is "" if the status says it all
	HTTPStatus int           // 303 at an authorization endpoint, if the answer may go by redirect

	// RetryAfter is how long the client is to wait before another try; 0 if that is not said.
	RetryAfter time.Duration
}

// CoAPCode returns the CoAP response code that has the class and the detail of the HTTP status, as
// one byte (RFC 7252 §3): 129 (4.01) for 401, 163 (5.03) for 503. It returns 0 for 303 and any
// other status that is not an error's.
func (a Answer) CoAPCode() uint8 {
	class, detail := a.HTTPStatus/100, a.HTTPStatus%100
	if class != 4 && class != 5 || detail > 31 {
		return 0
	}
	return uint8(class<<5 | detail)
}

// LogValue returns a group: status, which is a number, and, if there are any, code and retry_after,
// which is a duration.
func (a Answer) LogValue() slog.Value {
	attrs := []slog.Attr{slog.Int("status", a.HTTPStatus)}
	if a.Response.Code != "" {
		attrs = append(attrs, slog.String("code", a.Response.Code.String()))
	}
	if a.RetryAfter != 0 {
		attrs = append(attrs, slog.Duration("retry_after", a.RetryAfter))
	}
	return slog.GroupValue(attrs...)
}

// ofSaToken returns the code and the status with which e answers a sa-token error. The status means
// nothing at an authorization endpoint: see redirectStatus.
func (e Endpoint) ofSaToken(known SaTokenError) (code ErrorCode, status int) {
	row := known.row()
	switch e {
	case AuthorizationEndpoint:
		return row.authorization, 0
	case ProtectedResource:
		return row.resource, row.status
	default:
		return row.token, tokenStatus(row.token)
	}
}

// ofCode returns the code and the status with which e answers a code that is not a sa-token error's. The
// status means nothing at an authorization endpoint: see redirectStatus.
func (e Endpoint) ofCode(code ErrorCode) (sent ErrorCode, status int) {
	switch e {
	case AuthorizationEndpoint:
		switch code {
		case InvalidGrant:
			return InvalidRequest, 0
		case InvalidToken, InsufficientScope:
			return AccessDenied, 0
		default:
			return code, 0
		}
	case ProtectedResource:
		switch code {
		case InvalidGrant, ExpiredToken, InvalidClient:
			return InvalidToken, 401
		case InvalidScope:
			return InsufficientScope, 403
		case UnauthorizedClient, AccessDenied:
			return "", 403
		case LoginRequired:
			return "", 401
		case InvalidDPoPProof, UseDPoPNonce, InsufficientUserAuthentication:
			return code, 401
		default:
			return code, tokenStatus(code)
		}
	default:
		return code, tokenStatus(code)
	}
}

// tokenStatus returns the HTTP status with which a token endpoint sends a code.
func tokenStatus(code ErrorCode) int {
	switch code {
	case InvalidClient, InvalidToken:
		return 401
	case InsufficientScope, NeedInfo, RequestDenied, RequestSubmitted:
		return 403
	case InvalidIssuer, InvalidSubject, InvalidTrustAnchor, NotFound:
		return 404
	case ServerError:
		return 500
	case TemporarilyUnavailable:
		return 503
	default:
		return 400
	}
}

// redirectStatus returns 303, or 400 for a code that means that the client or its redirection URI
// is not known to be good. Nobody is redirected then.
func redirectStatus(code ErrorCode) int {
	switch code {
	case InvalidClient, InvalidRedirectURI, InvalidTrustAnchor, InvalidTrustChain, InvalidMetadata:
		return 400
	default:
		return 303
	}
}
