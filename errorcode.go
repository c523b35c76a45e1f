package autherr

import (
	"slices"
	"strconv"
	"strings"

	"github.com/seed-e9190de5/autherr/internal/plain"
)

// ErrorCode is an OAuth error code: what a client is told if its request fails. Its value is
// the code as OAuth writes it: [InvalidGrant] is "invalid_grant".
//
// The set is open. Any text is a possible code, so a server can have codes of its own:
//
//	const MFARequired autherr.ErrorCode = "mfa_required"
//
// In CBOR a code is an integer (RFC 9200 §5.8.3). Eight of the constants have one, and [Other]
// returns the code of any int32. A switch on an ErrorCode needs a default case.
//
// The zero value is "", which is not a code: it is never sent, it has no CBOR form, and [errors.As]
// never finds it.
//
// An ErrorCode is an error, so it can be returned, wrapped and matched:
//
//	return fmt.Errorf("grant type %q: %w", grantType, autherr.UnsupportedGrantType)
type ErrorCode string

// The codes of IANA's OAuth Extensions Error Registry, as of 2026-03-25, and of the final
// specifications of OpenID and UMA that the registry does not list.
const (
	// RFC 6749 §5.2, at a token endpoint.

	// InvalidRequest says that the request itself is malformed (RFC 6749 §5.2). Use it if a
	// required parameter is missing, if a parameter is repeated or has a value that is not
	// supported, or if the client sends several credentials or authenticates in several ways.
	// It is right at every endpoint, with 400 or by redirect.
	InvalidRequest ErrorCode = "invalid_request"

	// InvalidClient says that client authentication failed (RFC 6749 §5.2). Use it both for
	// an unknown client and for a wrong secret, so that nobody learns which it was. A token
	// endpoint answers 401 with a challenge if the client used the header Authorization. An
	// authorization endpoint shows a page of its own and redirects nobody.
	InvalidClient ErrorCode = "invalid_client"

	// InvalidGrant says that the grant or refresh token is invalid, expired or revoked, or
	// belongs to another client or redirect URI (RFC 6749 §5.2). Use it for a wrong
	// code_verifier too (RFC 7636 §4.6). A token endpoint sends it with 400. At an
	// authorization endpoint it becomes [InvalidRequest], at a protected resource
	// [InvalidToken].
	InvalidGrant ErrorCode = "invalid_grant"

	// UnauthorizedClient says that the client is authenticated, but may not use this grant
	// type or may not ask for this (RFC 6749 §5.2). Use it if other clients may. A token
	// endpoint sends it with 400, an authorization endpoint by redirect. A protected resource
	// answers 403 without a code.
	UnauthorizedClient ErrorCode = "unauthorized_client"

	// UnsupportedGrantType says that the authorization server does not support the grant type
	// (RFC 6749 §5.2). Use it at a token endpoint, with 400, if no client may use the grant
	// type. If only this client may not, use [UnauthorizedClient].
	UnsupportedGrantType ErrorCode = "unsupported_grant_type"

	// InvalidScope says that the scope asked for is invalid, unknown or malformed, or more
	// than was granted (RFC 6749 §5.2). A token endpoint sends it with 400, an authorization
	// endpoint by redirect. Use [InsufficientScope] if a token that is presented to a
	// protected resource grants too little.
	InvalidScope ErrorCode = "invalid_scope"

	// RFC 9200 §5.8.3, at a token endpoint for constrained clients (ACE).

	// UnsupportedPoPKey says that the resource server cannot process the asymmetric key that
	// the client submitted (RFC 9200 §5.8.3). Use it if a token bound to that key would be of
	// no use there. A token endpoint sends it, with 400 or, over CoAP, 4.00.
	UnsupportedPoPKey ErrorCode = "unsupported_pop_key"

	// IncompatibleACEProfiles says that client and resource server share no ACE profile (RFC
	// 9200 §5.8.3). Use it instead of issuing a token that the two could not use with each
	// other. A token endpoint sends it, with 400 or, over CoAP, 4.00.
	IncompatibleACEProfiles ErrorCode = "incompatible_ace_profiles"

	// RFC 6749 §4.1.2.1, by redirect from an authorization endpoint.

	// AccessDenied says that the resource owner or the server said no (RFC 6749 §4.1.2.1). An
	// authorization endpoint sends it by redirect. At a token endpoint, with 400, it ends
	// device authorization (RFC 8628 §3.5): the device stops polling. A protected resource
	// answers 403 without a code instead.
	AccessDenied ErrorCode = "access_denied"

	// UnsupportedResponseType says that the server does not support the response type (RFC
	// 6749 §4.1.2.1). Use it if no client may use the value of response_type. If only this
	// client may not, use [UnauthorizedClient]. It travels by redirect, or with 400 in the
	// answer to a pushed request.
	UnsupportedResponseType ErrorCode = "unsupported_response_type"

	// ServerError says that the server met a condition that it did not expect (RFC 6749
	// §4.1.2.1). Use it only for a fault of the server's own. It is registered for the
	// authorization endpoint, which sends it by redirect. In practice, a token endpoint and a
	// protected resource send it with 500.
	ServerError ErrorCode = "server_error"

	// TemporarilyUnavailable says that the server is overloaded or down for maintenance (RFC
	// 6749 §4.1.2.1). It is registered for the authorization endpoint, which sends it by
	// redirect. In practice, a token endpoint sends it with 503. An [UnavailableError] or,
	// with 429, a [RateLimitedError] also says how long to wait.
	TemporarilyUnavailable ErrorCode = "temporarily_unavailable"

	// RFC 6750 §3.1, in the challenge of a protected resource.

	// InvalidToken says that the access token is expired, revoked, malformed or otherwise
	// invalid (RFC 6750 §3.1). A resource sends it in its 401 challenge.
	// errors.Is(ErrTokenExpired, InvalidToken) is false, since errors.Is answers for the token
	// endpoint's code. For what a resource answers, see
	// ProtectedResource.Answer(err).Response.Code.
	InvalidToken ErrorCode = "invalid_token"

	// InsufficientScope says that the request needs more than the access token grants (RFC
	// 6750 §3.1). A protected resource sends it with 403, in a challenge whose scope says what
	// is needed. Use it only if a token with more scope would help. If the user lacks a role,
	// return [ErrRoleDenied], which is 403 without a code.
	InsufficientScope ErrorCode = "insufficient_scope"

	// RFC 7009 §2.2.1, at a revocation endpoint.

	// UnsupportedTokenType says that the server does not revoke tokens of this type (RFC 7009
	// §2.2.1). A revocation endpoint sends it with 400. An unknown token is not an error
	// there: it is answered with 200.
	UnsupportedTokenType ErrorCode = "unsupported_token_type"

	// RFC 7591 §3.2.2, at a client registration endpoint.

	// InvalidRedirectURI says that a redirection URI is invalid (RFC 7591 §3.2.2). A
	// registration endpoint sends it, with 400, if it cannot accept a value of redirect_uris.
	// At an authorization endpoint it means a page of the server's own, with 400, and no
	// redirect.
	InvalidRedirectURI ErrorCode = "invalid_redirect_uri"

	// InvalidClientMetadata says that a value of the client's metadata is invalid (RFC 7591
	// §3.2.2). A registration endpoint sends it, with 400, if it rejects the value instead of
	// replacing it. For a redirection URI, use [InvalidRedirectURI].
	InvalidClientMetadata ErrorCode = "invalid_client_metadata"

	// InvalidSoftwareStatement says that the software statement is invalid (RFC 7591 §3.2.2).
	// Use it if the statement cannot be read or verified. A registration endpoint sends it,
	// with 400.
	InvalidSoftwareStatement ErrorCode = "invalid_software_statement"

	// UnapprovedSoftwareStatement says that this server has not approved the software
	// statement (RFC 7591 §3.2.2). Use it if the statement itself is valid. A registration
	// endpoint sends it, with 400.
	UnapprovedSoftwareStatement ErrorCode = "unapproved_software_statement"

	// RFC 8628 §3.5, at a token endpoint that a device polls.

	// AuthorizationPending says that the user has not finished yet (RFC 8628 §3.5). A token
	// endpoint sends it, with 400, to each poll until the user has decided or the device code
	// expires. The client asks again after the interval.
	AuthorizationPending ErrorCode = "authorization_pending"

	// SlowDown says that the user has not finished yet and that the client polls too fast (RFC
	// 8628 §3.5). A token endpoint sends it with 400. The client asks again, with the interval
	// 5 seconds longer from now on: not only once, but for every later poll.
	SlowDown ErrorCode = "slow_down"

	// ExpiredToken says that the device code has expired, or in CIBA the auth_req_id (RFC 8628
	// §3.5). A token endpoint sends it, with 400, to a client that polls. The client has to
	// start again. It is not for an access token or a refresh token that has expired: that is
	// [ErrTokenExpired].
	ExpiredToken ErrorCode = "expired_token"

	// RFC 8707 §2, at an authorization endpoint and at a token endpoint.

	// InvalidTarget says that the resource or audience asked for is invalid, unknown or
	// malformed (RFC 8707 §2). Use it for the parameter resource, and for audience in a token
	// exchange (RFC 8693 §2.2.2). A token endpoint sends it with 400, an authorization
	// endpoint by redirect.
	InvalidTarget ErrorCode = "invalid_target"

	// RFC 9101 §7, by redirect from an authorization endpoint.

	// InvalidRequestURI says that fetching the request_uri fails or gives invalid data (RFC
	// 9101 §7). An authorization endpoint sends it by redirect. Format the error of a failed
	// fetch with %v: wrapped with %w, a failure of the network counts as a fault of the
	// server's own.
	InvalidRequestURI ErrorCode = "invalid_request_uri"

	// InvalidRequestObject says that the request object is invalid (RFC 9101 §7). Use it if
	// the object cannot be decrypted, verified or read. It travels by redirect, or with 400 in
	// the answer to a pushed request.
	InvalidRequestObject ErrorCode = "invalid_request_object"

	// RequestNotSupported says that the server does not support the parameter request (RFC
	// 9101 §7). Use it instead of ignoring the parameter. It travels by redirect, or with 400
	// in the answer to a pushed request.
	RequestNotSupported ErrorCode = "request_not_supported"

	// RequestURINotSupported says that the server does not support the parameter request_uri
	// (RFC 9101 §7). Use it instead of ignoring the parameter. An authorization endpoint sends
	// it by redirect.
	RequestURINotSupported ErrorCode = "request_uri_not_supported"

	// OpenID Connect Core §3.1.2.6, by redirect from an authorization endpoint.

	// InteractionRequired says that the user has to be asked something, but prompt=none
	// forbids it (OpenID Connect Core §3.1.2.6). It travels by redirect. Use it if none of
	// [LoginRequired], [AccountSelectionRequired] and [ConsentRequired] says what has to be
	// asked.
	InteractionRequired ErrorCode = "interaction_required"

	// LoginRequired says that the user has to log in, but prompt=none forbids it (OpenID
	// Connect Core §3.1.2.6). It travels by redirect. Without prompt=none, a server shows its
	// login page instead. To errors.Is, [ErrNotLogin] is [InvalidGrant], the token endpoint's
	// code. At an authorization endpoint, AuthorizationEndpoint.Answer gives LoginRequired.
	LoginRequired ErrorCode = "login_required"

	// AccountSelectionRequired says that the user has to choose a session, but prompt=none
	// forbids it (OpenID Connect Core §3.1.2.6). Use it if the user is logged in with more
	// than one account. It travels by redirect.
	AccountSelectionRequired ErrorCode = "account_selection_required"

	// ConsentRequired says that the user has to consent, but prompt=none forbids it (OpenID
	// Connect Core §3.1.2.6). Use it if the user is logged in and has not yet consented to
	// what the client asks for. It travels by redirect.
	ConsentRequired ErrorCode = "consent_required"

	// RegistrationNotSupported says that the server does not support the parameter
	// registration (OpenID Connect Core §3.1.2.6). Use it instead of ignoring the parameter.
	// It travels by redirect.
	RegistrationNotSupported ErrorCode = "registration_not_supported"

	// RFC 9396 §5, at an authorization endpoint and at a token endpoint.

	// InvalidAuthorizationDetails says that an object in authorization_details is of an
	// unknown type, malformed, or not allowed (RFC 9396 §5). An object with a field that its
	// type does not have is malformed too. A token endpoint sends it with 400, an
	// authorization endpoint by redirect.
	InvalidAuthorizationDetails ErrorCode = "invalid_authorization_details"

	// RFC 9449 §5 and §8, at a token endpoint and in the challenge of a protected resource.

	// InvalidDPoPProof says that the DPoP proof is missing or invalid (RFC 9449 §5). Use it
	// also for a proof that was used before or is too old. A token endpoint sends it with 400,
	// a protected resource with 401 in a challenge of the scheme DPoP.
	InvalidDPoPProof ErrorCode = "invalid_dpop_proof"

	// UseDPoPNonce says that the DPoP proof lacks the nonce that the server asks for (RFC 9449
	// §8). The nonce comes in the header DPoP-Nonce of the same answer, which the server sets.
	// A token endpoint sends the code with 400, a protected resource with 401 in a challenge
	// of the scheme DPoP. The client then tries again.
	UseDPoPNonce ErrorCode = "use_dpop_nonce"

	// RFC 9470 §3, in the challenge of a protected resource.

	// InsufficientUserAuthentication says that the user has to authenticate again, or more
	// strongly (RFC 9470 §3). Use it if the token is valid, but its user logged in too long
	// ago or too weakly. A protected resource sends it with 401. The challenge has max_age or
	// acr_values, which the client takes to the authorization endpoint.
	InsufficientUserAuthentication ErrorCode = "insufficient_user_authentication"

	// UMA 2.0 Grant §3.3.6, at a token endpoint.

	// NeedInfo says that the server needs more claims before it can decide (UMA 2.0 Grant
	// §3.3.6). A token endpoint sends it with 403. The ticket goes with it, in a response of
	// the server's own, since [ErrorResponse] has no member for it.
	NeedInfo ErrorCode = "need_info"

	// RequestDenied says that the policy of the server refuses the request (UMA 2.0 Grant
	// §3.3.6). A token endpoint sends it with 403. Use [NeedInfo] if more claims may change
	// that, and [RequestSubmitted] if the resource owner may.
	RequestDenied ErrorCode = "request_denied"

	// RequestSubmitted says that the resource owner has been asked (UMA 2.0 Grant §3.3.6). A
	// token endpoint sends it with 403. The client polls with the ticket, which goes with it
	// in a response of the server's own, as for [NeedInfo].
	RequestSubmitted ErrorCode = "request_submitted"

	// OpenID Federation 1.0 §8.9, at a federation endpoint.

	// InvalidIssuer says that the issuer cannot be served (OpenID Federation 1.0 §8.9). Use it
	// if a request names an issuer that the endpoint does not serve. A federation endpoint
	// sends it with 404.
	InvalidIssuer ErrorCode = "invalid_issuer"

	// InvalidSubject says that the subject cannot be served (OpenID Federation 1.0 §8.9). Use
	// it if a request names a subject that the endpoint does not serve. A federation endpoint
	// sends it with 404.
	InvalidSubject ErrorCode = "invalid_subject"

	// InvalidTrustAnchor says that the trust anchor was not found or is not usable (OpenID
	// Federation 1.0 §8.9). A federation endpoint sends it with 404. An authorization endpoint
	// shows a page of its own with 400 and redirects nobody, since it cannot trust the
	// client's redirection URI.
	InvalidTrustAnchor ErrorCode = "invalid_trust_anchor"

	// InvalidTrustChain says that the trust chain does not validate (OpenID Federation 1.0
	// §8.9). A federation endpoint sends it with 400. An authorization endpoint shows a page
	// of its own, as for [InvalidTrustAnchor].
	InvalidTrustChain ErrorCode = "invalid_trust_chain"

	// InvalidMetadata says that metadata or a metadata policy is invalid or in conflict
	// (OpenID Federation 1.0 §8.9). A federation endpoint sends it with 400. An authorization
	// endpoint shows a page of its own, as for [InvalidTrustAnchor]. Plain client registration
	// has [InvalidClientMetadata].
	InvalidMetadata ErrorCode = "invalid_metadata"

	// NotFound says that what was asked for does not exist (OpenID Federation 1.0 §8.9). A
	// federation endpoint sends it with 404, for example if it does not know the entity. It is
	// not for tokens: see [ErrTokenNotFound].
	NotFound ErrorCode = "not_found"

	// UnsupportedParameter says that the server does not support a parameter (OpenID
	// Federation 1.0 §8.9). A federation endpoint sends it with 400. Do not use it at a token
	// endpoint, which ignores a parameter that it does not know.
	UnsupportedParameter ErrorCode = "unsupported_parameter"

	// OpenID4VP 1.0 §8.5, in a wallet's authorization response.

	// VPFormatsNotSupported says that the wallet supports none of the presentation formats
	// asked for (OpenID4VP 1.0 §8.5). A wallet sends it to the verifier in its authorization
	// response.
	VPFormatsNotSupported ErrorCode = "vp_formats_not_supported"

	// InvalidRequestURIMethod says that request_uri_method is neither get nor post (OpenID4VP
	// 1.0 §8.5). Use it for GET and POST too, since the value has to be lower case. A wallet sends
	// it to the verifier in its authorization response.
	InvalidRequestURIMethod ErrorCode = "invalid_request_uri_method"

	// InvalidTransactionData says that transaction_data is unknown or malformed, or that the
	// credentials for it are not there (OpenID4VP 1.0 §8.5). Use it if that is so for any
	// object in transaction_data. A wallet sends it to the verifier in its authorization
	// response.
	InvalidTransactionData ErrorCode = "invalid_transaction_data"

	// WalletUnavailable says that the wallet cannot answer now (OpenID4VP 1.0 §8.5). Use it in
	// a component that gets the request in place of the wallet, if the user agrees that the
	// verifier is told. It travels in the authorization response.
	WalletUnavailable ErrorCode = "wallet_unavailable"

	// OpenID Connect Core Error Code unmet_authentication_requirements 1.0 §1, by redirect.

	// UnmetAuthenticationRequirements says that the authentication that was asked for cannot
	// be met (OpenID Connect Core Error Code unmet_authentication_requirements 1.0 §1). Use it
	// if the client asks for acr as an essential claim and the server cannot satisfy it.
	// It travels by redirect from an authorization endpoint. The specification is final, but
	// the code is not in IANA's registry.
	UnmetAuthenticationRequirements ErrorCode = "unmet_authentication_requirements"

	// CIBA Core 1.0 §13, at a backchannel authentication endpoint.

	// ExpiredLoginHintToken says that the login_hint_token has expired (CIBA Core 1.0 §13). A
	// backchannel authentication endpoint sends it with 400.
	ExpiredLoginHintToken ErrorCode = "expired_login_hint_token"

	// UnknownUserID says that the hint does not identify a user, be it login_hint,
	// login_hint_token or id_token_hint (CIBA Core 1.0 §13). A backchannel authentication
	// endpoint sends it with 400.
	UnknownUserID ErrorCode = "unknown_user_id"

	// MissingUserCode says that the request needs a user code and has none (CIBA Core 1.0
	// §13). Use it if the server requires a user_code from this user. A backchannel
	// authentication endpoint sends it with 400.
	MissingUserCode ErrorCode = "missing_user_code"

	// InvalidUserCode says that the user code is wrong (CIBA Core 1.0 §13). A backchannel
	// authentication endpoint sends it with 400. Use [MissingUserCode] if there is none.
	InvalidUserCode ErrorCode = "invalid_user_code"

	// InvalidBindingMessage says that the binding message cannot be shown (CIBA Core 1.0 §13).
	// Use it if binding_message is too long, has characters that the user's device cannot
	// show, or is not acceptable for this request. A backchannel authentication endpoint sends
	// it with 400.
	InvalidBindingMessage ErrorCode = "invalid_binding_message"

	// CIBA Core 1.0 §12, pushed to the client's notification endpoint.

	// TransactionFailed says that the transaction failed for a reason that lies with the
	// server (CIBA Core 1.0 §12). The server pushes it to the client's notification endpoint.
	// Use [AccessDenied] if the user said no, and [ExpiredToken] if the time ran out.
	TransactionFailed ErrorCode = "transaction_failed"

	// OpenID4VCI 1.0 §8.3.1.2, at a credential endpoint.

	// InvalidCredentialRequest says that the credential request is malformed (OpenID4VCI 1.0
	// §8.3.1.2). A credential endpoint sends it with 400. Use it instead of [InvalidRequest],
	// if no other code of this group says more. A bad access token is [InvalidToken] there
	// too.
	InvalidCredentialRequest ErrorCode = "invalid_credential_request"

	// UnknownCredentialConfiguration says that the issuer does not know the credential
	// configuration (OpenID4VCI 1.0 §8.3.1.2). Use it for credential_configuration_id. A
	// credential endpoint sends it with 400.
	UnknownCredentialConfiguration ErrorCode = "unknown_credential_configuration"

	// UnknownCredentialIdentifier says that the issuer does not know the credential identifier
	// (OpenID4VCI 1.0 §8.3.1.2). Use it for credential_identifier. A credential endpoint sends
	// it with 400.
	UnknownCredentialIdentifier ErrorCode = "unknown_credential_identifier"

	// InvalidProof says that a key proof is missing or invalid (OpenID4VCI 1.0 §8.3.1.2). Use
	// it also if a key proof has no nonce. If it has an invalid one, use [InvalidNonce]. A
	// credential endpoint sends it with 400.
	InvalidProof ErrorCode = "invalid_proof"

	// InvalidNonce says that a key proof has an invalid nonce (OpenID4VCI 1.0 §8.3.1.2). The
	// wallet fetches a new one from the nonce endpoint and tries again. A credential endpoint
	// sends it with 400. It is not for other nonces: see [ErrNonceAlreadyUsed] and
	// [UseDPoPNonce].
	InvalidNonce ErrorCode = "invalid_nonce"

	// InvalidEncryptionParameters says that the encryption parameters are invalid or missing
	// (OpenID4VCI 1.0 §8.3.1.2). Use it for missing ones if the issuer only sends encrypted
	// responses. A credential endpoint sends it with 400.
	InvalidEncryptionParameters ErrorCode = "invalid_encryption_parameters"

	// CredentialRequestDenied says that the request is refused for good: the wallet does not
	// ask again (OpenID4VCI 1.0 §8.3.1.2). A credential endpoint sends it with 400. So does a
	// deferred credential endpoint (§9.3) if the credential can no longer be issued.
	CredentialRequestDenied ErrorCode = "credential_request_denied"

	// OpenID4VCI 1.0 §9.3, at a deferred credential endpoint.

	// InvalidTransactionID says that the deferred credential's transaction_id is invalid or
	// used up (OpenID4VCI 1.0 §9.3). A deferred credential endpoint sends it with 400. A
	// credential that is not ready yet is not an error: answer 202.
	InvalidTransactionID ErrorCode = "invalid_transaction_id"

	// OpenID4VCI 1.0 §11.3, at a notification endpoint of a credential issuer.

	// InvalidNotificationID says that the notification_id is invalid (OpenID4VCI 1.0 §11.3).
	// Use it if the issuer does not know the value. A notification endpoint sends it with 400.
	InvalidNotificationID ErrorCode = "invalid_notification_id"

	// InvalidNotificationRequest says that the notification request is malformed (OpenID4VCI
	// 1.0 §11.3). Use it for anything else that is wrong with the request's content. A
	// notification endpoint sends it with 400.
	InvalidNotificationRequest ErrorCode = "invalid_notification_request"
)

