package autherrjwt_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/golang-jwt/jwt/v5/request"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrjwt"
)

// A signer makes tokens, and forged ones with the key of somebody else.
type signer struct {
	method               jwt.SigningMethod
	private, other       any
	public, unfit, noKey any
}

var signers = func() []signer {
	rsaKey := func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) }
	ecKey := func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }
	r, e := rsaKey(), ecKey()
	return []signer{
		{jwt.SigningMethodHS256, []byte("our secret"), []byte("another secret"), []byte("our secret"), r.Public(), nil},
		{jwt.SigningMethodRS256, r, rsaKey(), r.Public(), []byte("secret"), nil},
		{jwt.SigningMethodES256, e, ecKey(), e.Public(), r.Public(), nil},
	}
}()

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

var (
	past, future = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)

	good      = jwt.MapClaims{"iss": "https://as.example", "aud": "api", "sub": "alice", "exp": future.Unix()}
	stale     = with("exp", past.Unix())
	strict    = []jwt.ParserOption{jwt.WithIssuer("https://as.example"), jwt.WithAudience("api"), jwt.WithSubject("alice"), jwt.WithIssuedAt(), jwt.WithExpirationRequired()}
	errNoSeat = errors.New("no seat left, password=hunter2")
)

// with returns the good claims with others in place of some, or without those that are nil.
func with(changes ...any) jwt.MapClaims {
	claims := maps.Clone(good)
	for i := 0; i < len(changes); i += 2 {
		claims[changes[i].(string)] = changes[i+1]
		if changes[i+1] == nil {
			delete(claims, changes[i].(string))
		}
	}
	return claims
}

func (s signer) sign(claims jwt.Claims) string {
	return must(jwt.NewWithClaims(s.method, claims).SignedString(s.private))
}

func (s signer) forge(claims jwt.Claims) string {
	return must(jwt.NewWithClaims(s.method, claims).SignedString(s.other))
}

func (s signer) key(*jwt.Token) (any, error) { return s.public, nil }

// parse returns the error of a parser, which has to return one.
func parse(t *testing.T, text string, key jwt.Keyfunc, options ...jwt.ParserOption) error {
	t.Helper()
	_, err := jwt.Parse(text, key, options...)
	require.Error(t, err)
	return err
}

// requireRefused checks what holds for every token that is the client's fault.
func requireRefused(t *testing.T, err error, want autherr.SaTokenError) {
	t.Helper()
	wrapped := autherrjwt.Wrap(err)

	assert.Equal(t, want, autherr.SaTokenErrorOf(wrapped), wrapped)
	assert.Equal(t, autherr.ClientFault, autherr.FaultOf(wrapped), wrapped)
	assert.Equal(t, autherr.Answer{Response: autherr.ErrorResponse{Code: autherr.InvalidToken}, HTTPStatus: 401}, autherr.ProtectedResource.Answer(wrapped), wrapped)
	assert.Equal(t, autherr.Answer{Response: autherr.ErrorResponse{Code: autherr.InvalidGrant}, HTTPStatus: 400}, autherr.TokenEndpoint.Answer(wrapped), wrapped)
	assert.ErrorIs(t, wrapped, err, "the original is in the tree")
	assert.ErrorContains(t, wrapped, err.Error(), "the log has every text")
	assert.Contains(t, autherr.LogAttr(wrapped).Value.String(), "name="+want.Name())
	if want == autherr.ErrInvalidToken {
		var detailed *autherr.InvalidTokenError
		assert.ErrorAs(t, wrapped, &detailed)
	}
}

