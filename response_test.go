package autherr_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

var validResponses = []autherr.ErrorResponse{
	{Code: autherr.InvalidGrant},
	{Code: autherr.Other(-99999), Description: " !#[]~"},
	{Code: autherr.UnauthorizedClient, Description: "You are not authorized to receive this token.", URI: "https://http.cat/401"},
	{Code: autherr.Other(418), URI: "//u:p@[::1]:80/a;b=1/%20,c?d=e&f='(*)'#$+!-._~"},
	{Code: autherr.InvalidScope, URI: "#relative"},
	{Code: autherr.InvalidScope, Description: strings.Repeat("d", 256), URI: "/" + strings.Repeat("u", 30)},
	{Code: autherr.InvalidScope, URI: "/" + strings.Repeat("u", 256)},
}

// invalidResponses differ from a valid one in the parameters that faultsOf names.
var invalidResponses = []autherr.ErrorResponse{
	{},
	{Description: "no code"},
	{Code: 1, Description: `say "hello"`},
	{Code: 1, Description: `back\slash`},
	{Code: 1, Description: "line\nbreak"},
	{Code: 1, Description: "nul\x00"},
	{Code: 1, Description: "del\x7f"},
	{Code: 1, Description: "café"},
	{Code: 1, Description: "\xff"},
	{Code: 1, URI: "https://as.example/a b"},
	{Code: 1, URI: "https://as.example/\r\nSet-Cookie: a=b"},
	{Code: 1, URI: "https://as.example/<script>"},
	{Code: 1, URI: "https://as.example/é"},
	{Code: 1, URI: "https://as.example/%zz"},
	{Code: 1, URI: "https://[::1"},
	{Code: 1, URI: "1:2"},
	{Code: 1, URI: ":"},
	{Code: 1, URI: "https://as.example:port/"},
	{Code: 1, Description: strings.Repeat("d", 9000) + "\n"},
	{Code: 1, URI: "/" + strings.Repeat("u", 9000) + " "},
	{Description: "\t", URI: " "},
	{Code: 1, Description: "\t", URI: "%"},
}

var (
	errorDescription = regexp.MustCompile(`^[\x20-\x21\x23-\x5B\x5D-\x7E]*$`)         // RFC 6749 §5.2
	uriCharacters    = regexp.MustCompile(`^[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*$`) // RFC 3986 §2
)

// faultsOf says by other means than the package's own which parameters are at fault.
func faultsOf(r autherr.ErrorResponse) (faults []string, encodable bool) {
	encodable = true
	if r.Code == 0 {
		faults, encodable = append(faults, "error"), false
	}
	if !errorDescription.MatchString(r.Description) || !utf8.ValidString(r.Description) {
		faults, encodable = append(faults, "error_description"), false
	}
	if !uriCharacters.MatchString(r.URI) || !utf8.ValidString(r.URI) {
		faults, encodable = append(faults, "error_uri"), false
	} else if _, err := url.Parse(r.URI); err != nil {
		faults = append(faults, "error_uri")
	}
	return faults, encodable
}

// fieldsOf returns the parameters that err names, in order.
func fieldsOf(t *testing.T, err error) (fields []string) {
	t.Helper()
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok, "%v is not joined", err)
	for _, err := range joined.Unwrap() {
		var field *autherr.FieldError
		require.ErrorAs(t, err, &field)
		assert.EqualError(t, err, "autherr: "+field.Field+": "+field.Reason)
		fields = append(fields, field.Field)
	}
	return fields
}

func FuzzValidate(f *testing.F) {
	for _, r := range append(validResponses, invalidResponses...) {
		f.Add(int32(r.Code), r.Description, r.URI)
	}
	for c := range 256 {
		f.Add(int32(1), "a"+string([]byte{byte(c)}), "")
		f.Add(int32(1), "", "/"+string([]byte{byte(c)})+"20")
	}
	f.Fuzz(func(t *testing.T, code int32, description, uri string) {
		r := autherr.ErrorResponse{Code: autherr.ErrorCode(code), Description: description, URI: uri}
		faults, encodable := faultsOf(r)
		assert.Equal(t, faults, fieldsOf(t, r.Validate()))

		data, err := r.MarshalJSON()
		if !encodable {
			assert.NotEmpty(t, fieldsOf(t, err))
			assert.Nil(t, data)
			return
		}
		require.NoError(t, err)
		var object map[string]string
		require.NoError(t, json.Unmarshal(data, &object))
		want := map[string]string{"error": r.Code.String()}
		for name, value := range map[string]string{"error_description": description, "error_uri": uri} {
			if value != "" {
				want[name] = value
			}
		}
		assert.Equal(t, want, object)

		var read autherr.ErrorResponse
		require.NoError(t, read.UnmarshalJSON(data))
		assert.Equal(t, r, read)
	})
}

