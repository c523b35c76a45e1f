package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"
	piondtls "github.com/pion/dtls/v3"
	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/message/noresponse"
	"github.com/plgd-dev/go-coap/v3/message/pool"
	"github.com/plgd-dev/go-coap/v3/mux"
	udpclient "github.com/plgd-dev/go-coap/v3/udp/client"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrcoap"
)

const lifetime = time.Hour

// The blocks that a connection holds until the rest arrives take at most the product of both.
const (
	longestRequest = 8 << 10 // bytes
	mostTransfers  = 16      // requests whose blocks are not all there
)

// clientCredentials is the only grant type that the server supports (RFC 9200 §8.5).
const clientCredentials = 2

// A tokenRequest holds the parameters of RFC 9200 §5.8.1 and RFC 9201 §3.1 that matter
// here. All others are ignored (RFC 6749 §3.2).
type tokenRequest struct {
	ReqCnf     given[reqCnf] `cbor:"4,keyasint"`
	Audience   given[string] `cbor:"5,keyasint"`
	Scope      given[string] `cbor:"9,keyasint"`
	GrantType  given[uint64] `cbor:"33,keyasint"`
	ACEProfile aceProfile    `cbor:"38,keyasint"`
}

type reqCnf struct {
	COSEKey given[coseKey] `cbor:"1,keyasint"`
}

type coseKey struct {
	KeyType given[int64] `cbor:"1,keyasint"`
}

// A tokenResponse is an access token and what comes with it (RFC 9200 §5.8.2).
type tokenResponse struct {
	AccessToken []byte `cbor:"1,keyasint"`
	ExpiresIn   int64  `cbor:"2,keyasint"` // seconds
	Cnf         *cnf   `cbor:"8,keyasint,omitempty"`
	Scope       string `cbor:"9,keyasint,omitempty"`
	ACEProfile  int    `cbor:"38,keyasint,omitempty"`
}

// A cnf holds a key that the server made for the client (RFC 9201 §3.2).
type cnf struct {
	COSEKey cbor.RawMessage `cbor:"1,keyasint"`
}

// A symmetricKey is a COSE_Key (RFC 9053 §7.3). In the DTLS profile, a session with the
// resource server starts with its key ID (RFC 9202 §3.3.2).
type symmetricKey struct {
	KeyType int    `cbor:"1,keyasint"`
	KeyID   []byte `cbor:"2,keyasint"`
	Key     []byte `cbor:"-1,keyasint"`
}

// A given is a value that is of type T if it is there at all. A field of type T itself
// would take null for an absent value, and a tagged value for what is in the tag. (Tag
// 55799 only marks CBOR, and fxamacker/cbor has removed it by then.)
type given[T any] struct {
	value T
	raw   cbor.RawMessage // nil if it is absent
}

// UnmarshalCBOR is for decMode to call.
func (g *given[T]) UnmarshalCBOR(item []byte) error {
	const tag, simple = 6, 7 // major types (RFC 8949 §3.1)
	if major := item[0] >> 5; major == tag || major == simple {
		return errors.New("found a tag, null, or another simple value")
	}
	g.raw = bytes.Clone(item)
	return decMode.Unmarshal(item, &g.value)
}

// An aceProfile is an ace_profile in a request. Null asks for the profile in the response
// (RFC 9200 §5.8.4.3), and a profile does not.
type aceProfile struct{ asked bool }

// UnmarshalCBOR is for decMode to call.
func (p *aceProfile) UnmarshalCBOR(item []byte) error {
	const null = 0xF6
	if p.asked = item[0] == null; p.asked {
		return nil
	}
	return new(given[int64]).UnmarshalCBOR(item)
}

var (
	decMode = must(cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF}.DecMode())
	encMode = must(cbor.CoreDetEncOptions().EncMode())
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// limitRequest keeps go-coap, which has no limit of its own, from joining blocks to more than longestRequest. It turns the
// first block that exceeds the limit, or that says that the request will, into a whole request. The option Size1 of that
// request has the size, for which issue refuses it.
func limitRequest(_ *udpclient.Conn, r *pool.Message) (drop bool, err error) {
	size, err := r.BodySize()
	if err != nil {
		return false, err
	}
	if block, err := r.GetOptionUint32(message.Block1); err == nil { // RFC 7959 §2.2
		size += int64(block>>4) << (4 + block&7)
	}
	if total, err := r.GetOptionUint32(message.Size1); err == nil {
		size = max(size, int64(total))
	}
	if size > longestRequest {
		r.Remove(message.Block1)
		r.SetOptionUint32(message.Size1, uint32(min(size, math.MaxUint32)))
	}
	return false, nil
}

// serveToken answers a request to the token endpoint.
func (s *server) serveToken(w mux.ResponseWriter, r *mux.Message) {
	identity := pskIdentity(w.Conn())
	payload, err := s.issueOrRecover(identity, r)
	if err == nil {
		err = respond(w, codes.Created, bytes.NewReader(payload))
	} else if unanswered := refuse(w, err); unanswered != nil {
		err = errors.Join(err, unanswered)
	}
	// A client may have waived the answer (RFC 7967), but does not choose the level of the log line.
	level := max(slog.LevelInfo, autherr.FaultOf(err).Level())
	s.log.Log(r.Context(), level, "token request",
		"client", identity, "request", r.Token().String(), "answer", w.Message().Code(), autherr.LogAttr(err))
}

