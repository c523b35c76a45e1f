package main

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/seed-e9190de5/autherr"
)

// A database is used over a network that may fail. Its local connections do not fail: faults are made by them, and
// they keep a database in memory from being dropped.
type database struct {
	*sql.DB
	local *sql.DB
}

// openDatabase opens a file, or makes a database in memory if file is "".
func openDatabase(ctx context.Context, file, schema string, over network) (*database, error) {
	dsn := "file:" + (&url.URL{Path: file}).EscapedPath() + "?_pragma=synchronous(off)" // what was written stays if the process dies, which is enough here
	if file == "" {
		dsn = "file:/" + rand.Text() + "?vfs=memdb"
	}
	over.dsn = dsn + "&_txlock=immediate&_pragma=busy_timeout(200)"
	local, err := sql.Open("sqlite", over.dsn)
	if err != nil {
		return nil, err
	}
	over.driver = local.Driver()
	db := &database{sql.OpenDB(over), local}
	db.SetMaxOpenConns(1) // SQLite has one writer at a time anyway, and so this process never finds itself busy
	if _, err := local.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(storeError("open database", err), db.close())
	}
	return db, nil
}

func (d *database) close() error { return errors.Join(d.Close(), d.local.Close()) }

// scan reads one row, and reports whether there is one.
func (d *database) scan(ctx context.Context, operation string, to []any, query string, args ...any) (found bool, err error) {
	switch err := d.QueryRowContext(ctx, query, args...).Scan(to...); {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	default:
		return err == nil, storeError(operation, err)
	}
}

// storeError returns what an endpoint is to make of err, which comes from a database. A deadline or a client that has gone
// needs no case: endpoints find these errors in the StorageError.
func storeError(operation string, err error) error {
	if err == nil {
		return nil
	}
	failed := &autherr.StorageError{Details: operation, Err: err}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok && lite.Code()&0xff == sqlite3.SQLITE_BUSY { // its higher bits say why
		return &autherr.UnavailableError{RetryAfter: time.Second, Err: failed}
	}
	return failed
}

const storeSchema = `
CREATE TABLE IF NOT EXISTS client (id TEXT PRIMARY KEY, secret BLOB NOT NULL, registration BLOB NOT NULL, metadata TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS user (name TEXT PRIMARY KEY, password BLOB NOT NULL, salt BLOB NOT NULL, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS record (kind TEXT, id BLOB, family TEXT NOT NULL, data TEXT NOT NULL, spent INTEGER NOT NULL, expires INTEGER NOT NULL,
	PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS record_expires ON record (expires);
CREATE INDEX IF NOT EXISTS record_family ON record (family) WHERE family != '';`

// A store holds clients, users, and what they were granted. It returns sa-token errors and UnavailableErrors. A function that
// returns others names them.
type store struct {
	db  *database
	now func() time.Time
}

func openStore(ctx context.Context, file string, faults *faults, now func() time.Time) (*store, error) {
	db, err := openDatabase(ctx, file, storeSchema, network{faults: faults, down: "store-down", address: "10.0.0.5:6379"})
	if err != nil {
		return nil, err
	}
	s := &store{db, now}
	if err := s.seed(ctx); err != nil {
		return nil, errors.Join(err, db.close())
	}
	return s, nil
}

// A row is a record to save, such as a token, a code or a session. Only the hash of its id is stored.
type row struct {
	kind, id string
	family   string // of records that are revoked together
	data     any
	until    time.Time // when it may be forgotten
	once     bool      // it must not be there yet,
	was      any       // or only with this as its data
	lasts    bool      // it is not spent by being used
}

func hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// save writes rows, all or none, and spends a record. ok is false, and nothing is written, if that record is not there or has
// been spent already, or if a row is there that must not be.
func (s *store) save(ctx context.Context, spend *row, rows ...row) (ok bool, err error) {
	operation := "save " + rows[0].kind
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return false, storeError(operation, err)
	}
	defer tx.Rollback()
	exec := func(query string, args ...any) (changed int64, err error) {
		result, err := tx.ExecContext(ctx, query, args...)
		if err != nil {
			return 0, storeError(operation, err)
		}
		return result.RowsAffected()
	}
	if spend != nil {
		if n, err := exec(`UPDATE record SET spent = ? WHERE kind = ? AND id = ? AND spent = 0`, !spend.lasts, spend.kind, hash(spend.id)); err != nil || n == 0 {
			return false, err
		}
	}
	for _, r := range rows {
		data, err := json.Marshal(r.data)
		var was []byte
		if err == nil && r.was != nil {
			was, err = json.Marshal(r.was)
		}
		if err != nil {
			return false, &autherr.SerializationError{Details: r.kind, Err: err}
		}
		if n, err := exec(`INSERT INTO record VALUES (?, ?, ?, ?, 0, ?) ON CONFLICT DO UPDATE SET data = excluded.data, expires = excluded.expires WHERE ? OR data = ?`,
			r.kind, hash(r.id), r.family, data, r.until.Unix(), !r.once, was); err != nil || n == 0 {
			return false, err
		}
	}
	// Delete one record more than were made, so that the table does not grow and no request takes long for it.
	if _, err := exec(`DELETE FROM record WHERE (kind, id) IN (SELECT kind, id FROM record WHERE expires <= ? LIMIT ?)`, s.now().Unix(), len(rows)+1); err != nil {
		return false, err
	}
	return true, storeError(operation, tx.Commit())
}

