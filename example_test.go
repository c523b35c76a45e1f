package autherr_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/seed-e9190de5/autherr"
)

// One error, from the store to the client.
func Example() {
	redeem := func(code string) error { // the store
		return fmt.Errorf("code %q: %w", code, autherr.ErrOAuth2CodeNotFound)
	}

	err := fmt.Errorf("token endpoint: %w", redeem("x7Rt")) // the handler
	fmt.Println("log:", err)

	answer := autherr.TokenEndpoint.Answer(err) // the edge
	inJSON, _ := answer.Response.MarshalJSON()
	inCBOR, _ := answer.Response.MarshalCBOR()
	fmt.Printf("HTTP: %d %s\n", answer.HTTPStatus, inJSON)
	fmt.Printf("CoAP: %d %X\n", answer.CoAPCode(), inCBOR)
	// Output:
	// log: token endpoint: code "x7Rt": Authorization code not found or expired
	// HTTP: 400 {"error":"invalid_grant"}
	// CoAP: 128 A1181E03
}

// A sa-token error is itself, its category and the code of a token endpoint, however deep it is wrapped.
func Example_matching() {
	err := fmt.Errorf("token endpoint: %w", fmt.Errorf("redeem code: %w", autherr.ErrOAuth2CodeNotFound))

	fmt.Println(errors.Is(err, autherr.ErrOAuth2CodeNotFound))
	fmt.Println(errors.Is(err, autherr.CategoryOAuth2))
	fmt.Println(errors.Is(err, autherr.InvalidGrant))
	fmt.Println(errors.Is(err, autherr.InvalidClient))

	if category, ok := errors.AsType[autherr.Category](err); ok {
		fmt.Println(category)
	}
	// Output:
	// true
	// true
	// true
	// false
	// OAuth2
}

// Some errors carry details, for the log and for whoever can act on them.
func Example_details() {
	err := fmt.Errorf("delete user: %w", &autherr.PermissionDeniedError{Permission: "user:write"})
	fmt.Println(err)
	if denied, ok := errors.AsType[*autherr.PermissionDeniedError](err); ok {
		fmt.Println("ask for", denied.Permission)
	}
	fmt.Println(errors.Is(err, autherr.ErrPermissionDenied))

	fmt.Println(&autherr.AccountBannedError{Until: time.Date(2026, 11, 21, 18, 34, 0, 0, time.UTC)})
	fmt.Println(&autherr.StorageError{Details: "load session", Err: os.ErrDeadlineExceeded})
	// Output:
	// delete user: Permission denied: missing permission 'user:write'
	// ask for user:write
	// true
	// Account is banned until 2026-11-21T18:34:00Z
	// Storage error: load session: i/o timeout
}

// Any text can be a code, so a server can have codes of its own, and a switch needs a default.
func ExampleErrorCode() {
	const MFARequired autherr.ErrorCode = "mfa_required"

	for _, code := range []autherr.ErrorCode{autherr.InvalidGrant, MFARequired, "made_up"} {
		switch code {
		case autherr.InvalidGrant:
			fmt.Println("log in again:", code.Reference())
		case MFARequired:
			fmt.Println("ask for the second factor")
		default:
			fmt.Println("give up:", code)
		}
	}
	// Output:
	// log in again: RFC 6749 §5.2
	// ask for the second factor
	// give up: made_up
}

// Other returns the code of a CBOR value, and CBORValue the value of a code.
func ExampleOther() {
	fmt.Println(autherr.Other(3) == autherr.InvalidGrant)

	const quotaExceeded = -70000 // below -65536 is private use
	code := autherr.Other(quotaExceeded)
	fmt.Println(code, code.IsPrivateUse())

	fmt.Println(code.CBORValue())
	fmt.Println(autherr.ServerError.CBORValue())
	// Output:
	// true
	// other(-70000) true
	// -70000 true
	// 0 false
}

// Each kind of endpoint answers the same error in its own way.
func ExampleEndpoint_Answer() {
	for _, err := range []error{
		autherr.ErrTokenExpired,
		autherr.ErrOAuth2RedirectURIMismatch,
		autherr.ErrRoleDenied,
		&autherr.InvalidTokenError{Err: &autherr.StorageError{Details: "redis: connection refused"}},
		errors.New("nobody knows this one"),
	} {
		fmt.Println(err)
		for _, endpoint := range []autherr.Endpoint{autherr.TokenEndpoint, autherr.AuthorizationEndpoint, autherr.ProtectedResource} {
			answer := endpoint.Answer(err)
			fmt.Printf("  %s: %d %s\n", endpoint, answer.HTTPStatus, answer.Response.Code)
		}
	}
	// Output:
	// Token has expired
	//   token endpoint: 400 invalid_grant
	//   authorization endpoint: 303 login_required
	//   protected resource: 401 invalid_token
	// Redirect URI mismatch
	//   token endpoint: 400 invalid_grant
	//   authorization endpoint: 400 invalid_redirect_uri
	//   protected resource: 400 invalid_request
	// Role denied
	//   token endpoint: 400 unauthorized_client
	//   authorization endpoint: 303 access_denied
	//   protected resource: 403 no error code
	// Token is invalid: Storage error: redis: connection refused
	//   token endpoint: 500 server_error
	//   authorization endpoint: 303 server_error
	//   protected resource: 500 server_error
	// nobody knows this one
	//   token endpoint: 500 server_error
	//   authorization endpoint: 303 server_error
	//   protected resource: 500 server_error
}

