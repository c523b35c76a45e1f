// Package autherr is one vocabulary for what goes wrong in an auth server: typed errors that its
// stores return, its handlers match, its endpoints send and its clients read back.
//
// # One error, from store to client
//
// A store that does not find a token returns one of the 32 errors of the sa-token family. They are
// constants of type [SaTokenError]:
//
//	return autherr.ErrTokenNotFound
//
// On its way up, the error is wrapped and joined like any other:
//
//	return fmt.Errorf("load token of %s: %w", clientID, err)
//
// A handler can ask what happened, by error, by [Category] or by OAuth [ErrorCode]. As far as
// [errors.Is] and [errors.As] can tell, every sa-token error is also its category and the code that
// a token endpoint answers:
//
//	errors.Is(err, autherr.ErrTokenNotFound)   // true
//	errors.Is(err, autherr.CategoryBasicToken) // true
//	errors.Is(err, autherr.InvalidGrant)       // true
//
// At the edge, an [Endpoint] turns whatever error came up into its [Answer]. Each kind of
// endpoint has its own:
//
//	autherr.TokenEndpoint.Answer(err)         // invalid_grant with 400
//	autherr.AuthorizationEndpoint.Answer(err) // login_required, by redirect
//	autherr.ProtectedResource.Answer(err)     // invalid_token with 401
//
// Packages autherrhttp and autherrcoap write the answer: as JSON or CBOR, in a challenge, by
// redirect. [LogAttr] gives the log the whole error. The client that reads the answer gets a
// [*RemoteError], which matches the code again.
//
// # Promises
//
//  1. What leaves an endpoint is its Answer, made of codes, statuses and waits, and never of an
//     error's text. Two errors with the same Answer give the same bytes to the same request: an
//     unknown client cannot be told from a wrong secret. Only a response that the server itself
//     built is sent as it stands. How long an answer takes is up to the caller.
//  2. A server fault is never dressed up as a client's. A System error or a network failure
//     anywhere in the tree, or an error that nothing is known of, is answered with [ServerError] or
//     [TemporarilyUnavailable]: with 500 or 503, or by redirect at an authorization endpoint.
//  3. No missing code and no forbidden character reaches the wire.
//  4. What another server said is never passed on as our own word. By itself, a [RemoteError] is
//     answered as a fault behind us.
//  5. Nobody is redirected to an address that is not known to be the client's.
//  6. Nothing that a server said is lost: its client gets all of it in a RemoteError.
//  7. Whatever error came up, the answer is written. Nil pointers inside it, types of other
//     packages and methods that panic do not keep a function of this package from answering.
//
// # The verdict
//
// One rule decides what to make of a tree of errors, for all endpoints:
//
//  1. A server fault anywhere in the tree wins, at any depth and in any order. That is a System
//     error, a [SaTokenError] outside the 32, [context.Canceled], the code ServerError or
//     TemporarilyUnavailable, an [UnavailableError], and a network failure: a
//     [*net.OpError], a [*net.DNSError], a [*url.Error] that does not come from parsing, and
//     whatever has a method Timeout that returns true, such as [context.DeadlineExceeded]. The
//     answer is ServerError with 500. It is TemporarilyUnavailable with 503 if one of the faults is
//     that code, an UnavailableError, a timeout, or context.Canceled. A response or a
//     [RateLimitedError] is not such a fault, whatever its code.
//  2. Else the first RemoteError that reports a failure of its server wins: one with the status 429
//     or 5xx, or with the code ServerError or TemporarilyUnavailable. The answer is ServerError
//     with 502. If the RemoteError says 429, 503 or TemporarilyUnavailable, the answer is
//     TemporarilyUnavailable with 503 and the wait of the RemoteError.
//  3. Else the first [ErrorCode], SaTokenError, [ErrorResponse], RateLimitedError or RemoteError
//     decides, in the order of errors.As: an outer error decides for what it wraps. A RemoteError is
//     answered as in rule 2.
//  4. Else nobody knows what happened, and the answer is ServerError with 500. That is also the
//     answer for nil, and if what decides has no code or one that [ErrorResponse.Validate] refuses.
//
// A pointer to one of this package's errors counts, and so does a struct that embeds one of them, but not
// one that embeds two. An error type of your own joins in by embedding one, or by unwrapping to one. What its method Is says counts only for
// [CategorySystem] and context.Canceled. What a RemoteError holds is not looked at, except that
// [FaultOf] looks for context.Canceled there.
//
// To keep a server fault from deciding, format it with %v instead of wrapping it with %w. That is
// right for a stored record that is corrupt and stays invalid_grant, for a failure of the client's
// own connection, and for an address that the client named (request_uri, jwks_uri) and that cannot
// be fetched.
//
// # Asking
//
// errors.Is says what is in a tree. It is the right question if you look for one thing and do not
// care what else happened. It is the wrong one if a database that is down must change the answer:
// a tree that holds invalid_grant and a failed store is both to errors.Is, but ServerError to
// [CodeOf]. A revocation endpoint, for instance, answers 200 for a token that is already dead (RFC
// 7009 §2.2), and must not for a store that is down:
//
//	err := store.Revoke(ctx, token)
//	if err != nil && autherr.CodeOf(err) != autherr.InvalidGrant {
//		// answer err
//	}
//
// The store has to refuse another client's token with [UnauthorizedClient]: [ErrOAuth2ClientIDMismatch] is
// InvalidGrant too, and would be answered with 200.
//
// FaultOf says whose fault an error is, and [Fault.Level] at which level to log it. [RetryAfterOf] says
// whether another try makes sense, and [SaTokenErrorOf] and [CategoryOf] which sa-token error happened.
package autherr

