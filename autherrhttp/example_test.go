package autherrhttp_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// The server knows that there is no such client. The client learns that authentication failed.
func ExampleWriteTokenError() {
	token := func(w http.ResponseWriter, r *http.Request) {
		err := fmt.Errorf("authenticate %q: %w", "billing", autherr.ErrOAuth2ClientNotFound)
		autherrhttp.WriteTokenError(w, r, err)
	}

	r := httptest.NewRequest("POST", "/token", nil)
	r.SetBasicAuth("billing", "secret")
	w := httptest.NewRecorder()
	token(w, r)

	fmt.Println(w.Code, w.Header().Get("WWW-Authenticate"))
	fmt.Println(w.Body)
	// Output:
	// 401 Basic realm="token", error="invalid_client"
	// {"error":"invalid_client"}
}

// A response that the server builds tells the client's developer more.
func ExampleWriteTokenError_description() {
	err := autherr.ErrorResponse{
		Code:        autherr.InvalidRequest,
		Description: "The parameter code_verifier is missing.",
	}
	w := httptest.NewRecorder()
	autherrhttp.WriteTokenError(w, httptest.NewRequest("POST", "/token", nil), err)

	fmt.Println(w.Code, w.Body)
	// Output: 400 {"error":"invalid_request","error_description":"The parameter code_verifier is missing."}
}

// A busy store says how long to wait.
func ExampleWriteTokenError_retryAfter() {
	err := &autherr.UnavailableError{RetryAfter: 2 * time.Second, Err: errors.New("too many connections")}
	w := httptest.NewRecorder()
	answer := autherrhttp.WriteTokenError(w, httptest.NewRequest("POST", "/token", nil), err)

	fmt.Println(w.Code, w.Header().Get("Retry-After"), w.Body)
	fmt.Println(answer.LogValue())
	// Output:
	// 503 2 {"error":"temporarily_unavailable"}
	// [status=503 code=temporarily_unavailable retry_after=2s]
}

// An ACE client asks in CBOR, and is answered in CBOR.
func ExampleWriteTokenError_cbor() {
	r := httptest.NewRequest("POST", "/token", nil)
	r.Header.Set("Content-Type", autherr.MediaTypeACECBOR)
	w := httptest.NewRecorder()
	autherrhttp.WriteTokenError(w, r, autherr.UnsupportedPoPKey)

	fmt.Printf("%d %X\n", w.Code, w.Body)
	// Output: 400 A1181E07
}

func ExampleWriteResourceError() {
	profile := func(w http.ResponseWriter, r *http.Request) {
		err := &autherr.PermissionDeniedError{Permission: "profile:read"}
		autherrhttp.WriteResourceError(w, r, err, autherrhttp.Challenge{Realm: "api", Scope: "profile"})
	}

	w := httptest.NewRecorder()
	profile(w, httptest.NewRequest("GET", "/profile", nil))

	fmt.Println(w.Code, w.Header().Get("WWW-Authenticate"))
	fmt.Println(w.Body)
	// Output:
	// 403 Bearer realm="api", scope="profile", error="insufficient_scope"
	// {"error":"insufficient_scope"}
}

// A resource that accepts tokens in two ways says so with a challenge for each. The error goes into the
// challenge for the way that the client used.
func ExampleWriteResourceError_dpop() {
	challenges := []autherrhttp.Challenge{
		{ResourceMetadata: "https://api.example/.well-known/oauth-protected-resource"},
		{Scheme: "DPoP", Params: map[string]string{"algs": "ES256"}},
	}
	r := httptest.NewRequest("GET", "/profile", nil)
	r.Header.Set("Authorization", "DPoP eyJhbGciOi")
	w := httptest.NewRecorder()
	w.Header().Set("DPoP-Nonce", "b8f3")
	autherrhttp.WriteResourceError(w, r, autherr.UseDPoPNonce, challenges...)

	fmt.Println(w.Code, w.Header().Get("DPoP-Nonce"))
	fmt.Println(strings.Join(w.Header().Values("WWW-Authenticate"), "\n"))
	// Output:
	// 401 b8f3
	// Bearer resource_metadata="https://api.example/.well-known/oauth-protected-resource"
	// DPoP algs="ES256", error="use_dpop_nonce"
}

// A client asks whether its user still has a session.
func ExampleWriteAuthorizationError() {
	r := httptest.NewRequest("GET", "/authorize?client_id=shop&state=af0i&prompt=none", nil)
	back := autherrhttp.Redirect{
		URI:    "https://shop.example/callback", // which is registered for the client shop
		State:  r.FormValue("state"),
		Issuer: "https://server.example",
	}
	w := httptest.NewRecorder()
	autherrhttp.WriteAuthorizationError(w, r, autherr.ErrNotLogin, back)

	fmt.Println(w.Code, w.Header().Get("Location"))
	// Output: 303 https://shop.example/callback?error=login_required&iss=https%3A%2F%2Fserver.example&state=af0i
}

// Nobody knows the client, so nobody knows where to send the user.
func ExampleWriteAuthorizationError_page() {
	r := httptest.NewRequest("GET", "/authorize?client_id=unknown&redirect_uri=https://evil.example", nil)
	w := httptest.NewRecorder()
	answer := autherrhttp.WriteAuthorizationError(w, r, autherr.ErrOAuth2ClientNotFound, autherrhttp.Redirect{})

	fmt.Println(w.Code, w.Header().Get("Content-Type"))
	fmt.Println(answer.Response.Code)
	// Output:
	// 400 text/html; charset=utf-8
	// invalid_client
}

// A server with pages of its own asks where to send the user, and shows a page if that is nowhere.
func ExampleRedirect_Location() {
	back := autherrhttp.Redirect{URI: "https://shop.example/callback", State: "af0i"}
	for _, err := range []error{autherr.AccessDenied, autherr.ErrOAuth2RedirectURIMismatch} {
		if location, ok := back.Location(err); ok {
			fmt.Println("redirect to", location)
		} else {
			fmt.Println("show a page")
		}
	}
	// Output:
	// redirect to https://shop.example/callback?error=access_denied&state=af0i
	// show a page
}

// The parameters are also the claims of a JARM response.
func ExampleRedirect_Parameters() {
	back := autherrhttp.Redirect{State: "af0i", Issuer: "https://server.example"}
	claims := back.Parameters(autherr.ErrSessionNotFound)

	fmt.Println(claims.Get("error"), claims.Get("iss"), claims.Get("state"))
	// Output: login_required https://server.example af0i
}

func ExampleRequestError() {
	token := func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 16)
		if err := r.ParseForm(); err != nil {
			autherrhttp.WriteTokenError(w, r, autherrhttp.RequestError(err))
			return
		}
	}

	r := httptest.NewRequest("POST", "/token", strings.NewReader("grant_type=authorization_code&code=x"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	token(w, r)

	fmt.Println(w.Code, w.Body)
	// Output: 413 {"error":"invalid_request"}
}
