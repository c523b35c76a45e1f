package autherr_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

// unwrapping is an error type of a user's own.
type unwrapping struct{ err error }

func (e unwrapping) Error() string { return "user's own: " + fmt.Sprint(e.err) }
func (e unwrapping) Unwrap() error { return e.err }

// claiming is one that answers errors.Is and errors.As itself, without unwrapping to anything.
type claiming struct{ target error }

func (e claiming) Error() string        { return "claims to be " + e.target.Error() }
func (e claiming) Is(target error) bool { return target == e.target }
func (e claiming) As(target any) bool {
	code, ok := target.(*autherr.ErrorCode)
	if ok {
		*code = autherr.InvalidGrant
	}
	return ok
}

// strangers are errors that the package does not know.
var strangers = []error{
	nil, io.EOF, context.Canceled, errors.New("pq: password authentication failed for user \"auth\""),
	&fs.PathError{Op: "open", Path: "/etc/shadow", Err: fs.ErrPermission},
	fmt.Errorf("once %v", autherr.ErrTokenExpired), // %v ends its say
	errors.Join(io.EOF, fs.ErrExist), unwrapping{nil}, claiming{autherr.InvalidGrant}, claiming{autherr.ErrTokenExpired},
}

const secret = "postgres://auth:hunter2@db"

// wrappers put an error into a tree, with a text that no client may see.
var wrappers = map[string]func(error) error{
	"alone":           func(err error) error { return err },
	"wrapped":         func(err error) error { return fmt.Errorf(secret+": %w", err) },
	"wrapped 3 times": func(err error) error { return fmt.Errorf(secret+": %w", fmt.Errorf("b: %w", fmt.Errorf("c: %w", err))) },
	"wrapped 100 times": func(err error) error {
		for range 100 {
			err = fmt.Errorf(secret+": %w", err)
		}
		return err
	},
	"user's own type":          func(err error) error { return unwrapping{fmt.Errorf(secret+": %w", err)} },
	"joined first":             func(err error) error { return errors.Join(err, errors.New(secret)) },
	"joined last":              func(err error) error { return errors.Join(errors.New(secret), nil, err) },
	"joined within a join":     func(err error) error { return fmt.Errorf("x: %w", errors.Join(io.EOF, errors.Join(io.EOF, err))) },
	"one of two that %w wraps": func(err error) error { return fmt.Errorf(secret+": %w, %w", io.EOF, err) },
}

func TestResponseDependsOnTheCodeAlone(t *testing.T) {
	for _, e := range autherr.SaTokenErrors() {
		code, ok := e.Code()
		if !ok {
			continue
		}
		wantCBOR, err := autherr.ErrorResponse{Code: code}.MarshalCBOR()
		require.NoError(t, err)
		wantJSON, err := autherr.ErrorResponse{Code: code}.MarshalJSON()
		require.NoError(t, err)
		for name, wrap := range wrappers {
			for _, err := range []error{e, code, unwrapping{code}, detailed(e)} {
				response, ok := autherr.ErrorResponseFor(wrap(err))
				require.True(t, ok, "%#v %s", e, name)
				gotCBOR, err := response.MarshalCBOR()
				require.NoError(t, err)
				assert.Equal(t, wantCBOR, gotCBOR, "%#v %s", e, name)
				gotJSON, err := response.MarshalJSON()
				require.NoError(t, err)
				assert.Equal(t, wantJSON, gotJSON, "%#v %s", e, name)
			}
		}
	}
}

// detailed returns the error that carries details for e, if there is one, with a secret in it.
func detailed(e autherr.SaTokenError) error {
	if make, ok := withCause[e]; ok {
		return make(secret, errors.New(secret))
	}
	if errs, ok := withoutCause[e]; ok {
		return errs[0]
	}
	return e
}

func assertNoVerdict(t *testing.T, err error, msg string) {
	t.Helper()
	response, ok := autherr.ErrorResponseFor(err)
	assert.False(t, ok, msg)
	assert.Zero(t, response, msg)
	code, ok := autherr.CodeOf(err)
	assert.False(t, ok, msg)
	assert.Zero(t, code, msg)
}

