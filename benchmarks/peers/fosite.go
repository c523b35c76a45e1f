package peers

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"

	"github.com/ory/fosite"
)

// Fosite is ory/fosite with the zero configuration: no legacy format, no debug messages. Its errors
// are used without their descriptions, since the others do not send any either.
var Fosite = &Library{
	Name:   "fosite",
	Module: "github.com/ory/fosite",

	InvalidGrant: fosite.ErrInvalidGrant.WithDescription(""),
	Target:       fosite.ErrInvalidGrant,
	AccessDenied: fosite.ErrAccessDenied.WithDescription("").WithHint(""),
	InvalidToken: fosite.ErrTokenExpired.WithDescription("").WithHint(""),

	// As in its documentation, with what NewAccessRequest returned.
	Token: func(err error) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fositeProvider.WriteAccessError(r.Context(), w, fositeRequest, err)
		})
	},
	// As in its documentation, with what NewAuthorizeRequest returned. The call changes it, so it is made anew.
	Authorization: func(err error) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			uri := *fositeRedirectURI
			request := &fosite.AuthorizeRequest{
				Request:     fosite.Request{Client: fositeClient},
				RedirectURI: &uri,
				State:       state,
			}
			fositeProvider.WriteAuthorizeError(r.Context(), w, request, err)
		})
	},

	Read: func(res *http.Response) error {
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return err
		}
		read := new(fosite.RFC6749Error)
		if err := json.Unmarshal(body, read); err != nil {
			return err
		}
		read.CodeField = res.StatusCode
		return read
	},
	Told: fosite.ErrInvalidGrant,

	Remarks: map[string]string{
		AtToken: "fosite sends a description even if it is empty.",
		AtResource: "fosite, zitadel/oidc and go-oauth2 send no challenge: the header is not in their source " +
			"(`TestWhatALibraryDoesNotDoIsNotInItsSource`).",
		ToError: "fosite is a server. An error that its type has read from JSON does not match its own ErrInvalidGrant until the " +
			"caller sets the status (`TestFositeDoesNotMatchWhatItReads`), as is done here.",
	},
}

var (
	fositeProvider       = &fosite.Fosite{Config: new(fosite.Config)}
	fositeRequest        = fosite.NewAccessRequest(new(fosite.DefaultSession))
	fositeClient         = &fosite.DefaultClient{ID: "7", RedirectURIs: []string{redirectURI}}
	fositeRedirectURI, _ = url.Parse(redirectURI)
)