import (
	"context"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/seed-e9190de5/autherr/internal/plain"
)

// Answer returns what e tells the client about err, by the verdict of the package comment. For nil it
// is ServerError with 500, so ask only if there is an error.
//
// If the response has a code, it can be encoded in JSON. If it has none, the status says it all: send
// no body. It has texts only if an [ErrorResponse] in err decided and its code is sent as it is. They
// are that response's own, except any that [ErrorResponse.Validate] would refuse.
func (e Endpoint) Answer(err error) Answer {
	var v verdict
	v.judge(err)
	return v.answer(e)
}

// CodeOf returns the code that a token endpoint answers err with, and "" for nil.
func CodeOf(err error) ErrorCode {
	if err == nil {
		return ""
	}
	return TokenEndpoint.Answer(err).Response.Code
}

// SaTokenErrorOf returns the sa-token error that happened: the first System error in err's tree,
// else the first sa-token error, even if a code above it decides. It returns 0 if there is none. What a
// [RemoteError] holds is not part of the tree.
func SaTokenErrorOf(err error) SaTokenError {
	var v verdict
	v.judge(err)
	return v.saToken
}

// CategoryOf returns [CategorySystem] if [errors.Is] finds that in err's tree, else the category of
// [SaTokenErrorOf]. It returns 0 if there is none. What a [RemoteError] holds is not part of the tree.
func CategoryOf(err error) Category {
	var v verdict
	v.judge(err)
	return v.category()
}

// Fault says whose fault an error is.
type Fault uint8

// The faults, as [FaultOf] returns them.
const (
	NoFault       Fault = iota // there is no error
	ClientFault                // the client did something wrong, or may not do what it asked for
	ServerFault                // this server failed, or something that it depends on
	RemoteFault                // another server that this one asked answered with an error
	CanceledFault              // the request was canceled, usually because the client has gone
)

// String returns "none", "client", "server", "remote" or "canceled", and "Fault(N)" for any other
// value.
func (f Fault) String() string {
	names := [...]string{NoFault: "none", ClientFault: "client", ServerFault: "server", RemoteFault: "remote", CanceledFault: "canceled"}
	if int(f) < len(names) {
		return names[f]
	}
	return "Fault(" + strconv.Itoa(int(f)) + ")"
}

// Level returns the level at which to log an error of fault f: Debug for [NoFault], Info for [ClientFault]
// and [CanceledFault], Warn for [RemoteFault], and Error for [ServerFault] and any other value.
func (f Fault) Level() slog.Level {
	switch f {
	case NoFault:
		return slog.LevelDebug
	case ClientFault, CanceledFault:
		return slog.LevelInfo
	case RemoteFault:
		return slog.LevelWarn
	default:
		return slog.LevelError
	}
}

