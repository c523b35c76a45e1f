package peers

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"

	oidcclient "github.com/zitadel/oidc/v3/pkg/client"
	oidchttp "github.com/zitadel/oidc/v3/pkg/http"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// zitadel/oidc logs each error to the default logger. Logging is not part of the work, so the logger
// discards it.
func init() { slog.SetDefault(slog.New(slog.DiscardHandler)) }

// Zitadel is zitadel/oidc. Its errors are made by functions, so a store returns a new one each time.
var Zitadel = &Library{
	Name:   "zitadel/oidc",
	Module: "github.com/zitadel/oidc/v3",

	InvalidGrant: oidc.ErrInvalidGrant(),
	Target:       zitadelInvalidGrant,
	AccessDenied: oidc.ErrAccessDenied().WithDescription(""),

	Token: func(err error) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			op.RequestError(w, r, err, nil)
		})
	},
	Authorization: func(err error) http.Handler {
		request := &oidc.AuthRequest{RedirectURI: redirectURI, State: state, ResponseType: oidc.ResponseTypeCode}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			op.AuthRequestError(w, r, request, err, zitadelAuthorizer)
		})
	},

	// As its own client reads an answer.
	Read: func(res *http.Response) error {
		body, err := io.ReadAll(io.LimitReader(res.Body, oidchttp.MaxResponseBodySize+1))
		if err != nil {
			return err
		}
		read := new(oidc.Error)
		if err := json.Unmarshal(body, read); err != nil {
			return err
		}
		return read
	},
	Call: func(client *http.Client) error {
		request := &oidc.AccessTokenRequest{Code: "x7Rt", ClientID: "7", RedirectURI: redirectURI}
		_, err := oidcclient.CallTokenEndpoint(background, request, zitadelCaller{client})
		return err
	},
	Told: zitadelInvalidGrant,

	Remarks: map[string]string{
		AtToken: "zitadel/oidc does not set the headers that keep the answer out of caches " +
			"(`TestOnlyZitadelLetsAnswersBeCached`).",
	},
}

var zitadelInvalidGrant = oidc.ErrInvalidGrant()

// zitadelAuthorizer has as much of a provider as answering an error needs.
var zitadelAuthorizer = authorizer{encoder: oidc.NewEncoder()}

type authorizer struct {
	op.Authorizer
	encoder oidchttp.Encoder
}

func (a authorizer) Encoder() oidchttp.Encoder { return a.encoder }

// A zitadelCaller is a client of a token endpoint.
type zitadelCaller struct{ client *http.Client }

func (c zitadelCaller) TokenEndpoint() string    { return tokenURL }
func (c zitadelCaller) HttpClient() *http.Client { return c.client }
