package peers

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// Autherr is this library.
var Autherr = &Library{
	Name:   "autherr",
	Module: "github.com/seed-e9190de5/autherr",

	InvalidGrant: autherr.ErrOAuth2CodeNotFound,
	Target:       autherr.ErrOAuth2CodeNotFound,
	AccessDenied: autherr.ErrPermissionDenied,
	InvalidToken: autherr.ErrTokenExpired,

	Token: autherrToken,
	Authorization: func(err error) http.Handler {
		back := autherrhttp.Redirect{URI: redirectURI, State: state}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			autherrhttp.WriteAuthorizationError(w, r, err, back)
		})
	},
	Resource: func(err error) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			autherrhttp.WriteResourceError(w, r, err, autherrhttp.Challenge{Realm: realm})
		})
	},
	TokenCBOR: autherrToken,

	Read:     autherrhttp.ReadError,
	ReadCBOR: autherrhttp.ReadError,
	Call:     func(client *http.Client) error { return call(client, autherrhttp.ReadError) },
	Told:     autherr.InvalidGrant,
}

func autherrToken(err error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		autherrhttp.WriteTokenError(w, r, err)
	})
}

// realm is the realm of all resources.
const realm = "api"

// tokenURL is where clients send their requests.
const tokenURL = "https://as.example/token"

// call requests a token as somebody would by hand, and returns what read makes of the answer.
func call(client *http.Client, read func(*http.Response) error) error {
	form := url.Values{
		"grant_type":   {"authorization_code"},
		"code":         {"x7Rt"},
		"client_id":    {"7"},
		"redirect_uri": {redirectURI},
	}
	r, err := http.NewRequest(http.MethodPost, tokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	return read(res)
}
