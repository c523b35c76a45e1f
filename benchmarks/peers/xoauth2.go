package peers

import (
	"context"
	"errors"
	"net/http"

	"golang.org/x/oauth2"
)

var background = context.Background()

// XOAuth2 is golang.org/x/oauth2, which is a client.
var XOAuth2 = &Library{
	Name:   "x/oauth2",
	Module: "golang.org/x/oauth2",

	Call: func(client *http.Client) error {
		_, err := xOAuth2Config.Exchange(context.WithValue(background, oauth2.HTTPClient, client), "x7Rt")
		return err
	},
	IsTold: func(err error) bool {
		retrieve, ok := errors.AsType[*oauth2.RetrieveError](err)
		return ok && retrieve.ErrorCode == "invalid_grant"
	},

	Remarks: map[string]string{
		ToError: "x/oauth2 reads only the answers to its own requests.",
		OfCall:  "The error of x/oauth2 has the code as a string, which errors.Is does not look at. It is compared by hand.",
	},
}

var xOAuth2Config = oauth2.Config{
	ClientID:    "7",
	RedirectURL: redirectURI,
	Endpoint:    oauth2.Endpoint{TokenURL: tokenURL, AuthStyle: oauth2.AuthStyleInParams},
}
