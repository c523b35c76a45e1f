package autherrgrpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrgrpc"
)

var errStranger = errors.New("disk full, password=hunter2")

// ownCodes are codes that a server may have. Some of them can be the reason of an ErrorInfo.
var ownCodes = []autherr.ErrorCode{
	"mfa_required", "mfa-required", "MFA_Required", "MFA_REQUIRED", "2fa_required", "_x_", "x_", "x", "xy", "xyz", "other", "OTHER", "error",
	"x.y/z", "a b", " ", "~!#", "urn:example:no", autherr.ErrorCode(strings.Repeat("a", 63)), autherr.ErrorCode(strings.Repeat("a", 64)),
	autherr.ErrorCode(strings.Repeat("a", 5000)), autherr.Other(77), autherr.Other(-99999),
}

var waits = []time.Duration{0, 1, time.Millisecond, time.Second - 1, time.Second, 90*time.Minute + 7, math.MaxInt64, -1, math.MinInt64}

// everyError has every kind of error that a handler can be left with.
func everyError() []error {
	all := []error{
		errStranger, io.EOF, context.DeadlineExceeded, context.Canceled, &net.OpError{Op: "dial", Err: errStranger}, status.Error(codes.NotFound, "hunter2"),
		&autherr.StorageError{Err: context.Canceled}, &autherr.StorageError{Err: errStranger}, &autherr.InvalidTokenError{Err: errStranger},
		&autherr.InvalidTokenError{Err: &autherr.StorageError{Details: "hunter2"}}, &autherr.PermissionDeniedError{Permission: "hunter2"},
		&autherr.RemoteError{}, (*autherr.RemoteError)(nil), autherr.ErrorCode(""), autherr.ErrorCode("ä"), autherr.SaTokenError(200),
		&autherr.RemoteError{Status: 500}, &autherr.RemoteError{Status: 429, RetryAfter: time.Minute},
		autherr.ErrorResponse{Code: autherr.InsufficientScope, Description: "Ask for orders:read.", URI: "https://docs.example/scopes#orders"},
		autherr.ErrorResponse{Code: "mfa-required", Description: "No.", URI: "/x"},
		autherr.ErrorResponse{Code: "mfa_required", Description: "mfa_required"},
		&autherr.ErrorResponse{Code: autherr.InvalidRequest, Description: "ä", URI: "ä"},
		autherr.ErrorResponse{Code: autherr.InvalidGrant, Description: "not sent, since the code becomes another"},
	}
	for _, e := range autherr.SaTokenErrors() {
		all = append(all, e)
	}
	for _, code := range append(autherr.ErrorCodes(), ownCodes...) {
		all = append(all, code)
	}
	for _, wait := range waits {
		all = append(all, &autherr.UnavailableError{RetryAfter: wait}, &autherr.RateLimitedError{RetryAfter: wait}, &autherr.RemoteError{Status: 503, RetryAfter: wait})
	}
	return all
}

// grpcCode is the table of the package comment.
func grpcCode(err error) codes.Code {
	if autherr.FaultOf(err) == autherr.CanceledFault {
		return codes.Canceled
	}
	code, ok := map[int]codes.Code{
		401: codes.Unauthenticated, 403: codes.PermissionDenied, 400: codes.InvalidArgument, 413: codes.InvalidArgument, 404: codes.NotFound,
		429: codes.ResourceExhausted, 502: codes.Unavailable, 503: codes.Unavailable,
	}[autherr.ProtectedResource.Answer(err).HTTPStatus]
	if !ok {
		return codes.Internal
	}
	return code
}

var reasonForm = regexp.MustCompile(`^[A-Z][A-Z0-9_]+[A-Z0-9]$`)

func TestStatusSaysTheAnswerAndNothingElse(t *testing.T) {
	for _, err := range everyError() {
		for _, err := range []error{err, fmt.Errorf("hunter2: %w", err)} {
			answer := autherr.ProtectedResource.Answer(err)
			got := autherrgrpc.Status(err)

			assert.Equal(t, grpcCode(err), got.Code(), err)
			assert.Equal(t, string(answer.Response.Code), got.Message(), err)
			assert.NotContains(t, got.Proto().String(), "hunter2")

			details := got.Details()
			if code := string(answer.Response.Code); code != "" {
				info := details[0].(*errdetails.ErrorInfo)
				details = details[1:]
				assert.Equal(t, "oauth", info.Domain)
				assert.Regexp(t, reasonForm, info.Reason)
				assert.LessOrEqual(t, len(info.Reason), 63)
				if exact := strings.ToLower(info.Reason); info.Metadata["error"] == "" {
					assert.Equal(t, code, exact)
				} else {
					assert.Equal(t, code, info.Metadata["error"])
					assert.Equal(t, "OTHER", info.Reason)
				}
			}
			if answer.RetryAfter > 0 {
				assert.Equal(t, answer.RetryAfter, details[0].(*errdetails.RetryInfo).RetryDelay.AsDuration())
				details = details[1:]
			}
			assert.Empty(t, details)
		}
	}
}

