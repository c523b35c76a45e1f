package peers

import (
	"cmp"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"github.com/go-oauth2/oauth2/v4"
	"github.com/go-oauth2/oauth2/v4/manage"
	"github.com/go-oauth2/oauth2/v4/server"
	"github.com/ory/fosite"
	"github.com/ory/fosite/compose"
	"github.com/ory/fosite/storage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// refused is what a store returns if its database is down: dial tcp 10.0.0.5:5432: connection refused.
var refused = &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 5), Port: 5432}, Err: syscall.ECONNREFUSED}

// An outage is what becomes of an error that a store returns.
type outage struct {
	library  *Library
	endpoint string
	down     string // which part of the store
	err      error  // what it returns
	handler  http.Handler
	request  *http.Request

	// What the client is told. If the answer has no code, code says what is there instead.
	status int
	code   string
	leaks  bool // some of the text of refused
}

const (
	all        = "all"
	clients    = "clients"
	codes      = "codes"
	tokens     = "tokens"
	introspect = "introspection"
	userinfo   = "userinfo"
	token      = "token"
	authorize  = "authorization"
	resource   = "resource"
	example    = "its example's resource" // the library itself does not answer at a resource
)

// outages returns the outages of whole servers, each in its default configuration if it has one.
func outages(t *testing.T) []outage {
	told := oidc.ErrServerError().WithParent(refused) // what zitadel/oidc asks its storage to return
	return []outage{
		{Fosite, token, all, refused, fositeServer(refused, all), basic(TokenRequest()), 401, "invalid_client", false},
		{Fosite, token, codes, refused, fositeServer(refused, codes), basic(TokenRequest()), 500, "server_error", false},
		{Fosite, authorize, all, refused, fositeServer(refused, all), AuthorizationRequest(), 401, "invalid_client", false},
		{Fosite, introspect, all, refused, fositeServer(refused, all), introspection(), 401, "request_unauthorized", false},
		{Fosite, introspect, tokens, refused, fositeServer(refused, tokens), introspection(), 200, "active: false", false},

		{Zitadel, token, all, refused, zitadelServer(t, refused, all), TokenRequest(), 400, "invalid_grant", false},
		{Zitadel, token, all, told, zitadelServer(t, told, all), TokenRequest(), 400, "invalid_grant", false},
		{Zitadel, token, clients, refused, zitadelServer(t, refused, clients), TokenRequest(), 401, "invalid_client", false},
		{Zitadel, token, clients, told, zitadelServer(t, told, clients), TokenRequest(), 500, "server_error", false},
		{Zitadel, authorize, all, refused, zitadelServer(t, refused, all), AuthorizationRequest(), 400, "text", false},
		{Zitadel, introspect, all, refused, zitadelServer(t, refused, all), introspection(), 401, "text", true},
		{Zitadel, introspect, all, told, zitadelServer(t, told, all), introspection(), 401, "text", true},
		{Zitadel, introspect, tokens, refused, zitadelServer(t, refused, tokens), introspection(), 200, "active: false", false},
		{Zitadel, userinfo, all, refused, zitadelServer(t, refused, all), ResourceRequest(), 403, "none", true},
		{Zitadel, userinfo, all, told, zitadelServer(t, told, all), ResourceRequest(), 403, "server_error", false},

		{GoOAuth2, token, all, refused, goOAuth2Server(refused), TokenRequest(), 500, "server_error", false},
		{GoOAuth2, authorize, all, refused, goOAuth2Server(refused), AuthorizationRequest(), 302, "server_error", false},
		{GoOAuth2, example, all, refused, goOAuth2Server(refused), ResourceRequest(), 400, "text", true},

		{Autherr, token, all, refused, Autherr.Token(Wrapped(refused)), TokenRequest(), 500, "server_error", false},
		{Autherr, authorize, all, refused, Autherr.Authorization(Wrapped(refused)), AuthorizationRequest(), 303, "server_error", false},
		{Autherr, resource, all, refused, Autherr.Resource(Wrapped(refused)), ResourceRequest(), 500, "server_error", false},

		{ByHand, token, all, refused, ByHand.Token(Wrapped(refused)), TokenRequest(), 500, "server_error", false},
		{ByHand, authorize, all, refused, ByHand.Authorization(Wrapped(refused)), AuthorizationRequest(), 303, "server_error", false},
		{ByHand, resource, all, refused, ByHand.Resource(Wrapped(refused)), ResourceRequest(), 500, "server_error", false},
	}
}

