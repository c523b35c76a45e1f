// Package autherrjwt turns the errors of [github.com/golang-jwt/jwt/v5] into those of package
// autherr, so that an endpoint can answer them:
//
//	token, err := parser.Parse(text, keys)
//	if err != nil {
//		return autherrjwt.Wrap(err)
//	}
//
// A token that is forged, malformed or for somebody else becomes a [*autherr.InvalidTokenError].
// One that has only expired becomes [autherr.ErrTokenExpired]. A protected resource answers both
// with 401 invalid_token, a token endpoint with invalid_grant. The original error stays in the
// tree: errors.Is finds jwt.ErrTokenExpired as before, and the log gets every text. A client gets
// none of it.
//
// # The key function
//
// A key function may fail with an error of its own, such as one for an unknown key. The answer is
// then 401 invalid_token. If the keys cannot be loaded, let it return an error that autherr counts as a
// server fault:
//
//	func (s *keySet) key(token *jwt.Token) (any, error) {
//		keys, err := s.load() // from a database
//		if err != nil {
//			return nil, &autherr.StorageError{Details: "load key set", Err: err} // 500
//		}
//		id, _ := token.Header["kid"].(string)
//		key, ok := keys[id]
//		if !ok {
//			return nil, fmt.Errorf("unknown kid %q", id) // 401 invalid_token
//		}
//		return key, nil
//	}
//
// Any System error makes the answer server_error with 500, and an [*autherr.UnavailableError] makes it
// temporarily_unavailable with 503. A network error counts as it is: the *url.Error of an HTTP client
// is 500, or 503 if it timed out. If the token named the address (jku, x5u), format the error with %v
// instead of returning it, so that the fault remains the client's.
//
// # Tokens other than access tokens
//
// If the token is not an access token or a grant, wrap the result in the code that says what it is.
// An outer error decides, and a server fault still wins:
//
//	fmt.Errorf("%w: %w", autherr.InvalidClient, autherrjwt.Wrap(err))    // a client assertion, RFC 7523
//	fmt.Errorf("%w: %w", autherr.InvalidDPoPProof, autherrjwt.Wrap(err)) // a DPoP proof, RFC 9449
package autherrjwt

import (
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"
	"github.com/golang-jwt/jwt/v5/request"

	"github.com/seed-e9190de5/autherr"
)

// Wrap returns what a failure of golang-jwt means, around err itself:
//
//   - a [*autherr.InvalidTokenError], whatever is wrong with the token;
//   - but [autherr.ErrTokenExpired] if it has expired and nothing else is wrong with it: a token
//     that is forged and has expired is forged;
//   - [autherr.ErrTokenEmpty] for [request.ErrNoTokenInRequest];
//   - a [*autherr.ConfigError] if a key of the server's own is at fault: one that golang-jwt cannot
//     read from PEM, also in a key function, or one of the wrong type to sign with.
//
// Wrap returns err as it is if autherr can already answer it. So an error of autherr that the key
// function or the Validate method of the claims returns stands: [autherr.ErrOAuth2ClientNotFound],
// for instance, or a [*autherr.StorageError]. There is one exception. If golang-jwt refuses a claim
// too, the token is invalid: a client whose token has expired is not told of a missing permission. A
// fault of the server's, or of a server behind it, stands even then.
//
// Wrap returns nil for nil, and any error that is not one of golang-jwt's as it is. Calling it again
// on its result changes nothing.
func Wrap(err error) error {
	var found findings
	found.visit(err, false)
	overruled := found.has(expired|wrongClaim) && !found.saidBefore && isClients(err)
	switch {
	case found.what == 0, isKnown(err) && !overruled:
		return err
	case found.has(unreadableKey) || found.is(unusableKey):
		return &autherr.ConfigError{Err: err}
	case found.is(noToken):
		return fmt.Errorf("%w: %w", autherr.ErrTokenEmpty, err)
	case found.is(expired) && !found.has(stranger):
		return fmt.Errorf("%w: %w", autherr.ErrTokenExpired, err)
	default:
		return &autherr.InvalidTokenError{Err: err}
	}
}

// isKnown reports whether autherr can answer err. If it cannot, ErrInvalidToken decides in its place.
func isKnown(err error) bool {
	return isClients(err) || !isClients(errors.Join(err, autherr.ErrInvalidToken))
}