// issueOrRecover returns a panic as an error. The panic would end the server.
func (s *server) issueOrRecover(identity string, r *mux.Message) (payload []byte, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = &autherr.InternalError{Details: fmt.Sprintf("panic: %v\n%s", reason, debug.Stack())}
		}
	}()
	return s.issue(identity, r)
}

// respond calls w.SetResponse, and does not take it for a failure if the client has waived the answer.
func respond(w mux.ResponseWriter, code codes.Code, payload io.ReadSeeker, opts ...message.Option) error {
	err := w.SetResponse(code, autherr.ContentFormatACECBOR, payload, opts...)
	if errors.Is(err, noresponse.ErrMessageNotInterested) {
		return nil
	}
	return err
}

// pskIdentity returns the PSK identity that the peer has proved. It returns "" over plain CoAP, which
// proves none.
func pskIdentity(conn mux.Conn) string {
	if secure, ok := conn.NetConn().(*piondtls.Conn); ok {
		state, _ := secure.ConnectionState()
		return string(state.IdentityHint)
	}
	return ""
}

// A coapError is a response code of CoAP itself (RFC 7252 §5.9), for a request that fails
// before OAuth comes into play.
type coapError codes.Code

func (e coapError) Error() string { return codes.Code(e).String() }

// Unwrap returns an OAuth code, so that the error is the client's fault.
func (e coapError) Unwrap() error { return autherr.InvalidRequest }

// refuse answers a request that failed with err. It returns why there is no answer, or nil.
func refuse(w mux.ResponseWriter, err error) error {
	var own coapError
	if errors.As(err, &own) {
		opts := []message.Option{{ID: message.MaxAge}} // 0, so that the answer is not cached
		if codes.Code(own) == codes.RequestEntityTooLarge {
			opts = append(opts, message.Option{ID: message.Size1, Value: binary.BigEndian.AppendUint16(nil, longestRequest)})
		}
		return respond(w, codes.Code(own), nil, opts...)
	}
	return autherrcoap.WriteTokenError(w, err)
}

// issue returns the payload that answers r, with a new token for the client of the given
// identity, or an error that says why there is none.
func (s *server) issue(identity string, r *mux.Message) ([]byte, error) {
	c, err := s.store.client(identity)
	if err != nil {
		return nil, err
	}
	if !c.mayAsk {
		return nil, &autherr.PermissionDeniedError{Permission: "token"}
	}
	if r.Code() != codes.POST { // RFC 9200 §5.8.1
		return nil, coapError(codes.MethodNotAllowed)
	}
	format, err := r.GetOptionUint32(message.ContentFormat)
	if err == nil && format != autherr.ContentFormatACECBOR {
		return nil, coapError(codes.UnsupportedMediaType)
	}
	if size, err := r.GetOptionUint32(message.Size1); err == nil && size > longestRequest {
		return nil, coapError(codes.RequestEntityTooLarge)
	}
	payload, err := r.ReadBody()
	if err != nil {
		return nil, err
	}
	var body given[tokenRequest]
	if err := decMode.Unmarshal(payload, &body); err != nil {
		return nil, fmt.Errorf("%w: %w", autherr.InvalidRequest, err)
	}
	request := body.value
	key := request.ReqCnf.value.COSEKey
	if request.ReqCnf.raw != nil && key.value.KeyType.raw == nil {
		return nil, fmt.Errorf("req_cnf without a COSE_Key that says its kty: %w", autherr.InvalidRequest)
	}

	audience := request.Audience.value
	if audience == "" || request.Scope.value == "" {
		return nil, fmt.Errorf("no audience or no scope, and no client has a default: %w", autherr.InvalidRequest)
	}
	rs, ok := resourceServers[audience]
	if !ok {
		return nil, fmt.Errorf("audience %q: %w", audience, autherr.InvalidRequest)
	}
	if grantType := request.GrantType; grantType.raw != nil && grantType.value != clientCredentials {
		return nil, fmt.Errorf("grant type %d: %w", grantType.value, autherr.UnsupportedGrantType)
	}
	asked := strings.Split(request.Scope.value, " ")
	granted, err := c.allowed(audience, asked)
	if err != nil {
		return nil, err
	}
	switch keyType := key.value.KeyType.value; {
	case key.raw == nil: // the server makes one
	case keyType == symmetric:
		return nil, fmt.Errorf("symmetric key in req_cnf: %w", autherr.InvalidRequest)
	case !slices.Contains(rs.keyTypes, keyType):
		return nil, fmt.Errorf("key of type %d for %s: %w", keyType, audience, autherr.UnsupportedPoPKey)
	}
	shared := slices.IndexFunc(rs.profiles, func(profile int) bool { return slices.Contains(c.profiles, profile) })
	if shared < 0 {
		return nil, fmt.Errorf("%s and %s: %w", identity, audience, autherr.IncompatibleACEProfiles)
	}

	response := tokenResponse{ExpiresIn: int64(lifetime.Seconds())}
	g := grant{identity, audience, strings.Join(granted, " "), key.raw, time.Now().Add(lifetime)}
	if g.key == nil {
		g.key, err = encMode.Marshal(symmetricKey{symmetric, randomBytes(8), randomBytes(16)})
		if err != nil {
			return nil, err
		}
		response.Cnf = &cnf{g.key}
	}
	if len(granted) < len(asked) { // RFC 6749 §5.1
		response.Scope = g.scope
	}
	if request.ACEProfile.asked {
		response.ACEProfile = rs.profiles[shared]
	}
	if response.AccessToken, err = s.store.save(g); err != nil {
		return nil, err
	}
	return encMode.Marshal(response)
}