// FaultOf returns whose fault err is, by the verdict of the package comment: [ServerFault] by its
// rules 1 and 4, or if an [ErrorResponse] of [ServerError] or [TemporarilyUnavailable] decides;
// [RemoteFault] if a [RemoteError] wins or decides; else [ClientFault]. For nil it is [NoFault].
//
// It returns [CanceledFault] if [context.Canceled] is in err's tree, a RemoteError included, and
// every server fault there wraps it: a [StorageError] around context.Canceled is canceled, but one
// beside it is a server fault.
func FaultOf(err error) Fault {
	if err == nil {
		return NoFault
	}
	var v verdict
	v.judge(err)
	return v.blame()
}

// RetryAfterOf reports whether the same request may succeed later. ok is true
//   - if a token endpoint answers err with 429 or 503,
//   - if [SlowDown] or [AuthorizationPending] decides,
//   - or if there is a [RemoteError] in err's tree with the status 429 or 5xx, or with one of these
//     two codes or [TemporarilyUnavailable].
//
// It is false for nil and for a [CanceledFault].
//
// wait is the longest RetryAfter of any [UnavailableError], [RateLimitedError] and such RemoteError. If it
// is 0, none of them named one: wait as long as your own interval says, and do not ask again at once.
func RetryAfterOf(err error) (wait time.Duration, ok bool) {
	var v verdict
	v.judge(err)
	if !v.mayRetry() {
		return 0, false
	}
	return v.longestWait, true
}

// LogAttr returns all that is known of err for a log, as a group "error" of strings: message, which
// is the whole text of err, quoted if it has a character that is not printable; fault, by [FaultOf];
// code, by [CodeOf]; and name and category, by [SaTokenErrorOf] and [CategoryOf], if they are known.
// The message of an error whose method Error panics says so. LogAttr returns the zero Attr for nil,
// which handlers ignore.
//
// What an endpoint told its client is not part of it: log the [Answer]. The message is as long as the
// error's text, so put no more of what a client sent into an error than belongs in a log.
func LogAttr(err error) slog.Attr {
	if err == nil {
		return slog.Attr{}
	}
	var v verdict
	v.judge(err)
	attrs := []slog.Attr{
		slog.String("message", plain.Quoted(plain.OfError(err))),
		slog.String("fault", v.blame().String()),
		slog.String("code", v.answer(TokenEndpoint).Response.Code.String()),
	}
	if v.saToken != 0 {
		attrs = append(attrs, slog.String("name", v.saToken.Name()))
	}
	if category := v.category(); category != 0 {
		attrs = append(attrs, slog.String("category", category.String()))
	}
	return slog.GroupAttrs("error", attrs...)
}

// A decider is an error of this package, or a type that embeds one.
type decider interface {
	error

	// decide returns what the decider has to say. self is the error in the tree: the decider itself,
	// a pointer to it, or a type that embeds it.
	decide(self error) decision
}

// A decision is what a decider has to say. It fits into the registers in which Go returns a struct: with
// more fields, the verdict on a wrapped sentinel took 1.5 times as long.
type decision struct {
	kind    kind
	saToken SaTokenError  // of kind isSaToken
	code    ErrorCode     // of kind isCode, isResponse and isRateLimit
	remote  *RemoteError  // of kind isRemote
	wait    time.Duration // how long it says to wait
	cause   error         // what it wraps besides its sentinel
	whole   bool          // self is the decider, so there is nothing else to ask or to unwrap
}

// A kind is what a decider is. The zero value has no say.
type kind uint8

const (
	isCode kind = iota + 1
	isSaToken
	isResponse
	isRateLimit
	isRemote
)

// isSystem reports whether the decider is a System error.
func (d *decision) isSystem() bool { return d.saToken.Category() == CategorySystem }

// outage returns what the decider is by rule 1.
func (d *decision) outage() outage {
	switch {
	case d.kind == isCode && d.code == TemporarilyUnavailable:
		return passing
	case d.kind == isCode && d.code == ServerError:
		return failed
	case d.kind == isSaToken && (d.isSystem() || !d.saToken.isKnown()):
		return failed
	default:
		return noOutage
	}
}

// An outage is what rule 1 makes of an error. Of several in a tree, the greatest counts.
type outage uint8

