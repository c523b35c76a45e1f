package peers

import (
	"net/http"

	"github.com/go-oauth2/oauth2/v4/errors"
	"github.com/go-oauth2/oauth2/v4/manage"
	"github.com/go-oauth2/oauth2/v4/server"
)

// GoOAuth2 is go-oauth2/oauth2. The function that writes its errors is not exported, so its whole
// handlers are used. err comes from the first thing that they ask for and that can fail.
var GoOAuth2 = &Library{
	Name:   "go-oauth2",
	Module: "github.com/go-oauth2/oauth2/v4",

	InvalidGrant: errors.ErrInvalidGrant,
	Target:       errors.ErrInvalidGrant,
	AccessDenied: errors.ErrAccessDenied,

	Bare: true,
	Token: func(err error) http.Handler {
		s := newGoOAuth2()
		s.SetClientInfoHandler(func(*http.Request) (string, string, error) { return "", "", err })
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _ = s.HandleTokenRequest(w, r) })
	},
	Authorization: func(err error) http.Handler {
		s := newGoOAuth2()
		s.SetUserAuthorizationHandler(func(http.ResponseWriter, *http.Request) (string, error) { return "", err })
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _ = s.HandleAuthorizeRequest(w, r) })
	},

	Remarks: map[string]string{
		AtToken: "go-oauth2 does not find a wrapped error, and answers 500 (`TestComparisonInTheReadme`), so nothing wraps it " +
			"here. Its figure includes checking the request, which cannot be left out.",
		AtAuthorization: "The same goes for go-oauth2 here.",
		ToError:         "go-oauth2 has no client side: it cannot read what it writes (`TestGoOAuth2HasNoClientSide`).",
	},
}

// newGoOAuth2 returns a server that sends no descriptions, since the others do not send any either.
func newGoOAuth2() *server.Server {
	s := server.NewDefaultServer(manage.NewDefaultManager())
	s.SetResponseErrorHandler(func(re *errors.Response) { re.Description = "" })
	return s
}