// A codeRow is what is known of a code besides its CBOR value and its statuses.
type codeRow struct {
	code        ErrorCode
	reference   string
	description string
}

// errorCodes is the table of the codes, in the order of [ErrorCodes].
var errorCodes = []codeRow{
	{InvalidRequest, "RFC 6749 §5.2", "The request lacks a required parameter, repeats one, gives one a value that is not supported, uses several credentials or ways of client authentication at once, or is malformed in another way."},
	{InvalidClient, "RFC 6749 §5.2", "Client authentication failed because the client is unknown, sent no authentication, sent wrong credentials, or used a method that is not supported."},
	{InvalidGrant, "RFC 6749 §5.2", "The grant or refresh token is invalid, expired or revoked, is bound to another redirect URI, or was issued to another client, or else the code_verifier is wrong."},
	{UnauthorizedClient, "RFC 6749 §5.2", "The client is authenticated, but may not use this grant type or may not ask for this."},
	{UnsupportedGrantType, "RFC 6749 §5.2", "The authorization server does not support this grant type."},
	{InvalidScope, "RFC 6749 §5.2", "The scope is invalid, unknown or malformed, or asks for more than was granted."},
	{UnsupportedPoPKey, "RFC 9200 §5.8.3", "The client submitted an asymmetric key that the resource server cannot process."},
	{IncompatibleACEProfiles, "RFC 9200 §5.8.3", "The client and the resource server share no ACE profile."},
	{AccessDenied, "RFC 6749 §4.1.2.1", "The resource owner or the server said no, which also ends device authorization."},
	{UnsupportedResponseType, "RFC 6749 §4.1.2.1", "The server does not support this response type."},
	{ServerError, "RFC 6749 §4.1.2.1", "The server met a condition that it did not expect."},
	{TemporarilyUnavailable, "RFC 6749 §4.1.2.1", "The server is overloaded or down for maintenance."},
	{InvalidToken, "RFC 6750 §3.1", "The access token has expired, was revoked, is malformed, or is not valid for another reason."},
	{InsufficientScope, "RFC 6750 §3.1", "The request needs more than the access token grants."},
	{UnsupportedTokenType, "RFC 7009 §2.2.1", "The server does not revoke tokens of this type."},
	{InvalidRedirectURI, "RFC 7591 §3.2.2", "A redirection URI is invalid."},
	{InvalidClientMetadata, "RFC 7591 §3.2.2", "A value of the client's metadata is invalid."},
	{InvalidSoftwareStatement, "RFC 7591 §3.2.2", "The software statement is invalid."},
	{UnapprovedSoftwareStatement, "RFC 7591 §3.2.2", "This server has not approved the software statement."},
	{AuthorizationPending, "RFC 8628 §3.5", "The user has not finished yet, so the client is to ask again after the interval."},
	{SlowDown, "RFC 8628 §3.5", "The client is to ask again, with the interval 5 seconds longer from now on."},
	{ExpiredToken, "RFC 8628 §3.5", "The device code has expired."},
	{InvalidTarget, "RFC 8707 §2", "The resource or audience asked for is invalid, unknown or malformed."},
	{InvalidRequestURI, "RFC 9101 §7", "Fetching the request_uri fails or gives invalid data."},
	{InvalidRequestObject, "RFC 9101 §7", "The request object is invalid."},
	{RequestNotSupported, "RFC 9101 §7", "The parameter request is not supported."},
	{RequestURINotSupported, "RFC 9101 §7", "The parameter request_uri is not supported."},
	{InteractionRequired, "OpenID Connect Core §3.1.2.6", "The user has to be asked something, but prompt=none forbids it."},
	{LoginRequired, "OpenID Connect Core §3.1.2.6", "The user has to log in, but prompt=none forbids it."},
	{AccountSelectionRequired, "OpenID Connect Core §3.1.2.6", "The user has to choose a session, but prompt=none forbids it."},
	{ConsentRequired, "OpenID Connect Core §3.1.2.6", "The user has to consent, but prompt=none forbids it."},
	{RegistrationNotSupported, "OpenID Connect Core §3.1.2.6", "The parameter registration is not supported."},
	{InvalidAuthorizationDetails, "RFC 9396 §5", "An authorization_details object is of an unknown type, malformed, or not allowed."},
	{InvalidDPoPProof, "RFC 9449 §5", "The DPoP proof is missing or invalid."},
	{UseDPoPNonce, "RFC 9449 §8", "The DPoP proof lacks the nonce that comes in the header DPoP-Nonce."},
	{InsufficientUserAuthentication, "RFC 9470 §3", "The user has to authenticate again, or more strongly, as acr_values or max_age in the challenge of a resource's 401 response says."},
	{NeedInfo, "UMA 2.0 Grant §3.3.6", "The server needs more claims, and the ticket to continue with goes with this error."},
	{RequestDenied, "UMA 2.0 Grant §3.3.6", "The policy of the server refuses the request."},
	{RequestSubmitted, "UMA 2.0 Grant §3.3.6", "The resource owner has been asked, so the client is to poll with the ticket."},
	{InvalidIssuer, "OpenID Federation 1.0 §8.9", "The endpoint does not serve this issuer."},
	{InvalidSubject, "OpenID Federation 1.0 §8.9", "The endpoint does not serve this subject."},
	{InvalidTrustAnchor, "OpenID Federation 1.0 §8.9", "The trust anchor was not found or is not usable."},
	{InvalidTrustChain, "OpenID Federation 1.0 §8.9", "The trust chain does not validate."},
	{InvalidMetadata, "OpenID Federation 1.0 §8.9", "Something in the metadata or the metadata policy is invalid or in conflict."},
	{NotFound, "OpenID Federation 1.0 §8.9", "What was asked for does not exist."},
	{UnsupportedParameter, "OpenID Federation 1.0 §8.9", "A parameter is not supported."},
	{VPFormatsNotSupported, "OpenID4VP 1.0 §8.5", "The wallet supports none of the presentation formats asked for."},
	{InvalidRequestURIMethod, "OpenID4VP 1.0 §8.5", "The request_uri_method has to be get or post, but is neither."},
	{InvalidTransactionData, "OpenID4VP 1.0 §8.5", "The transaction_data is unknown or malformed, or the credentials for it are not there."},
	{WalletUnavailable, "OpenID4VP 1.0 §8.5", "The wallet cannot answer now."},
	{UnmetAuthenticationRequirements, "OpenID Connect Core Error Code unmet_authentication_requirements 1.0 §1", "The authentication that was asked for cannot be met."},
	{ExpiredLoginHintToken, "CIBA Core 1.0 §13", "The login_hint_token has expired."},
	{UnknownUserID, "CIBA Core 1.0 §13", "The hint does not identify a user."},
	{MissingUserCode, "CIBA Core 1.0 §13", "The request needs a user code and has none."},
	{InvalidUserCode, "CIBA Core 1.0 §13", "The user code is wrong."},
	{InvalidBindingMessage, "CIBA Core 1.0 §13", "The binding message cannot be shown."},
	{TransactionFailed, "CIBA Core 1.0 §12", "The transaction failed for a reason that lies with the server, which pushes this error to the client."},
	{InvalidCredentialRequest, "OpenID4VCI 1.0 §8.3.1.2", "The credential request is malformed."},
	{UnknownCredentialConfiguration, "OpenID4VCI 1.0 §8.3.1.2", "The issuer does not know this credential configuration."},
	{UnknownCredentialIdentifier, "OpenID4VCI 1.0 §8.3.1.2", "The issuer does not know this credential identifier."},
	{InvalidProof, "OpenID4VCI 1.0 §8.3.1.2", "A key proof is missing or invalid."},
	{InvalidNonce, "OpenID4VCI 1.0 §8.3.1.2", "A key proof has an invalid nonce, so the wallet is to fetch a new one."},
	{InvalidEncryptionParameters, "OpenID4VCI 1.0 §8.3.1.2", "The encryption parameters are invalid or missing."},
	{CredentialRequestDenied, "OpenID4VCI 1.0 §8.3.1.2", "The credential request is refused for good, so the wallet is not to ask again."},
	{InvalidTransactionID, "OpenID4VCI 1.0 §9.3", "The deferred credential's transaction_id is invalid or used up."},
	{InvalidNotificationID, "OpenID4VCI 1.0 §11.3", "The notification_id is invalid."},
	{InvalidNotificationRequest, "OpenID4VCI 1.0 §11.3", "The notification request is malformed."},
}