// The checks look at several characters at once, so it could matter where a character stands and how many there are.
func TestACharacterCountsTheSameAtEveryPlace(t *testing.T) {
	for length := range 27 {
		for place := range length {
			for c := range 256 {
				text := strings.Repeat("a", place) + string([]byte{byte(c)}) + strings.Repeat("a", length-place-1)
				for _, r := range []autherr.ErrorResponse{{Code: 1, Description: text}, {Code: 1, URI: text}} {
					_, encodable := faultsOf(r)
					_, err := r.AppendCBOR(nil)
					require.Equal(t, encodable, err == nil, "%q", text)
				}
			}
		}
	}
}

// The example of RFC 6749 §5.2.
func TestJSONOfRFC6749(t *testing.T) {
	data, err := json.Marshal(autherr.ErrorResponse{Code: autherr.InvalidRequest})
	require.NoError(t, err)
	assert.Equal(t, `{"error":"invalid_request"}`, string(data))
}

func TestJSONIsReadLeniently(t *testing.T) {
	full := autherr.ErrorResponse{Code: autherr.InvalidGrant, Description: "café \"\\", URI: "not a URI"}
	for name, tt := range map[string]struct {
		data string
		want autherr.ErrorResponse
	}{
		"any text in the optional parameters": {`{"error_uri":"not a URI","error_description":"caf\u00e9 \"\\","error":"invalid_grant"}`, full},
		"unknown members":                     {`{"error":"invalid_grant","x":[{"error":"no"}],"access_token":null}`, autherr.ErrorResponse{Code: 3}},
		"null is absent":                      {`{"error":"other(418)","error_description":null,"error_uri":null}`, autherr.ErrorResponse{Code: 418}},
		"spaces":                              {" \n{ \"error\" : \"invalid_scope\" } ", autherr.ErrorResponse{Code: 6}},
	} {
		t.Run(name, func(t *testing.T) {
			var read autherr.ErrorResponse
			require.NoError(t, read.UnmarshalJSON([]byte(tt.data)))
			assert.Equal(t, tt.want, read)
		})
	}
}

func TestJSONThatIsNoResponseIsRefused(t *testing.T) {
	for name, tt := range map[string]struct{ data, says string }{
		"nothing":                 {``, "want a JSON object: unexpected end"},
		"truncated":               {`{"error":"invalid_grant"`, "JSON object"},
		"bytes after it":          {`{"error":"invalid_grant"}{}`, "JSON object"},
		"null":                    {`null`, "error: required"},
		"array":                   {`["invalid_grant"]`, "autherr: want a JSON object, found array"},
		"string":                  {`"invalid_grant"`, "found string"},
		"number":                  {`3`, "found number"},
		"no error":                {`{"error_description":"x"}`, "autherr: error: required, but absent"},
		"null error":              {`{"error":null}`, "error: required"},
		"number as error":         {`{"error":3}`, "error: found number"},
		"object as error":         {`{"error":{"code":3}}`, "error: found object"},
		"array as description":    {`{"error":"invalid_grant","error_description":["x"]}`, "error_description: found array"},
		"number as description":   {`{"error":"invalid_grant","error_description":1}`, "error_description: found number"},
		"boolean as URI":          {`{"error":"invalid_grant","error_uri":true}`, "error_uri: found bool"},
		"the code of nothing":     {`{"error":""}`, `autherr: error "" is not a known code`},
		"a code that ACE has not": {`{"error":"server_error"}`, `error "server_error"`},
		"zero":                    {`{"error":"other(0)"}`, `error "other(0)"`},
	} {
		t.Run(name, func(t *testing.T) {
			before := autherr.ErrorResponse{Code: autherr.InvalidScope, Description: "before", URI: "/before"}
			read := before
			err := read.UnmarshalJSON([]byte(tt.data))
			require.ErrorContains(t, err, tt.says)
			assert.True(t, strings.HasPrefix(err.Error(), "autherr: "), err)
			assert.Equal(t, 1, strings.Count(err.Error(), "autherr"), err)
			assertNoGoInMessage(t, err)
			assert.Equal(t, before, read, "a failed decode leaves the receiver alone")

			require.Error(t, json.Unmarshal([]byte(tt.data), &read))
			assert.Equal(t, before, read)
		})
	}
}