const (
	noOutage outage = iota
	failed          // ServerError with 500
	passing         // TemporarilyUnavailable with 503
)

// isSentinel reports whether err is what the decider unwraps to besides its cause.
func (d *decision) isSentinel(err error) bool {
	switch err := err.(type) {
	case SaTokenError:
		return d.kind == isSaToken && err == d.saToken
	case ErrorCode:
		return d.kind == isCode && err == d.code
	default:
		return false
	}
}

// holds reports whether err is what the RemoteError that decides unwraps to. A struct that embeds one may
// wrap other errors too.
func (d *decision) holds(err error) (held bool) {
	defer func() { held = held || recover() != nil }() // both are of one type, which is not comparable
	return err == d.cause || err == error(d.remote.Response.Code)
}

// An observation is what one error says by itself, whatever it wraps.
type observation struct {
	decision
	outage   outage // by rule 1
	system   bool   // its method Is says that it is a System error
	canceled bool   // it is context.Canceled, as errors.Is sees it
}

// ask makes err speak. What it says before one of its methods panics counts.
func (o *observation) ask(err error) {
	defer func() { _ = recover() }()
	switch e := err.(type) {
	case decider:
		o.decision = e.decide(err)
		o.outage = o.decision.outage()
		if o.whole {
			return
		}
	case *net.OpError:
		o.noteIf(e != nil, failed)
	case *net.DNSError:
		o.noteIf(e != nil, failed)
	case *url.Error:
		o.noteIf(e.Op != "parse", failed)
	}
	if e, ok := err.(interface{ Timeout() bool }); ok {
		o.noteIf(e.Timeout(), passing)
	}
	e, asks := err.(interface{ Is(error) bool })
	o.system = asks && e.Is(CategorySystem)
	o.noteIf(o.system, failed)
	o.canceled = err == context.Canceled || asks && e.Is(context.Canceled)
	o.noteIf(o.canceled, passing)
}

// noteIf takes note of an outage if the condition holds, unless a greater one was seen.
func (o *observation) noteIf(condition bool, seen outage) {
	if condition {
		o.outage = max(o.outage, seen)
	}
}

// unwrap returns what err wraps: several errors, or one.
func unwrap(err error) (several []error, one error) {
	switch err := err.(type) {
	case interface{ Unwrap() error }:
		return nil, err.Unwrap()
	case interface{ Unwrap() []error }:
		return err.Unwrap(), nil
	default:
		return nil, nil
	}
}

// A verdict is what there is to know of a tree of errors.
type verdict struct {
	outage outage       // rule 1: the greatest there is
	behind *RemoteError // rule 2: the first that says that its server failed
	first  decision     // rule 3: what decides, and
	by     error        // rule 3: the error whose decision that is

	wait        time.Duration // the longest wait of the UnavailableErrors
	longestWait time.Duration // the longest wait that anybody names
	retryable   bool          // there is a RemoteError that says that another try may succeed

	saToken  SaTokenError // the first System error, else the first sa-token error
	system   bool         // there is a System error by the word of a method Is
	canceled bool         // context.Canceled is there
	stands   bool         // there is a server fault that does not wrap context.Canceled
}

// judge visits all of err's tree, in the order of errors.As.
func (v *verdict) judge(err error) { v.canceled = v.visit(err) }

// visit takes note of err and of what it wraps. It reports whether context.Canceled is there.
func (v *verdict) visit(err error) (canceled bool) {
	defer func() { _ = recover() }() // if Unwrap panics, there is nothing more to visit
	for err != nil {
		if speaks(err) {
			return v.hear(err)
		}
		several, one := unwrap(err)
		for _, inner := range several {
			canceled = v.visit(inner) || canceled
		}
		err = one
	}
	return canceled
}

// speaks reports whether err may have something to say. Most errors only wrap another one, and asking
// them too would take five times as long. The types that ask names have a method Timeout.
func speaks(err error) bool {
	switch err.(type) {
	case decider, interface{ Is(error) bool }, interface{ Timeout() bool }:
		return true
	default:
		return err == context.Canceled
	}
}

// hear visits an error that has something to say.
func (v *verdict) hear(err error) (canceled bool) {
	var o observation
	o.ask(err)
	v.note(err, &o)
	if o.whole {
		canceled = v.descend(&o, o.cause)
	} else {
		canceled = v.visitInside(&o, err)
	}
	canceled = canceled || o.canceled
	if o.outage != noOutage && !canceled {
		v.stands = true
	}
	return canceled
}