func TestEveryRegisteredCodeIsItsReason(t *testing.T) {
	for _, code := range autherr.ErrorCodes() {
		answer := autherr.ProtectedResource.Answer(code)
		if answer.Response.Code == "" {
			continue
		}
		info := autherrgrpc.Status(code).Details()[0].(*errdetails.ErrorInfo)
		assert.Equal(t, strings.ToUpper(string(answer.Response.Code)), info.Reason)
		assert.Empty(t, info.Metadata)
	}
}

func TestSameAnswerGivesTheSameStatus(t *testing.T) {
	seen := map[autherr.Answer]*spb.Status{}
	for _, err := range everyError() {
		if autherr.FaultOf(err) == autherr.CanceledFault {
			continue
		}
		got := autherrgrpc.Status(err).Proto()
		answer := autherr.ProtectedResource.Answer(err)
		if first, ok := seen[answer]; ok {
			assert.True(t, proto.Equal(first, got), "%v: %v, %v", err, first, got)
		}
		seen[answer] = got
	}
}

func TestNilIsOK(t *testing.T) {
	assert.True(t, autherrgrpc.Status(nil) == nil)
	assert.NoError(t, autherrgrpc.Status(nil).Err())
	assert.Equal(t, codes.OK, autherrgrpc.Status(nil).Code())
	assert.True(t, autherrgrpc.ReadError(nil) == nil)
}

// checkReadBack checks that a client gets all that the server's answer to err says.
func checkReadBack(t *testing.T, err, received error) {
	t.Helper()
	answer := autherr.ProtectedResource.Answer(err)
	remote, ok := autherrgrpc.ReadError(received).(*autherr.RemoteError)
	require.True(t, ok, "%T", received)
	assert.Equal(t, answer.Response, remote.Response)
	assert.Equal(t, answer.RetryAfter, remote.RetryAfter)
	assert.Nil(t, remote.Header)

	status := answer.HTTPStatus
	switch {
	case autherr.FaultOf(err) == autherr.CanceledFault:
		status = 499
	case status == 502:
		status = 503
	}
	assert.Equal(t, status, remote.Status)

	if answer.Response.Code != "" {
		assert.NoError(t, remote.Err)
		assert.ErrorIs(t, remote, answer.Response.Code)
	} else {
		assert.ErrorContains(t, remote.Err, "no ErrorInfo of the domain oauth")
	}
}

func TestWhatStatusWritesReadErrorReads(t *testing.T) {
	for _, err := range everyError() {
		checkReadBack(t, err, autherrgrpc.Status(err).Err())
		checkReadBack(t, err, fmt.Errorf("orders: %w", autherrgrpc.Status(err).Err()))
	}
}

func FuzzWhatStatusWritesReadErrorReads(f *testing.F) {
	f.Add("mfa_required", "Use your key.", "https://docs.example/mfa", int64(0))
	f.Add("mfa-required", "", "", int64(time.Second))
	f.Add("OTHER", "OTHER", "x", int64(-1))
	f.Add("2fa", "\"", "ä", int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, code, description, uri string, wait int64) {
		if max(len(code), len(description), len(uri)) > 64<<10 {
			t.Skip("longer than what is kept")
		}
		for _, err := range []error{
			autherr.ErrorCode(code),
			autherr.ErrorResponse{Code: autherr.ErrorCode(code), Description: description, URI: uri},
			&autherr.UnavailableError{RetryAfter: time.Duration(wait), Err: errors.New(description)},
			&autherr.RateLimitedError{RetryAfter: time.Duration(wait), Err: autherr.ErrorCode(code)},
		} {
			checkReadBack(t, err, autherrgrpc.Status(err).Err())
		}
	})
}