func assertNoGoInMessage(t *testing.T, err error) {
	t.Helper()
	for _, word := range []string{"Go ", "struct", "keyasint", "json:", "autherr.", "ErrorResponse", "ErrorCode", "int64 ", "interface"} {
		assert.NotContains(t, err.Error(), word)
	}
}

func TestUnknownCodeIsFoundInTheErrorOfADecode(t *testing.T) {
	var read autherr.ErrorResponse
	requireUnknownCode(t, json.Unmarshal([]byte(`{"error":"slow_down"}`), &read), "slow_down")
	requireUnknownCode(t, json.Unmarshal([]byte(`{"error":"slow_down","error_uri":1}`), &read), "slow_down")
}

func FuzzUnmarshalJSON(f *testing.F) {
	for _, r := range validResponses {
		data, err := r.MarshalJSON()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add([]byte(`{"ERROR":"invalid_grant","error":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		before := autherr.ErrorResponse{Code: -1, Description: "before", URI: "/before"}
		read := before
		if err := read.UnmarshalJSON(data); err != nil {
			assert.Equal(t, before, read)
			return
		}
		assert.NotZero(t, read.Code)
		var object map[string]any
		require.NoError(t, json.Unmarshal(data, &object), "what is accepted is a JSON object")
		if read.Validate() != nil {
			return
		}
		again, err := read.MarshalJSON()
		require.NoError(t, err)
		var second autherr.ErrorResponse
		require.NoError(t, second.UnmarshalJSON(again))
		assert.Equal(t, read, second)
	})
}

func TestResponseIsItsCode(t *testing.T) {
	for _, r := range validResponses {
		for _, err := range []error{r, &r, fmt.Errorf("token endpoint: %w", r), &autherr.RemoteError{Response: r}} {
			assert.ErrorIs(t, err, r.Code)
			assert.NotErrorIs(t, err, autherr.InvalidClient)
			code, ok := errors.AsType[autherr.ErrorCode](err)
			assert.True(t, ok)
			assert.Equal(t, r.Code, code)
			found, ok := errors.AsType[autherr.ErrorResponse](err)
			assert.True(t, ok, "as a value or as a pointer")
			assert.Equal(t, r, found)
		}
	}
	assert.NoError(t, autherr.ErrorResponse{}.Unwrap())
	var category autherr.Category
	assert.NotErrorAs(t, autherr.ErrorResponse{Code: 1}, &category)
}

func TestResponseSaysAllItHoldsInPrintableASCII(t *testing.T) {
	for _, tt := range []struct {
		response autherr.ErrorResponse
		want     string
	}{
		{autherr.ErrorResponse{}, "other(0)"},
		{autherr.ErrorResponse{Code: 3}, "invalid_grant"},
		{autherr.ErrorResponse{Code: 3, Description: `Say "please".`}, `invalid_grant: Say "please".`},
		{autherr.ErrorResponse{Code: 3, URI: "/~help"}, `invalid_grant (/~help)`},
		{autherr.ErrorResponse{Code: 418, Description: "Tea.", URI: "/help"}, `other(418): Tea. (/help)`},
		{autherr.ErrorResponse{Code: 3, Description: "a\x1b[2J\n"}, `invalid_grant: "a\x1b[2J\n"`},
		{autherr.ErrorResponse{Code: 3, Description: "café", URI: "/\u202e"}, `invalid_grant: "caf\u00e9" ("/\u202e")`},
		{autherr.ErrorResponse{Code: 3, Description: "\xff", URI: "\x7f"}, `invalid_grant: "\xff" ("\x7f")`},
	} {
		assert.EqualError(t, tt.response, tt.want)
		assert.EqualError(t, &autherr.RemoteError{Response: tt.response}, "remote: "+tt.want)
		assert.Equal(t, tt.want, tt.response.LogValue().String())
	}
}

func TestFaultsSayWhichCharacterIsWhere(t *testing.T) {
	err := autherr.ErrorResponse{Code: 1, Description: "four\u00e9", URI: "/\x00"}.Validate()
	assert.ErrorContains(t, err, `'\u00e9' at byte 4`)
	assert.ErrorContains(t, err, `'\x00' at byte 1`)
	err = autherr.ErrorResponse{Code: 1, URI: "https://as.example:port/"}.Validate()
	assert.ErrorContains(t, err, strconv.Quote(":port"))
}