func TestTokensThatAreRefused(t *testing.T) {
	for _, s := range signers {
		segments := strings.Split(s.sign(good), ".")
		tests := []struct {
			name  string
			token string
			key   jwt.Keyfunc // s.key if it is nil
			is    error       // what golang-jwt makes of it
			want  autherr.SaTokenError
		}{
			{"expired", s.sign(stale), nil, jwt.ErrTokenExpired, autherr.ErrTokenExpired},
			{"forged", s.forge(good), nil, jwt.ErrTokenSignatureInvalid, autherr.ErrInvalidToken},
			{"forged and expired", s.forge(stale), nil, jwt.ErrTokenSignatureInvalid, autherr.ErrInvalidToken},
			{"expired, for another audience", s.sign(with("exp", past.Unix(), "aud", "shop")), nil, jwt.ErrTokenExpired, autherr.ErrInvalidToken},
			{"expired, without a subject", s.sign(with("exp", past.Unix(), "sub", nil)), nil, jwt.ErrTokenExpired, autherr.ErrInvalidToken},
			{"other audience", s.sign(with("aud", "shop")), nil, jwt.ErrTokenInvalidAudience, autherr.ErrInvalidToken},
			{"no audience", s.sign(with("aud", nil)), nil, jwt.ErrTokenRequiredClaimMissing, autherr.ErrInvalidToken},
			{"other issuer", s.sign(with("iss", "https://evil.example")), nil, jwt.ErrTokenInvalidIssuer, autherr.ErrInvalidToken},
			{"other subject", s.sign(with("sub", "bob")), nil, jwt.ErrTokenInvalidSubject, autherr.ErrInvalidToken},
			{"not yet valid", s.sign(with("nbf", future.Unix())), nil, jwt.ErrTokenNotValidYet, autherr.ErrInvalidToken},
			{"issued in the future", s.sign(with("iat", future.Unix())), nil, jwt.ErrTokenUsedBeforeIssued, autherr.ErrInvalidToken},
			{"no expiration", s.sign(with("exp", nil)), nil, jwt.ErrTokenRequiredClaimMissing, autherr.ErrInvalidToken},
			{"expiration of a wrong type", s.sign(with("exp", "soon")), nil, jwt.ErrInvalidType, autherr.ErrInvalidToken},
			{"key of another type", s.sign(good), func(*jwt.Token) (any, error) { return s.unfit, nil }, jwt.ErrInvalidKeyType, autherr.ErrInvalidToken},
			{"key of no type", s.sign(stale), func(*jwt.Token) (any, error) { return s.noKey, nil }, jwt.ErrInvalidKeyType, autherr.ErrInvalidToken},
			{"no keys", s.sign(stale), func(*jwt.Token) (any, error) { return jwt.VerificationKeySet{}, nil }, jwt.ErrTokenUnverifiable, autherr.ErrInvalidToken},
			{"several keys, none that fits", s.forge(stale), func(*jwt.Token) (any, error) {
				key := s.public.(jwt.VerificationKey)
				return jwt.VerificationKeySet{Keys: []jwt.VerificationKey{key, key}}, nil
			}, jwt.ErrTokenSignatureInvalid, autherr.ErrInvalidToken},
			{"empty", "", nil, jwt.ErrTokenMalformed, autherr.ErrInvalidToken},
			{"not a token", "hunter2", nil, jwt.ErrTokenMalformed, autherr.ErrInvalidToken},
			{"header not base64", "!." + segments[1] + "." + segments[2], nil, jwt.ErrTokenMalformed, autherr.ErrInvalidToken},
			{"header not JSON", "aGk." + segments[1] + "." + segments[2], nil, jwt.ErrTokenMalformed, autherr.ErrInvalidToken},
			{"claims not JSON", segments[0] + ".aGk." + segments[2], nil, jwt.ErrTokenMalformed, autherr.ErrInvalidToken},
			{"signature not base64", segments[0] + "." + segments[1] + ".!", nil, jwt.ErrTokenMalformed, autherr.ErrInvalidToken},
			{"signature cut off", segments[0] + "." + segments[1] + ".", nil, jwt.ErrTokenSignatureInvalid, autherr.ErrInvalidToken},
			{"no algorithm", "e30." + segments[1] + "." + segments[2], nil, jwt.ErrTokenUnverifiable, autherr.ErrInvalidToken},
			{"alg none", must(jwt.NewWithClaims(jwt.SigningMethodNone, stale).SignedString(jwt.UnsafeAllowNoneSignatureType)), nil, jwt.NoneSignatureTypeDisallowedError, autherr.ErrInvalidToken},
		}
		for _, test := range tests {
			t.Run(s.method.Alg()+"/"+test.name, func(t *testing.T) {
				key := test.key
				if key == nil {
					key = s.key
				}
				err := parse(t, test.token, key, strict...)
				require.ErrorIs(t, err, test.is)
				requireRefused(t, err, test.want)
				requireRefused(t, fmt.Errorf("orders: %w", err), test.want)
				requireRefused(t, errors.Join(errNoSeat, err), test.want)
			})
		}
		t.Run(s.method.Alg()+"/method not allowed", func(t *testing.T) {
			requireRefused(t, parse(t, s.sign(stale), s.key, jwt.WithValidMethods([]string{"PS512"})), autherr.ErrInvalidToken)
		})
		t.Run(s.method.Alg()+"/no key function", func(t *testing.T) {
			requireRefused(t, parse(t, s.sign(stale), nil), autherr.ErrInvalidToken)
		})
		t.Run(s.method.Alg()+"/accepted", func(t *testing.T) {
			_, err := jwt.Parse(s.sign(good), s.key, strict...)
			assert.NoError(t, autherrjwt.Wrap(err))
		})
	}
}