// answered is a status as a server may make it by hand.
func answered(code codes.Code, message string, details ...protoadapt.MessageV1) error {
	s, err := status.New(code, message).WithDetails(details...)
	if err != nil {
		panic(err)
	}
	return s.Err()
}

func read(t testing.TB, err error) *autherr.RemoteError {
	t.Helper()
	remote, ok := autherrgrpc.ReadError(err).(*autherr.RemoteError)
	require.True(t, ok)
	return remote
}

func TestWhatOtherServersSay(t *testing.T) {
	t.Run("a message for people", func(t *testing.T) {
		remote := read(t, answered(codes.Unauthenticated, "The token has expired.", &errdetails.ErrorInfo{Reason: "INVALID_TOKEN", Domain: "oauth"}))
		assert.Equal(t, autherr.ErrorResponse{Code: autherr.InvalidToken, Description: "The token has expired."}, remote.Response)
		assert.Equal(t, 401, remote.Status)
		assert.NoError(t, remote.Err)
	})
	t.Run("an ErrorInfo of another domain", func(t *testing.T) {
		remote := read(t, answered(codes.PermissionDenied, "Enable the API.", &errdetails.ErrorInfo{Reason: "API_DISABLED", Domain: "googleapis.com"}))
		assert.Empty(t, remote.Response)
		assert.Equal(t, 403, remote.Status)
		assert.EqualError(t, remote.Err, "autherrgrpc: no ErrorInfo of the domain oauth with a reason, but PermissionDenied: Enable the API.")
	})
	t.Run("of several, the first of the domain", func(t *testing.T) {
		remote := read(t, answered(codes.PermissionDenied, "x",
			&errdetails.ErrorInfo{Reason: "API_DISABLED", Domain: "googleapis.com"}, &errdetails.Help{},
			&errdetails.ErrorInfo{Reason: "INSUFFICIENT_SCOPE", Domain: "oauth"}, &errdetails.ErrorInfo{Reason: "INVALID_TOKEN", Domain: "oauth"}))
		assert.Equal(t, autherr.InsufficientScope, remote.Response.Code)
	})
	t.Run("an ErrorInfo without a reason", func(t *testing.T) {
		remote := read(t, answered(codes.PermissionDenied, "", &errdetails.ErrorInfo{Domain: "oauth"}))
		assert.Empty(t, remote.Response)
		assert.EqualError(t, remote.Err, "autherrgrpc: no ErrorInfo of the domain oauth with a reason, but PermissionDenied")
	})
	t.Run("waits alone, of which the longest counts", func(t *testing.T) {
		remote := read(t, answered(codes.ResourceExhausted, "quota", &errdetails.RetryInfo{RetryDelay: durationpb.New(time.Minute)}, &errdetails.RetryInfo{RetryDelay: durationpb.New(time.Second)}))
		assert.Equal(t, 429, remote.Status)
		assert.Equal(t, time.Minute, remote.RetryAfter)
		wait, ok := autherr.RetryAfterOf(remote)
		assert.True(t, ok)
		assert.Equal(t, time.Minute, wait)
	})
	t.Run("waits that are none", func(t *testing.T) {
		for _, delay := range []*durationpb.Duration{nil, {}, {Seconds: -5}, {Nanos: -1}, {Seconds: math.MinInt64, Nanos: math.MinInt32}} {
			remote := read(t, answered(codes.Unavailable, "", &errdetails.RetryInfo{RetryDelay: delay}))
			assert.Zero(t, remote.RetryAfter)
		}
		remote := read(t, answered(codes.Unavailable, "", &errdetails.RetryInfo{RetryDelay: &durationpb.Duration{Seconds: math.MaxInt64}}))
		assert.Equal(t, time.Duration(math.MaxInt64), remote.RetryAfter, "more than a Duration holds is as much as it holds")
	})
	t.Run("details that nobody can read", func(t *testing.T) {
		remote := read(t, status.FromProto(&spb.Status{Code: int32(codes.NotFound), Details: []*anypb.Any{
			nil, {TypeUrl: "example.com/unheard.of"}, {TypeUrl: "type.googleapis.com/google.rpc.ErrorInfo", Value: []byte{0xFF}},
		}}).Err())
		assert.Equal(t, 404, remote.Status)
		assert.Empty(t, remote.Response)
	})
	t.Run("the other details are in the body", func(t *testing.T) {
		remote := read(t, answered(codes.InvalidArgument, "invalid_request", &errdetails.ErrorInfo{Reason: "INVALID_REQUEST", Domain: "oauth"},
			&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "id"}}}))
		var body spb.Status
		require.NoError(t, proto.Unmarshal(remote.Body, &body))
		details := status.FromProto(&body).Details()
		assert.Equal(t, "id", details[1].(*errdetails.BadRequest).FieldViolations[0].Field)
	})
	t.Run("long texts", func(t *testing.T) {
		long := strings.Repeat("ä", 1<<20)
		remote := read(t, answered(codes.Unauthenticated, "x"+long, &errdetails.ErrorInfo{Reason: long, Domain: "oauth", Metadata: map[string]string{"error_uri": long}}))
		for _, text := range []string{string(remote.Response.Code), remote.Response.Description, remote.Response.URI} {
			assert.LessOrEqual(t, len(text), 64<<10+3)
			assert.GreaterOrEqual(t, len(text), 64<<10)
			assert.True(t, strings.HasSuffix(text, "ä..."))
		}
		assert.Nil(t, remote.Body)
		assert.Less(t, len(remote.Error()), 1000)
		assert.Less(t, len(read(t, answered(codes.Unauthenticated, long)).Err.Error()), 400)
	})
	t.Run("texts that would break a line of a log", func(t *testing.T) {
		assert.NotContains(t, read(t, answered(codes.Unauthenticated, "a\nb\x00")).Err.Error(), "\n")
	})
}

