package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

func Example() {
	main()
	// Output:
	// No row:
	// level=INFO msg=refused error.message="client \"robot\": OAuth2 client not found" error.fault=client error.code=invalid_client error.name=OAuth2ClientNotFound error.category=OAuth2 answer.status=401 answer.code=invalid_client
	// answer: 401 {"error":"invalid_client"}
	//
	// No such table:
	// level=ERROR msg=refused error.message="client \"robot\": Storage error: SQL logic error: no such table: clients (1)" error.fault=server error.code=server_error error.name=StorageError error.category=System answer.status=500 answer.code=server_error
	// answer: 500 {"error":"server_error"}
	//
	// A query past its deadline:
	// level=ERROR msg=refused error.message="client \"robot\": Storage error: context deadline exceeded" error.fault=server error.code=temporarily_unavailable error.name=StorageError error.category=System answer.status=503 answer.code=temporarily_unavailable
	// answer: 503 {"error":"temporarily_unavailable"}
	//
	// A client that has gone:
	// level=INFO msg=refused error.message="client \"robot\": Storage error: context canceled" error.fault=canceled error.code=temporarily_unavailable error.name=StorageError error.category=System answer.status=503 answer.code=temporarily_unavailable
	// answer: 503 {"error":"temporarily_unavailable"}
	//
	// A busy database:
	// level=ERROR msg=refused error.message="client \"robot\": Temporarily unavailable: database is locked (5) (SQLITE_BUSY)" error.fault=server error.code=temporarily_unavailable answer.status=503 answer.code=temporarily_unavailable answer.retry_after=1s
	// answer: 503 {"error":"temporarily_unavailable"}
	//
}

func TestStoreErrorKeepsTheCause(t *testing.T) {
	require.NoError(t, storeError(nil))
	for _, cause := range []error{context.DeadlineExceeded, context.Canceled, sql.ErrConnDone, errors.New("unknown")} {
		err := storeError(cause)
		assert.ErrorIs(t, err, cause)
		assert.ErrorIs(t, err, autherr.ErrStorage)
		assert.NotErrorIs(t, err, autherr.InvalidClient)
	}
}

func TestRequests(t *testing.T) {
	db := must(sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "db")))
	defer db.Close()
	must(db.Exec("CREATE TABLE client (id TEXT PRIMARY KEY, secret BLOB)"))
	hash := sha256.Sum256([]byte("s3cret"))
	must(db.Exec("INSERT INTO client VALUES ('robot', ?), ('broken', NULL)", hash[:]))
	const form = "grant_type=client_credentials"
	for name, c := range map[string]struct {
		id, secret, body string
		status           int
		code             string
	}{
		"the right secret":   {"robot", "s3cret", form, 200, `"token_type":"Bearer"`},
		"a wrong secret":     {"robot", "guess", form, 401, `{"error":"invalid_client"}`},
		"an unknown client":  {"nobody", "s3cret", form, 401, `{"error":"invalid_client"}`},
		"no stored secret":   {"broken", "", form, 401, `{"error":"invalid_client"}`},
		"an empty secret":    {"robot", "", form, 401, `{"error":"invalid_client"}`},
		"another grant type": {"robot", "s3cret", "grant_type=password", 400, `{"error":"unsupported_grant_type"}`},
		"a long body":        {"robot", "s3cret", form + strings.Repeat("&", 4<<10), 413, `{"error":"invalid_request"}`},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/token", strings.NewReader(c.body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.SetBasicAuth(c.id, c.secret)
			w := httptest.NewRecorder()
			endpoint{db, "SELECT secret FROM client WHERE id = ?", time.Minute}.ServeHTTP(w, r)
			assert.Equal(t, c.status, w.Code)
			assert.Contains(t, w.Body.String(), c.code)
		})
	}
}