// ErrorCodes returns all codes that this package has a constant for, in the order of the constants, in
// a fresh slice.
func ErrorCodes() []ErrorCode {
	codes := make([]ErrorCode, 0, len(errorCodes))
	for _, row := range errorCodes {
		codes = append(codes, row.code)
	}
	return codes
}

// What Other writes around a value without a name.
const otherPrefix, otherSuffix = "other(", ")"

// Other returns the code with the given CBOR value: Other(3) is [InvalidGrant], and Other(0) is
// "". A value without a name gives "other(N)", with N in decimal. Values below -65536 are for
// private use (RFC 9200 §8.4).
func Other(value int32) ErrorCode {
	if 0 <= value && int(value) < len(registered) {
		return registered[value]
	}
	return ErrorCode(otherPrefix + strconv.Itoa(int(value)) + otherSuffix)
}

// registered has the codes by their registered CBOR values, which go from 1 without a gap.
var registered = func() []ErrorCode {
	codes := []ErrorCode{""}
	for _, row := range errorCodes { // those with a value are in the order of their values
		if row.code.registeredValue() != 0 {
			codes = append(codes, row.code)
		}
	}
	return codes
}()

// CBORValue returns the integer that stands for c in CBOR (RFC 9200 §8.4). ok is false if there
// is none. Only eight of the constants and what [Other] returns have one: the text "other(3)"
// has none, since Other(3) is [InvalidGrant].
func (c ErrorCode) CBORValue() (value int32, ok bool) {
	if value := c.registeredValue(); value != 0 {
		return value, true
	}
	return c.otherValue()
}