// A state is what is known of a record.
type state int

const (
	absent state = iota
	fresh
	spent
)

// find reads a record into data, and returns its state.
func (s *store) find(ctx context.Context, kind, id string, data any) (state, error) {
	var text []byte
	is := fresh
	found, err := s.db.scan(ctx, "find "+kind, []any{&text, &is}, `SELECT data, 1 + spent FROM record WHERE kind = ? AND id = ? AND expires > ?`,
		kind, hash(id), s.now().Unix())
	if err != nil || !found {
		return absent, err
	}
	if err := json.Unmarshal(text, data); err != nil {
		return is, &autherr.SerializationError{Details: kind, Err: err}
	}
	return is, nil
}

// take removes a record. taken is false if it is not there, perhaps since another request took it.
func (s *store) take(ctx context.Context, kind, id string) (taken bool, err error) {
	return s.db.scan(ctx, "take "+kind, []any{new([]byte)}, `DELETE FROM record WHERE kind = ? AND id = ? AND expires > ? RETURNING data`,
		kind, hash(id), s.now().Unix())
}

// revoke removes all records of a family.
func (s *store) revoke(ctx context.Context, family string) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM record WHERE family = ? AND family != ''`, family)
	return storeError("revoke", err)
}

// A grant is what a code or a token stands for: what a user has allowed a client, or what a client may do for itself.
type grant struct {
	Client   string    `json:"client_id"`
	User     string    `json:"login_id"` // "" if the client acts for itself
	Scope    string    `json:"scope"`
	Audience string    `json:"audience"`
	Family   string    `json:"family"`
	Login    time.Time `json:"auth_time"`
	ACR      string    `json:"acr"`
	Key      string    `json:"jkt"` // the thumbprint of the DPoP key; "" for Bearer
	Expires  time.Time `json:"expires"`

	// Of a code only.
	RedirectURI string `json:"redirect_uri,omitempty"`
	Challenge   string `json:"code_challenge,omitempty"`
	Nonce       string `json:"nonce,omitempty"`
}

// record returns g as a record. It is kept for a day after it expires, so that it can be told from an unknown one.
func (g grant) record(kind, id string) row {
	return row{kind: kind, id: id, family: g.Family, data: g, until: g.Expires.Add(24 * time.Hour)}
}

// An account is what is known of a user.
type account struct {
	Name        string    `json:"-"`
	Roles       []string  `json:"roles,omitempty"`
	Banned      bool      `json:"banned,omitempty"`
	BannedUntil time.Time `json:"banned_until,omitzero"`
	Second      []byte    `json:"second,omitempty"` // the hash of the second factor; nil if there is none
	NeedsSecond bool      `json:"needs_second,omitempty"`
}

// account returns the account of name, if it may be used.
func (s *store) account(ctx context.Context, name string) (*account, error) {
	a := account{Name: name}
	var data []byte
	found, err := s.db.scan(ctx, "find user", []any{&data}, `SELECT data FROM user WHERE name = ?`, name)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, fmt.Errorf("user %.40q is gone: %w", name, autherr.ErrAccountKickedOut)
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return nil, &autherr.SerializationError{Details: "user", Err: err}
	}
	if a.Banned && (a.BannedUntil.IsZero() || s.now().Before(a.BannedUntil)) {
		return nil, fmt.Errorf("user %.40q: %w", name, &autherr.AccountBannedError{Until: a.BannedUntil})
	}
	return &a, nil
}

var errWrongPassword = errors.New("name or password is wrong")

// login returns the account of name, or errWrongPassword. An unknown user takes as long as a wrong password.
func (s *store) login(ctx context.Context, name, password string) (*account, error) {
	var want, salt []byte
	if _, err := s.db.scan(ctx, "find user", []any{&want, &salt}, `SELECT password, salt FROM user WHERE name = ?`, name); err != nil {
		return nil, err
	}
	got, err := slowHash(password, salt)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(want, got) != 1 {
		return nil, errWrongPassword
	}
	return s.account(ctx, name)
}

func slowHash(password string, salt []byte) ([]byte, error) {
	key, err := pbkdf2.Key(sha256.New, password, salt, 100_000, sha256.Size)
	if err != nil {
		return nil, &autherr.InternalError{Details: "hash password", Err: err}
	}
	return key, nil
}
