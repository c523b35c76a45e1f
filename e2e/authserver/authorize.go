package main

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
	"github.com/seed-e9190de5/autherr/autherrjwt"
)

const (
	codeLife        = time.Minute
	interactionLife = 10 * time.Minute
	sessionLife     = 12 * time.Hour
	consentLife     = 90 * 24 * time.Hour
	browserCookie   = "authserver_browser"
	sessionCookie   = "authserver_session"
	maxParameter    = 2048 // bytes
)

var responseModes = map[string]autherrhttp.ResponseMode{
	"": autherrhttp.QueryMode, "query": autherrhttp.QueryMode, "fragment": autherrhttp.FragmentMode, "form_post": autherrhttp.FormPostMode,
}

// A question is a checked authorization request. It is stored while the user sees pages.
type question struct {
	Grant   grant
	Back    autherrhttp.Redirect
	Client  string // its name, for people
	Prompt  string
	ACR     string
	MaxAge  int    // in seconds; -1 if it does not matter
	Browser []byte // the hash of the cookie of the browser that asked

	id string
}

// authorize is the authorization endpoint (RFC 6749 §3.1). The forms of its pages are posted to it too.
func (s *server) authorize(w http.ResponseWriter, r *http.Request) {
	var back autherrhttp.Redirect
	s.answer(w, r, func(w http.ResponseWriter, r *http.Request) error {
		if err := r.ParseForm(); err != nil {
			return autherrhttp.RequestError(err)
		}
		if r.PostForm.Has("interaction") {
			return s.interact(w, r, &back)
		}
		q, err := s.ask(r.Context(), r.Form, &back)
		if err != nil {
			return err
		}
		who, err := s.session(r)
		return s.proceed(w, r, q, who, err)
	}, func(err error) autherr.Answer { return autherrhttp.WriteAuthorizationError(w, r, err, back) })
}

// ask checks an authorization request. It sets back once the redirection URI is known to be the client's.
func (s *server) ask(ctx context.Context, form url.Values, back *autherrhttp.Redirect) (*question, error) {
	for _, name := range []string{"client_id", "redirect_uri", "request_uri"} {
		if len(form[name]) > 1 {
			return nil, fmt.Errorf("parameter %s is there %d times: %w", name, len(form[name]), autherr.InvalidRequest)
		}
	}
	id, err := required(form, "client_id")
	if err != nil {
		return nil, err
	}
	c, err := s.store.client(ctx, id)
	if err != nil {
		if known := s.clients.recall(id); known != nil {
			_ = s.know(known, form, back) // if it fails, the answer is a page
		}
		return nil, err
	}
	s.clients.keep(c)
	switch uri := form.Get("request_uri"); {
	case strings.HasPrefix(uri, pushedURI):
		if form, err = s.pushed(ctx, c, uri); err != nil {
			return nil, err
		}
	case uri != "":
		if err := s.know(c, form, back); err != nil {
			return nil, err
		}
		if form, err = s.fetchRequest(ctx, c, uri); err != nil {
			return nil, err
		}
	}
	return s.check(c, form, back)
}

// know sets back if the redirection URI is the client's.
func (s *server) know(c *client, form url.Values, back *autherrhttp.Redirect) error {
	uri, err := c.redirectURI(form.Get("redirect_uri"))
	if err != nil {
		return err
	}
	*back = autherrhttp.Redirect{URI: uri, State: form.Get("state"), Issuer: s.issuer, Mode: responseModes[form.Get("response_mode")]}
	return nil
}

// check checks a request of c, which may be a pushed one.
func (s *server) check(c *client, form url.Values, back *autherrhttp.Redirect) (*question, error) {
	if err := s.know(c, form, back); err != nil {
		return nil, err
	}
	for name, values := range form {
		if len(values) > 1 && name != "resource" {
			return nil, fmt.Errorf("parameter %.40q is there %d times: %w", name, len(values), autherr.InvalidRequest)
		}
		if len(values[0]) > maxParameter {
			return nil, fmt.Errorf("parameter %.40q has %d bytes: %w", name, len(values[0]), autherr.InvalidRequest)
		}
	}
	responseType, err := required(form, "response_type")
	if err != nil {
		return nil, err
	}
	_, modeKnown := responseModes[form.Get("response_mode")]
	challenge, method := form.Get("code_challenge"), form.Get("code_challenge_method")
	maxAge, prompts := -1, strings.Fields(form.Get("prompt"))
	if form.Has("max_age") {
		if maxAge, err = strconv.Atoi(form.Get("max_age")); err != nil || maxAge < 0 {
			return nil, fmt.Errorf("max_age %.40q: %w", form.Get("max_age"), autherr.InvalidRequest)
		}
	}
	switch {
	case form.Has("request"):
		return nil, autherr.RequestNotSupported
	case !modeKnown:
		return nil, fmt.Errorf("response_mode %.40q: %w", form.Get("response_mode"), autherr.InvalidRequest)
	case responseType != "code":
		return nil, fmt.Errorf("response_type %.40q: %w", responseType, autherr.UnsupportedResponseType)
	case challenge == "" && c.public():
		return nil, autherr.ErrorResponse{Code: autherr.InvalidRequest, Description: "this client has to use PKCE"}
	case challenge != "" && (method != "S256" || len(challenge) != 43):
		return nil, autherr.ErrorResponse{Code: autherr.InvalidRequest, Description: "only code_challenge_method S256 is supported"}
	case slices.Contains(prompts, "none") && len(prompts) > 1:
		return nil, fmt.Errorf("prompt %.40q: %w", form.Get("prompt"), autherr.InvalidRequest)
	}
	if err := c.may("authorization_code"); err != nil {
		return nil, err
	}
	scope, audience, err := s.bounds(c, form, c.Scope)
	if err != nil {
		return nil, err
	}
	q := &question{Back: *back, Client: c.Name, Prompt: form.Get("prompt"), MaxAge: maxAge, Grant: grant{Client: c.ID, Scope: scope, Audience: audience,
		RedirectURI: form.Get("redirect_uri"), Challenge: challenge, Nonce: form.Get("nonce"), Key: form.Get("dpop_jkt")}}
	if q.Client == "" {
		q.Client = c.ID
	}
	if slices.Contains(strings.Fields(form.Get("acr_values")), acrSecond) {
		q.ACR = acrSecond
	}
	return q, nil
}

