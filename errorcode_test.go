package autherr_test

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

// registeredErrors are the codes of IANA's OAuth Extensions Error Registry, as of 2026-03-25, and of
// final specifications that it does not list. They are in the form of its CSV, with the columns Name
// and Reference.
const registeredErrors = `invalid_request,"[RFC6749, Section 5.2]"
invalid_client,"[RFC6749, Section 5.2]"
invalid_grant,"[RFC6749, Section 5.2]"
unauthorized_client,"[RFC6749, Section 5.2]"
unsupported_grant_type,"[RFC6749, Section 5.2]"
invalid_scope,"[RFC6749, Section 5.2]"
unsupported_pop_key,"[RFC9200, Section 5.8.3]"
incompatible_ace_profiles,"[RFC9200, Section 5.8.3]"
access_denied,"[RFC6749, Section 4.1.2.1]"
unsupported_response_type,"[RFC6749, Section 4.1.2.1]"
server_error,"[RFC6749, Section 4.1.2.1]"
temporarily_unavailable,"[RFC6749, Section 4.1.2.1]"
invalid_token,"[RFC6750, Section 3.1]"
insufficient_scope,"[RFC6750, Section 3.1]"
unsupported_token_type,"[RFC7009, Section 2.2.1]"
invalid_redirect_uri,"[RFC7591, Section 3.2.2]"
invalid_client_metadata,"[RFC7591, Section 3.2.2]"
invalid_software_statement,"[RFC7591, Section 3.2.2]"
unapproved_software_statement,"[RFC7591, Section 3.2.2]"
authorization_pending,"[RFC8628, Section 3.5]"
slow_down,"[RFC8628, Section 3.5]"
expired_token,"[RFC8628, Section 3.5]"
invalid_target,"[RFC8707, Section 2]"
invalid_request_uri,"[RFC9101, Section 7]"
invalid_request_object,"[RFC9101, Section 7]"
request_not_supported,"[RFC9101, Section 7]"
request_uri_not_supported,"[RFC9101, Section 7]"
interaction_required,"[OpenID Connect Core, Section 3.1.2.6]"
login_required,"[OpenID Connect Core, Section 3.1.2.6]"
account_selection_required,"[OpenID Connect Core, Section 3.1.2.6]"
consent_required,"[OpenID Connect Core, Section 3.1.2.6]"
registration_not_supported,"[OpenID Connect Core, Section 3.1.2.6]"
invalid_authorization_details,"[RFC9396, Section 5]"
invalid_dpop_proof,"[RFC9449, Section 5]"
use_dpop_nonce,"[RFC9449, Section 8]"
insufficient_user_authentication,"[RFC9470, Section 3]"
need_info,"[UMA 2.0 Grant, Section 3.3.6]"
request_denied,"[UMA 2.0 Grant, Section 3.3.6]"
request_submitted,"[UMA 2.0 Grant, Section 3.3.6]"
invalid_issuer,"[OpenID Federation 1.0, Section 8.9]"
invalid_subject,"[OpenID Federation 1.0, Section 8.9]"
invalid_trust_anchor,"[OpenID Federation 1.0, Section 8.9]"
invalid_trust_chain,"[OpenID Federation 1.0, Section 8.9]"
invalid_metadata,"[OpenID Federation 1.0, Section 8.9]"
not_found,"[OpenID Federation 1.0, Section 8.9]"
unsupported_parameter,"[OpenID Federation 1.0, Section 8.9]"
vp_formats_not_supported,"[OpenID4VP 1.0, Section 8.5]"
invalid_request_uri_method,"[OpenID4VP 1.0, Section 8.5]"
invalid_transaction_data,"[OpenID4VP 1.0, Section 8.5]"
wallet_unavailable,"[OpenID4VP 1.0, Section 8.5]"
unmet_authentication_requirements,"[OpenID Connect Core Error Code unmet_authentication_requirements 1.0, Section 1]"
expired_login_hint_token,"[CIBA Core 1.0, Section 13]"
unknown_user_id,"[CIBA Core 1.0, Section 13]"
missing_user_code,"[CIBA Core 1.0, Section 13]"
invalid_user_code,"[CIBA Core 1.0, Section 13]"
invalid_binding_message,"[CIBA Core 1.0, Section 13]"
transaction_failed,"[CIBA Core 1.0, Section 12]"
invalid_credential_request,"[OpenID4VCI 1.0, Section 8.3.1.2]"
unknown_credential_configuration,"[OpenID4VCI 1.0, Section 8.3.1.2]"
unknown_credential_identifier,"[OpenID4VCI 1.0, Section 8.3.1.2]"
invalid_proof,"[OpenID4VCI 1.0, Section 8.3.1.2]"
invalid_nonce,"[OpenID4VCI 1.0, Section 8.3.1.2]"
invalid_encryption_parameters,"[OpenID4VCI 1.0, Section 8.3.1.2]"
credential_request_denied,"[OpenID4VCI 1.0, Section 8.3.1.2]"
invalid_transaction_id,"[OpenID4VCI 1.0, Section 9.3]"
invalid_notification_id,"[OpenID4VCI 1.0, Section 11.3]"
invalid_notification_request,"[OpenID4VCI 1.0, Section 11.3]"
`