// Without golang-jwt's validation in Parse, it is up to the caller to validate the claims.
func TestClaimsValidatedApart(t *testing.T) {
	s := signers[0]
	token, err := jwt.Parse(s.sign(stale), s.key, jwt.WithoutClaimsValidation())
	require.NoError(t, err)
	requireRefused(t, jwt.NewValidator().Validate(token.Claims), autherr.ErrTokenExpired)
	requireRefused(t, jwt.NewValidator(jwt.WithAudience("shop")).Validate(token.Claims), autherr.ErrInvalidToken)

	_, forged := jwt.Parse(s.forge(stale), s.key, jwt.WithoutClaimsValidation())
	requireRefused(t, forged, autherr.ErrInvalidToken)
	requireRefused(t, errors.Join(forged, jwt.NewValidator().Validate(token.Claims)), autherr.ErrInvalidToken)
	requireRefused(t, errors.Join(jwt.NewValidator().Validate(token.Claims), forged), autherr.ErrInvalidToken)
}

// ownClaims is validated by a function of the server's own.
type ownClaims struct {
	jwt.RegisteredClaims
	validate func() error
}

func (c ownClaims) Validate() error { return c.validate() }

func parseOwn(t *testing.T, exp time.Time, validate func() error) error {
	t.Helper()
	s := signers[2]
	text := s.sign(jwt.RegisteredClaims{ExpiresAt: jwt.NewNumericDate(exp)})
	_, err := jwt.ParseWithClaims(text, &ownClaims{validate: validate}, s.key)
	require.Error(t, err)
	return err
}

// noUnwrap wraps nothing, though it has the method.
type noUnwrap struct{ error }

func (noUnwrap) Unwrap() error { return nil }

// panics wraps something unknown.
type panics struct{ error }

func (panics) Unwrap() []error { panic("no") }