// fetchRequest gets a request object from an address of the client (RFC 9101 §5.2). If that fails, it is the client's fault,
// so network failures are formatted with %v and not wrapped.
func (s *server) fetchRequest(ctx context.Context, c *client, uri string) (url.Values, error) {
	if !slices.Contains(c.RequestURIs, uri) {
		return nil, fmt.Errorf("request_uri %.80q is not registered: %w", uri, autherr.InvalidRequestURI)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", autherr.InvalidRequestURI, err)
	}
	res, err := fetcher.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", autherr.InvalidRequestURI, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil || res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: status %d, %v", autherr.InvalidRequestURI, res.StatusCode, err)
	}
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods(asymmetric), jwt.WithIssuer(c.ID), jwt.WithAudience(s.issuer), jwt.WithTimeFunc(s.now))
	if _, err := parser.ParseWithClaims(string(text), claims, c.key); err != nil {
		return nil, fmt.Errorf("%w: %w", autherr.InvalidRequestObject, autherrjwt.Wrap(err))
	}
	form := url.Values{}
	for name, value := range claims {
		form.Set(name, fmt.Sprint(value))
	}
	return form, nil
}

// fetcher gets what clients point to. It does not follow redirects, since only the first address is registered.
var fetcher = &http.Client{Timeout: 2 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// A session says who is logged in.
type session struct {
	User  string
	Login time.Time
	ACR   string
}

func (s *server) session(r *http.Request) (who session, err error) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return who, autherr.ErrNotLogin
	}
	is, err := s.store.find(r.Context(), "session", cookie.Value, &who)
	if err == nil && is == absent {
		err = autherr.ErrSessionNotFound
	}
	return who, err
}

// proceed asks the user for what is still missing, or sends the code to the client if nothing is. err is that of looking up the
// session, or nil.
func (s *server) proceed(w http.ResponseWriter, r *http.Request, q *question, who session, err error) error {
	ctx := r.Context()
	if err == nil {
		_, err = s.store.account(ctx, who.User)
		switch age := s.now().Sub(who.Login); {
		case err != nil:
		case q.MaxAge >= 0 && age > time.Duration(q.MaxAge)*time.Second, strings.Contains(q.Prompt, "login"), q.ACR != "" && who.ACR != q.ACR:
			err = fmt.Errorf("login of %.40q at %v by %q: %w", who.User, who.Login, who.ACR, autherr.LoginRequired)
		}
	}
	if autherr.AuthorizationEndpoint.Answer(err).Response.Code == autherr.LoginRequired && q.Prompt != "none" {
		return s.show(w, r, q, "login", "")
	}
	if err != nil {
		return err
	}
	var allowed string
	if _, err := s.store.find(ctx, "consent", who.User+" "+q.Grant.Client, &allowed); err != nil {
		return err
	}
	for name := range strings.FieldsSeq(q.Grant.Scope) {
		if hasScope(allowed, name) && !strings.Contains(q.Prompt, "consent") {
			continue
		}
		if q.Prompt == "none" {
			return fmt.Errorf("scope %.40q: %w", name, autherr.ConsentRequired)
		}
		return s.show(w, r, q, "consent", "")
	}
	return s.sendCode(w, r, q, who)
}