// A revocation endpoint answers 200 for a token that is already dead (RFC 7009 §2.2), but not if the
// store is down. Both are invalid_grant to errors.Is, and only one is to CodeOf.
func ExampleCodeOf() {
	dead := autherr.ErrOAuth2RefreshTokenNotFound
	down := errors.Join(autherr.ErrOAuth2RefreshTokenNotFound, &autherr.StorageError{Details: "replica lags"})

	for _, err := range []error{dead, down} {
		revoked := autherr.CodeOf(err) == autherr.InvalidGrant
		fmt.Println(errors.Is(err, autherr.InvalidGrant), revoked, autherr.CodeOf(err))
	}
	// Output:
	// true true invalid_grant
	// true false server_error
}

// The 32 errors can be cases of a switch. The default is for anything else that went wrong.
func ExampleSaTokenErrorOf() {
	err := fmt.Errorf("profile: %w", autherr.ErrTokenExpired)
	switch autherr.SaTokenErrorOf(err) {
	case autherr.ErrTokenExpired:
		fmt.Println("refresh the token")
	case autherr.ErrAccountBanned:
		fmt.Println("show the ban")
	default:
		fmt.Println("log in again")
	}
	// Output: refresh the token
}

func ExampleErrorResponseBuilder() {
	builder := autherr.NewErrorResponseBuilder().
		Error(autherr.UnauthorizedClient).
		Description("You are not authorized to receive this token.").
		URI("https://http.cat/401")
	response, err := builder.Build()
	fmt.Println(response, err)

	_, err = builder.Description("café").Build()
	fmt.Println(err)
	// Output:
	// unauthorized_client: You are not authorized to receive this token. (https://http.cat/401) <nil>
	// autherr: error_description: '\u00e9' at byte 3 is not allowed
}

// In JSON, any code can be sent.
func ExampleErrorResponse_MarshalJSON() {
	response := autherr.ErrorResponse{Code: "mfa_required", URI: "/mfa?step=1&of=2"}
	data, err := response.MarshalJSON()
	fmt.Printf("%s %v\n", data, err)

	var read autherr.ErrorResponse
	err = json.Unmarshal(data, &read)
	fmt.Println(read, err)
	// Output:
	// {"error":"mfa_required","error_uri":"/mfa?step=1&of=2"} <nil>
	// mfa_required (/mfa?step=1&of=2) <nil>
}

// In CBOR, a code is an integer, so only those that have one can be sent.
func ExampleErrorResponse_MarshalCBOR() {
	data, err := autherr.ErrorResponse{Code: autherr.UnauthorizedClient}.MarshalCBOR()
	fmt.Printf("%X %v\n", data, err)

	var read autherr.ErrorResponse
	err = read.UnmarshalCBOR(data)
	fmt.Println(read, err)

	_, err = autherr.ErrorResponse{Code: autherr.ServerError}.MarshalCBOR()
	fmt.Println(err)
	// Output:
	// A1181E04 <nil>
	// unauthorized_client <nil>
	// autherr: error: server_error has no CBOR value
}

// A client gets what a server answered as a RemoteError, which matches its code. If the client is a
// server itself, it does not pass that on as its own answer.
func ExampleRemoteError() {
	err := fmt.Errorf("refresh: %w", &autherr.RemoteError{
		Response: autherr.ErrorResponse{Code: autherr.InvalidGrant, Description: "Token revoked."},
		Status:   400,
	})
	fmt.Println(err)
	fmt.Println(errors.Is(err, autherr.InvalidGrant))

	answer := autherr.TokenEndpoint.Answer(err)
	fmt.Println(answer.HTTPStatus, answer.Response)
	// Output:
	// refresh: remote: 400 invalid_grant: Token revoked.
	// true
	// 502 server_error
}

// Log the error for the operator, and the answer for what the client was told.
func ExampleLogAttr() {
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
	err := fmt.Errorf("client c1: %w", autherr.ErrOAuth2InvalidCredentials)
	answer := autherr.TokenEndpoint.Answer(err)
	log.Log(context.Background(), autherr.FaultOf(err).Level(), "no token", "answer", answer, autherr.LogAttr(err))
	// Output:
	// level=INFO msg="no token" answer.status=401 answer.code=invalid_client error.message="client c1: Invalid client credentials" error.fault=client error.code=invalid_client error.name=OAuth2InvalidCredentials error.category=OAuth2
}

// A store that will be back soon says so, and the client is told how long to wait.
func ExampleUnavailableError() {
	err := fmt.Errorf("load session: %w", &autherr.UnavailableError{RetryAfter: 30 * time.Second, Err: errors.New("failing over")})
	fmt.Println(err)

	answer := autherr.ProtectedResource.Answer(err)
	fmt.Println(answer.HTTPStatus, answer.Response.Code, answer.RetryAfter)
	// Output:
	// load session: Temporarily unavailable: failing over
	// 503 temporarily_unavailable 30s
}

// A client asks whether another try makes sense, and how long to wait before it.
func ExampleRetryAfterOf() {
	const interval = 5 * time.Second // the client's own

	for _, err := range []error{
		&autherr.RemoteError{Status: 429, RetryAfter: time.Minute},
		&autherr.RemoteError{Status: 400, Response: autherr.ErrorResponse{Code: autherr.AuthorizationPending}},
		&autherr.RemoteError{Status: 400, Response: autherr.ErrorResponse{Code: autherr.InvalidGrant}},
	} {
		wait, ok := autherr.RetryAfterOf(err)
		fmt.Println(ok, max(wait, interval))
	}
	// Output:
	// true 1m0s
	// true 5s
	// false 5s
}