func TestWhatValidateReturns(t *testing.T) {
	strangers := []error{errNoSeat, fmt.Errorf("seat 7: %w", errNoSeat), noUnwrap{errNoSeat}, panics{errNoSeat}, errors.Join(errNoSeat, errNoSeat)}
	for _, stranger := range strangers {
		validate := func() error { return stranger }
		requireRefused(t, parseOwn(t, future, validate), autherr.ErrInvalidToken)
		requireRefused(t, parseOwn(t, past, validate), autherr.ErrInvalidToken)
	}

	opinions := map[error]int{
		&autherr.PermissionDeniedError{Permission: "seat:take"}: 403,
		autherr.ErrAccountBanned:                                403,
		autherr.InvalidRequest:                                  400,
		autherr.ErrorResponse{Code: "no_seat_left"}:             400,
		&autherr.RateLimitedError{}:                             429,
		&autherr.RemoteError{Status: 404}:                       502,
	}
	for opinion, status := range opinions {
		validate := func() error { return opinion }
		err := parseOwn(t, future, validate)
		assert.Equal(t, err, autherrjwt.Wrap(err), "an error of autherr stands")
		assert.Equal(t, status, autherr.ProtectedResource.Answer(autherrjwt.Wrap(err)).HTTPStatus, opinion)

		expired := parseOwn(t, past, validate)
		early := errors.Join(jwt.ErrTokenInvalidClaims, errors.Join(jwt.ErrTokenNotValidYet, opinion))
		if _, behind := opinion.(*autherr.RemoteError); behind {
			assert.Equal(t, expired, autherrjwt.Wrap(expired))
			assert.Equal(t, early, autherrjwt.Wrap(early))
			continue
		}
		requireRefused(t, expired, autherr.ErrInvalidToken)
		requireRefused(t, early, autherr.ErrInvalidToken)
	}

	down := &autherr.StorageError{Err: errNoSeat}
	for _, exp := range []time.Time{past, future} {
		err := autherrjwt.Wrap(parseOwn(t, exp, func() error { return down }))
		assert.Equal(t, 500, autherr.ProtectedResource.Answer(err).HTTPStatus, "a server fault stands")
		assert.Equal(t, autherr.ErrStorage, autherr.SaTokenErrorOf(err))
	}
}

// refused returns the error of connecting to a port where nobody listens.
func refused() error {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := http.Get(server.URL)
	return err
}

// late returns the error of a request that took too long.
func late() error {
	ctx, cancel := context.WithTimeout(context.Background(), -1)
	defer cancel()
	_, err := http.DefaultClient.Do(must(http.NewRequestWithContext(ctx, "GET", "http://127.0.0.1:9/", nil)))
	return err
}