func TestAServerFaultIsNeverAClientsFault(t *testing.T) {
	clientFaults := []error{
		autherr.ErrTokenExpired, autherr.InvalidClient, autherr.ErrorResponse{Code: 3, Description: "d"},
		&autherr.ErrorResponse{Code: 3}, &autherr.RemoteError{Response: autherr.ErrorResponse{Code: 3}}, &autherr.RoleDeniedError{Role: "r"},
	}
	for _, system := range autherr.CategorySystem.Errors() {
		for _, fault := range []error{system, detailed(system), unwrapping{system}} {
			for place, wrap := range wrappers {
				for _, client := range clientFaults {
					for i, err := range []error{
						wrap(fault),
						errors.Join(client, wrap(fault)),
						errors.Join(wrap(fault), client),
						fmt.Errorf("%w: %w", client, wrap(fault)),
						&autherr.InvalidTokenError{Err: errors.Join(client, wrap(fault))},
						&autherr.StorageError{Err: errors.Join(client, wrap(fault))},
						withCause[system]("x", wrap(client)),
						wrap(errors.Join(unwrapping{client}, &autherr.InvalidTokenError{Err: wrap(fault)})),
					} {
						msg := fmt.Sprintf("%T %s, way %d, with %T", fault, place, i, client)
						assertNoVerdict(t, err, msg)
						category, ok := autherr.CategoryOf(err)
						assert.True(t, ok, msg)
						assert.Equal(t, autherr.CategorySystem, category, msg)
						found, ok := autherr.SaTokenErrorOf(err)
						assert.True(t, ok, msg)
						assert.Equal(t, autherr.CategorySystem, found.Category(), msg)
					}
				}
			}
		}
	}
}

// What errors.Is calls a System error is one, however it came to be.
func TestAServerFaultIsWhatErrorsIsSaysItIs(t *testing.T) {
	system := autherr.ErrStorage
	for _, fault := range []error{autherr.CategorySystem, &system, struct{ autherr.SaTokenError }{system}, claiming{autherr.CategorySystem}} {
		require.ErrorIs(t, fault, autherr.CategorySystem)
		for _, err := range []error{fault, errors.Join(autherr.InvalidGrant, fault), errors.Join(fault, autherr.ErrTokenExpired, autherr.ErrConfig)} {
			assertNoVerdict(t, err, fmt.Sprintf("%T", fault))
			category, ok := autherr.CategoryOf(err)
			assert.True(t, ok)
			assert.Equal(t, autherr.CategorySystem, category)
			found, ok := autherr.SaTokenErrorOf(err)
			assert.Equal(t, errors.Is(err, autherr.ErrConfig), ok)
			assert.Equal(t, ok, found == autherr.ErrConfig, "the first that is one")
		}
	}
}

func TestSystemErrorEndsWithPercentV(t *testing.T) {
	corrupt := &autherr.SerializationError{Details: "record"}
	err := fmt.Errorf("%w: %v", autherr.ErrRefreshTokenInvalidData, corrupt)
	code, ok := autherr.CodeOf(err)
	assert.True(t, ok)
	assert.Equal(t, autherr.InvalidGrant, code)
}

func TestStrangersHaveNoVerdict(t *testing.T) {
	for _, stranger := range strangers {
		for place, wrap := range wrappers {
			err := wrap(stranger)
			msg := fmt.Sprintf("%v %s", stranger, place)
			assertNoVerdict(t, err, msg)
			_, ok := autherr.SaTokenErrorOf(err)
			assert.False(t, ok, msg)
			_, ok = autherr.CategoryOf(err)
			assert.False(t, ok, msg)
		}
	}
}

func TestAnotherServersAnswerIsNotOurs(t *testing.T) {
	remote := &autherr.RemoteError{Response: autherr.ErrorResponse{Code: autherr.InvalidGrant, Description: "theirs", URI: "/theirs"}}
	embedding := struct {
		*autherr.RemoteError
		host string
	}{remote, "as.example"}
	places := maps.Clone(wrappers)
	places["embedded"] = func(error) error { return embedding }
	for place, wrap := range places {
		err := wrap(remote)
		assert.ErrorIs(t, err, autherr.InvalidGrant, "it can be matched")
		assertNoVerdict(t, err, place)
		assertNoVerdict(t, errors.Join(err, autherr.InvalidScope), place+", before a code of our own")
		_, ok := autherr.CategoryOf(err)
		assert.False(t, ok, place)

		for _, own := range []error{
			fmt.Errorf("%w: %w", autherr.InvalidScope, err),
			errors.Join(autherr.ErrOAuth2InvalidScope, err),
			errors.Join(autherr.ErrorResponse{Code: autherr.InvalidScope}, err),
		} {
			response, ok := autherr.ErrorResponseFor(own)
			assert.True(t, ok, place)
			assert.Equal(t, autherr.ErrorResponse{Code: autherr.InvalidScope}, response, "our own word goes out, and none of theirs")
		}
	}
}

func TestNoCodeMeansNoResponse(t *testing.T) {
	for _, err := range []error{autherr.ErrorCode(0), autherr.ErrorResponse{Description: "d"}, &autherr.ErrorResponse{}, autherr.SaTokenError(0), autherr.SaTokenError(33), autherr.SaTokenError(255)} {
		for place, wrap := range wrappers {
			assertNoVerdict(t, wrap(err), place)
			assertNoVerdict(t, errors.Join(wrap(err), autherr.InvalidGrant), "the first decides alone")
			_, ok := autherr.CategoryOf(wrap(err))
			assert.False(t, ok)
		}
	}
}