func TestWhatBecomesOfAStoreThatIsDown(t *testing.T) {
	require.EqualError(t, refused, "dial tcp 10.0.0.5:5432: connection refused")
	for _, o := range outages(t) {
		t.Run(strings.Join([]string{o.library.Name, o.endpoint, o.down, o.err.Error()}, "/"), func(t *testing.T) {
			a := new(Answer).Of(o.handler, o.request)
			assert.Equal(t, o.status, a.Status)
			assert.Equal(t, o.code, codeOfAnswer(a), "%s", a.Body)
			assert.Equal(t, o.leaks, leaks(a), "%v %s", a.Head, a.Body)
		})
	}
}

// codeOfAnswer returns the code in an answer, or what is there instead.
func codeOfAnswer(a *Answer) string {
	if location, err := url.Parse(a.Head.Get("Location")); err == nil && location.Query().Has("error") {
		return location.Query().Get("error")
	}
	var object struct {
		Error  string
		Active *bool
	}
	switch err := json.Unmarshal(a.Body, &object); {
	case err != nil && strings.HasPrefix(a.Head.Get("Content-Type"), "text/"):
		return "text"
	case object.Active != nil && !*object.Active:
		return "active: false"
	default:
		return cmp.Or(object.Error, "none")
	}
}

// leaks reports whether an answer tells the client about the database.
func leaks(a *Answer) bool {
	said := string(a.Body)
	for _, values := range a.Head {
		said += strings.Join(values, "")
	}
	said, _ = url.QueryUnescape(said)
	return strings.Contains(said, "10.0.0.5") || strings.Contains(said, "refused")
}

func basic(r *http.Request) *http.Request {
	r.SetBasicAuth("my-client", "foobar") // of fosite's example store
	return r
}

func introspection() *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/oauth/introspect", strings.NewReader("token=x7Rt.x7Rt"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return basic(r)
}

// fositeServer returns a server with fosite, as in its README.
func fositeServer(err error, down string) http.Handler {
	ctx := context.Background()
	config := &fosite.Config{GlobalSecret: make([]byte, 32)}
	provider := compose.Compose(config, &fositeStore{storage.NewExampleStore(), err, down},
		&compose.CommonStrategy{CoreStrategy: compose.NewOAuth2HMACStrategy(config)},
		compose.OAuth2AuthorizeExplicitFactory, compose.OAuth2TokenIntrospectionFactory)
	mux := http.NewServeMux()
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		request, err := provider.NewAccessRequest(ctx, r, new(fosite.DefaultSession))
		if err != nil {
			provider.WriteAccessError(ctx, w, request, err)
		}
	})
	mux.HandleFunc("/authorize", func(w http.ResponseWriter, r *http.Request) {
		request, err := provider.NewAuthorizeRequest(ctx, r)
		if err != nil {
			provider.WriteAuthorizeError(ctx, w, request, err)
		}
	})
	mux.HandleFunc("/oauth/introspect", func(w http.ResponseWriter, r *http.Request) {
		_, err := provider.NewIntrospectionRequest(ctx, r, new(fosite.DefaultSession))
		if err != nil {
			provider.WriteIntrospectionError(ctx, w, err)
		}
	})
	return mux
}

type fositeStore struct {
	*storage.MemoryStore
	err  error
	down string
}

