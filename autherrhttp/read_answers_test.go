package autherrhttp_test

import (
	"bufio"
	"io"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// A said is what a RemoteError holds besides status, header and body.
type said struct {
	code        autherr.ErrorCode
	description string
	uri         string
	wait        time.Duration
	err         string // what Err says, or a part of it; "" if Err is nil
}

const (
	jsonType = "Content-Type: application/json"
	jsonUTF8 = "Content-Type: application/json; charset=utf-8"
	htmlType = "Content-Type: text/html; charset=UTF-8"
	textType = "Content-Type: text/plain; charset=utf-8"
	formType = "Content-Type: application/x-www-form-urlencoded; charset=utf-8"
	noStore  = "\nCache-Control: no-store\nPragma: no-cache"

	absent   = "autherr: error: required, but absent"
	anObject = "autherr: error: found object, not a string"
)

// answers are what providers answer, in the form that each of them documents, with texts of our own.
var answers = []struct {
	name   string
	status int
	header string // lines
	body   string
	want   said
}{
	// RFC 6749 §5.2, with members of the provider's own.
	{"Microsoft Entra: code expired", 400, jsonUTF8 + noStore + "\nx-ms-request-id: 0000aaaa-11bb",
		`{"error":"invalid_grant","error_description":"AADSTS70008: The code is too old.\r\nTrace ID: 0000aaaa-11bb\r\nTimestamp: 2026-01-09 02:02:12Z","error_codes":[70008],"timestamp":"2026-01-09 02:02:12Z","trace_id":"0000aaaa-11bb","correlation_id":"aaaa0000-bb11","error_uri":"https://login.microsoftonline.com/error?code=70008"}`,
		said{code: "invalid_grant", description: "AADSTS70008: The code is too old.\r\nTrace ID: 0000aaaa-11bb\r\nTimestamp: 2026-01-09 02:02:12Z", uri: "https://login.microsoftonline.com/error?code=70008"}},
	{"Microsoft Entra: interaction required, with claims", 400, jsonUTF8,
		`{"error":"interaction_required","error_description":"AADSTS50076: Use another factor.","error_codes":[50076],"suberror":"basic_action","claims":"{\"access_token\":{\"capolids\":{\"essential\":true}}}"}`,
		said{code: autherr.InteractionRequired, description: "AADSTS50076: Use another factor."}},
	{"Microsoft Entra: wrong secret", 401, jsonUTF8,
		`{"error":"invalid_client","error_description":"AADSTS7000215: The secret is wrong.","error_codes":[7000215]}`,
		said{code: autherr.InvalidClient, description: "AADSTS7000215: The secret is wrong."}},
	{"Microsoft Entra: device code pending", 400, jsonUTF8,
		`{"error":"authorization_pending","error_description":"AADSTS70016: Nobody has answered yet.","error_codes":[70016]}`,
		said{code: autherr.AuthorizationPending, description: "AADSTS70016: Nobody has answered yet."}},
	{"Microsoft Entra: device code too old, by a code of its own", 400, jsonUTF8, `{"error":"code_expired","error_description":"AADSTS70020: Too late."}`,
		said{code: "code_expired", description: "AADSTS70020: Too late."}},
	{"Google: refresh token revoked", 400, jsonUTF8 + "\nVary: X-Origin", "{\n  \"error\": \"invalid_grant\",\n  \"error_description\": \"The token was revoked.\"\n}",
		said{code: "invalid_grant", description: "The token was revoked."}},
	{"Google: unknown client", 401, jsonUTF8, `{"error":"invalid_client","error_description":"No such client."}`,
		said{code: "invalid_client", description: "No such client."}},
	{"Google: device code pending, with 428", 428, jsonUTF8, `{"error":"authorization_pending","error_description":"Precondition Required"}`,
		said{code: "authorization_pending", description: "Precondition Required"}},
	{"Google: device asks too often, with 403", 403, jsonUTF8, `{"error":"slow_down","error_description":"Forbidden"}`,
		said{code: autherr.SlowDown, description: "Forbidden"}},
	{"Google: too many tries", 403, jsonUTF8, `{"error_code":"rate_limit_exceeded"}`, said{err: absent}},
	{"GitLab: token revoked, in body and challenge", 401, jsonType + "\n" + `WWW-Authenticate: Bearer realm="Protected by OAuth 2.0", error="invalid_token", error_description="Revoked, log in again"`,
		`{"error":"invalid_token","error_description":"Revoked. Log in again."}`, said{code: autherr.InvalidToken, description: "Revoked. Log in again."}},
	{"GitLab: scope lacking", 403, jsonType, `{"error":"insufficient_scope","error_description":"This needs more than the token has.","scope":"api"}`,
		said{code: autherr.InsufficientScope, description: "This needs more than the token has."}},
	{"GitLab: no token", 401, jsonType, `{"message":"401 Unauthorized"}`, said{err: absent}},
	{"Okta: DPoP without nonce", 400, jsonType + "\nDPoP-Nonce: bm9uY2U", `{"error":"use_dpop_nonce","error_description":"A nonce is needed in the proof."}`,
		said{code: autherr.UseDPoPNonce, description: "A nonce is needed in the proof."}},
	{"Okta: its own form at the token endpoint", 401, jsonType, `{"errorCode":"invalid_client","errorSummary":"Wrong client_id.","errorLink":"invalid_client","errorId":"oae1","errorCauses":[]}`,
		said{err: absent}},
	{"Okta: scope lacking, in the challenge only", 403, jsonType + "\n" +
		`WWW-Authenticate: Bearer authorization_uri="https://example.okta.com/oauth2/v1/authorize", realm="https://example.okta.com", scope="okta.users.read", error="insufficient_scope", error_description="The token lacks a scope.", resource="/api/v1/users"`,
		`{"errorCode":"E0000006","errorSummary":"Not allowed","errorCauses":[]}`, said{code: "insufficient_scope", description: "The token lacks a scope."}},
	{"Okta: rate limit", 429, jsonType + "\nX-Rate-Limit-Limit: 600\nX-Rate-Limit-Reset: 1767225600\nRetry-After: 41", `{"errorCode":"E0000047","errorSummary":"Too many calls","errorCauses":[]}`,
		said{wait: 41 * time.Second, err: absent}},
	{"Auth0: wrong code, with 403", 403, jsonType, `{"error":"invalid_grant","error_description":"Wrong authorization code"}`,
		said{code: "invalid_grant", description: "Wrong authorization code"}},
	{"Auth0: second factor", 403, jsonType, `{"error":"mfa_required","error_description":"Another factor is needed","mfa_token":"Fe26"}`,
		said{code: "mfa_required", description: "Another factor is needed"}},
	{"Auth0: too many attempts", 429, jsonType, `{"error":"too_many_attempts","error_description":"This account is blocked."}`,
		said{code: "too_many_attempts", description: "This account is blocked."}},
	{"Auth0: Management API", 401, jsonType, `{"statusCode":401,"error":"Unauthorized","message":"Wrong token","errorCode":"invalid_token"}`, said{code: "Unauthorized"}},
	{"Auth0: text from its edge", 429, textType + "\nRetry-After: 5", "Too many calls from everybody", said{wait: 5 * time.Second, err: "no JSON object in body of type text/plain; charset=utf-8: invalid character 'T'"}},
	{"Keycloak: session gone", 400, jsonType + noStore, `{"error":"invalid_grant","error_description":"The session is over"}`,
		said{code: "invalid_grant", description: "The session is over"}},
	{"Keycloak: wrong secret, by another code", 401, jsonType, `{"error":"unauthorized_client","error_description":"Client or its credentials are wrong"}`,
		said{code: autherr.UnauthorizedClient, description: "Client or its credentials are wrong"}},
	{"Keycloak: user info, with the error in both", 401, jsonType + "\n" + `WWW-Authenticate: Bearer realm="master", error="invalid_token", error_description="The token did not verify"`,
		`{"error":"invalid_token","error_description":"The token did not verify"}`, said{code: "invalid_token", description: "The token did not verify"}},
	{"Keycloak: UMA denied", 403, jsonType, `{"error":"access_denied","error_description":"not_authorized"}`, said{code: "access_denied", description: "not_authorized"}},
	{"Keycloak: UMA ticket from a resource server", 401, "Content-Length: 0\n" + `WWW-Authenticate: UMA realm="photos", as_uri="https://as.example/realms/photos", ticket="ticket-1"`, "",
		said{err: "autherrhttp: body is empty"}},
	{"Salesforce: refresh token gone", 400, jsonUTF8, `{"error":"invalid_grant","error_description":"this refresh token has ended"}`,
		said{code: "invalid_grant", description: "this refresh token has ended"}},
	{"Salesforce: REST API, in an array", 401, jsonUTF8 + "\nWWW-Authenticate: Token", `[{"message":"Session is over","errorCode":"INVALID_SESSION_ID"}]`,
		said{err: "autherrhttp: no JSON object in body of type application/json; charset=utf-8: found array"}},
	{"AWS Cognito: code used", 400, jsonUTF8, `{"error":"invalid_grant"}`, said{code: "invalid_grant"}},
	{"AWS Cognito: API", 400, "Content-Type: application/x-amz-json-1.1\nx-amzn-ErrorType: NotAuthorizedException:", `{"__type":"NotAuthorizedException","message":"Wrong password."}`, said{err: absent}},
	{"AWS API Gateway: challenge without commas", 401, jsonType + "\n" + `WWW-Authenticate: Bearer scope="" error="invalid_token" error_description="the token is for another audience"`,
		`{"message":"Unauthorized"}`, said{code: "invalid_token", description: "the token is for another audience"}},
	{"AWS IAM Identity Center: null", 400, jsonType + "\nx-amzn-ErrorType: AuthorizationPendingException", `{"error":"authorization_pending","error_description":null}`, said{code: "authorization_pending"}},
	{"AWS STS: XML", 400, "Content-Type: text/xml", "<ErrorResponse><Error><Code>ExpiredTokenException</Code></Error></ErrorResponse>",
		said{err: "no JSON object in body of type text/xml: invalid character '<'"}},
	{"Amazon LWA: wrong token", 400, "Content-Type: application/json;charset=UTF-8", `{"error_description":"The token is wrong","error":"invalid_token","request_id":"f1"}`,
		said{code: "invalid_token", description: "The token is wrong"}},
	{"Amazon LWA: server error", 500, "Content-Type: application/json;charset=UTF-8", `{"error":"server_error","error_description":"Something broke","request_id":"f2"}`,
		said{code: autherr.ServerError, description: "Something broke"}},
	{"Apple: code used", 400, "Content-Type: application/json;charset=ISO-8859-1", `{"error":"invalid_grant","error_description":"The code has been used."}`,
		said{code: "invalid_grant", description: "The code has been used."}},
	{"Apple: client secret expired", 400, "Content-Type: application/json;charset=UTF-8", `{"error":"invalid_client"}`, said{code: "invalid_client"}},
	{"Discord: quotes in the description", 400, jsonType, `{"error": "invalid_grant", "error_description": "No such \"code\" in request."}`,
		said{code: "invalid_grant", description: `No such "code" in request.`}},
	{"Discord: rate limit", 429, jsonType + "\nRetry-After: 65\nX-RateLimit-Scope: user", `{"message":"Slow down.","retry_after":64.57,"global":false}`, said{wait: 65 * time.Second, err: absent}},
	{"Discord: no token", 401, jsonType, `{"message":"401: Unauthorized","code":0}`, said{err: absent}},
	{"X: wrong code", 400, jsonUTF8, `{"error":"invalid_request","error_description":"The code was wrong."}`,
		said{code: autherr.InvalidRequest, description: "The code was wrong."}},
	{"X: problem details", 401, "Content-Type: application/problem+json", `{"title":"Unauthorized","type":"about:blank","status":401,"detail":"Unauthorized"}`, said{err: absent}},
	{"X: version 1.1", 401, jsonUTF8 + "\n" + `WWW-Authenticate: OAuth realm="https://api.twitter.com"`, `{"errors":[{"code":89,"message":"Wrong or old token."}]}`, said{err: absent}},
	{"LinkedIn: wrong code", 400, jsonUTF8, `{"error":"invalid_request","error_description":"No token: app, redirect URI or code do not match"}`,
		said{code: "invalid_request", description: "No token: app, redirect URI or code do not match"}},
	{"LinkedIn: API", 401, jsonType, `{"status":401,"serviceErrorCode":65601,"code":"REVOKED_ACCESS_TOKEN","message":"Revoked by the user"}`, said{err: absent}},
	{"Spotify: API, error an object, the code in the challenge", 401, jsonType + "\n" + `WWW-Authenticate: Bearer realm="spotify", error="invalid_token", error_description="The token is too old"`,
		`{"error":{"status":401,"message":"The token is too old"}}`, said{code: "invalid_token", description: "The token is too old"}},
	{"Spotify: rate limit", 429, jsonType + "\nRetry-After: 3600", `{"error":{"status":429,"message":"Too many"}}`, said{wait: time.Hour, err: anObject}},
	{"Dropbox: code too old", 400, jsonType, `{"error":"invalid_grant","error_description":"the code is too old"}`, said{code: "invalid_grant", description: "the code is too old"}},
	{"Dropbox: API, error an object", 401, jsonType, `{"error":{".tag":"expired_access_token"},"error_summary":"expired_access_token/.."}`, said{err: anObject}},
	{"Dropbox: rate limit", 429, jsonType + "\nRetry-After: 15", `{"error":{"reason":{".tag":"too_many_requests"},"retry_after":15},"error_summary":"too_many_requests/."}`, said{wait: 15 * time.Second, err: anObject}},
	{"Dropbox: bad input, as text", 400, textType, "Error in call to an API function: no such field", said{err: "body of type text/plain; charset=utf-8: invalid character 'E'"}},
	{"PayPal: wrong secret", 401, jsonType, `{"error":"invalid_client","error_description":"Client could not be authenticated"}`, said{code: "invalid_client", description: "Client could not be authenticated"}},
	{"PayPal: API", 401, jsonType, `{"name":"AUTHENTICATION_FAILURE","message":"Authentication failed","debug_id":"b1","links":[{"href":"https://developer.paypal.com/","rel":"information_link"}]}`, said{err: absent}},
	{"Zoom: reason beside error", 400, "Content-Type: application/json;charset=UTF-8", `{"reason":"Invalid Token!","error":"invalid_grant"}`, said{code: "invalid_grant"}},
	{"Zoom: API", 401, jsonUTF8, `{"code":124,"message":"Wrong token."}`, said{err: absent}},
	{"Atlassian: refresh token used, with 403", 403, jsonType, `{"error":"invalid_grant","error_description":"No such refresh token."}`, said{code: "invalid_grant", description: "No such refresh token."}},
	{"Atlassian: API", 401, jsonUTF8 + "\n" + `WWW-Authenticate: OAuth realm="https%3A%2F%2Fexample.atlassian.net"`, `{"code":401,"message":"Unauthorized; scope does not match"}`, said{err: absent}},
	{"Box: refresh token gone", 400, jsonType, `{"error":"invalid_grant","error_description":"The refresh token is too old"}`, said{code: "invalid_grant", description: "The refresh token is too old"}},
	{"Box: API without body", 401, `WWW-Authenticate: Bearer realm="Service", error="invalid_token", error_description="The access token is wrong."`, "", said{code: "invalid_token", description: "The access token is wrong."}},
	{"PingFederate: unknown refresh token", 400, jsonUTF8, `{"error_description":"no such refresh token","error":"invalid_grant"}`, said{code: "invalid_grant", description: "no such refresh token"}},
	{"PingOne: client", 401, jsonType, `{"error":"invalid_client","error_description":"Request denied: wrong client credentials (Correlation ID: 7e)"}`,
		said{code: "invalid_client", description: "Request denied: wrong client credentials (Correlation ID: 7e)"}},
	{"ForgeRock: client, with a Basic challenge", 401, "Content-Type: application/json;charset=UTF-8\n" + `WWW-Authenticate: Basic realm="/"`, `{"error_description":"Client authentication failed","error":"invalid_client"}`,
		said{code: "invalid_client", description: "Client authentication failed"}},
	{"Twitch: no error", 400, jsonType, `{"status":400,"message":"Wrong refresh token"}`, said{err: absent}},
	{"Twitch: a status in error", 401, jsonType + "\n" + `WWW-Authenticate: OAuth realm="TwitchTV"`, `{"error":"Unauthorized","status":401,"message":"OAuth token is missing"}`, said{code: "Unauthorized"}},
	{"HubSpot: its own form", 400, jsonUTF8, `{"status":"BAD_REFRESH_TOKEN","message":"no such refresh token","correlationId":"3c"}`, said{err: absent}},
	{"Shopify: code used", 400, jsonUTF8, `{"error":"invalid_request","error_description":"The code was used before"}`, said{code: "invalid_request", description: "The code was used before"}},
	{"Shopify: code wrong, as a page", 400, htmlType, "<!DOCTYPE html><title>Oauth error invalid_request</title>", said{err: "no JSON object in body of type text/html; charset=UTF-8"}},
	{"Shopify: rate limit, with a fraction", 429, jsonUTF8 + "\nRetry-After: 2.0\nX-Shopify-Shop-Api-Call-Limit: 40/40", `{"errors":"Too many calls"}`, said{wait: 2 * time.Second, err: absent}},
	{"Notion: token wrong", 401, jsonUTF8, `{"object":"error","status":401,"code":"unauthorized","message":"The token is wrong.","request_id":"9a"}`, said{err: absent}},
	{"Notion: code wrong", 400, jsonUTF8, `{"error":"invalid_grant","error_description":"No such code.","request_id":"9b"}`, said{code: "invalid_grant", description: "No such code."}},
	{"Intuit: refresh token gone", 400, "Content-Type: application/json;charset=UTF-8\nintuit_tid: 1-65", `{"error_description":"Wrong refresh token","error":"invalid_grant"}`, said{code: "invalid_grant", description: "Wrong refresh token"}},
	{"Intuit: API", 401, jsonType, `{"warnings":null,"intuitObject":null,"fault":{"error":[{"message":"errorCode=003200","code":"3200"}],"type":"AUTHENTICATION"}}`, said{err: absent}},
	{"Yahoo: code wrong", 400, "Content-Type: application/json;charset=utf-8", `{"error":"invalid_grant","error_description":"No such code"}`, said{code: "invalid_grant", description: "No such code"}},
	{"Yahoo: error an object", 400, "Content-Type: application/json;charset=utf-8", `{"error":{"localizedMessage":"bad","errorId":"INVALID_INPUT","message":"bad"}}`, said{err: anObject}},
	{"Stripe: code used", 400, jsonType, `{"error":"invalid_grant","error_description":"No such code: ac_1"}`, said{code: "invalid_grant", description: "No such code: ac_1"}},
	{"Stripe: API, error an object", 401, jsonType + "\n" + `WWW-Authenticate: Bearer realm="Stripe"`, `{"error":{"message":"Wrong API key: sk_test_1","type":"invalid_request_error"}}`, said{err: anObject}},
	{"Reddit: error a number", 401, jsonUTF8, `{"message": "Unauthorized", "error": 401}`, said{err: "autherr: error: found number, not a string"}},
	{"Spring Authorization Server: with a URI", 400, "Content-Type: application/json;charset=UTF-8", `{"error_description":"What is wrong: code_verifier","error":"invalid_grant","error_uri":"https://datatracker.ietf.org/doc/html/rfc7636#section-4.6"}`,
		said{code: "invalid_grant", description: "What is wrong: code_verifier", uri: "https://datatracker.ietf.org/doc/html/rfc7636#section-4.6"}},
	{"Ory Hydra: hints", 400, jsonUTF8, `{"error":"invalid_grant","error_description":"The grant is wrong.","error_hint":"Used before","error_verbose":"…","status_code":400}`, said{code: "invalid_grant", description: "The grant is wrong."}},
	{"Kakao: a code of its own beside", 400, "Content-Type: application/json;charset=utf-8", `{"error":"invalid_grant","error_description":"no such code","error_code":"KOE320"}`, said{code: "invalid_grant", description: "no such code"}},
	{"Feishu: a number beside", 400, jsonUTF8, `{"code":20003,"error":"invalid_grant","error_description":"授权码无效"}`, said{code: "invalid_grant", description: "授权码无效"}},
	{"Fitbit: errors in an array", 400, jsonType, `{"errors":[{"errorType":"invalid_grant","message":"Refresh token wrong"}],"success":false}`, said{err: absent}},
	{"Zendesk: error an object", 403, jsonUTF8, `{"error":{"title":"Forbidden","message":"Not for you"}}`, said{err: anObject}},
	{"Kubernetes: a Status", 401, jsonType, `{"kind":"Status","apiVersion":"v1","status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}`, said{err: absent}},

	// Errors with a success status.
	{"GitHub: code wrong, as a form", 200, formType, "error=bad_verification_code&error_description=The+code+is+wrong+or+old.&error_uri=https%3A%2F%2Fdocs.github.com%2Fapps%2F%23bad-verification-code",
		said{code: "bad_verification_code", description: "The code is wrong or old.", uri: "https://docs.github.com/apps/#bad-verification-code"}},
	{"GitHub: secret wrong, as JSON", 200, jsonUTF8, `{"error":"incorrect_client_credentials","error_description":"The client_id or the secret is wrong.","error_uri":"/apps/troubleshooting#incorrect-client-credentials"}`,
		said{code: "incorrect_client_credentials", description: "The client_id or the secret is wrong.", uri: "/apps/troubleshooting#incorrect-client-credentials"}},
	{"GitHub: device asks too often", 200, jsonUTF8, `{"error":"slow_down","error_description":"Too many requests.","error_uri":"https://docs.github.com","interval":10}`,
		said{code: "slow_down", description: "Too many requests.", uri: "https://docs.github.com"}},
	{"Slack: token wrong", 200, jsonUTF8, `{"ok":false,"error":"invalid_auth"}`, said{code: "invalid_auth"}},
	{"Slack: scope lacking", 200, jsonUTF8 + "\nX-OAuth-Scopes: identify", `{"ok":false,"error":"missing_scope","needed":"chat:write","provided":"identify"}`, said{code: "missing_scope"}},
	{"WeChat: a number", 200, textType, `{"errcode":40029,"errmsg":"invalid code, rid: 6"}`, said{err: absent}},
	{"TikTok: token endpoint", 200, jsonType, `{"error":"invalid_grant","error_description":"Code is old.","log_id":"20260101"}`, said{code: "invalid_grant", description: "Code is old."}},
	{"Reddit: code used", 200, jsonUTF8, `{"error":"invalid_grant"}`, said{code: "invalid_grant"}},
	{"sa-token: a result", 200, jsonType, `{"code":500,"msg":"no such client","data":null}`, said{err: absent}},

	// Other errors of these providers.
	{"GitHub: API", 401, jsonUTF8, `{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest","status":"401"}`, said{err: absent}},
	{"GitHub: rate limit", 403, jsonUTF8 + "\nRetry-After: 60", `{"message":"Too fast.","documentation_url":"https://docs.github.com/rest"}`, said{wait: time.Minute, err: absent}},
	{"Slack: rate limit", 429, jsonUTF8 + "\nRetry-After: 30", `{"ok":false,"error":"ratelimited"}`, said{code: "ratelimited", wait: 30 * time.Second}},
	{"Facebook: error an object", 400, jsonUTF8 + "\n" + `WWW-Authenticate: OAuth "Facebook Platform" "invalid_token" "The session has ended."`,
		`{"error":{"message":"The session has ended.","type":"OAuthException","code":190,"error_subcode":463,"fbtrace_id":"H2"}}`, said{err: anObject}},
	{"Instagram: error_type", 400, jsonUTF8, `{"error_type":"OAuthException","code":400,"error_message":"The code has been used"}`, said{err: absent}},
	{"Google: API, error an object, the code in the challenge", 401, "Content-Type: application/json; charset=UTF-8\n" + `WWW-Authenticate: Bearer realm="https://accounts.google.com/", error="invalid_token"`,
		`{"error":{"code":401,"message":"Log in.","status":"UNAUTHENTICATED"}}`, said{code: "invalid_token"}},
	{"Google: API quota", 429, "Content-Type: application/json; charset=UTF-8", `{"error":{"code":429,"message":"Too much.","status":"RESOURCE_EXHAUSTED"}}`, said{err: anObject}},
	{"Microsoft Graph: error an object", 401, jsonType, `{"error":{"code":"InvalidAuthenticationToken","message":"No lifetime in token.","innerError":{"request-id":"7f"}}}`, said{err: anObject}},
	{"Microsoft Graph: claims challenge", 401, jsonType + "\n" + `WWW-Authenticate: Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="`,
		`{"error":{"code":"InvalidAuthenticationToken","message":"Evaluated continuously."}}`, said{code: "insufficient_claims"}},
	{"Microsoft Entra: unavailable, with a date", 503, htmlType + "\nDate: Fri, 09 Jan 2026 02:02:12 GMT\nRetry-After: Fri, 09 Jan 2026 02:04:12 GMT", "<html><body>Try later</body></html>",
		said{wait: 2 * time.Minute, err: "body of type text/html"}},
	{"Azure DevOps: an address without quotes, in three lines", 401, "Content-Length: 0\nWWW-Authenticate: Bearer authorization_uri=https://login.windows.net/f88c76e1\n" + `WWW-Authenticate: Basic realm="https://pkgs.dev.azure.com/"` + "\nWWW-Authenticate: TFS-Federated", "",
		said{err: "body is empty"}},
	{"Azure Key Vault: where to get a token", 401, jsonUTF8 + "\n" + `WWW-Authenticate: Bearer authorization="https://login.windows.net/72f9", resource="https://vault.azure.net"`,
		`{"error":{"code":"Unauthorized","message":"AKV10000: No token."}}`, said{err: anObject}},
	{"SharePoint: NTLM beside", 401, textType + "\n" + `WWW-Authenticate: NTLM` + "\n" + `WWW-Authenticate: Bearer realm="72f9",client_id="00000003-0000-0ff1-ce00-000000000000",trusted_issuers="00000001-0000-0000-c000-000000000000@*",error="invalid_token",error_description="The token was not taken"`,
		"401 UNAUTHORIZED", said{code: "invalid_token", description: "The token was not taken"}},
	{"Docker registry: scope lacking", 401, jsonType + "\n" + `WWW-Authenticate: Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:team/app:pull,push",error="insufficient_scope"`,
		`{"errors":[{"code":"UNAUTHORIZED","message":"log in first","detail":null}]}`, said{code: "insufficient_scope"}},

	// Challenges of OAuth's extensions.
	{"MCP: no token", 401, jsonType + "\n" + `WWW-Authenticate: Bearer resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp", scope="files:read"`,
		`{"jsonrpc":"2.0","error":{"code":-32000,"message":"Unauthorized"},"id":null}`, said{err: anObject}},
	{"MCP: token expired", 401, `WWW-Authenticate: Bearer error="invalid_token", error_description="The token is too old", resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource"`, "",
		said{code: "invalid_token", description: "The token is too old"}},
	{"MCP: more scope", 403, jsonType + "\n" + `WWW-Authenticate: Bearer error="insufficient_scope", scope="files:read files:write", resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource"`,
		`{"jsonrpc":"2.0","error":{"code":-32001,"message":"Forbidden"},"id":7}`, said{code: "insufficient_scope"}},
	{"DPoP: nonce wanted by a resource", 401, "DPoP-Nonce: bm9uY2UtMQ\n" + `WWW-Authenticate: DPoP error="use_dpop_nonce", error_description="Put a nonce into the proof"`, "",
		said{code: "use_dpop_nonce", description: "Put a nonce into the proof"}},
	{"DPoP: in the second challenge", 401, `WWW-Authenticate: Bearer realm="api", DPoP algs="ES256 PS256", error="invalid_dpop_proof"`, "", said{code: autherr.InvalidDPoPProof}},
	{"AT Protocol: nonce wanted, in both", 401, jsonUTF8 + "\nDPoP-Nonce: 2rH3\n" + `WWW-Authenticate: DPoP error="use_dpop_nonce", error_description="A nonce is needed"`,
		`{"error":"use_dpop_nonce","message":"A nonce is needed"}`, said{code: "use_dpop_nonce", description: "A nonce is needed"}},
	{"step-up: factor", 401, `WWW-Authenticate: Bearer error="insufficient_user_authentication", error_description="Another factor", acr_values="myACR"`, "", said{code: autherr.InsufficientUserAuthentication, description: "Another factor"}},
	{"step-up: age", 401, `WWW-Authenticate: Bearer error="insufficient_user_authentication", error_description="Too long ago", max_age="5"`, "", said{code: "insufficient_user_authentication", description: "Too long ago"}},
	{"UMA: need_info", 403, jsonType + noStore, `{"error":"need_info","ticket":"dGlja2V0LTE=","required_claims":[{"name":"email"}],"redirect_user":"https://as.example/claims"}`, said{code: autherr.NeedInfo}},
	{"UMA: request_submitted", 403, jsonType, `{"error":"request_submitted","ticket":"d3d3","interval":5}`, said{code: autherr.RequestSubmitted}},
	{"CIBA: pending", 400, jsonType, `{"error":"authorization_pending","error_description":"The user has not answered yet."}`, said{code: "authorization_pending", description: "The user has not answered yet."}},
	{"CIBA: hint expired", 400, jsonType, `{"error":"expired_login_hint_token"}`, said{code: autherr.ExpiredLoginHintToken}},
	{"OID4VCI: proof wrong, with a new nonce", 400, jsonType + noStore, `{"error":"invalid_proof","error_description":"The proof has no nonce.","c_nonce":"nonce-2","c_nonce_expires_in":86400}`, said{code: autherr.InvalidProof, description: "The proof has no nonce."}},
	{"OID4VCI: pending", 400, jsonType, `{"error":"issuance_pending","interval":30}`, said{code: "issuance_pending"}},
	{"OpenID Federation: not found", 404, jsonType, `{"error":"not_found","error_description":"No such entity."}`, said{code: autherr.NotFound, description: "No such entity."}},
	{"dynamic registration", 400, jsonType + noStore, `{"error":"invalid_redirect_uri","error_description":"Nobody may be sent to http://as.example/."}`,
		said{code: autherr.InvalidRedirectURI, description: "Nobody may be sent to http://as.example/."}},
	{"revocation: unavailable", 503, jsonType + "\nRetry-After: 120", `{"error":"temporarily_unavailable"}`, said{code: autherr.TemporarilyUnavailable, wait: 2 * time.Minute}},
	{"ACE: CBOR", 400, "Content-Type: application/ace+cbor", "\xA2\x18\x1E\x03\x18\x1F\x65stale", said{code: "invalid_grant", description: "stale"}},
	{"ACE: a code without a name", 400, "Content-Type: Application/ACE+CBOR\t ; x=y", "\xA1\x18\x1E\x39\x01\x00", said{code: autherr.Other(-257)}},
	{"ACE: no error", 400, "Content-Type: application/ace+cbor", "\xA0", said{err: absent}},
	{"Digest: stale", 401, htmlType + "\n" + `WWW-Authenticate: Digest realm="r", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/x", stale=true`, "<html></html>", said{err: "no JSON object"}},
	{"Negotiate", 401, "WWW-Authenticate: Negotiate oYG/09==", "", said{err: "body is empty"}},

	// What answers in place of a server.
	{"nginx: bad gateway", 502, "Server: nginx\nContent-Type: text/html", "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n</html>\r\n",
		said{err: "autherrhttp: no JSON object in body of type text/html: invalid character '<' looking for beginning of value"}},
	{"nginx: too large", 413, "Server: nginx\nContent-Type: text/html", "<html>\r\n<head><title>413</title></head>", said{err: "no JSON object in body of type text/html"}},
	{"Cloudflare: origin times out", 522, textType + "\nServer: cloudflare\nCF-RAY: 8f-LHR", "error code: 522", said{err: "invalid character 'e' looking for beginning of value"}},
	{"Cloudflare: rate limit", 429, textType + "\nServer: cloudflare\nRetry-After: 10", "error code: 1015", said{wait: 10 * time.Second, err: "body of type text/plain"}},
	{"Cloudflare: a riddle for people", 403, htmlType + "\ncf-mitigated: challenge", "<!DOCTYPE html><html>Wait</html>", said{err: "body of type text/html"}},
	{"Envoy: no upstream", 503, "Content-Type: text/plain\nServer: envoy", "upstream cannot be reached", said{err: "body of type text/plain: invalid character 'u'"}},
	{"AWS load balancer", 504, "Content-Type: text/html\nServer: awselb/2.0", "<html><center><h1>504 Gateway Time-out</h1></center></html>", said{err: "body of type text/html"}},
	{"Traefik: no type", 404, "", "404 nothing here", said{err: "autherrhttp: no JSON object in body: found number"}},
	{"net/http: method", 405, textType + "\nAllow: POST", "Method Not Allowed\n", said{err: "body of type text/plain"}},
	{"a proxy that asks for a password", 407, "Content-Length: 0\n" + `Proxy-Authenticate: Basic realm="x", error="not_oauth"`, "", said{err: "body is empty"}},
	{"a redirect that nobody followed", 302, "Location: https://as.example/login", "", said{err: "body is empty"}},

	// JSON that is odd.
	{"JSON by another name", 400, htmlType, `{"error":"invalid_grant"}`, said{code: "invalid_grant"}},
	{"JSON by the name of CBOR", 400, "Content-Type: application/ace+cbor", `{"error":"invalid_grant"}`, said{code: "invalid_grant"}},
	{"JSON by the name of a form", 400, formType, `{"error":"invalid_grant"}`, said{code: "invalid_grant"}},
	{"JSON after a byte order mark", 400, jsonType, "\uFEFF" + `{"error":"invalid_grant"}`, said{code: "invalid_grant"}},
	{"JSON before a warning", 400, jsonType, `{"error":"invalid_grant"}` + "\n<b>Warning</b>: line 7", said{code: "invalid_grant", err: "autherrhttp: body goes on after the JSON object"}},
	{"JSON before zeros", 400, jsonType, `{"error":"invalid_grant"}` + "\x00", said{code: "invalid_grant", err: "goes on"}},
	{"JSON before space", 400, jsonType, ` {"error":"invalid_grant"} ` + "\r\n\r\n", said{code: "invalid_grant"}},
	{"JSON cut short", 400, jsonType, `{"error":"invalid_grant","error_desc`, said{err: "autherrhttp: no JSON object in body of type application/json: unexpected EOF"}},
	{"JSON cut short after its code", 400, jsonType, `{"error":"invalid_grant"`, said{err: "unexpected EOF"}},
	{"JSON malformed", 400, jsonType, `{"error":"invalid_grant",}`, said{err: "invalid character '}'"}},
	{"JSON that is null", 400, jsonType, `null`, said{err: "found null"}},
	{"JSON that is text", 400, jsonType, `"invalid_grant"`, said{err: "found string"}},
	{"JSON that is a number", 400, jsonType, `400`, said{err: "found number"}},
	{"JSON that is true", 400, jsonType, `true`, said{err: "found bool"}},
	{"JSON with a description that is not a text", 400, jsonType, `{"error":"invalid_grant","error_description":["a"],"error_uri":7}`,
		said{code: "invalid_grant", err: "autherr: error_description: found array, not a string; autherr: error_uri: found number, not a string"}},
	{"JSON with an error that is not a text", 400, jsonType, `{"error":false,"error_description":"d","error_uri":"u"}`, said{description: "d", uri: "u", err: "autherr: error: found bool, not a string"}},
	{"JSON with an empty error", 400, jsonType, `{"error":"","error_description":"d"}`, said{description: "d", err: absent}},
	{"JSON with null for error", 400, jsonType, `{"error":null,"error_description":"d"}`, said{description: "d", err: absent}},
	{"JSON with error twice", 400, jsonType, `{"error":"a","error":"b"}`, said{code: "b"}},
	{"JSON with names in other letters", 400, jsonType, `{"ERROR":"a","Error_Description":"b"}`, said{err: absent}},
	{"JSON with escapes", 400, jsonType, `{"\u0065rror":"inv\u0061lid_grant"}`, said{code: "invalid_grant"}},
	{"JSON with characters that may not be sent", 400, jsonType, `{"error":"a\"\\\u0000","error_description":"\u2028","error_uri":" "}`, said{code: "a\"\\\x00", description: "\u2028", uri: " "}},
	{"JSON that is not UTF-8", 400, jsonType, "{\"error\":\"a\xff\"}", said{code: "a\uFFFD"}},
	{"an empty object", 400, jsonType, `{}`, said{err: absent}},
	{"an empty body", 400, jsonType, ``, said{err: "autherrhttp: body is empty"}},

	// Forms that are odd.
	{"a form without error", 400, formType, `access_token=x`, said{err: absent}},
	{"a form with an empty error", 400, formType, `error=&error_description=d`, said{description: "d", err: absent}},
	{"a form with error twice", 400, formType, `error=a&error=b`, said{code: "a", err: "autherr: error: found 2 times"}},
	{"a form with error twice, first empty", 400, formType, `error=&error=b`, said{code: "b", err: "found 2 times"}},
	{"a form that is malformed in part", 400, formType, `error=a&error_description=%zz&error_uri=u`, said{code: "a", uri: "u", err: `autherrhttp: body is not a form: invalid URL escape "%zz"`}},
	{"a form that is malformed in part, with a parameter twice", 400, formType, `error=a&error=b&x=%zz`, said{code: "a", err: `autherrhttp: body is not a form: invalid URL escape "%zz"; autherr: error: found 2 times`}},
	{"a form by another name", 400, textType, `error=invalid_grant`, said{err: "body of type text/plain"}},
	{"CBOR by another name", 400, "Content-Type: application/cbor", "\xA1\x18\x1E\x03", said{err: "body of type application/cbor"}},

	// Body and challenge.
	{"the body's code before the challenge's", 401, jsonType + "\n" + `WWW-Authenticate: Basic error="b", error_description="of b", error_uri="u"`, `{"error":"a"}`, said{code: "a"}},
	{"texts of the challenge with the same code", 401, jsonType + "\n" + `WWW-Authenticate: Basic error="b", error_description="of b", Bearer error="a", error_description="of a", error_uri="u"`, `{"error":"a"}`,
		said{code: "a", description: "of a", uri: "u"}},
	{"the body's texts before the challenge's", 401, jsonType + "\n" + `WWW-Authenticate: Bearer error="a", error_description="d", error_uri="u"`, `{"error":"a","error_description":"of the body"}`,
		said{code: "a", description: "of the body", uri: "u"}},
	{"each text of the body before the challenge's", 401, jsonType + "\n" + `WWW-Authenticate: Bearer error="a", error_description="d", error_uri="u"`, `{"error":"a","error_uri":"of the body"}`,
		said{code: "a", description: "d", uri: "of the body"}},
	{"texts of the first challenge that has them", 401, `WWW-Authenticate: Bearer error="a", DPoP error="a", error_description="d", Basic error="a", error_description="e", error_uri="u", Digest error_uri="v"`, "",
		said{code: "a", description: "d", uri: "u"}},
	{"texts of a challenge without a code", 401, jsonType + "\n" + `WWW-Authenticate: Bearer error_description="d"`, `{"error":"a"}`, said{code: "a", description: "d"}},
	{"texts of a challenge, and no code at all", 401, `WWW-Authenticate: Bearer error_description="d", error_uri="u"`, "", said{description: "d", uri: "u", err: "body is empty"}},
	{"the challenge's code and the body's text", 401, jsonType + "\n" + `WWW-Authenticate: Bearer error="a"`, `{"error_description":"d"}`, said{code: "a", description: "d"}},
	{"the first challenge that has an error", 401, `WWW-Authenticate: Basic realm="b", Bearer error="", DPoP error="c", error_uri="u", Bearer error="d"`, "", said{code: "c", uri: "u"}},
	{"a challenge, and a page", 401, htmlType + "\n" + `WWW-Authenticate: Bearer error="a"`, "<html>", said{code: "a"}},
	{"a challenge, and CBOR that is malformed", 401, "Content-Type: application/ace+cbor\n" + `WWW-Authenticate: Bearer error="a"`, "\xA1", said{code: "a"}},
	{"a challenge with a fault after its error", 401, `WWW-Authenticate: Bearer error="a", error_description="of "a""`, "", said{code: "a"}},
}

// Promise 6. A client gets the status, the code, the texts, the wait, the header and the body of
// whatever a server answered.
func TestNothingIsLost(t *testing.T) {
	names := map[string]bool{}
	for _, test := range answers {
		require.False(t, names[test.name], test.name)
		names[test.name] = true
		t.Run(test.name, func(t *testing.T) {
			header, err := textproto.NewReader(bufio.NewReader(strings.NewReader(test.header + "\n\n"))).ReadMIMEHeader()
			require.True(t, err == nil || test.header == "", err)
			answer := func() *http.Response {
				return &http.Response{StatusCode: test.status, Header: http.Header(header), Body: io.NopCloser(strings.NewReader(test.body))}
			}
			check := func(err error) {
				remote, ok := err.(*autherr.RemoteError)
				require.True(t, ok)
				got := said{remote.Response.Code, remote.Response.Description, remote.Response.URI, remote.RetryAfter, ""}
				want := test.want
				want.err = ""
				assert.Equal(t, want, got)
				assert.Equal(t, test.status, remote.Status)
				assert.Equal(t, http.Header(header), http.Header(remote.Header))
				assert.Equal(t, test.body, string(remote.Body))
				if test.want.err == "" {
					assert.NoError(t, remote.Err)
				} else {
					assert.ErrorContains(t, remote.Err, test.want.err)
				}
				if test.want.code != "" {
					assert.ErrorIs(t, err, test.want.code)
				}
			}
			check(autherrhttp.ReadError(answer()))

			read := answer()
			read.Body = nil // which is not looked at
			check(autherrhttp.ReadErrorBody(read, []byte(test.body)))
		})
	}
	assert.GreaterOrEqual(t, len(names), 150)
}