func TestEveryCodeOfGRPCHasAStatus(t *testing.T) {
	for code := codes.Code(0); code <= 20; code++ {
		if code == codes.OK {
			continue
		}
		remote := read(t, status.Error(code, "x"))
		assert.Contains(t, []int{400, 401, 403, 404, 409, 429, 499, 500, 501, 503, 504}, remote.Status, code)
		assert.ErrorContains(t, remote.Err, code.String())
		assert.NotEqual(t, 401, autherr.ProtectedResource.Answer(remote).HTTPStatus, "what another server said is not passed on")
	}
	// What a gateway makes of the codes by default.
	assert.Equal(t, 499, read(t, status.Error(codes.Canceled, "")).Status)
	assert.Equal(t, 500, read(t, status.Error(codes.Unknown, "")).Status)
	assert.Equal(t, 504, read(t, status.Error(codes.DeadlineExceeded, "")).Status)
	assert.Equal(t, 409, read(t, status.Error(codes.AlreadyExists, "")).Status)
	assert.Equal(t, 501, read(t, status.Error(codes.Unimplemented, "")).Status)
	assert.Equal(t, 400, read(t, status.Error(codes.FailedPrecondition, "")).Status)
}

// noStatus has the method that returns a status, but returns none.
type noStatus struct{ error }

func (noStatus) GRPCStatus() *status.Status { return nil }

func TestWhatIsNoStatusStays(t *testing.T) {
	for _, err := range []error{io.EOF, errStranger, context.Canceled, fmt.Errorf("x: %w", io.EOF), autherr.InvalidToken, &net.OpError{}, noStatus{errStranger}} {
		assert.True(t, err == autherrgrpc.ReadError(err), err)
	}
	once := autherrgrpc.ReadError(status.Error(codes.Canceled, "x"))
	assert.True(t, once == autherrgrpc.ReadError(once), "reading twice changes nothing")
	byHand := &autherr.RemoteError{Status: 418, Err: status.Error(codes.Canceled, "x")}
	assert.True(t, byHand == autherrgrpc.ReadError(byHand))
	higher := fmt.Errorf("orders: %w", once)
	assert.True(t, higher == autherrgrpc.ReadError(higher))
}

func FuzzReadError(f *testing.F) {
	for _, err := range everyError() {
		data, _ := proto.Marshal(autherrgrpc.Status(err).Proto())
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s spb.Status
		if proto.Unmarshal(data, &s) != nil || s.Code == 0 {
			return
		}
		remote := read(t, status.FromProto(&s).Err())
		assert.Equal(t, remote.Response.Code == "", remote.Err != nil)
		assert.GreaterOrEqual(t, remote.RetryAfter, time.Duration(0))
		assert.True(t, remote.Status >= 400 && remote.Status <= 504)
		assert.Less(t, len(remote.Error()), 4000)

		passedOn := autherrgrpc.Status(remote)
		assert.Contains(t, []codes.Code{codes.Unavailable, codes.Canceled}, passedOn.Code(), "a server's answer is not ours")
	})
}

