package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// An edge is an endpoint in the picture of an error's path, and the client that it answers.
type edge struct {
	Endpoint autherr.Endpoint
	Writer   string
	Sent     [2]string // the two lines of the answer that tell the client most
	Reader   string
	Read     autherr.ErrorCode
}

// edges sends err to the client of each kind of endpoint.
func edges(err error) ([]edge, error) {
	request := httptest.NewRequest(http.MethodPost, "/", nil)
	send := func(write func(http.ResponseWriter)) *http.Response {
		w := httptest.NewRecorder()
		write(w)
		return w.Result()
	}

	token := send(func(w http.ResponseWriter) { autherrhttp.WriteTokenError(w, request, err) })
	remote := autherrhttp.ReadError(token).(*autherr.RemoteError)
	all := []edge{{
		autherr.TokenEndpoint,
		"WriteTokenError", [2]string{fmt.Sprint(token.StatusCode, " ", token.Header.Get("Content-Type")), string(remote.Body)},
		"ReadError(response)", remote.Response.Code,
	}}

	back := autherrhttp.Redirect{URI: "https://app.example/cb", State: "af0i"}
	authorization := send(func(w http.ResponseWriter) { autherrhttp.WriteAuthorizationError(w, request, err, back) })
	landed, urlErr := authorization.Location()
	if urlErr != nil {
		return nil, urlErr
	}
	page, query, _ := strings.Cut(landed.String(), "?")
	remote = autherrhttp.ReadRedirect(landed.Query()).(*autherr.RemoteError)
	all = append(all, edge{
		autherr.AuthorizationEndpoint,
		"WriteAuthorizationError", [2]string{fmt.Sprint(authorization.StatusCode, " to ", page), "?" + query},
		"ReadRedirect(r.URL.Query())", remote.Response.Code,
	})

	resource := send(func(w http.ResponseWriter) { autherrhttp.WriteResourceError(w, request, err) })
	remote = autherrhttp.ReadError(resource).(*autherr.RemoteError)
	scheme, params, _ := strings.Cut(resource.Header.Get("WWW-Authenticate"), " ")
	return append(all, edge{
		autherr.ProtectedResource,
		"WriteResourceError", [2]string{fmt.Sprint(resource.StatusCode, " WWW-Authenticate: ", scheme), params},
		"ReadError(response)", remote.Response.Code,
	}), nil
}