func (s *fositeStore) GetClient(ctx context.Context, id string) (fosite.Client, error) {
	if s.down == all {
		return nil, s.err
	}
	return s.MemoryStore.GetClient(ctx, id)
}

func (s *fositeStore) GetAuthorizeCodeSession(context.Context, string, fosite.Session) (fosite.Requester, error) {
	return nil, s.err
}

func (s *fositeStore) GetAccessTokenSession(context.Context, string, fosite.Session) (fosite.Requester, error) {
	return nil, s.err
}

func (s *fositeStore) GetRefreshTokenSession(context.Context, string, fosite.Session) (fosite.Requester, error) {
	return nil, s.err
}

// zitadelServer returns a provider of zitadel/oidc.
func zitadelServer(t *testing.T, err error, down string) http.Handler {
	provider, failed := op.NewProvider(new(op.Config), &zitadelStore{err: err, down: down}, op.StaticIssuer("https://as.example"))
	require.NoError(t, failed)
	accessToken, failed := provider.Crypto().Encrypt("id:subject")
	require.NoError(t, failed)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/token":
			r.URL.Path = provider.TokenEndpoint().Relative()
		case "/photos":
			r.URL.Path = provider.UserinfoEndpoint().Relative()
			r.Header.Set("Authorization", "Bearer "+accessToken)
		case "/oauth/introspect":
			_ = r.ParseForm()
			r.Form.Set("token", accessToken)
		}
		provider.ServeHTTP(w, r)
	})
}

// A zitadelStore has only the methods that are called before it fails.
type zitadelStore struct {
	op.Storage
	err  error
	down string
}

func (s *zitadelStore) AuthRequestByCode(context.Context, string) (op.AuthRequest, error) {
	if s.down == all {
		return nil, s.err
	}
	return zitadelRequest{}, nil
}

func (s *zitadelStore) GetClientByClientID(context.Context, string) (op.Client, error) {
	return nil, s.err
}

func (s *zitadelStore) AuthorizeClientIDSecret(context.Context, string, string) error {
	if s.down == tokens {
		return nil
	}
	return s.err
}

func (s *zitadelStore) SetIntrospectionFromToken(context.Context, *oidc.IntrospectionResponse, string, string, string) error {
	return s.err
}

func (s *zitadelStore) SetUserinfoFromToken(context.Context, *oidc.UserInfo, string, string, string) error {
	return s.err
}

type zitadelRequest struct{ op.AuthRequest }

func (zitadelRequest) GetCodeChallenge() *oidc.CodeChallenge { return nil }

// goOAuth2Server returns a server with go-oauth2, as in its example.
func goOAuth2Server(err error) http.Handler {
	manager := manage.NewDefaultManager()
	manager.MapClientStorage(goOAuth2Clients{err})
	manager.MapTokenStorage(goOAuth2Tokens{err: err})
	s := server.NewServer(server.NewConfig(), manager)
	s.SetClientInfoHandler(server.ClientFormHandler)
	s.SetUserAuthorizationHandler(func(http.ResponseWriter, *http.Request) (string, error) { return "user", nil })
	mux := http.NewServeMux()
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		if err := s.HandleTokenRequest(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("/authorize", func(w http.ResponseWriter, r *http.Request) {
		if err := s.HandleAuthorizeRequest(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
	mux.HandleFunc("/photos", func(w http.ResponseWriter, r *http.Request) {
		if _, err := s.ValidationBearerToken(r); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
	return mux
}

type goOAuth2Clients struct{ err error }

func (s goOAuth2Clients) GetByID(context.Context, string) (oauth2.ClientInfo, error) {
	return nil, s.err
}

type goOAuth2Tokens struct {
	oauth2.TokenStore
	err error
}

func (s goOAuth2Tokens) GetByAccess(context.Context, string) (oauth2.TokenInfo, error) {
	return nil, s.err
}
