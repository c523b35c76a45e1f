package autherrjwt_test

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrjwt"
)

// A server verifies an access token. What went wrong is for the log, and the client gets the answer
// of a protected resource.
func Example() {
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
	secret := []byte("from the configuration")
	key := func(*jwt.Token) (any, error) { return secret, nil }

	claims := jwt.RegisteredClaims{ExpiresAt: jwt.NewNumericDate(time.Now().Add(-time.Minute))}
	expired, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(secret)
	if err != nil {
		log.Error("sign", autherr.LogAttr(autherrjwt.Wrap(err)))
		return
	}

	_, err = jwt.Parse(expired, key, jwt.WithValidMethods([]string{"HS256"}))
	err = autherrjwt.Wrap(err)

	log.Info("token refused", autherr.LogAttr(err))
	fmt.Println("answer:", autherr.ProtectedResource.Answer(err).LogValue())
	fmt.Println(errors.Is(err, autherr.ErrTokenExpired), errors.Is(err, jwt.ErrTokenExpired))
	// Output:
	// level=INFO msg="token refused" error.message="Token has expired: token has invalid claims: token is expired" error.fault=client error.code=invalid_grant error.name=TokenExpired error.category="Basic Token"
	// answer: [status=401 code=invalid_token]
	// true true
}

// The error of the key function decides whether the token is invalid or the server has a problem.
func ExampleWrap_keyFunction() {
	token, err := jwt.New(jwt.SigningMethodHS256).SignedString([]byte("secret"))
	if err != nil {
		fmt.Println(err)
		return
	}
	answer := func(err error) {
		_, err = jwt.Parse(token, func(*jwt.Token) (any, error) { return nil, err })
		fmt.Println(autherr.ProtectedResource.Answer(autherrjwt.Wrap(err)).LogValue())
	}

	answer(fmt.Errorf("unknown kid %q", "2026-11"))
	answer(&autherr.StorageError{Details: "load key set", Err: errors.New("disk full")})
	answer(&autherr.UnavailableError{RetryAfter: time.Minute})
	answer(fmt.Errorf("fetch key set: %w", os.ErrDeadlineExceeded))
	// Output:
	// [status=401 code=invalid_token]
	// [status=500 code=server_error]
	// [status=503 code=temporarily_unavailable retry_after=1m0s]
	// [status=503 code=temporarily_unavailable]
}

// A client authenticates by a signed assertion (RFC 7523 §2.2). If that is refused, it is the client
// that is not authenticated.
func ExampleWrap_clientAssertion() {
	_, err := jwt.Parse("not a token", func(*jwt.Token) (any, error) { return []byte("secret"), nil })
	err = fmt.Errorf("%w: %w", autherr.ErrOAuth2InvalidCredentials, autherrjwt.Wrap(err))
	fmt.Println(autherr.TokenEndpoint.Answer(err).LogValue())
	// Output: [status=401 code=invalid_client]
}

func withoutTime(_ []string, attr slog.Attr) slog.Attr {
	if attr.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return attr
}