// show stores q, and shows a page with a form that continues it in the same browser.
func (s *server) show(w http.ResponseWriter, r *http.Request, q *question, page, message string) error {
	if q.id == "" {
		q.id = rand.Text()
	}
	cookie, err := r.Cookie(browserCookie)
	if err != nil {
		cookie = s.cookie(browserCookie, rand.Text())
		http.SetCookie(w, cookie)
	}
	q.Browser = hash(cookie.Value)
	if _, err := s.store.save(r.Context(), nil, row{kind: "interaction", id: q.id, data: q, until: s.now().Add(interactionLife)}); err != nil {
		return err
	}
	return writePage(w, page, map[string]any{"Interaction": q.id, "Client": q.Client, "Scope": strings.Fields(q.Grant.Scope), "Message": message})
}

func (s *server) cookie(name, value string) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(s.issuer, "https:")}
}

// interact continues a question with a form that the user filled in.
func (s *server) interact(w http.ResponseWriter, r *http.Request, back *autherrhttp.Redirect) error {
	if err := s.csrf.Check(r); err != nil {
		return fmt.Errorf("%w: %w", autherr.AccessDenied, err)
	}
	ctx, form := r.Context(), r.PostForm
	q := &question{id: form.Get("interaction")}
	is, err := s.store.find(ctx, "interaction", q.id, q)
	if err != nil {
		return err
	}
	cookie, err := r.Cookie(browserCookie)
	if is == absent || err != nil || subtle.ConstantTimeCompare(hash(cookie.Value), q.Browser) != 1 {
		return autherr.ErrorResponse{Code: autherr.InvalidRequest, Description: "This form is too old, or was not made for this browser. Go back to the application and start again."}
	}
	*back = q.Back
	if form.Has("username") {
		who, err := s.login(ctx, form)
		if errors.Is(err, errWrongPassword) || err == nil && q.ACR != "" && who.ACR != q.ACR {
			return s.show(w, r, q, "login", "Name, password or second factor is wrong.")
		}
		if err != nil {
			return err
		}
		id := rand.Text()
		if _, err := s.store.save(ctx, nil, row{kind: "session", id: id, data: who, until: s.now().Add(sessionLife)}); err != nil {
			return err
		}
		http.SetCookie(w, s.cookie(sessionCookie, id))
		q.Prompt = strings.Replace(q.Prompt, "login", "", 1)
		q.MaxAge = -1
		return s.proceed(w, r, q, who, nil)
	}
	who, err := s.session(r)
	if err != nil {
		return err
	}
	taken, err := s.store.take(ctx, "interaction", q.id)
	switch {
	case err != nil:
		return err
	case !taken || form.Get("decision") != "allow":
		return fmt.Errorf("user %.40q says %.10q: %w", who.User, form.Get("decision"), autherr.AccessDenied)
	}
	if _, err := s.store.save(ctx, nil, row{kind: "consent", id: who.User + " " + q.Grant.Client, data: q.Grant.Scope, until: s.now().Add(consentLife)}); err != nil {
		return err
	}
	q.Prompt = strings.Replace(q.Prompt, "consent", "", 1)
	return s.proceed(w, r, q, who, nil)
}

// login returns a session for the user who filled in a form.
func (s *server) login(ctx context.Context, form url.Values) (who session, err error) {
	user, err := s.store.login(ctx, form.Get("username"), form.Get("password"))
	if err != nil {
		return who, err
	}
	who = session{User: user.Name, Login: s.now(), ACR: acrPassword}
	if second := form.Get("otp"); second != "" {
		if subtle.ConstantTimeCompare(hash(second), user.Second) != 1 {
			return who, errWrongPassword
		}
		who.ACR = acrSecond
	}
	return who, nil
}

// familyOf returns the family of the tokens that come from a code.
func familyOf(code string) string { return base64.RawStdEncoding.EncodeToString(hash(code)) }

// sendCode sends the user back to the client with a code (RFC 6749 §4.1.2).
func (s *server) sendCode(w http.ResponseWriter, r *http.Request, q *question, who session) error {
	code := rand.Text()
	g := q.Grant
	g.User, g.Login, g.ACR, g.Family, g.Expires = who.User, who.Login, who.ACR, familyOf(code), s.now().Add(codeLife)
	if _, err := s.store.save(r.Context(), nil, g.record("code", code)); err != nil {
		return err
	}
	answer := url.Values{"code": {code}, "iss": {s.issuer}} // RFC 9207
	if q.Back.State != "" {
		answer.Set("state", q.Back.State)
	}
	uri, err := url.Parse(q.Back.URI)
	switch {
	case err != nil:
		return &autherr.InternalError{Details: "redirection URI", Err: err}
	case q.Back.Mode == autherrhttp.FormPostMode:
		return writePage(w, "post", map[string]any{"URI": q.Back.URI, "Parameters": answer})
	case q.Back.Mode == autherrhttp.FragmentMode:
		http.Redirect(w, r, q.Back.URI+"#"+answer.Encode(), http.StatusSeeOther)
		return nil
	}
	if uri.RawQuery != "" {
		uri.RawQuery += "&"
	}
	uri.RawQuery += answer.Encode()
	http.Redirect(w, r, uri.String(), http.StatusSeeOther)
	return nil
}