// registeredValues is "OAuth Error Code CBOR Mappings" (RFC 9200 §8.4) in the same form, with the
// columns Name and CBOR Value.
const registeredValues = `invalid_request,1
invalid_client,2
invalid_grant,3
unauthorized_client,4
unsupported_grant_type,5
invalid_scope,6
unsupported_pop_key,7
incompatible_ace_profiles,8
`

// rowsOf reads two columns of CSV.
func rowsOf(t *testing.T, text string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	return rows
}

func TestCodesAndReferencesAreTheRegistrys(t *testing.T) {
	var names []autherr.ErrorCode
	for _, row := range rowsOf(t, registeredErrors) {
		names = append(names, autherr.ErrorCode(row[0]))
		document, section, ok := strings.Cut(strings.Trim(row[1], "[]"), ", Section ")
		require.True(t, ok)
		if number, isRFC := strings.CutPrefix(document, "RFC"); isRFC {
			document = "RFC " + number
		}
		assert.Equal(t, document+" §"+section, autherr.ErrorCode(row[0]).Reference(), row[0])
	}
	assert.Len(t, names, 67)
	assert.Equal(t, names, autherr.ErrorCodes())
}

func TestOnlyTheRegisteredCodesHaveACBORValueAmongThoseWithARow(t *testing.T) {
	want := map[autherr.ErrorCode]string{}
	for _, row := range rowsOf(t, registeredValues) {
		want[autherr.ErrorCode(row[0])] = row[1]
	}
	got := map[autherr.ErrorCode]string{}
	for _, code := range autherr.ErrorCodes() {
		if value, ok := code.CBORValue(); ok {
			got[code] = strconv.Itoa(int(value))
			assert.Equal(t, code, autherr.Other(value))
		}
	}
	assert.Equal(t, want, got)
}

// A constant is named after its code, so that whoever knows one knows the other.
func TestConstantsAreNamedAfterTheirCodes(t *testing.T) {
	initialisms := map[string]string{"uri": "URI", "id": "ID", "dpop": "DPoP", "pop": "PoP", "ace": "ACE", "vp": "VP"}
	var declared []autherr.ErrorCode
	for _, c := range constantsOf(t, "errorcode.go", "ErrorCode") {
		code, err := strconv.Unquote(c.value)
		require.NoError(t, err)
		name := ""
		for word := range strings.SplitSeq(code, "_") {
			name += cmp.Or(initialisms[word], strings.ToUpper(word[:1])+word[1:])
		}
		assert.Equal(t, name, c.name)
		declared = append(declared, autherr.ErrorCode(code))
	}
	assert.ElementsMatch(t, autherr.ErrorCodes(), declared, "every constant has a row, and every row a constant")
}

func TestACodeIsKnownIfItHasARow(t *testing.T) {
	known := autherr.ErrorCodes()
	for _, code := range slices.Concat(codes, forbiddenCodes) {
		has := slices.Contains(known, code)
		assert.Equal(t, has, code.IsKnown(), "%q", code)
		assert.Equal(t, has, code.Description() != "", "%q", code)
		assert.Equal(t, has, code.Reference() != "", "%q", code)
	}
}