// health is a service that fails as the tests want it to.
type health struct {
	grpc_health_v1.UnimplementedHealthServer

	mu  sync.Mutex
	err error
}

func (h *health) fail(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
}

func (h *health) answer() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return autherrgrpc.Status(h.err).Err()
}

func (h *health) Check(ctx context.Context, r *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	if r.Service == "slow" {
		<-ctx.Done()
		return nil, autherrgrpc.Status(ctx.Err()).Err()
	}
	return &grpc_health_v1.HealthCheckResponse{}, h.answer()
}

func (h *health) Watch(r *grpc_health_v1.HealthCheckRequest, stream grpc.ServerStreamingServer[grpc_health_v1.HealthCheckResponse]) error {
	if err := stream.Send(&grpc_health_v1.HealthCheckResponse{}); err != nil {
		return err
	}
	if r.Service == "slow" {
		<-stream.Context().Done()
		return autherrgrpc.Status(stream.Context().Err()).Err()
	}
	return h.answer()
}

// serve starts a server on loopback, and returns it with a client.
func serve(t *testing.T) (*health, *grpc.Server, grpc_health_v1.HealthClient) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server, service := grpc.NewServer(), new(health)
	grpc_health_v1.RegisterHealthServer(server, service)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)

	conn, err := grpc.NewClient("passthrough:"+listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return service, server, grpc_health_v1.NewHealthClient(conn)
}

// watch returns what ends a stream after its first message.
func watch(t *testing.T, ctx context.Context, client grpc_health_v1.HealthClient, service string, then func()) error {
	t.Helper()
	stream, err := client.Watch(ctx, &grpc_health_v1.HealthCheckRequest{Service: service})
	require.NoError(t, err)
	_, err = stream.Recv()
	require.NoError(t, err)
	then()
	_, err = stream.Recv()
	return err
}

func TestOverTheWire(t *testing.T) {
	service, _, client := serve(t)
	for _, err := range everyError() {
		service.fail(err)
		_, received := client.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
		checkReadBack(t, err, received)
		checkReadBack(t, err, watch(t, t.Context(), client, "", func() {}))
	}
	service.fail(nil)
	_, err := client.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	assert.NoError(t, autherrgrpc.ReadError(err))
	assert.True(t, io.EOF == autherrgrpc.ReadError(watch(t, t.Context(), client, "", func() {})), "a stream that ends well")
}

func TestClientThatCancels(t *testing.T) {
	_, _, client := serve(t)

	ctx, cancel := context.WithCancel(t.Context())
	unary := make(chan error)
	go func() {
		_, err := client.Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: "slow"})
		unary <- err
	}()
	received := []error{watch(t, ctx, client, "slow", cancel), <-unary}
	for _, err := range received {
		remote := read(t, err)
		assert.Equal(t, 499, remote.Status)
		assert.ErrorIs(t, remote, context.Canceled)
		assert.Equal(t, autherr.CanceledFault, autherr.FaultOf(remote))
		_, ok := autherr.RetryAfterOf(remote)
		assert.False(t, ok, "nobody is waiting for it any more")
		assert.Equal(t, codes.Canceled, autherrgrpc.Status(remote).Code(), "and so on, up the chain of callers")
	}
}

func TestTimeIsUp(t *testing.T) {
	_, _, client := serve(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := client.Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: "slow"})
	remote := read(t, err)
	if remote.Response.Code == "" { // the client's clock was first
		assert.Equal(t, 504, remote.Status)
		assert.ErrorIs(t, remote, context.DeadlineExceeded)
	}
	assert.Equal(t, autherr.RemoteFault, autherr.FaultOf(remote))
	_, ok := autherr.RetryAfterOf(remote)
	assert.True(t, ok)
}

func TestServerThatIsDown(t *testing.T) {
	_, server, client := serve(t)
	midway := watch(t, t.Context(), client, "slow", server.Stop)
	_, atOnce := client.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	for _, err := range []error{midway, atOnce} {
		remote := read(t, err)
		assert.Equal(t, 503, remote.Status)
		assert.Empty(t, remote.Response)
		assert.ErrorContains(t, remote.Err, "Unavailable: ")
		assert.Equal(t, autherr.RemoteFault, autherr.FaultOf(remote))
		assert.Equal(t, 503, autherr.ProtectedResource.Answer(remote).HTTPStatus)
		_, ok := autherr.RetryAfterOf(remote)
		assert.True(t, ok)
	}
}
