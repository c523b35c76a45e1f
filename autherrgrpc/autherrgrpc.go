// Package autherrgrpc is autherr over gRPC, on [google.golang.org/grpc]: it turns whatever error came up
// at a protected resource into a status, and a status that a server answered back into an error.
//
// In an interceptor that checks the access token:
//
//	func authenticate(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
//		if err := check(ctx); err != nil {
//			slog.Log(ctx, autherr.FaultOf(err).Level(), "refused", autherr.LogAttr(err))
//			return nil, autherrgrpc.Status(err).Err()
//		}
//		return handle(ctx, req)
//	}
//
// In a client:
//
//	order, err := orders.Get(ctx, request)
//	if err := autherrgrpc.ReadError(err); errors.Is(err, autherr.InvalidToken) {
//		// get another token
//	}
//
// # What travels
//
// [Status] sends what [autherr.ProtectedResource] answers, and nothing of the error's text. The gRPC code
// stands for the HTTP status:
//
//	Unauthenticated    401
//	PermissionDenied   403
//	InvalidArgument    400, 413
//	NotFound           404
//	ResourceExhausted  429
//	Unavailable        502, 503
//	Canceled           any, if the fault is autherr.CanceledFault
//	Internal           any other, such as 500
//
// The message is the OAuth code. It is empty if the answer has none, as for a user who is not logged
// in: the gRPC code then says it all. If there is an OAuth code, the details have a
// google.rpc.ErrorInfo of the domain "oauth", with the code in upper case as its reason. If there is
// a wait, they have a google.rpc.RetryInfo:
//
//	code: 14  # Unavailable
//	message: "temporarily_unavailable"
//	details: google.rpc.ErrorInfo{ reason: "TEMPORARILY_UNAVAILABLE", domain: "oauth" }
//	details: google.rpc.RetryInfo{ retry_delay: 30s }
//
// The ErrorInfo's metadata has error_description and error_uri, if the server built a response that has
// them. A reason has 3 to 63 letters, digits and underscores. If a code of the server's own does not fit,
// such as "mfa-required", the reason is OTHER and the metadata has the code as error.
//
// There is nothing here for a token endpoint, which OAuth defines for HTTP and CoAP only.
package autherrgrpc

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/seed-e9190de5/autherr"
)

const (
	domain      = "oauth" // of the ErrorInfo
	otherReason = "OTHER" // of a code that cannot be a reason; metadataError then has it

	// Keys of the ErrorInfo's metadata, named as in RFC 6749 §5.2.
	metadataError       = "error"
	metadataDescription = "error_description"
	metadataURI         = "error_uri"
)

// Status returns the status with which a server answers a call that failed with err, in the form
// that the package comment describes. It says what [autherr.ProtectedResource] answers, and has
// nothing of err's text.
//
// Status(nil) is nil, which is OK to gRPC, so that a handler can always return
//
//	return response, autherrgrpc.Status(err).Err()
//
// An error that autherr does not know is Internal. So is one that has a status already, since its
// text may come from another server. If your handler makes a status of its own, return that and do
// not pass it to Status.
func Status(err error) *status.Status {
	if err == nil {
		return nil
	}
	answer := autherr.ProtectedResource.Answer(err)
	code := codeOf(answer.HTTPStatus)
	if autherr.FaultOf(err) == autherr.CanceledFault {
		code = codes.Canceled
	}
	var details []protoadapt.MessageV1
	if answer.Response.Code != "" {
		details = append(details, errorInfo(answer.Response))
	}
	if answer.RetryAfter > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(answer.RetryAfter)})
	}
	plain := status.New(code, string(answer.Response.Code))
	detailed, err := plain.WithDetails(details...)
	if err != nil {
		return plain // only if a text is not UTF-8, which an Answer's is
	}
	return detailed
}

// codeOf returns the gRPC code for the HTTP status of an [autherr.Answer].
func codeOf(httpStatus int) codes.Code {
	switch httpStatus {
	case 400, 413:
		return codes.InvalidArgument
	case 401:
		return codes.Unauthenticated
	case 403:
		return codes.PermissionDenied
	case 404:
		return codes.NotFound
	case 429:
		return codes.ResourceExhausted
	case 502, 503:
		return codes.Unavailable
	default:
		return codes.Internal
	}
}