func TestEveryKnownCodeIsDescribedInASentenceOfItsOwn(t *testing.T) {
	seen := map[string]autherr.ErrorCode{}
	for _, code := range autherr.ErrorCodes() {
		description := code.Description()
		assert.Regexp(t, `^[A-Z][^.]*\.$`, description, code)
		assert.Regexp(t, descriptionCharacters, description, "it may be sent as error_description")
		assert.NotContains(t, seen, description, "%s is described as %s is", code, seen[description])
		seen[description] = code
	}
	// A slip that other libraries hand on.
	assert.Contains(t, autherr.InvalidScope.Description(), "scope")
	assert.NotContains(t, autherr.InvalidScope.Description(), "grant type")
}

func TestErrorCodesIsTheCallersOwn(t *testing.T) {
	first := autherr.ErrorCodes()
	clear(first)
	assert.NotContains(t, autherr.ErrorCodes(), autherr.ErrorCode(""))
}

func FuzzOther(f *testing.F) {
	for _, value := range edgeValues {
		f.Add(value)
		f.Add(-value)
	}
	f.Add(int32(0))
	f.Fuzz(func(t *testing.T, value int32) {
		code := autherr.Other(value)
		read, ok := code.CBORValue()
		assert.Equal(t, value, read)
		assert.Equal(t, value != 0, ok, "only 0 is no code")
		assert.Equal(t, value == 0, code == "")
		assert.Equal(t, value < -65536, code.IsPrivateUse())
		if value != 0 && !code.IsKnown() {
			assert.Equal(t, fmt.Sprintf("other(%d)", value), string(code))
		}
		assert.Equal(t, 1 <= value && value <= 8, code.IsKnown())
	})
}

func FuzzCBORValue(f *testing.F) {
	for _, code := range slices.Concat(codes, forbiddenCodes) {
		f.Add(string(code))
	}
	for _, text := range notFromOther {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		code := autherr.ErrorCode(text)
		value, ok := code.CBORValue()
		want, wantOK := valueOf(code)
		require.Equal(t, wantOK, ok, "%q", text)
		if ok {
			assert.Equal(t, want, value, "%q", text)
			assert.Equal(t, code, autherr.Other(value))
		}
		assert.Equal(t, ok && value < -65536, code.IsPrivateUse())
	})
}

// notFromOther are texts that Other does not return, and that no code with a CBOR value has.
var notFromOther = []string{
	"", "Invalid_Grant", "INVALID_GRANT", "invalid_grant ", " invalid_grant", "invalid grant", "3",
	"other", "other()", "other(", "other(9", "other9", "other9)", "Other(9)", "OTHER(9)", "other (9)", "other(9) ", " other(9)", "other( 9)", "other(9 )", "other(9))", "other((9))", "other(9)(9)",
	"other(0)", "other(-0)", "other(+0)", "other(00)", "other(1)", "other(3)", "other(8)", "other(+9)", "other(++9)", "other(09)", "other(-09)", "other(--9)", "other(9.0)", "other(9e0)", "other(0x9)", "other(0o11)", "other(4_18)",
	"other(2147483648)", "other(-2147483649)", "other(4294967305)", "other(99999999999999999999)", "other(-99999999999999999999)",
	"other(\u0669)", "other(\uff19)", "other(9\x00)", "other(9)\n", "other(\xff)", "other(" + long("9") + ")", "mfa_required",
}

func TestOnlyWhatOtherReturnsHasAValue(t *testing.T) {
	for _, text := range notFromOther {
		_, ok := autherr.ErrorCode(text).CBORValue()
		assert.False(t, ok, "%.100q", text)
		assert.False(t, autherr.ErrorCode(text).IsPrivateUse(), "%.100q", text)
	}
}

func TestPrivateUseBeginsBelowMinus65536(t *testing.T) {
	for value, private := range map[int32]bool{math.MinInt32: true, -65538: true, -65537: true, -65536: false, -65535: false, -1: false, 9: false, 65536: false, 65537: false, math.MaxInt32: false} {
		assert.Equal(t, private, autherr.Other(value).IsPrivateUse(), value)
	}
	for _, code := range autherr.ErrorCodes() {
		assert.False(t, code.IsPrivateUse(), code)
	}
}

