package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	cdpnetwork "github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// A chromium is a browser that makes tabs, until the test ends.
type chromium struct{ ctx context.Context }

// newChromium skips the test if there is no Chromium, or fails it if AUTHERR_REAL_CLIENTS is 1.

func newChromium(t *testing.T) chromium {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil && os.Getenv("AUTHERR_REAL_CLIENTS") != "1" {
		t.Skip("no chromium in PATH:", err)
	}
	require.NoError(t, err)
	allocator, release := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("allow-pre-commit-input", true))...) // else a click before the first paint is lost
	t.Cleanup(release)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx))
	process := chromedp.FromContext(ctx).Browser.Process()
	t.Cleanup(func() {
		assert.NoError(t, chromedp.Cancel(ctx))
		assert.ErrorIs(t, process.Signal(os.Interrupt), os.ErrProcessDone)
	})
	return chromium{ctx}
}

type tab struct{ ctx context.Context }

// tab opens a tab that shares no cookies with others.
func (c chromium) tab(t *testing.T) tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(c.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx))
	ctx, cancel = context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	return tab{ctx}
}

func (b tab) do(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	require.NoError(t, chromedp.Do(b.ctx, steps...))
}

func read[T any](t *testing.T, b tab, action chromedp.Action[T]) T {
	t.Helper()
	got, err := chromedp.Run(b.ctx, action)
	require.NoError(t, err)
	return got
}

// A webClient is a client in the web. It lets in posts of its own pages and of the authorization server only.
type webClient struct {
	uri string
	got chan url.Values
}

func newWebClient(t *testing.T, server string) webClient {
	t.Helper()
	c := webClient{got: make(chan url.Values, 10)}
	csrf := http.NewCrossOriginProtection()
	require.NoError(t, csrf.AddTrustedOrigin(server))
	outside := httptest.NewServer(csrf.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/callback" {
			http.NotFound(w, r)
			return
		}
		assert.NoError(t, r.ParseForm())
		if r.Method == http.MethodPost {
			assert.Empty(t, r.URL.RawQuery)
			assert.Equal(t, server, r.Header.Get("Origin"))
		}
		c.got <- r.Form // before the browser can see that it is done
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, `<p id="done">Back at the application`)
	})))
	t.Cleanup(outside.Close)
	c.uri = outside.URL + "/callback"
	return c
}

const (
	done  = chromedp.CSS("#done") // what the client shows
	allow = chromedp.CSS("button[value=allow]")
	deny  = chromedp.CSS("button[value=deny]")
)

// logIn fills in the form for it and sends it, as soon as it is there.
func logIn(password string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(chromedp.SendKeys(chromedp.CSS("input[name=username]"), "alice"),
		chromedp.SendKeys(chromedp.CSS("input[name=password]"), password), chromedp.Click(chromedp.CSS("button")))
}