// isClients reports whether an error of autherr in err's tree makes it the client's fault.
func isClients(err error) bool { return autherr.FaultOf(err) == autherr.ClientFault }

// A finding is what golang-jwt says by one of its errors.
type finding uint8

const (
	expired       finding = 1 << iota
	wrongClaim            // a claim that is wrong, or missing
	inClaims              // says only that a claim is wrong or missing
	invalid               // wrong in any other way
	unusableKey           // the token's fault if its signature is being verified, else the server's
	unreadableKey         // what should be a key is not
	noToken
	stranger // an error that is not golang-jwt's, within one that is
)

var sentinels = []struct {
	err  error
	says finding
}{
	{jwt.ErrTokenExpired, expired},
	{jwt.ErrTokenInvalidClaims, inClaims},
	{jwt.ErrTokenRequiredClaimMissing, wrongClaim},
	{jwt.ErrTokenInvalidAudience, wrongClaim},
	{jwt.ErrTokenUsedBeforeIssued, wrongClaim},
	{jwt.ErrTokenInvalidIssuer, wrongClaim},
	{jwt.ErrTokenInvalidSubject, wrongClaim},
	{jwt.ErrTokenNotValidYet, wrongClaim},
	{jwt.ErrTokenInvalidId, wrongClaim},
	{jwt.ErrInvalidType, wrongClaim},
	{jwt.ErrTokenMalformed, invalid},
	{jwt.ErrTokenUnverifiable, invalid}, // NoneSignatureTypeDisallowedError wraps it
	{jwt.ErrTokenSignatureInvalid, invalid},
	{jwt.ErrSignatureInvalid, invalid},
	{jwt.ErrECDSAVerification, invalid},
	{jwt.ErrEd25519Verification, invalid},
	{jwt.ErrInvalidKey, unusableKey},
	{jwt.ErrInvalidKeyType, unusableKey},
	{jwt.ErrHashUnavailable, unusableKey},
	{jwt.ErrKeyMustBePEMEncoded, unreadableKey},
	{jwt.ErrNotRSAPrivateKey, unreadableKey},
	{jwt.ErrNotRSAPublicKey, unreadableKey},
	{jwt.ErrNotECPrivateKey, unreadableKey},
	{jwt.ErrNotECPublicKey, unreadableKey},
	{jwt.ErrNotEdPrivateKey, unreadableKey},
	{jwt.ErrNotEdPublicKey, unreadableKey},
	{request.ErrNoTokenInRequest, noToken},
}

// findingOf returns what golang-jwt says by err itself, whatever it wraps; 0 if err is not its error.
func findingOf(err error) finding {
	for _, s := range sentinels {
		if err == s.err {
			return s.says
		}
	}
	return 0
}

// findings is what there is in a tree of errors.
type findings struct {
	what       finding
	saidBefore bool // an error of autherr stands before all of golang-jwt's, so that it decides
}

// has reports whether any of these has been found.
func (f *findings) has(any finding) bool { return f.what&any != 0 }

// is reports whether golang-jwt says this and nothing else.
func (f *findings) is(one finding) bool { return f.what&^(inClaims|stranger) == one }

// visit takes note of err and of what it wraps, in the order of errors.As. within is true beneath an
// error of golang-jwt's.
func (f *findings) visit(err error, within bool) {
	defer func() {
		if recover() != nil { // in Unwrap
			f.note(err, within)
		}
	}()
	var inners []error
	switch e := err.(type) {
	case nil:
		return
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			inners = []error{inner}
		}
	case interface{ Unwrap() []error }:
		inners = e.Unwrap()
	}
	if len(inners) == 0 {
		f.note(err, within)
	}
	for _, inner := range inners {
		within = within || findingOf(inner) != 0
	}
	for _, inner := range inners {
		f.visit(inner, within)
	}
}

// note takes note of an error that wraps nothing.
func (f *findings) note(err error, within bool) {
	if says := findingOf(err); says != 0 {
		f.what |= says
		return
	}
	if f.what&^stranger == 0 {
		f.saidBefore = f.saidBefore || isClients(err)
	}
	if within {
		f.what |= stranger
	}
}
