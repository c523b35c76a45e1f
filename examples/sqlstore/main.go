// Command sqlstore turns the errors of database/sql and SQLite into those of autherr. The function for it,
// storeError, is a dozen lines to copy. For each error, the program prints what a token endpoint logs and
// answers. A real server has TLS, timeouts, and a limit to attempts, keeps its tokens, and refuses repeated
// parameters. It decodes what is in Basic, as examples/tokenendpoint does.
package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// storeError returns what an endpoint is to make of err, which comes from a query for a client. A deadline
// or a client that has gone needs no case: endpoints find these errors in the StorageError.
func storeError(err error) error {
	lite, ok := errors.AsType[*sqlite.Error](err)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return autherr.ErrOAuth2ClientNotFound
	case ok && lite.Code()&0xff == sqlite3.SQLITE_BUSY: // its higher bits say why
		return &autherr.UnavailableError{RetryAfter: time.Second, Err: err}
	}
	return &autherr.StorageError{Err: err}
}

type endpoint struct {
	db      *sql.DB
	query   string // for the hash of a client's secret; one that a person chose needs a slow hash
	timeout time.Duration
}

func (e endpoint) authenticate(r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return autherrhttp.RequestError(err)
	}
	if grant := r.PostForm.Get("grant_type"); grant != "client_credentials" {
		return fmt.Errorf("grant type %.40q: %w", grant, autherr.UnsupportedGrantType)
	}
	ctx, cancel := context.WithTimeout(r.Context(), e.timeout)
	defer cancel()
	id, secret, _ := r.BasicAuth()
	want, got := make([]byte, sha256.Size), sha256.Sum256([]byte(secret))
	err := storeError(e.db.QueryRowContext(ctx, e.query, id).Scan(&want))
	same := subtle.ConstantTimeCompare(got[:], want) == 1 // also for an unknown client, so that it takes as long
	switch {
	case err != nil:
		return fmt.Errorf("client %.40q: %w", id, err)
	case !same:
		return fmt.Errorf("client %.40q: %w", id, autherr.ErrOAuth2InvalidCredentials)
	}
	return nil
}

func (e endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	if err := e.authenticate(r); err != nil {
		answer := autherrhttp.WriteTokenError(w, r, err)
		slog.LogAttrs(r.Context(), autherr.FaultOf(err).Level(), "refused", autherr.LogAttr(err), slog.Any("answer", answer))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	fmt.Fprintf(w, `{"access_token":"%s","token_type":"Bearer","expires_in":300}`, rand.Text())
}

// bounded cuts long texts in a log line. It also drops the time, so that each run prints the same.
func bounded(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	if text := a.Value.String(); a.Value.Kind() == slog.KindString && len(text) > 200 {
		return slog.String(a.Key, strings.ToValidUTF8(text[:200], "")+"...")
	}
	return a
}

func main() {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: bounded})))
	dir := must(os.MkdirTemp("", "sqlstore"))
	defer os.RemoveAll(dir)
	db := must(sql.Open("sqlite", "file:"+filepath.Join(dir, "db")+"?_pragma=busy_timeout(50)&_txlock=exclusive"))
	defer db.Close()
	must(db.Exec("CREATE TABLE client (id TEXT PRIMARY KEY, secret BLOB NOT NULL)"))

	try := func(what, query string, timeout, hangUp time.Duration) {
		ctx, cancel := context.WithCancel(context.Background())
		defer time.AfterFunc(hangUp, cancel).Stop() // as a server does if a client hangs up
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/token", strings.NewReader("grant_type=client_credentials"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth("robot", "guess")
		w := httptest.NewRecorder()
		fmt.Println(what)
		endpoint{db, query, timeout}.ServeHTTP(w, r)
		fmt.Printf("answer: %d %s\n\n", w.Code, w.Body)
	}
	const lookup = "SELECT secret FROM client WHERE id = ?"
	const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i = ?"
	try("No row:", lookup, 5*time.Second, time.Minute)
	try("No such table:", "SELECT secret FROM clients WHERE id = ?", 5*time.Second, time.Minute)
	try("A query past its deadline:", endless, 50*time.Millisecond, time.Minute)
	try("A client that has gone:", endless, time.Minute, 50*time.Millisecond)
	defer must(db.Begin()).Rollback() // as another process that locks the database
	try("A busy database:", lookup, 5*time.Second, time.Minute)
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
