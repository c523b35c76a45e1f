package autherrgrpc_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrgrpc"
)

// check is what a server does with the access token of a call.
func check(ctx context.Context) error {
	md, _ := metadata.FromIncomingContext(ctx)
	switch token := md.Get("authorization"); {
	case len(token) == 0:
		return autherr.ErrTokenEmpty
	case token[0] == "Bearer of-tomorrow":
		return nil
	default:
		return fmt.Errorf("token of %q: %w", "alice", autherr.ErrTokenExpired)
	}
}

// authenticate is the interceptor that makes every call present a token.
func authenticate(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	if err := check(ctx); err != nil {
		return nil, autherrgrpc.Status(err).Err()
	}
	return handle(ctx, req)
}

// ready is a service to call: the health check that comes with gRPC.
type ready struct {
	grpc_health_v1.UnimplementedHealthServer
}

func (ready) Check(context.Context, *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	return &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_SERVING}, nil
}

// A server refuses a token, and its client learns that it has to get another one.
func Example() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(authenticate))
	defer server.Stop()
	grpc_health_v1.RegisterHealthServer(server, ready{})
	go server.Serve(listener)

	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	client := grpc_health_v1.NewHealthClient(conn)

	token := "of-yesterday"
	for {
		ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+token)
		answer, err := client.Check(ctx, &grpc_health_v1.HealthCheckRequest{})
		err = autherrgrpc.ReadError(err)
		if errors.Is(err, autherr.InvalidToken) {
			fmt.Println(err)
			token = "of-tomorrow"
			continue
		}
		fmt.Println(answer.GetStatus(), err)
		break
	}
	// Output:
	// remote: 401 invalid_token
	// SERVING <nil>
}

func ExampleStatus() {
	for _, err := range []error{
		fmt.Errorf("token of %q: %w", "alice", autherr.ErrTokenExpired),
		&autherr.PermissionDeniedError{Permission: "orders:write"},
		autherr.ErrNotLogin,
		&autherr.UnavailableError{RetryAfter: 30 * time.Second, Err: errors.New("connection pool exhausted")},
		errors.New("nobody knows"),
		nil,
	} {
		status := autherrgrpc.Status(err)
		fmt.Printf("%v %q\n", status.Code(), status.Message())
	}
	// Output:
	// Unauthenticated "invalid_token"
	// PermissionDenied "insufficient_scope"
	// Unauthenticated ""
	// Unavailable "temporarily_unavailable"
	// Internal "server_error"
	// OK ""
}

func ExampleReadError() {
	received := autherrgrpc.Status(&autherr.UnavailableError{RetryAfter: 30 * time.Second}).Err() // from a call

	err := autherrgrpc.ReadError(received)
	fmt.Println(err)
	if wait, ok := autherr.RetryAfterOf(err); ok {
		fmt.Println("again in", wait)
	}
	// Output:
	// remote: 503 temporarily_unavailable
	// again in 30s
}