// registeredValue returns the value of c in IANA's registry "OAuth Error Code CBOR Mappings" (RFC
// 9200 §8.4), or 0.
func (c ErrorCode) registeredValue() int32 {
	switch c {
	case InvalidRequest:
		return 1
	case InvalidClient:
		return 2
	case InvalidGrant:
		return 3
	case UnauthorizedClient:
		return 4
	case UnsupportedGrantType:
		return 5
	case InvalidScope:
		return 6
	case UnsupportedPoPKey:
		return 7
	case IncompatibleACEProfiles:
		return 8
	default:
		return 0
	}
}

// otherValue returns the value of a code that Other made for a value without a name.
func (c ErrorCode) otherValue() (value int32, ok bool) {
	digits, ok := strings.CutPrefix(string(c), otherPrefix)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(digits, otherSuffix), 10, 32)
	if err != nil || 0 <= n && n < int64(len(registered)) {
		return 0, false
	}
	var buffer [len("other(-2147483648)")]byte // not on the heap
	text := append(strconv.AppendInt(append(buffer[:0], otherPrefix...), n, 10), otherSuffix...)
	if string(c) != string(text) {
		return 0, false // "other(+9)" is not what Other returns
	}
	return int32(n), true
}

// IsPrivateUse reports whether c has a CBOR value below -65536, which RFC 9200 §8.4 reserves for
// private use.
func (c ErrorCode) IsPrivateUse() bool {
	value, ok := c.CBORValue()
	return ok && value < -65536
}