func TestKeyFunctionThatFails(t *testing.T) {
	_, notPEM := jwt.ParseRSAPublicKeyFromPEM([]byte("hunter2"))
	_, notAddress := url.Parse("http://[" + strings.Repeat("1", 3))
	canceled, cancel := context.WithCancel(context.Background())
	cancel()

	tests := []struct {
		name   string
		err    error // what the key function returns
		status int
		code   autherr.ErrorCode
		fault  autherr.Fault
		what   autherr.SaTokenError
	}{
		{"unknown kid", fmt.Errorf("unknown kid %q", "7"), 401, autherr.InvalidToken, autherr.ClientFault, autherr.ErrInvalidToken},
		{"wrapped", fmt.Errorf("keys: %w", errNoSeat), 401, autherr.InvalidToken, autherr.ClientFault, autherr.ErrInvalidToken},
		{"no such file", &fs.PathError{Op: "open", Path: "keys.pem", Err: fs.ErrNotExist}, 401, autherr.InvalidToken, autherr.ClientFault, autherr.ErrInvalidToken},
		{"address in the token", notAddress, 401, autherr.InvalidToken, autherr.ClientFault, autherr.ErrInvalidToken},
		{"golang-jwt's own", jwt.ErrInvalidKeyType, 401, autherr.InvalidToken, autherr.ClientFault, autherr.ErrInvalidToken},
		{"golang-jwt's expired", jwt.ErrTokenExpired, 401, autherr.InvalidToken, autherr.ClientFault, autherr.ErrInvalidToken},
		{"token not found", autherr.ErrTokenNotFound, 401, autherr.InvalidToken, autherr.ClientFault, autherr.ErrTokenNotFound},
		{"rate limited", &autherr.RateLimitedError{}, 429, autherr.TemporarilyUnavailable, autherr.ClientFault, 0},
		{"storage", &autherr.StorageError{Err: errNoSeat}, 500, autherr.ServerError, autherr.ServerFault, autherr.ErrStorage},
		{"storage, wrapped", fmt.Errorf("keys: %w", &autherr.StorageError{Err: errNoSeat}), 500, autherr.ServerError, autherr.ServerFault, autherr.ErrStorage},
		{"beneath an invalid token", &autherr.InvalidTokenError{Err: &autherr.StorageError{}}, 500, autherr.ServerError, autherr.ServerFault, autherr.ErrStorage},
		{"the sentinel", autherr.ErrConfig, 500, autherr.ServerError, autherr.ServerFault, autherr.ErrConfig},
		{"the category", autherr.CategorySystem, 500, autherr.ServerError, autherr.ServerFault, 0},
		{"the code", autherr.ServerError, 500, autherr.ServerError, autherr.ServerFault, 0},
		{"a response", autherr.ErrorResponse{Code: autherr.ServerError}, 500, autherr.ServerError, autherr.ServerFault, 0},
		{"unavailable", &autherr.UnavailableError{RetryAfter: time.Minute}, 503, autherr.TemporarilyUnavailable, autherr.ServerFault, 0},
		{"connection refused", refused(), 500, autherr.ServerError, autherr.ServerFault, 0},
		{"dial", &net.OpError{Op: "dial", Err: errNoSeat}, 500, autherr.ServerError, autherr.ServerFault, 0},
		{"no such host", &net.DNSError{Err: "no such host", Name: "keys.example"}, 500, autherr.ServerError, autherr.ServerFault, 0},
		{"time-out", late(), 503, autherr.TemporarilyUnavailable, autherr.ServerFault, 0},
		{"deadline", os.ErrDeadlineExceeded, 503, autherr.TemporarilyUnavailable, autherr.ServerFault, 0},
		{"canceled", canceled.Err(), 503, autherr.TemporarilyUnavailable, autherr.CanceledFault, 0},
		{"key server fails", &autherr.RemoteError{Status: 500}, 502, autherr.ServerError, autherr.RemoteFault, 0},
		{"key server is busy", &autherr.RemoteError{Status: 503, RetryAfter: time.Minute}, 503, autherr.TemporarilyUnavailable, autherr.RemoteFault, 0},
		{"key server has moved", &autherr.RemoteError{Status: 404}, 502, autherr.ServerError, autherr.RemoteFault, 0},
		{"not PEM", notPEM, 500, autherr.ServerError, autherr.ServerFault, autherr.ErrConfig},
	}
	for _, s := range signers {
		for _, test := range tests {
			for _, claims := range []jwt.Claims{good, stale} {
				err := parse(t, s.sign(claims), func(*jwt.Token) (any, error) { return nil, test.err })
				wrapped := autherrjwt.Wrap(err)

				answer := autherr.ProtectedResource.Answer(wrapped)
				assert.Equal(t, test.status, answer.HTTPStatus, test.name)
				assert.Equal(t, autherr.ErrorResponse{Code: test.code}, answer.Response, test.name)
				assert.Equal(t, test.fault, autherr.FaultOf(wrapped), test.name)
				assert.Equal(t, test.what, autherr.SaTokenErrorOf(wrapped), test.name)
				assert.ErrorIs(t, wrapped, test.err, test.name)
				assert.ErrorIs(t, wrapped, jwt.ErrTokenUnverifiable, test.name)
				assert.ErrorContains(t, wrapped, err.Error(), "no text is lost")
				if test.status >= 500 {
					assert.GreaterOrEqual(t, autherr.TokenEndpoint.Answer(wrapped).HTTPStatus, 500, test.name)
				} else {
					assert.Less(t, autherr.TokenEndpoint.Answer(wrapped).HTTPStatus, 500, test.name)
				}
			}
		}
	}
}