// reasonForm is what an ErrorInfo's reason has to match.
var reasonForm = regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,61}[A-Z0-9]$`)

// errorInfo returns the detail that says what a response says.
func errorInfo(response autherr.ErrorResponse) *errdetails.ErrorInfo {
	info := &errdetails.ErrorInfo{Domain: domain, Metadata: map[string]string{}}
	code := string(response.Code)
	info.Reason = strings.ToUpper(code)
	if !reasonForm.MatchString(info.Reason) || strings.ToLower(info.Reason) != code {
		info.Reason = otherReason
		info.Metadata[metadataError] = code
	}
	if response.Description != "" {
		info.Metadata[metadataDescription] = response.Description
	}
	if response.URI != "" {
		info.Metadata[metadataURI] = response.URI
	}
	return info
}

// ReadError returns what a server answered a call, as a [*autherr.RemoteError]. err is what the call
// returned, or the stream.
//
// The OAuth code and its texts come from an ErrorInfo of the domain "oauth". The message is the
// description if it is not the code and there is no other. RetryAfter comes from a RetryInfo, and
// Body is the status itself, as an encoded google.rpc.Status, for the details that this package does
// not know. Each text is cut off after 64 KiB, and a Body of more is left out.
//
// Status is the HTTP status that google.rpc.Code names for the gRPC code. For the codes in the table
// above, that is the first in their line, but 503 for Unavailable. It is 499 for Canceled, 504 for
// DeadlineExceeded, 501 for Unimplemented, 409 for AlreadyExists and Aborted, 400 for FailedPrecondition
// and OutOfRange, and 500 for all others.
//
// Without such an ErrorInfo the Code is "", and Err says what there was instead. That is so if a
// server does not use OAuth, and if there was no answer at all, since gRPC makes a status of that as
// well: Unavailable if the server cannot be reached, DeadlineExceeded, or Canceled. With the last two,
// Err wraps [context.DeadlineExceeded] or [context.Canceled], so that a call that was canceled is an
// [autherr.CanceledFault].
//
// ReadError returns nil for nil. It returns an error that has no status as it is, such as [io.EOF] at
// the end of a stream, and one in which there is a RemoteError already. If other errors wrap the
// status, they are dropped.
func ReadError(err error) error {
	if err == nil {
		return nil
	}
	if _, done := errors.AsType[*autherr.RemoteError](err); done {
		return err
	}
	var holder interface{ GRPCStatus() *status.Status }
	if !errors.As(err, &holder) {
		return err
	}
	answered := holder.GRPCStatus() // status.FromError would add the texts of what wraps it
	if answered.Code() == codes.OK {
		return err
	}
	return remote(answered)
}

// most is how much of a text is kept.
const most = 64 << 10

func remote(answered *status.Status) *autherr.RemoteError {
	e := &autherr.RemoteError{Status: httpStatusOf(answered.Code())}
	if body, err := proto.Marshal(answered.Proto()); err == nil && len(body) <= most {
		e.Body = body
	}
	var info *errdetails.ErrorInfo
	for _, detail := range answered.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			if info == nil && detail.Domain == domain {
				info = detail
			}
		case *errdetails.RetryInfo:
			e.RetryAfter = max(e.RetryAfter, detail.GetRetryDelay().AsDuration())
		}
	}
	if info != nil {
		e.Response = response(info, answered.Message())
	}
	if e.Response.Code == "" {
		e.Err = unknown(answered)
	}
	return e
}

// response returns what errorInfo has put into a detail.
func response(info *errdetails.ErrorInfo, message string) autherr.ErrorResponse {
	code := info.Metadata[metadataError]
	if code == "" {
		code = strings.ToLower(info.Reason)
	}
	description := info.Metadata[metadataDescription]
	if description == "" && message != code {
		description = message
	}
	return autherr.ErrorResponse{
		Code:        autherr.ErrorCode(cut(code, most)),
		Description: cut(description, most),
		URI:         cut(info.Metadata[metadataURI], most),
	}
}

// httpStatusOf returns the HTTP status that google.rpc.Code names for a code.
func httpStatusOf(code codes.Code) int {
	switch code {
	case codes.InvalidArgument, codes.FailedPrecondition, codes.OutOfRange:
		return 400
	case codes.Unauthenticated:
		return 401
	case codes.PermissionDenied:
		return 403
	case codes.NotFound:
		return 404
	case codes.AlreadyExists, codes.Aborted:
		return 409
	case codes.ResourceExhausted:
		return 429
	case codes.Canceled:
		return 499
	case codes.Unimplemented:
		return 501
	case codes.Unavailable:
		return 503
	case codes.DeadlineExceeded:
		return 504
	default:
		return 500
	}
}

// unknownError says what a status says that is not an error response.
type unknownError struct {
	text  string
	cause error // of package context, or nil
}

func (e *unknownError) Error() string { return e.text }

func (e *unknownError) Unwrap() error { return e.cause }

func unknown(answered *status.Status) error {
	text := fmt.Sprintf("autherrgrpc: no ErrorInfo of the domain %s with a reason, but %v", domain, answered.Code())
	if message := answered.Message(); message != "" {
		text += ": " + quoted(cut(message, 200))
	}
	e := &unknownError{text: text}
	switch answered.Code() {
	case codes.Canceled:
		e.cause = context.Canceled
	case codes.DeadlineExceeded:
		e.cause = context.DeadlineExceeded
	}
	return e
}

// quoted returns text, in the form of strconv.Quote if it is not valid UTF-8 or has a character that
// is not printable.
func quoted(text string) string {
	unprintable := func(r rune) bool { return !strconv.IsPrint(r) }
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unprintable) {
		return strconv.Quote(text)
	}
	return text
}

// cut returns text, shortened if it has more than n bytes. It does not cut within a character.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	end := n
	for end > n-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "..."
}