// visitInside visits what err wraps.
func (v *verdict) visitInside(o *observation, err error) (canceled bool) {
	defer func() { _ = recover() }() // as in visit
	several, one := unwrap(err)
	canceled = v.descend(o, one)
	for _, inner := range several {
		canceled = v.descend(o, inner) || canceled
	}
	return canceled
}

// descend visits an error that the observed one wraps, if it is part of the tree.
func (v *verdict) descend(o *observation, inner error) (canceled bool) {
	switch {
	case inner == nil || o.isSentinel(inner):
		return false
	case o.kind == isRemote && (o.whole || o.holds(inner)):
		var apart verdict
		return apart.visit(inner)
	default:
		return v.visit(inner)
	}
}

// note adds what one error says to the verdict.
func (v *verdict) note(err error, o *observation) {
	v.outage = max(v.outage, o.outage)
	if o.kind == isCode {
		v.wait = max(v.wait, o.wait)
	}
	if remote := o.remote; remote != nil {
		if v.behind == nil && remote.failed() {
			v.behind = remote
		}
		if remote.isRetryable() {
			v.retryable = true
			v.longestWait = max(v.longestWait, remote.RetryAfter)
		}
	}
	if v.first.kind == 0 {
		v.first, v.by = o.decision, err
	}
	v.longestWait = max(v.longestWait, o.wait)
	v.system = v.system || o.system
	if o.saToken.isKnown() && (v.saToken == 0 || o.isSystem() && v.saToken.Category() != CategorySystem) {
		v.saToken = o.saToken
	}
}

// answer returns what an endpoint tells the client.
func (v *verdict) answer(e Endpoint) (a Answer) {
	d := &v.first
	code, status := ServerError, 500 // if it has failed, or nobody knows what happened
	switch {
	case v.outage == failed:
	case v.outage == passing:
		code, status, a.RetryAfter = TemporarilyUnavailable, 503, v.wait
	case v.behind != nil:
		code, status, a.RetryAfter = v.behind.answer()
	case v.isUnknown():
	case d.kind == isSaToken:
		code, status = e.ofSaToken(d.saToken)
	case d.kind == isRemote:
		code, status, a.RetryAfter = d.remote.answer()
	case d.kind == isRateLimit:
		code, status, a.RetryAfter = TemporarilyUnavailable, 429, max(0, d.wait)
	default:
		code, status = e.ofCode(d.code)
		if built, ok := v.by.(interface{ itself() ErrorResponse }); ok && code == d.code {
			a.Response = built.itself().sendable()
		}
	}
	if e == AuthorizationEndpoint {
		status = redirectStatus(code)
	}
	a.Response.Code, a.HTTPStatus = code, status
	return a
}

// isUnknown reports whether nothing decides by rule 3, or only a code that must not be sent.
func (v *verdict) isUnknown() bool {
	switch v.first.kind {
	case isCode, isResponse:
		return !plain.IsCode(string(v.first.code))
	default:
		return v.first.kind == 0
	}
}

// blame returns whose fault it is.
func (v *verdict) blame() Fault {
	code := v.first.code
	switch {
	case v.canceled && !v.stands:
		return CanceledFault
	case v.outage != noOutage:
		return ServerFault
	case v.behind != nil || v.first.kind == isRemote:
		return RemoteFault
	case v.isUnknown() || v.first.kind == isResponse && (code == ServerError || code == TemporarilyUnavailable):
		return ServerFault
	default:
		return ClientFault
	}
}

// category returns the category of the sa-token error that happened.
func (v *verdict) category() Category {
	if v.system {
		return CategorySystem
	}
	return v.saToken.Category()
}

// mayRetry reports whether the same request may succeed later.
func (v *verdict) mayRetry() bool {
	answer := v.answer(TokenEndpoint)
	switch {
	case v.blame() == CanceledFault:
		return false
	case answer.HTTPStatus == 429 || answer.HTTPStatus == 503 || v.retryable:
		return true
	default:
		return answer.Response.Code == SlowDown || answer.Response.Code == AuthorizationPending
	}
}