// libraryErrors has every error that golang-jwt exports, and what it means by itself.
var libraryErrors = map[string]struct {
	err  error
	want autherr.SaTokenError
}{
	"ErrTokenMalformed":                {jwt.ErrTokenMalformed, autherr.ErrInvalidToken},
	"ErrTokenUnverifiable":             {jwt.ErrTokenUnverifiable, autherr.ErrInvalidToken},
	"ErrTokenSignatureInvalid":         {jwt.ErrTokenSignatureInvalid, autherr.ErrInvalidToken},
	"ErrTokenRequiredClaimMissing":     {jwt.ErrTokenRequiredClaimMissing, autherr.ErrInvalidToken},
	"ErrTokenInvalidAudience":          {jwt.ErrTokenInvalidAudience, autherr.ErrInvalidToken},
	"ErrTokenExpired":                  {jwt.ErrTokenExpired, autherr.ErrTokenExpired},
	"ErrTokenUsedBeforeIssued":         {jwt.ErrTokenUsedBeforeIssued, autherr.ErrInvalidToken},
	"ErrTokenInvalidIssuer":            {jwt.ErrTokenInvalidIssuer, autherr.ErrInvalidToken},
	"ErrTokenInvalidSubject":           {jwt.ErrTokenInvalidSubject, autherr.ErrInvalidToken},
	"ErrTokenNotValidYet":              {jwt.ErrTokenNotValidYet, autherr.ErrInvalidToken},
	"ErrTokenInvalidId":                {jwt.ErrTokenInvalidId, autherr.ErrInvalidToken},
	"ErrTokenInvalidClaims":            {jwt.ErrTokenInvalidClaims, autherr.ErrInvalidToken},
	"ErrInvalidType":                   {jwt.ErrInvalidType, autherr.ErrInvalidToken},
	"ErrSignatureInvalid":              {jwt.ErrSignatureInvalid, autherr.ErrInvalidToken},
	"ErrECDSAVerification":             {jwt.ErrECDSAVerification, autherr.ErrInvalidToken},
	"ErrEd25519Verification":           {jwt.ErrEd25519Verification, autherr.ErrInvalidToken},
	"NoneSignatureTypeDisallowedError": {jwt.NoneSignatureTypeDisallowedError, autherr.ErrInvalidToken},
	"ErrInvalidKey":                    {jwt.ErrInvalidKey, autherr.ErrConfig},
	"ErrInvalidKeyType":                {jwt.ErrInvalidKeyType, autherr.ErrConfig},
	"ErrHashUnavailable":               {jwt.ErrHashUnavailable, autherr.ErrConfig},
	"ErrKeyMustBePEMEncoded":           {jwt.ErrKeyMustBePEMEncoded, autherr.ErrConfig},
	"ErrNotRSAPrivateKey":              {jwt.ErrNotRSAPrivateKey, autherr.ErrConfig},
	"ErrNotRSAPublicKey":               {jwt.ErrNotRSAPublicKey, autherr.ErrConfig},
	"ErrNotECPrivateKey":               {jwt.ErrNotECPrivateKey, autherr.ErrConfig},
	"ErrNotECPublicKey":                {jwt.ErrNotECPublicKey, autherr.ErrConfig},
	"ErrNotEdPrivateKey":               {jwt.ErrNotEdPrivateKey, autherr.ErrConfig},
	"ErrNotEdPublicKey":                {jwt.ErrNotEdPublicKey, autherr.ErrConfig},
	"ErrNoTokenInRequest":              {request.ErrNoTokenInRequest, autherr.ErrTokenEmpty},
}

