package autherr_test

import (
	"encoding/hex"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"net/url"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

// secret is a text that no client may see.
const secret = "postgres://auth:hunter2@db"

// long is 64 KiB of a text.
func long(text string) string { return strings.Repeat(text, 1<<16/len(text)) }

// edgeValues are CBOR values of codes at every boundary of an integer, its encoding and the registry.
var edgeValues = []int32{
	1, 2, 3, 4, 5, 6, 7, 8, 9, 23, 24, 255, 256, 65535, 65536, math.MaxInt32,
	-1, -24, -25, -256, -257, -65536, -65537, -99999, math.MinInt32,
}

// edgeCodes are the codes that have edgeValues.
var edgeCodes = func() (edges []autherr.ErrorCode) {
	for _, value := range edgeValues {
		edges = append(edges, autherr.Other(value))
	}
	return edges
}()

// ownCodes are codes of a server's own. They may be sent, and have neither a row nor a CBOR value.
var ownCodes = []autherr.ErrorCode{"mfa_required", "!", " ", "#[]~", "other(3)", "Invalid_Grant", "invalid_grant ", autherr.ErrorCode(strings.Repeat("c", 300))}

// forbiddenCodes may not be sent.
var forbiddenCodes = []autherr.ErrorCode{
	"", `say "no"`, `back\slash`, "line\nbreak", "nul\x00", "del\x7f", "caf\u00e9", "需要验证", "a\u202eb", "\xff", autherr.ErrorCode(long("码")),
}

// codes are all kinds of codes that may be sent: those with a row, those with a CBOR value, and a
// server's own.
var codes = func() []autherr.ErrorCode {
	all := slices.Concat(autherr.ErrorCodes(), edgeCodes, ownCodes)
	slices.Sort(all)
	return slices.Compact(all)
}()

// others matches what Other would return for an integer without a name, within int32 or not.
var others = regexp.MustCompile(`^other\((9|[1-9][0-9]+|-[1-9][0-9]*)\)$`)

// valueOf returns the CBOR value of a code, by RFC 9200 §8.4 and by the form that Other has.
func valueOf(code autherr.ErrorCode) (value int32, ok bool) {
	const registered = "invalid_request invalid_client invalid_grant unauthorized_client unsupported_grant_type invalid_scope unsupported_pop_key incompatible_ace_profiles"
	if i := slices.Index(strings.Fields(registered), string(code)); i >= 0 {
		return int32(i + 1), true
	}
	parts := others.FindStringSubmatch(string(code))
	if parts == nil {
		return 0, false
	}
	n, err := strconv.ParseInt(parts[1], 10, 32)
	if err != nil {
		return 0, false
	}
	return int32(n), true
}

var validResponses = []autherr.ErrorResponse{
	{Code: autherr.InvalidGrant},
	{Code: autherr.Other(-99999), Description: " !#[]~"},
	{Code: autherr.UnauthorizedClient, Description: "You are not authorized to receive this token.", URI: "https://http.cat/401"},
	{Code: autherr.Other(418), URI: "//u:p@[::1]:80/a;b=1/%20,c?d=e&f='(*)'#$+!-._~"},
	{Code: autherr.InvalidScope, URI: "#relative"},
	{Code: autherr.InvalidScope, Description: strings.Repeat("d", 256), URI: "/" + strings.Repeat("u", 30)},
	{Code: autherr.InvalidScope, URI: "/" + strings.Repeat("u", 256)},
	{Code: autherr.InvalidScope, Description: long("d"), URI: long("u")},
	{Code: autherr.ServerError, Description: "Come back later.", URI: "https://status.example/"},
	{Code: autherr.InsufficientUserAuthentication, Description: "Log in with a second factor."},
	{Code: "mfa_required", Description: "Enter the code.", URI: "/mfa?a=b&c=d"},
	{Code: " !#[]~"},
}

// invalidResponses are those that faultsOf finds faults in.
var invalidResponses = []autherr.ErrorResponse{
	{},
	{Description: "no code"},
	{Code: "mfa\trequired"},
	{Code: "need\u4e00"},
	{Code: `"`, Description: `"`, URI: `"`},
	{Code: "invalid_grant\n"},
	{Code: autherr.ErrorCode(long("c") + "\\")},
	{Code: autherr.InvalidRequest, Description: `say "hello"`},
	{Code: autherr.InvalidRequest, Description: `back\slash`},
	{Code: autherr.InvalidRequest, Description: "line\nbreak"},
	{Code: autherr.InvalidRequest, Description: "nul\x00"},
	{Code: autherr.InvalidRequest, Description: "del\x7f"},
	{Code: autherr.InvalidRequest, Description: "caf\u00e9"},
	{Code: autherr.InvalidRequest, Description: "令牌无效"},
	{Code: autherr.InvalidRequest, Description: "a\u202eb"},
	{Code: autherr.InvalidRequest, Description: "\xff"},
	{Code: autherr.InvalidRequest, URI: "https://as.example/a b"},
	{Code: autherr.InvalidRequest, URI: "https://as.example/\r\nSet-Cookie: a=b"},
	{Code: autherr.InvalidRequest, URI: "https://as.example/<script>"},
	{Code: autherr.InvalidRequest, URI: "https://as.example/é"},
	{Code: autherr.InvalidRequest, URI: "https://as.example/%zz"},
	{Code: autherr.InvalidRequest, URI: "https://[::1"},
	{Code: autherr.InvalidRequest, URI: "1:2"},
	{Code: autherr.InvalidRequest, URI: ":"},
	{Code: autherr.InvalidRequest, URI: "https://as.example:port/"},
	{Code: autherr.InvalidRequest, URI: "https://as.example:" + long("port")},
	{Code: autherr.InvalidRequest, Description: long("d") + "\n"},
	{Code: autherr.InvalidRequest, URI: "/" + long("u") + " "},
	{Description: "\t", URI: " "},
	{Code: autherr.InvalidRequest, Description: "\t", URI: "%"},
}

var (
	errorCharacters       = regexp.MustCompile(`^[\x20-\x21\x23-\x5B\x5D-\x7E]+$`)         // RFC 6749 §5.2
	descriptionCharacters = regexp.MustCompile(`^[\x20-\x21\x23-\x5B\x5D-\x7E]*$`)         // the same section
	uriCharacters         = regexp.MustCompile(`^[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*$`) // RFC 3986 §2
)

// faultsOf says by other means than the package's own which parameters are at fault, in order, and
// whether only characters decide, so that r can be encoded.
func faultsOf(r autherr.ErrorResponse) (faults []string, encodable bool) {
	encodable = true
	if !errorCharacters.MatchString(string(r.Code)) {
		faults, encodable = append(faults, "error"), false
	}
	if !descriptionCharacters.MatchString(r.Description) {
		faults, encodable = append(faults, "error_description"), false
	}
	if !uriCharacters.MatchString(r.URI) {
		faults, encodable = append(faults, "error_uri"), false
	} else if _, err := url.Parse(r.URI); err != nil {
		faults = append(faults, "error_uri")
	}
	return faults, encodable
}

// fieldsOf returns the parameters that err names, in order. err has to be a *FieldError or several,
// joined, each with a short text.
func fieldsOf(t testing.TB, err error) (fields []string) {
	t.Helper()
	if err == nil {
		return nil
	}
	errs := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		errs = joined.Unwrap()
	}
	for _, err := range errs {
		field, ok := err.(*autherr.FieldError)
		require.True(t, ok, "%v is a %T", err, err)
		assert.EqualError(t, field, "autherr: "+field.Field+": "+field.Reason)
		assert.NotEmpty(t, field.Reason)
		assertShortAndPrintable(t, field.Error())
		fields = append(fields, field.Field)
	}
	return fields
}