func TestBrowser(t *testing.T) {
	t.Parallel()
	browser := newChromium(t)
	w := newWorld(t)
	client := newWebClient(t, w.issuer)

	consent := oauth2.SetAuthURLParam("prompt", "consent") // even if she has allowed it before
	t.Run("code flow", func(t *testing.T) {
		b := browser.tab(t)
		web := w.oauth2("web", "web-secret", client.uri, "profile")
		verifier, state := oauth2.GenerateVerifier(), rand.Text()
		address := web.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier), consent)
		b.do(t, chromedp.Navigate(address), logIn("wrong"), chromedp.WaitVisible(chromedp.CSS("[role=alert]")), logIn("wonderland"),
			chromedp.Click(allow), chromedp.WaitVisible(done))
		got := <-client.got
		assert.Equal(t, state, got.Get("state"))
		token, err := web.Exchange(t.Context(), got.Get("code"), oauth2.VerifierOption(verifier))
		require.NoError(t, err)
		require.NoError(t, visit(t, web.Client(t.Context(), token), w.issuer+"/profile"))

		b.do(t, chromedp.Navigate(address), chromedp.Click(deny), chromedp.WaitVisible(done))
		got = <-client.got
		assert.Equal(t, state, got.Get("state"))
		refusal{code: autherr.AccessDenied}.check(t, autherrhttp.ReadRedirect(got))
	})

	// A state has no line breaks (RFC 6749 Appendix A.5), which a form would change. The rest of this is what servers get wrong.
	const awkward = `"'></form><script>alert(1)</script>&amp;&lt;%0A%20+ a=b;{{.}}\u003c ` + "`é世界\u2028😀`"
	spa := w.oauth2("spa", "", client.uri, "profile")
	formPost := oauth2.SetAuthURLParam("response_mode", "form_post")
	for _, scripts := range []bool{true, false} {
		t.Run(fmt.Sprintf("form_post, scripts %t", scripts), func(t *testing.T) {
			b := browser.tab(t)
			_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts})
			require.NoError(t, err)
			posted := func(t *testing.T) url.Values {
				t.Helper()
				if !scripts {
					b.do(t, chromedp.Click(chromedp.CSS("form[action='"+client.uri+"'] button")))
				}
				b.do(t, chromedp.WaitVisible(done))
				return <-client.got
			}
			b.do(t, chromedp.Navigate(spa.AuthCodeURL(awkward, formPost)))
			assert.Equal(t, url.Values{"error": {"invalid_request"}, "error_description": {"this client has to use PKCE"},
				"state": {awkward}, "iss": {w.issuer}}, posted(t))

			pkce := oauth2.S256ChallengeOption(oauth2.GenerateVerifier())
			b.do(t, chromedp.Navigate(spa.AuthCodeURL(awkward, formPost, pkce, consent)), logIn("wonderland"), chromedp.Click(allow))
			got := posted(t)
			assert.NotEmpty(t, got.Get("code"))
			assert.Equal(t, url.Values{"code": got["code"], "state": {awkward}, "iss": {w.issuer}}, got)
		})
	}

	t.Run("page for people", func(t *testing.T) {
		b := browser.tab(t)
		var requests atomic.Int32
		require.NoError(t, chromedp.Listen(b.ctx, func(event any) {
			if _, ok := event.(*cdpnetwork.EventRequestWillBeSent); ok {
				requests.Add(1)
			}
		}))
		res := read(t, b, chromedp.NavigateResponse(w.oauth2("nobody", "", client.uri).AuthCodeURL("x")))
		assert.EqualValues(t, 400, res.Status)
		text := read(t, b, chromedp.Text(chromedp.CSS("body")))
		assert.Contains(t, text, "invalid_client")
		assert.Contains(t, text, autherr.InvalidClient.Description())
		assert.EqualValues(t, 1, requests.Load())

		// What somebody puts into the page does nothing either.
		blocked := read(t, b, chromedp.Evaluate[[]string](`new Promise(resolve => {
			const blocked = []
			document.addEventListener('securitypolicyviolation', event => {
				blocked.push(event.effectiveDirective)
				if (blocked.length == 3) resolve(blocked.sort())
			})
			document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = true'}))
			document.body.append(Object.assign(document.createElement('img'), {src: '/jwks'}))
			fetch('/jwks').catch(() => {})
		})`, chromedp.EvalAwaitPromise))
		assert.Equal(t, []string{"connect-src", "img-src", "script-src-elem"}, blocked)
		assert.False(t, read(t, b, chromedp.Evaluate[bool]("'ran' in window")))
	})

	t.Run("password box", func(t *testing.T) {
		w.mux.HandleFunc("GET /application", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<p>An application at the origin of the server, which lets no other origin read")
		})
		for name, test := range map[string]struct {
			arguments string // of fetch
			want      refusal
			challenge string
			boxes     int32
		}{
			"secret in the form": {`'/token', {method: 'POST', body: new URLSearchParams({grant_type: 'client_credentials', client_id: 'demo', client_secret: 'x'})}`,
				refusal{code: autherr.InvalidClient, status: 400}, "", 0},
			// RFC 6749 §5.2 asks for this challenge, so that a page has to send the header without the browser's credentials.
			"secret in the header": {`'/token', {method: 'POST', body: new URLSearchParams({grant_type: 'client_credentials'}),
				headers: {Authorization: 'Basic ' + btoa('demo:x')}, credentials: 'omit'}`,
				refusal{code: autherr.InvalidClient, status: 401}, `Basic realm="token", error="invalid_client"`, 0},
			"secret in the header, with the browser's credentials": {`'/token', {method: 'POST', body: new URLSearchParams({grant_type: 'client_credentials'}),
				headers: {Authorization: 'Basic ' + btoa('demo:x')}}`,
				refusal{code: autherr.InvalidClient, status: 401}, `Basic realm="token", error="invalid_client"`, 1},
			"token of no use": {`'/profile', {headers: {Authorization: 'Bearer x'}}`,
				refusal{code: autherr.InvalidToken, status: 401}, `Bearer realm="demo", scope="profile"`, 0},
		} {
			t.Run(name, func(t *testing.T) {
				b := browser.tab(t)
				b.do(t, chromedp.Navigate(w.issuer+"/application"))
				boxes := b.boxes(t)
				answer := read(t, b, chromedp.Evaluate[[]string](`fetch(`+test.arguments+`).then(async answer =>
					[String(answer.status), answer.headers.get('WWW-Authenticate') || '', await answer.text()])`, chromedp.EvalAwaitPromise))
				assert.Equal(t, strconv.Itoa(test.want.status), answer[0])
				assert.True(t, strings.HasPrefix(answer[1], test.challenge), answer[1])
				assert.JSONEq(t, `{"error":"`+string(test.want.code)+`"}`, answer[2])
				assert.Equal(t, test.boxes, boxes.Load())
			})
		}
	})
}

// boxes counts how often a password box would open, and closes it.
func (b tab) boxes(t *testing.T) *atomic.Int32 {
	t.Helper()
	var boxes atomic.Int32
	paused, asked := chromedp.Events(b.ctx, fetch.RequestPaused), chromedp.Events(b.ctx, fetch.AuthRequired)
	yes := true
	_, err := chromedp.Call(b.ctx, fetch.Enable, fetch.EnableParams{HandleAuthRequests: &yes})
	require.NoError(t, err)
	go func() {
		for event, err := range paused {
			if err != nil {
				return
			}
			chromedp.Call(b.ctx, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: event.RequestID})
		}
	}()
	go func() {
		for event, err := range asked {
			if err != nil {
				return
			}
			boxes.Add(1)
			chromedp.Call(b.ctx, fetch.ContinueWithAuth, fetch.ContinueWithAuthParams{RequestID: event.RequestID,
				AuthChallengeResponse: &fetch.AuthChallengeResponse{Response: fetch.AuthChallengeResponseResponseCancelAuth}})
		}
	}()
	return &boxes
}
