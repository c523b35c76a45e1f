package autherr_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/seed-e9190de5/autherr"
)

// One error, from store to wire.
func Example() {
	redeem := func(code string) error { // the store
		return fmt.Errorf("code %q: %w", code, autherr.ErrOAuth2CodeNotFound)
	}

	err := fmt.Errorf("token endpoint: %w", redeem("x7Rt")) // the handler
	fmt.Println("log:", err)

	response, ok := autherr.ErrorResponseFor(err) // the edge
	if !ok {
		fmt.Println("500")
		return
	}
	inCBOR, _ := response.MarshalCBOR()
	inJSON, _ := response.MarshalJSON()
	fmt.Printf("CBOR: %X\n", inCBOR)
	fmt.Printf("JSON: %s\n", inJSON)
	// Output:
	// log: token endpoint: code "x7Rt": Authorization code not found or expired
	// CBOR: A1181E03
	// JSON: {"error":"invalid_grant"}
}

// An error is matched by itself, by its category and by its OAuth code.
func Example_matching() {
	err := fmt.Errorf("token endpoint: %w", autherr.ErrOAuth2CodeNotFound)

	fmt.Println(errors.Is(err, autherr.ErrOAuth2CodeNotFound))
	fmt.Println(errors.Is(err, autherr.CategoryOAuth2))
	fmt.Println(errors.Is(err, autherr.InvalidGrant))
	fmt.Println(errors.Is(err, autherr.InvalidClient))

	var category autherr.Category
	if errors.As(err, &category) {
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

// Every int32 but 0 may be a code, so a switch needs a default.
func ExampleErrorCode() {
	for _, code := range []autherr.ErrorCode{autherr.InvalidGrant, autherr.InvalidClient, autherr.Other(-99999)} {
		switch code {
		case autherr.InvalidGrant:
			fmt.Println("log in again")
		case autherr.InvalidClient:
			fmt.Println("check the client's credentials")
		default:
			fmt.Println("give up:", code)
		}
	}
	// Output:
	// log in again
	// check the client's credentials
	// give up: other(-99999)
}

// The constants can be cases of a switch. The default takes what else went wrong.
func ExampleSaTokenErrorOf() {
	err := fmt.Errorf("profile: %w", autherr.ErrTokenExpired)
	switch e, _ := autherr.SaTokenErrorOf(err); e {
	case autherr.ErrTokenExpired:
		fmt.Println("refresh the token")
	case autherr.ErrAccountBanned:
		fmt.Println("show the ban")
	default:
		fmt.Println("log in again")
	}
	// Output: refresh the token
}

func ExampleErrorResponseFor() {
	for _, err := range []error{
		autherr.ErrOAuth2ClientNotFound,
		autherr.ErrOAuth2InvalidCredentials,
		fmt.Errorf("grant type %q: %w", "implicit", autherr.UnsupportedGrantType),
		autherr.ErrorResponse{Code: autherr.InvalidScope, Description: "Ask for less."},
		&autherr.InvalidTokenError{Err: &autherr.StorageError{Details: "redis: connection refused"}},
		errors.New("something else"),
	} {
		if response, ok := autherr.ErrorResponseFor(err); ok {
			data, _ := json.Marshal(response)
			fmt.Println(response.Code.HTTPStatus(), string(data))
		} else {
			fmt.Println(500)
		}
	}
	// Output:
	// 401 {"error":"invalid_client"}
	// 401 {"error":"invalid_client"}
	// 400 {"error":"unsupported_grant_type"}
	// 400 {"error":"invalid_scope","error_description":"Ask for less."}
	// 500
	// 500
}

func ExampleErrorResponseBuilder() {
	builder := autherr.NewErrorResponseBuilder().
		Error(autherr.UnauthorizedClient).
		Description("You are not authorized to receive this token.").
		URI("https://http.cat/401")
	response, err := builder.Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	data, _ := response.MarshalCBOR()
	fmt.Printf("%X\n", data)

	_, err = builder.Description("café").Build()
	fmt.Println(err)
	// Output:
	// A3181E04181F782D596F7520617265206E6F7420617574686F72697A656420746F2072656365697665207468697320746F6B656E2E18207468747470733A2F2F687474702E6361742F343031
	// autherr: error_description: '\u00e9' at byte 3 is not allowed
}

// A client reads an answer and wraps it. If it is a server to somebody else, that one is not told of it.
func ExampleRemoteError() {
	answer := []byte{0xA1, 0x18, 0x1E, 0x03}

	var response autherr.ErrorResponse
	if err := response.UnmarshalCBOR(answer); err != nil {
		fmt.Println(err)
		return
	}
	err := fmt.Errorf("refresh: %w", &autherr.RemoteError{Response: response})
	fmt.Println(err)
	fmt.Println(errors.Is(err, autherr.InvalidGrant))

	_, ok := autherr.ErrorResponseFor(err)
	fmt.Println(ok)
	// Output:
	// refresh: remote: invalid_grant
	// true
	// false
}

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
	log.Warn("no token issued", autherr.LogAttr(err))
	// Output:
	// level=WARN msg="no token issued" error.message="client c1: Invalid client credentials" error.name=OAuth2InvalidCredentials error.category=OAuth2 error.code=invalid_client
}