func TestEveryErrorOfTheLibrary(t *testing.T) {
	for name, test := range libraryErrors {
		for _, err := range []error{test.err, fmt.Errorf("verify: %w", test.err), errors.Join(test.err, test.err)} {
			wrapped := autherrjwt.Wrap(err)
			assert.ErrorIs(t, wrapped, test.err, name)
			assert.Equal(t, test.want, autherr.SaTokenErrorOf(wrapped), name)
			assert.Equal(t, autherr.ProtectedResource.Answer(test.want), autherr.ProtectedResource.Answer(wrapped), name)
			assert.Equal(t, autherr.TokenEndpoint.Answer(test.want), autherr.TokenEndpoint.Answer(wrapped), name)
		}
		wrapped := autherrjwt.Wrap(errors.Join(jwt.ErrTokenExpired, test.err))
		if name != "ErrTokenExpired" && name != "ErrTokenInvalidClaims" {
			assert.NotEqual(t, autherr.ErrTokenExpired, autherr.SaTokenErrorOf(wrapped), "expired, and %s besides", name)
		}
	}
}

// A new release of golang-jwt may bring errors that this package does not know.
func TestNoErrorOfTheLibraryIsForgotten(t *testing.T) {
	var exported []string
	for _, path := range []string{"github.com/golang-jwt/jwt/v5", "github.com/golang-jwt/jwt/v5/request"} {
		library, err := build.Import(path, ".", 0)
		require.NoError(t, err)
		for _, name := range library.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(library.Dir, name), nil, 0)
			require.NoError(t, err)
			for _, declaration := range file.Decls {
				if variables, ok := declaration.(*ast.GenDecl); ok && variables.Tok == token.VAR {
					for _, spec := range variables.Specs {
						for _, ident := range spec.(*ast.ValueSpec).Names {
							if ident.IsExported() && (strings.HasPrefix(ident.Name, "Err") || strings.HasSuffix(ident.Name, "Error")) {
								exported = append(exported, ident.Name)
							}
						}
					}
				}
			}
		}
	}
	assert.ElementsMatch(t, exported, slices.Collect(maps.Keys(libraryErrors)))
}

func TestSigningWithAWrongKeyIsTheServersFault(t *testing.T) {
	for _, s := range signers {
		_, err := jwt.NewWithClaims(s.method, good).SignedString(s.unfit)
		require.Error(t, err)
		wrapped := autherrjwt.Wrap(err)
		assert.Equal(t, autherr.ErrConfig, autherr.SaTokenErrorOf(wrapped))
		assert.Equal(t, 500, autherr.TokenEndpoint.Answer(wrapped).HTTPStatus)
	}
	unavailable := &jwt.SigningMethodHMAC{Name: "HS1", Hash: crypto.Hash(0)}
	_, err := jwt.NewWithClaims(unavailable, good).SignedString([]byte("secret"))
	require.ErrorIs(t, err, jwt.ErrHashUnavailable)
	assert.Equal(t, autherr.ErrConfig, autherr.SaTokenErrorOf(autherrjwt.Wrap(err)))
}

func TestRequestWithoutAToken(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	_, err := request.ParseFromRequest(r, request.OAuth2Extractor, signers[0].key)
	wrapped := autherrjwt.Wrap(err)
	assert.ErrorIs(t, wrapped, request.ErrNoTokenInRequest)
	assert.Equal(t, autherr.Answer{HTTPStatus: 401}, autherr.ProtectedResource.Answer(wrapped), "RFC 6750 §3: no code if there is no token")
}

func TestNilStaysNil(t *testing.T) {
	assert.True(t, autherrjwt.Wrap(nil) == nil)
}

func TestWhatIsNotOfTheLibraryStays(t *testing.T) {
	for _, err := range []error{
		errNoSeat, fmt.Errorf("x: %w", errNoSeat), noUnwrap{errNoSeat}, panics{errNoSeat}, errors.Join(errNoSeat, nil), (*net.OpError)(nil),
		errors.New(jwt.ErrTokenExpired.Error()), &autherr.StorageError{}, (*autherr.InvalidTokenError)(nil), (*autherr.RemoteError)(nil),
		autherr.ErrTokenExpired, autherr.InvalidGrant, &autherr.RateLimitedError{}, context.Canceled, rsa.ErrVerification,
	} {
		assert.True(t, err == autherrjwt.Wrap(err), "%#v", err)
	}
	uncomparable := uncomparable{errNoSeat}
	assert.Equal(t, uncomparable, autherrjwt.Wrap(uncomparable))
}

