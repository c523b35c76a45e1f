package autherrhttp

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-e9190de5/autherr"
)

// Redirect is where an authorization endpoint sends the user back to, and how. The zero value sends
// nobody anywhere: it is right as long as the redirection URI is not known to be the client's.
type Redirect struct {
	// URI is the client's redirection URI. Set it only after it has been compared with those that are
	// registered for the client, since nothing here can tell whose it is.
	//
	// Nobody is sent to a URI that
	//   - is "", is not absolute, or does not parse;
	//   - has a fragment, even an empty one, or a character that no URI has (RFC 3986 §2);
	//   - is of http or https and has no host; or
	//   - is of a scheme that a browser runs or keeps for itself: javascript, data, vbscript, blob,
	//     file or about.
	URI string

	// State is the parameter state of the request, which the client gets back. It is "" if there was
	// none.
	State string

	// Issuer is the issuer identifier of the server, for the parameter iss (RFC 9207). It is "" if the
	// client is not to be told.
	Issuer string

	// Mode says how the client gets the answer: the parameter response_mode of the request.
	Mode ResponseMode
}

// ResponseMode is how an authorization endpoint answers a client (OAuth 2.0 Multiple Response Type
// Encoding Practices §2.1). Values other than the constants are treated as [QueryMode].
type ResponseMode uint8

const (
	// QueryMode adds the parameters to the query of the redirection URI.
	QueryMode ResponseMode = iota

	// FragmentMode adds the parameters as the fragment of the redirection URI.
	FragmentMode

	// FormPostMode has the browser post the parameters to the redirection URI (OAuth 2.0 Form Post
	// Response Mode).
	FormPostMode
)

// Parameters returns what the client is told about err, for response modes that this package does not
// have, such as those of JARM and web_message. They are error, and error_description, error_uri, state
// and iss if they are not "" (RFC 6749 §4.1.2.1, RFC 9207).
//
// Parameters does not say whether the client may be told anything: it looks neither at the URI nor at
// the status of the answer.
func (to Redirect) Parameters(err error) url.Values {
	values := make(url.Values)
	for _, p := range to.parameters(autherr.AuthorizationEndpoint.Answer(err).Response) {
		values.Set(p.Name, p.Value)
	}
	return values
}

// A parameter is one of an authorization response. Templates see its fields.
type parameter struct{ Name, Value string }

// parameters returns those of a response that are not "", in the order of url.Values.Encode.
func (to Redirect) parameters(response autherr.ErrorResponse) []parameter {
	all := [...]parameter{
		{paramError, string(response.Code)},
		{paramDescription, response.Description},
		{paramURI, response.URI},
		{"iss", to.Issuer},
		{"state", to.State},
	}
	return slices.DeleteFunc(all[:], func(p parameter) bool { return p.Value == "" })
}

// Location returns the URI to redirect to, for a server that has pages of its own:
//
//	if location, ok := back.Location(err); ok {
//		http.Redirect(w, r, location, http.StatusSeeOther)
//		return
//	}
//
// ok is false if nobody may be redirected, because of err (the client is not known, say) or because of
// the URI. It is always false in [FormPostMode], which does not redirect.
func (to Redirect) Location(err error) (location string, ok bool) {
	answer := autherr.AuthorizationEndpoint.Answer(err)
	if to.Mode == FormPostMode || !to.mayFollow(answer) {
		return "", false
	}
	return to.location(answer.Response), true
}

// location returns the redirect that tells the client the response.
func (to Redirect) location(response autherr.ErrorResponse) string {
	separator := "?"
	_, query, hasQuery := strings.Cut(to.URI, "?")
	switch {
	case to.Mode == FragmentMode:
		separator = "#"
	case hasQuery && query == "":
		separator = ""
	case hasQuery: // it has to stay (RFC 6749 §3.1.2)
		separator = "&"
	}
	location := to.URI
	for _, p := range to.parameters(response) {
		location += separator + p.Name + "=" + url.QueryEscape(p.Value)
		separator = "&"
	}
	return location
}

// mayFollow reports whether a browser may be sent to the client with an answer of an authorization
// endpoint.
func (to Redirect) mayFollow(answer autherr.Answer) bool {
	if answer.HTTPStatus != http.StatusSeeOther || strings.Contains(to.URI, "#") {
		return false
	}
	uri := parseURI(to.URI)
	if uri == nil {
		return false
	}
	switch uri.Scheme {
	case "http", "https":
		return isWebAddress(uri)
	case "javascript", "data", "vbscript", "blob", "file", "about":
		return false
	default:
		return true
	}
}

// isWebAddress reports whether uri is of http or https and has a host, so that a browser does not look
// for one in what follows. uri may be nil.
func isWebAddress(uri *url.URL) bool {
	return uri != nil && (uri.Scheme == "https" || uri.Scheme == "http") && uri.Hostname() != ""
}

// WriteAuthorizationError answers r with what [autherr.AuthorizationEndpoint] says about err, and
// returns what it sent. It sends the user back to the client, or shows a page if nobody may be sent there.
//
// In [QueryMode] and [FragmentMode] the answer is a redirect, with 303, to the URI with the
// [Redirect.Parameters] added in form encoding (RFC 6749 §4.1.2.1). A query that the URI has stays.
//
// In [FormPostMode] the answer is a page, with 200, that posts the parameters to the URI. A script does
// that, and there is a button in case scripts do not run. The page may be framed, since a client
// that asks with prompt=none does so in a frame. It tells the client the origin that it comes from, and
// nothing else of its address.
//
// If nobody may be sent to the client, because of err or because of the URI, the answer is a page for
// a person to read. Its status is that of the code: 500, 503, 413 if the request was too large, else
// 400. It may not be framed, and its links send no referrer.
//
// The pages load nothing, and run nothing but that script. They replace a handler's
// Content-Security-Policy and Referrer-Policy. The page for people replaces X-Frame-Options too, and the
// page that posts drops it. Every answer drops Location and Refresh, so that nobody is sent anywhere but
// to the URI.
func WriteAuthorizationError(w http.ResponseWriter, r *http.Request, err error, to Redirect) autherr.Answer {
	answer := autherr.AuthorizationEndpoint.Answer(err)
	header := begin(w)
	drop(header, "Location")
	drop(header, "Refresh")
	switch {
	case !to.mayFollow(answer):
		answer.HTTPStatus = statusOfPage(answer, err)
		setWait(header, answer.RetryAfter)
		sendPersonPage(w, answer)
	case to.Mode == FormPostMode:
		drop(header, "Retry-After")
		answer.HTTPStatus = http.StatusOK
		sendPostPage(w, to.URI, to.parameters(answer.Response))
	default:
		drop(header, "Retry-After")
		header["Location"] = []string{to.location(answer.Response)}
		send(w, answer.HTTPStatus, "", nil)
	}
	return answer
}

// statusOfPage returns the status of a page for people.
func statusOfPage(answer autherr.Answer, err error) int {
	switch {
	case answer.Response.Code == autherr.ServerError:
		return http.StatusInternalServerError
	case answer.Response.Code == autherr.TemporarilyUnavailable:
		return http.StatusServiceUnavailable
	case isTooLarge(answer, err):
		return http.StatusRequestEntityTooLarge
	default:
		return http.StatusBadRequest
	}
}