func TestABuiltResponseIsSentAsItStandsUnlessForbidden(t *testing.T) {
	for place, wrap := range wrappers {
		for _, r := range validResponses {
			for _, err := range []error{wrap(r), wrap(&r)} {
				response, ok := autherr.ErrorResponseFor(err)
				require.True(t, ok, place)
				assert.Equal(t, r, response, place)
			}
		}
	}
	for _, r := range invalidResponses {
		want := r
		faults, _ := faultsOf(r)
		for _, fault := range faults {
			switch fault {
			case "error_description":
				want.Description = ""
			case "error_uri":
				want.URI = ""
			}
		}
		if r.Code == 0 {
			want = autherr.ErrorResponse{}
		}
		for _, err := range []error{r, &r} {
			response, ok := autherr.ErrorResponseFor(err)
			assert.Equal(t, r.Code != 0, ok)
			assert.Equal(t, want, response, "only what is at fault is left out")
			assert.Equal(t, ok, response.Validate() == nil)
		}
	}
}

// randomTree returns a tree of errors, and those of its nodes that a verdict may rest on in the order
// of errors.As. It knows them because it put them there.
func randomTree(r *rand.Rand, depth int) (nodes []error, tree error) {
	if depth == 0 || r.IntN(6) == 0 {
		var leaf error
		switch r.IntN(8) {
		case 0, 1:
			leaf = autherr.SaTokenErrors()[r.IntN(32)]
		case 2:
			leaf = autherr.SaTokenError(r.IntN(256))
		case 3:
			leaf = autherr.Other(int32(r.IntN(12)) - 2)
		case 4:
			leaf = append(validResponses, invalidResponses...)[r.IntN(len(validResponses)+len(invalidResponses))]
		case 5:
			leaf = &validResponses[r.IntN(len(validResponses))]
		case 6:
			leaf = &autherr.RemoteError{Response: validResponses[r.IntN(len(validResponses))]}
		case 7:
			return nil, strangers[1:][r.IntN(len(strangers)-1)]
		}
		return []error{leaf}, leaf
	}
	nodes, child := randomTree(r, depth-1)
	switch r.IntN(7) {
	case 0:
		return nodes, fmt.Errorf("%s: %w", secret, child)
	case 1:
		return nodes, unwrapping{child}
	case 2:
		sentinel := []autherr.SaTokenError{autherr.ErrInvalidToken, autherr.ErrStorage, autherr.ErrConfig, autherr.ErrSerialization, autherr.ErrInternal}[r.IntN(20)/4]
		return append([]error{sentinel}, nodes...), withCause[sentinel](secret, child)
	case 3:
		return nil, fmt.Errorf("%s: %v", secret, child)
	default:
		more, second := randomTree(r, depth-1)
		if r.IntN(2) == 0 {
			last, third := randomTree(r, depth-1)
			return slices.Concat(nodes, more, last), errors.Join(child, nil, second, io.EOF, third)
		}
		return append(nodes, more...), fmt.Errorf("%w (%s) %w", child, secret, second)
	}
}

func TestTheVerdictOnAnyTree(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 20000 {
		nodes, err := randomTree(r, r.IntN(6))

		var decider error
		for _, node := range nodes {
			if e, ok := node.(autherr.SaTokenError); ok && e >= autherr.ErrStorage && e <= autherr.ErrInternal {
				decider = node
				break
			}
			if decider == nil {
				decider = node
			}
		}
		var want autherr.ErrorResponse
		var wantError autherr.SaTokenError
		switch d := decider.(type) {
		case autherr.ErrorCode:
			want.Code = d
		case autherr.SaTokenError:
			want.Code, _ = d.Code()
			wantError = d
		case autherr.ErrorResponse:
			want = d
		case *autherr.ErrorResponse:
			want = *d
		}

		response, ok := autherr.ErrorResponseFor(err)
		require.Equal(t, want.Code != 0, ok, "%v", err)
		if ok {
			require.NoError(t, response.Validate())
			if want.Validate() == nil {
				require.Equal(t, want, response)
			}
			data, err := response.MarshalJSON()
			require.NoError(t, err)
			require.NotContains(t, string(data), secret)
		}
		code, ok := autherr.CodeOf(err)
		require.Equal(t, want.Code, code)
		require.Equal(t, want.Code != 0, ok)
		require.Equal(t, code, response.Code)
		e, ok := autherr.SaTokenErrorOf(err)
		_, isSaToken := decider.(autherr.SaTokenError)
		require.Equal(t, isSaToken, ok)
		require.Equal(t, wantError, e)
		category, ok := autherr.CategoryOf(err)
		require.Equal(t, wantError.Category(), category)
		require.Equal(t, category != 0, ok)
		require.Equal(t, errors.Is(err, autherr.CategorySystem), category == autherr.CategorySystem)
	}
}