func TestTextOfACode(t *testing.T) {
	for code, want := range map[autherr.ErrorCode]string{
		autherr.InvalidGrant:  "invalid_grant",
		autherr.Other(-70000): "other(-70000)",
		"mfa_required":        "mfa_required",
		"":                    "no error code",
		" ":                   " ",
		`say "no"`:            `say "no"`,
		`a\b`:                 `a\b`,
		"需要验证":                "需要验证",
		"a\u202eb":            `"a\u202eb"`,
		"需\u2066要":            `"需\u2066要"`,
		"line\nbreak":         `"line\nbreak"`,
		"\x1b[2J":             `"\x1b[2J"`,
		"\xff":                `"\xff"`,
		"\"\t\"":              `"\"\t\""`,
	} {
		assert.EqualError(t, code, want)
		assert.Equal(t, want, code.String())
		assert.Equal(t, want, fmt.Sprint(code))
	}
	for _, code := range codes {
		assert.EqualError(t, code, string(code), "what may be sent is printable")
	}
}

// embedding is an error type of a user's own.
type embedding struct {
	autherr.ErrorCode
	user string
}

func TestACodeIsItselfAndNoOther(t *testing.T) {
	all := slices.Concat(codes, forbiddenCodes[1:])
	for _, code := range all {
		for _, err := range []error{
			code, &code, embedding{code, "ann"}, &embedding{code, "ann"}, fmt.Errorf("token endpoint: %w", code),
			errors.Join(io.EOF, fmt.Errorf("a: %w", fmt.Errorf("b: %w", embedding{ErrorCode: code}))),
		} {
			assert.Equal(t, []autherr.ErrorCode{code}, foundIn(err, all), "%T", err)
			found, ok := errors.AsType[autherr.ErrorCode](err)
			assert.True(t, ok, "%T", err)
			assert.Equal(t, code, found, "%T", err)
			assert.NotErrorIs(t, err, errors.New(string(code)), "the same text is not enough")
			assert.Empty(t, foundIn(err, autherr.SaTokenErrors()))
			assert.Empty(t, foundIn(err, autherr.Categories()))
			_, ok = errors.AsType[autherr.ErrorResponse](err)
			assert.False(t, ok)
		}
	}
}

func TestNoErrorHasTheCodeOfNothing(t *testing.T) {
	none := autherr.ErrorCode("")
	for _, err := range []error{
		&none, embedding{}, &embedding{user: "ann"}, autherr.ErrorResponse{}, &autherr.ErrorResponse{}, &autherr.RemoteError{}, autherr.SaTokenError(0), autherr.SaTokenError(33), autherr.Category(0), io.EOF, autherr.InvalidGrant,
	} {
		assert.False(t, errors.Is(err, none), "%T", err)
		if err != autherr.InvalidGrant {
			_, ok := errors.AsType[autherr.ErrorCode](err)
			assert.False(t, ok, "%T", err)
		}
	}
	assert.False(t, none.Is(none))
	found := autherr.InvalidScope
	assert.False(t, none.As(&found))
	assert.Equal(t, autherr.InvalidScope, found, "what is not found changes nothing")
}

func TestACodeIsPlainTextInJSON(t *testing.T) {
	type needInfo struct {
		Error  autherr.ErrorCode         `json:"error"`
		Ticket string                    `json:"ticket"`
		Seen   map[autherr.ErrorCode]int `json:"seen"`
	}
	for _, code := range codes {
		data, err := json.Marshal(needInfo{code, "t", map[autherr.ErrorCode]int{code: 1}})
		require.NoError(t, err)
		var object map[string]any
		require.NoError(t, json.Unmarshal(data, &object))
		assert.Equal(t, map[string]any{"error": string(code), "ticket": "t", "seen": map[string]any{string(code): 1.0}}, object)
		var read needInfo
		require.NoError(t, json.Unmarshal(data, &read))
		assert.Equal(t, code, read.Error)
	}
}
