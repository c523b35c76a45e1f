package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/seed-e9190de5/autherr"
)

// faultNames names what can go wrong with what the server depends on.
var faultNames = []string{
	"store-down",      // connections to the store are refused
	"store-busy",      // another process has locked the store
	"store-slow",      // queries do not end before their deadline
	"store-readonly",  // the store takes no writes
	"keys-down",       // connections to the store of keys are refused
	"signing-missing", // there is no key to sign with
	"signing-broken",  // the key to sign with is of the wrong curve
	"maintenance",     // the store is closed for two minutes
}

// faults holds the faults that are on.
type faults struct {
	now         func() time.Time
	store, keys *database

	switching sync.Mutex // apart from mu, since a transaction that is to end first may ask what is on
	locked    *sql.Conn

	mu sync.Mutex
	on map[string]time.Time // since when
}

func newFaults(now func() time.Time) *faults { return &faults{now: now, on: map[string]time.Time{}} }

func (f *faults) since(name string) (time.Time, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	since, ok := f.on[name]
	return since, ok
}

func (f *faults) is(name string) bool {
	_, ok := f.since(name)
	return ok
}

// set switches a fault on or off. It uses the local connections of the databases, which have no faults.
func (f *faults) set(ctx context.Context, name string, on bool) error {
	if !slices.Contains(faultNames, name) {
		return fmt.Errorf("no fault is called %.40q: %w", name, autherr.InvalidRequest)
	}
	f.switching.Lock()
	defer f.switching.Unlock()
	if f.is(name) == on {
		return nil
	}
	ctx = context.WithoutCancel(ctx) // or a fault might be switched by half, when whoever switches it has gone
	var err error
	switch name {
	case "store-busy":
		err = f.lock(ctx, on)
	case "signing-missing":
		_, err = f.keys.local.ExecContext(ctx, `UPDATE key SET signs = ?`, !on)
	case "signing-broken":
		err = f.breakKey(ctx, on)
	}
	if err != nil {
		return storeError("switch "+name, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if on {
		f.on[name] = f.now()
	} else {
		delete(f.on, name)
	}
	return nil
}

// lock locks the store, as a backup or a migration in another process does.
func (f *faults) lock(ctx context.Context, on bool) (err error) {
	if !on {
		_, err = f.locked.ExecContext(ctx, `ROLLBACK`)
		return errors.Join(err, f.locked.Close())
	}
	if f.locked, err = f.store.local.Conn(ctx); err != nil {
		return err
	}
	if _, err = f.locked.ExecContext(ctx, `BEGIN EXCLUSIVE`); err != nil {
		return errors.Join(err, f.locked.Close())
	}
	return nil
}

// breakKey adds a signing key of the wrong curve, as an operator might.
func (f *faults) breakKey(ctx context.Context, on bool) error {
	if !on {
		_, err := f.keys.local.ExecContext(ctx, `DELETE FROM key WHERE id = 'broken'`)
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	_, err = f.keys.local.ExecContext(ctx, `INSERT INTO key VALUES ('broken', ?, 1)`, der)
	return err
}

// switchFaults switches faults on and off, by the parameters on and off. Only this machine may do that.
func (s *server) switchFaults(w http.ResponseWriter, r *http.Request) error {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !peer.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("peer %s: %w", r.RemoteAddr, autherr.AccessDenied)
	}
	if host, _, _ := net.SplitHostPort(r.Host); host != "localhost" && !net.ParseIP(host).IsLoopback() {
		return fmt.Errorf("host %.80q: %w", r.Host, autherr.AccessDenied) // a name that leads here now, for a page from elsewhere
	}
	if err := s.csrf.Check(r); err != nil {
		return fmt.Errorf("%w: %w", autherr.AccessDenied, err)
	}
	if err := readForm(r, "on", "off"); err != nil {
		return err
	}
	for _, parameter := range []string{"off", "on"} {
		for _, fault := range r.PostForm[parameter] {
			if err := s.faults.set(r.Context(), fault, parameter == "on"); err != nil {
				return err
			}
		}
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return writeJSON(w, http.StatusOK, slices.AppendSeq([]string{}, maps.Keys(s.faults.on)))
}

// A network stands for the one between the server and one of its databases. Faults act on its connections.
type network struct {
	driver  driver.Driver
	dsn     string
	faults  *faults
	down    string // the name of the fault that it is down
	address string // where the database is said to be
}

func (n network) Driver() driver.Driver { return n.driver }

func (n network) Connect(context.Context) (driver.Conn, error) {
	if n.faults.is(n.down) {
		address, err := netip.ParseAddrPort(n.address)
		if err != nil {
			return nil, err
		}
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: net.TCPAddrFromAddrPort(address), Err: syscall.ECONNREFUSED}
	}
	conn, err := n.driver.Open(n.dsn)
	if err != nil {
		return nil, err
	}
	return &connection{sqliteConn: conn.(sqliteConn), network: n}, nil
}

// sqliteConn has those interfaces of database/sql that connections of package sqlite implement.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

// A connection fails as the faults of its network say.
type connection struct {
	sqliteConn
	network  network
	readonly bool
}

func (c *connection) reach(ctx context.Context) error {
	if c.network.faults.is(c.network.down) {
		return driver.ErrBadConn // database/sql makes a new one, or tries to
	}
	if c.network.down != "store-down" {
		return nil
	}
	if since, is := c.network.faults.since("maintenance"); is {
		return &autherr.UnavailableError{RetryAfter: since.Add(2 * time.Minute).Sub(c.network.faults.now()), Err: errors.New("maintenance")}
	}
	for c.network.faults.is("store-slow") {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond): // it may have got faster
		}
	}
	if readonly := c.network.faults.is("store-readonly"); readonly != c.readonly {
		if _, err := c.sqliteConn.ExecContext(ctx, fmt.Sprintf("PRAGMA query_only = %t", readonly), nil); err != nil {
			return err
		}
		c.readonly = readonly
	}
	return nil
}

func (c *connection) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.reach(ctx); err != nil {
		return nil, err
	}
	return c.sqliteConn.ExecContext(ctx, query, args)
}

func (c *connection) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.reach(ctx); err != nil {
		return nil, err
	}
	return c.sqliteConn.QueryContext(ctx, query, args)
}

func (c *connection) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	if err := c.reach(ctx); err != nil {
		return nil, err
	}
	return c.sqliteConn.BeginTx(ctx, options)
}
