package peers

import (
	"encoding/json"
	"net/http"

	"github.com/go-oauth2/oauth2/v4/errors"
	"github.com/go-oauth2/oauth2/v4/manage"
	"github.com/go-oauth2/oauth2/v4/server"
)

// newGoOAuth2 returns a server whose store of clients fails with storeErr: of what its
// handler asks, the first that can fail.
func newGoOAuth2(storeErr error) *server.Server {
	s := server.NewDefaultServer(manage.NewDefaultManager())
	s.SetClientInfoHandler(func(*http.Request) (string, string, error) { return "", "", storeErr })
	return s
}

// findWrapped is for a server's InternalErrorHandler. It answers as the server would, if the
// server found wrapped errors, but for the description, which the others do not send either.
func findWrapped(err error) *errors.Response {
	known, ok := lookup(goOAuth2Known, err)
	if !ok {
		return nil
	}
	return errors.NewResponse(known, errors.StatusCodes[known])
}

// goOAuth2Known are the errors that the server knows, each by itself.
var goOAuth2Known = func() map[error]error {
	known := make(map[error]error)
	for err := range errors.Descriptions {
		known[err] = err
	}
	return known
}()

var goOAuth2Err = wrapped(errors.ErrInvalidGrant)

var goOAuth2Server = func() *server.Server {
	s := newGoOAuth2(goOAuth2Err)
	s.SetInternalErrorHandler(findWrapped)
	return s
}()

// goOAuth2JSON is go-oauth2/oauth2.
var goOAuth2JSON = &Library{
	Name:   "go-oauth2",
	Module: "github.com/go-oauth2/oauth2/v4",
	Format: JSON,

	Err:  goOAuth2Err,
	Hit:  errors.ErrInvalidGrant,
	Miss: errors.ErrInvalidScope,
	Code: errors.ErrInvalidGrant,

	Body: func(err error) []byte {
		data, _, _ := goOAuth2Server.GetErrorData(err)
		body, _ := json.Marshal(data)
		return body
	},
	// What writes the error is not exported by itself. The error is that of the server's
	// store, which is the same one.
	Write: func(w http.ResponseWriter, r *http.Request, _ error) {
		_ = goOAuth2Server.HandleTokenRequest(w, r)
	},

	Remarks: map[string]string{
		ToBody: "go-oauth2 by itself does not find a wrapped error, and answers 500 server_error " +
			"(`TestGoOAuth2DoesNotFindWrappedErrors`). It is measured with an error handler of ours that finds it.",
		ToError: "go-oauth2 has no client side: what it has written, it cannot read " +
			"(`TestGoOAuth2HasNoClientSide`).",
	},
}