func TestLogAttrHoldsTheWholeTextAndWhatIsKnown(t *testing.T) {
	assert.True(t, autherr.LogAttr(nil).Equal(slog.Attr{}))
	for _, tt := range []struct {
		err  error
		want string
	}{
		{io.EOF, "error=[message=EOF]"},
		{fmt.Errorf("load: %w", &autherr.StorageError{Details: secret}), "error=[message=load: Storage error: " + secret + " name=StorageError category=System]"},
		{fmt.Errorf("redeem: %w", autherr.ErrOAuth2CodeNotFound), "error=[message=redeem: Authorization code not found or expired name=OAuth2CodeNotFound category=OAuth2 code=invalid_grant]"},
		{autherr.UnsupportedGrantType, "error=[message=unsupported_grant_type code=unsupported_grant_type]"},
		{autherr.ErrorResponse{Code: 418, Description: "tea"}, "error=[message=other(418): tea code=other(418)]"},
		{&autherr.RemoteError{Response: autherr.ErrorResponse{Code: 3}}, "error=[message=remote: invalid_grant]"},
	} {
		attr := autherr.LogAttr(tt.err)
		assert.Equal(t, tt.want, attr.String())
		for _, member := range attr.Value.Group() {
			assert.Equal(t, slog.KindString, member.Value.Kind(), member.Key)
		}
	}
}

// For the race detector: all that the package shares between goroutines is read only.
func TestConcurrentUse(t *testing.T) {
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 0))
			for range 200 {
				_, err := randomTree(r, 3)
				_ = autherr.LogAttr(err)
				response, _ := autherr.ErrorResponseFor(err)
				data, _ := response.AppendCBOR(nil)
				_ = response.UnmarshalCBOR(data)
				text, _ := response.MarshalJSON()
				_ = response.UnmarshalJSON(text)
				_ = autherr.CategoryOAuth2.Errors()
				_, _ = autherr.ParseErrorCode(strings.ToLower(response.Error()))
			}
		})
	}
	wait.Wait()
}

// store is what returns errors to a server.
//
//go:noinline
func store(found bool) error {
	if !found {
		return autherr.ErrOAuth2CodeNotFound
	}
	return nil
}

// errWrapped is an error as a handler gets it: from the store, wrapped three times.
var errWrapped = fmt.Errorf("token endpoint: %w", fmt.Errorf("redeem code: %w", fmt.Errorf("store: %w", store(false))))

// toWire is the way from an error to the bytes of its response.
func toWire(b []byte, err error) []byte {
	response, ok := autherr.ErrorResponseFor(err)
	if !ok {
		return b
	}
	b, _ = response.AppendCBOR(b)
	return b
}

func TestTheHotPathAllocatesNothing(t *testing.T) {
	buffer := make([]byte, 0, 256)
	for name, f := range map[string]func(){
		"returning a sentinel":              func() { _ = store(false) },
		"errors.Is by error":                func() { _ = errors.Is(errWrapped, autherr.ErrOAuth2CodeNotFound) },
		"errors.Is by category":             func() { _ = errors.Is(errWrapped, autherr.CategoryOAuth2) },
		"errors.Is by code":                 func() { _ = errors.Is(errWrapped, autherr.InvalidGrant) },
		"errors.Is, missing":                func() { _ = errors.Is(errWrapped, autherr.ErrTokenExpired) },
		"the verdict":                       func() { _, _ = autherr.ErrorResponseFor(errWrapped) },
		"AppendCBOR of a code":              func() { _, _ = autherr.ErrorResponse{Code: 4}.AppendCBOR(buffer) },
		"AppendCBOR of all parameters":      func() { _, _ = longResponse.AppendCBOR(buffer) },
		"AppendCBOR of an ErrorCode":        func() { _, _ = autherr.Other(-70000).AppendCBOR(buffer) },
		"from a wrapped sentinel to a wire": func() { _ = toWire(buffer, errWrapped) },
	} {
		assert.Zero(t, testing.AllocsPerRun(100, f), name)
	}
	assert.Equal(t, unhex(t, "A1181E03"), toWire(buffer, errWrapped))

	for _, tt := range responses {
		data, err := tt.response.MarshalCBOR()
		require.NoError(t, err)
		var read autherr.ErrorResponse
		allocs := testing.AllocsPerRun(100, func() { _ = read.UnmarshalCBOR(data) })
		assert.LessOrEqual(t, allocs, map[string]float64{"code": 0, "all": 2}[tt.name], "reading allocates the texts alone")
	}
}