// IsKnown reports whether this package has a constant for c.
func (c ErrorCode) IsKnown() bool { return c.row() != nil }

// Description returns a sentence for people that says what c means, or "" if c is not known. It
// holds only characters that error_description may have, but nothing sends it by itself.
func (c ErrorCode) Description() string {
	if row := c.row(); row != nil {
		return row.description
	}
	return ""
}

// Reference returns where c is specified, such as "RFC 6749 §5.2", or "" if c is not known.
func (c ErrorCode) Reference() string {
	if row := c.row(); row != nil {
		return row.reference
	}
	return ""
}

// row returns what is known of c, or nil.
func (c ErrorCode) row() *codeRow {
	i := slices.IndexFunc(errorCodes, func(row codeRow) bool { return row.code == c })
	if i < 0 {
		return nil
	}
	return &errorCodes[i]
}

// String returns the code for people to read, quoted by [strconv.Quote] if it has a character that is
// not printable, and "no error code" for "". What goes on a wire is string(c).
func (c ErrorCode) String() string {
	if c == "" {
		return "no error code"
	}
	return plain.Quoted(string(c))
}

// Error returns what [ErrorCode.String] does.
func (c ErrorCode) Error() string { return c.String() }

// Is reports whether target is c. With it, [errors.Is] finds a code that is held by a pointer
// or embedded in a struct.
func (c ErrorCode) Is(target error) bool {
	code, ok := target.(ErrorCode)
	return ok && code == c && c != ""
}

// As sets target to c if it is an [*ErrorCode] and c is not "". It does for [errors.As] what
// [ErrorCode.Is] does for errors.Is.
func (c ErrorCode) As(target any) bool {
	code, ok := target.(*ErrorCode)
	if !ok || c == "" {
		return false
	}
	*code = c
	return true
}

func (c ErrorCode) decide(self error) decision {
	_, whole := self.(ErrorCode)
	return decision{kind: isCode, code: c, whole: whole}
}
