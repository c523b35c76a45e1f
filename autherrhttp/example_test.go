package autherrhttp_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// The store knows which client it does not know. The client learns that authentication failed.
func ExampleWriteTokenError() {
	token := func(w http.ResponseWriter, r *http.Request) {
		err := fmt.Errorf("authenticate %q: %w", "billing", autherr.ErrOAuth2ClientNotFound)
		autherrhttp.WriteTokenError(w, r, err)
	}

	w := httptest.NewRecorder()
	token(w, httptest.NewRequest("POST", "/token", nil))

	fmt.Println(w.Code, w.Header().Get("WWW-Authenticate"))
	fmt.Println(w.Body)
	// Output:
	// 401 Basic realm="token"
	// {"error":"invalid_client"}
}

// A client of ACE asks for CBOR.
func ExampleWriteTokenError_cbor() {
	r := httptest.NewRequest("POST", "/token", nil)
	r.Header.Set("Accept", autherr.MediaTypeACECBOR)
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

// A client reads the answer back, and can act on the code.
func ExampleReadError() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		autherrhttp.WriteTokenError(w, r, autherr.ErrOAuth2RefreshTokenNotFound)
	}))
	defer server.Close()

	refresh := func() error {
		res, err := http.Post(server.URL, "application/x-www-form-urlencoded", nil)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return autherrhttp.ReadError(res)
		}
		return nil
	}

	err := refresh()
	fmt.Println(err)
	if errors.Is(err, autherr.InvalidGrant) {
		fmt.Println("log in again")
	}
	// Output:
	// remote: invalid_grant
	// log in again
}