// assertShortAndPrintable asserts that a text can be logged whatever a peer sent: it has at most 200
// bytes of that, which quoting makes up to four times as long, and every line is printable.
func assertShortAndPrintable(t testing.TB, text string) {
	t.Helper()
	assert.Less(t, len(text), 4*200+200, "%.100s", text)
	unprintable := func(char rune) bool { return !strconv.IsPrint(char) && char != '\n' }
	assert.False(t, strings.ContainsFunc(text, unprintable) || !utf8.ValidString(text), "%.300q", text)
}

// assertNoGoInMessage asserts that a message is for people who do not know how it was made. It is for
// chosen inputs and not for fuzzing, since a message may quote its input.
func assertNoGoInMessage(t testing.TB, err error) {
	t.Helper()
	for _, word := range []string{"Go ", "struct", "keyasint", "json:", "autherr.", "ErrorResponse", "ErrorCode", "int64 ", "interface", "RawMessage", "%!"} {
		assert.NotContains(t, err.Error(), word)
	}
}

// unhex reads hexadecimal digits, with spaces between them.
func unhex(t testing.TB, digits string) []byte {
	t.Helper()
	data, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	require.NoError(t, err)
	return data
}

// coreDeterministic is another implementation of RFC 8949 §4.2.1.
var coreDeterministic = func() cbor.EncMode {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err)
	}
	return mode
}()

// allocated returns how many bytes f allocates. The runtime counts for the whole process, so anything
// else that runs can only make a measurement larger: the least of three is nearest to the truth.
func allocated(f func()) uint64 {
	least := uint64(math.MaxUint64)
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// withCause makes each of the sa-token errors that have a text and a cause.
var withCause = map[autherr.SaTokenError]func(text string, cause error) error{
	autherr.ErrInvalidToken:  func(s string, err error) error { return &autherr.InvalidTokenError{Reason: s, Err: err} },
	autherr.ErrStorage:       func(s string, err error) error { return &autherr.StorageError{Details: s, Err: err} },
	autherr.ErrConfig:        func(s string, err error) error { return &autherr.ConfigError{Details: s, Err: err} },
	autherr.ErrSerialization: func(s string, err error) error { return &autherr.SerializationError{Details: s, Err: err} },
	autherr.ErrInternal:      func(s string, err error) error { return &autherr.InternalError{Details: s, Err: err} },
}

// withText makes each of the sa-token errors that have a text and no cause.
var withText = map[autherr.SaTokenError]func(text string) error{
	autherr.ErrPermissionDenied: func(s string) error { return &autherr.PermissionDeniedError{Permission: s} },
	autherr.ErrRoleDenied:       func(s string) error { return &autherr.RoleDeniedError{Role: s} },
}

// foundIn returns those of the targets that errors.Is finds in err.
func foundIn[T error](err error, targets []T) (found []T) {
	for _, target := range targets {
		if errors.Is(err, target) {
			found = append(found, target)
		}
	}
	return found
}

// A constant is one that a source file declares.
type constant struct{ name, value string }

// constantsOf returns the constants of a type, in the order of a source file, with their values as
// they are written there.
func constantsOf(t testing.TB, file, typeName string) (found []constant) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if ident, ok := spec.Type.(*ast.Ident); ok && ident.Name == typeName && len(spec.Values) == 1 {
			literal, ok := spec.Values[0].(*ast.BasicLit)
			require.True(t, ok, "%s is not a literal", spec.Names[0])
			found = append(found, constant{spec.Names[0].Name, literal.Value})
		}
		return true
	})
	return found
}