type uncomparable []error

func (uncomparable) Error() string     { return "several" }
func (u uncomparable) Unwrap() []error { return u }

// ownError is an error type that a server joins to those of autherr.
type ownError struct {
	autherr.SaTokenError
}

func TestAnOuterErrorDecides(t *testing.T) {
	s := signers[1]
	for _, failure := range []error{parse(t, s.sign(stale), s.key), parse(t, s.forge(good), s.key), jwt.ErrTokenExpired} {
		for _, outer := range []error{autherr.InvalidClient, autherr.InvalidDPoPProof, ownError{autherr.ErrAccountBanned}, &autherr.PermissionDeniedError{}, autherr.ErrorResponse{Code: "x"}} {
			for _, err := range []error{fmt.Errorf("%w: %w", outer, failure), fmt.Errorf("%w: %w: %w", errNoSeat, outer, failure), fmt.Errorf("%w: %w", outer, autherrjwt.Wrap(failure))} {
				for _, endpoint := range []autherr.Endpoint{autherr.TokenEndpoint, autherr.AuthorizationEndpoint, autherr.ProtectedResource} {
					assert.Equal(t, endpoint.Answer(outer), endpoint.Answer(autherrjwt.Wrap(err)), err)
				}
			}
		}
	}
	down := parse(t, s.sign(good), func(*jwt.Token) (any, error) { return nil, &autherr.StorageError{} })
	assert.Equal(t, 500, autherr.TokenEndpoint.Answer(fmt.Errorf("%w: %w", autherr.InvalidClient, autherrjwt.Wrap(down))).HTTPStatus)
}

func TestWrappingTwiceChangesNothing(t *testing.T) {
	s := signers[0]
	all := []error{
		parse(t, s.sign(stale), s.key), parse(t, s.forge(good), s.key), parse(t, "", s.key),
		parse(t, s.sign(good), func(*jwt.Token) (any, error) { return nil, refused() }),
		parse(t, s.sign(good), func(*jwt.Token) (any, error) { return nil, errNoSeat }),
		parse(t, s.sign(good), func(*jwt.Token) (any, error) { return nil, autherr.ErrTokenNotFound }),
		parseOwn(t, past, func() error { return autherr.ErrPermissionDenied }),
		parseOwn(t, past, func() error { return autherr.ErrInvalidToken }),
		parseOwn(t, past, func() error { return &autherr.RateLimitedError{} }),
	}
	for _, test := range libraryErrors {
		all = append(all, test.err)
	}
	for _, err := range all {
		once := autherrjwt.Wrap(err)
		assert.True(t, once == autherrjwt.Wrap(once), once)
		higher := fmt.Errorf("orders: %w", once)
		assert.True(t, higher == autherrjwt.Wrap(higher), higher)
	}
}

// Whatever is wrong with a token, a client is told the same.
func TestClientIsNotToldWhatIsWrong(t *testing.T) {
	s := signers[0]
	answers := map[autherr.Answer]bool{}
	for _, err := range []error{
		parse(t, s.sign(stale), s.key), parse(t, s.forge(good), s.key), parse(t, "hunter2", s.key),
		parse(t, s.sign(good), func(*jwt.Token) (any, error) { return nil, errNoSeat }),
		parseOwn(t, future, func() error { return errNoSeat }),
	} {
		answers[autherr.ProtectedResource.Answer(autherrjwt.Wrap(err))] = true
	}
	assert.Len(t, answers, 1)
}
