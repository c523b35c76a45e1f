package autherr_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

// The body of the example in RFC 6749 §5.2.
func TestJSONOfRFC6749(t *testing.T) {
	const example = `     {
       "error":"invalid_request"
     }`
	var compact bytes.Buffer
	require.NoError(t, json.Compact(&compact, []byte(example)))

	data, err := autherr.ErrorResponse{Code: autherr.InvalidRequest}.MarshalJSON()
	require.NoError(t, err)
	assert.Equal(t, compact.String(), string(data))
	var read autherr.ErrorResponse
	require.NoError(t, read.UnmarshalJSON([]byte(example)))
	assert.Equal(t, autherr.ErrorResponse{Code: autherr.InvalidRequest}, read)
}

// inJSON is a response of RFC 6749 §5.2 for another encoder.
type inJSON struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
	URI         string `json:"error_uri,omitempty"`
}

func FuzzMarshalJSON(f *testing.F) {
	for _, r := range slices.Concat(validResponses, invalidResponses) {
		f.Add(string(r.Code), r.Description, r.URI)
	}
	f.Add("<a>&b", "a<b", "?a=b&c=d")
	f.Add("c", "a\u2028b", "")
	f.Fuzz(func(t *testing.T, code, description, uri string) {
		r := autherr.ErrorResponse{Code: autherr.ErrorCode(code), Description: description, URI: uri}
		data, err := r.MarshalJSON()
		if faults, encodable := faultsOf(r); !encodable {
			assert.Equal(t, faults, fieldsOf(t, err))
			assert.Nil(t, data)
			return
		}
		require.NoError(t, err)
		var want bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		require.NoError(t, encoder.Encode(inJSON{code, description, uri}))
		assert.Equal(t, strings.TrimSuffix(want.String(), "\n"), string(data))

		escaped, err := json.Marshal(r)
		require.NoError(t, err, "encoding/json accepts it, and escapes it further")
		for _, data := range [][]byte{data, escaped} {
			var read autherr.ErrorResponse
			require.NoError(t, read.UnmarshalJSON(data))
			assert.Equal(t, r, read)
		}
	})
}

func TestMarshalJSONEscapesNothing(t *testing.T) {
	data, err := autherr.ErrorResponse{Code: "a<b>c&d", Description: "Say 'please' & <wait>.", URI: "/?a=b&c='d'"}.MarshalJSON()
	require.NoError(t, err)
	assert.Equal(t, `{"error":"a<b>c&d","error_description":"Say 'please' & <wait>.","error_uri":"/?a=b&c='d'"}`, string(data))
}

func TestMarshalJSONAllocatesOnce(t *testing.T) {
	for _, r := range validResponses {
		assert.EqualValues(t, 1, testing.AllocsPerRun(10, func() { _, _ = r.MarshalJSON() }), "%.100v", r)
	}
}

func TestJSONIsReadInEveryOrder(t *testing.T) {
	members := []string{`"error":"invalid_grant"`, `"error_description":"d"`, `"error_uri":"/u"`, `"x":[{"error":"no"}]`}
	want := autherr.ErrorResponse{Code: autherr.InvalidGrant, Description: "d", URI: "/u"}
	var permute func(done, left []string)
	permute = func(done, left []string) {
		if len(left) == 0 {
			var read autherr.ErrorResponse
			require.NoError(t, read.UnmarshalJSON([]byte("{"+strings.Join(done, ",")+"}")))
			assert.Equal(t, want, read, done)
		}
		for i := range left {
			permute(append(slices.Clone(done), left[i]), slices.Delete(slices.Clone(left), i, i+1))
		}
	}
	permute(nil, members)
}

var acceptedJSON = map[string]struct {
	data string
	want autherr.ErrorResponse
}{
	"any text in the optional parameters":  {`{"error_uri":"not a URI","error_description":"caf\u00e9 \"\\","error":"invalid_grant"}`, autherr.ErrorResponse{Code: autherr.InvalidGrant, Description: "café \"\\", URI: "not a URI"}},
	"any text as a code":                   {`{"error":"需要\n验证"}`, autherr.ErrorResponse{Code: "需要\n验证"}},
	"a code of a server's own":             {`{"error":"mfa_required"}`, autherr.ErrorResponse{Code: "mfa_required"}},
	"other(418)":                           {`{"error":"other(418)"}`, autherr.ErrorResponse{Code: autherr.Other(418)}},
	"other(3), which is not invalid_grant": {`{"error":"other(3)"}`, autherr.ErrorResponse{Code: "other(3)"}},
	"another case, which is another code":  {`{"error":"Invalid_Grant"}`, autherr.ErrorResponse{Code: "Invalid_Grant"}},
	"a bidirectional control":              {"{\"error\":\"a\u202eb\"}", autherr.ErrorResponse{Code: "a\u202eb"}},
	"unknown members":                      {`{"error":"invalid_grant","x":[{"error":"no"}],"access_token":null,"":1}`, autherr.ErrorResponse{Code: autherr.InvalidGrant}},
	"null is absent":                       {`{"error":"other(418)","error_description":null,"error_uri":null}`, autherr.ErrorResponse{Code: autherr.Other(418)}},
	"an empty text is absent":              {`{"error":"c","error_description":"","error_uri":""}`, autherr.ErrorResponse{Code: "c"}},
	"spaces":                               {" \n{ \"error\"\t:\r \"invalid_scope\" } ", autherr.ErrorResponse{Code: autherr.InvalidScope}},
	"escapes in a name":                    {`{"\u0065rror":"c","error\u005fdescription":"d","error_ur\u0069":"/u"}`, autherr.ErrorResponse{Code: "c", Description: "d", URI: "/u"}},
	"escapes in a text":                    {`{"error":"\u0063\/","error_description":"\ud83c\udf75\b"}`, autherr.ErrorResponse{Code: "c/", Description: "🍵\b"}},
	"names in capitals are others":         {`{"error":"c","ERROR":"d","Error":"e","error_Description":"f","ERROR_URI":"/u"}`, autherr.ErrorResponse{Code: "c"}},
	"names in other letters are others":    {`{"error":"c","error_de\u017fcription":"d","error ":"e"," error":"f"}`, autherr.ErrorResponse{Code: "c"}},
	"the last of two":                      {`{"error":"a","error_uri":"/a","error":"b","error_uri":"/b"}`, autherr.ErrorResponse{Code: "b", URI: "/b"}},
	"the last of two, if null":             {`{"error":"a","error_uri":"/a","error_uri":null}`, autherr.ErrorResponse{Code: "a"}},
	"the last of two, if escaped":          {`{"error":"a","\u0065rror":"b"}`, autherr.ErrorResponse{Code: "b"}},
	"the last of two, one of no text":      {`{"error":{"a":1},"error":"b"}`, autherr.ErrorResponse{Code: "b"}},
	"bytes that are not UTF-8":             {"{\"error\":\"a\xffb\",\"error_description\":\"\xe4\xbb\"}", autherr.ErrorResponse{Code: "a\ufffdb", Description: "\ufffd\ufffd"}},
	"half of a surrogate pair":             {`{"error":"a\ud800b","error_description":"\udc00\ud83c"}`, autherr.ErrorResponse{Code: "a\ufffdb", Description: "\ufffd\ufffd"}},
	"a name that is not UTF-8":             {"{\"error\":\"a\",\"error\xff\":\"b\"}", autherr.ErrorResponse{Code: "a"}},
	"64 KiB":                               {`{"error":"` + long("c") + `","error_description":"` + long("令") + `"}`, autherr.ErrorResponse{Code: autherr.ErrorCode(long("c")), Description: long("令")}},
}

func TestJSONIsReadLeniently(t *testing.T) {
	for name, tt := range acceptedJSON {
		t.Run(name, func(t *testing.T) {
			var read autherr.ErrorResponse
			require.NoError(t, read.UnmarshalJSON([]byte(tt.data)))
			assert.Equal(t, tt.want, read)

			full := autherr.ErrorResponse{Code: "before", Description: "before", URI: "/before"}
			require.NoError(t, json.Unmarshal([]byte(tt.data), &full))
			assert.Equal(t, tt.want, full, "nothing is left of what was there before")
		})
	}
}

var refusedJSON = map[string]struct{ data, says string }{
	"nothing":                  {``, "want a JSON object: unexpected end"},
	"truncated":                {`{"error":"invalid_grant"`, "JSON object"},
	"bytes after it":           {`{"error":"invalid_grant"}{}`, "JSON object"},
	"a byte order mark":        {"\ufeff{\"error\":\"c\"}", "JSON object"},
	"a control in a text":      {"{\"error\":\"a\nb\"}", "JSON object"},
	"an unknown escape":        {`{"error":"\x41"}`, "JSON object"},
	"no quotation marks":       {`{error:"c"}`, "JSON object"},
	"a comma too many":         {`{"error":"c",}`, "JSON object"},
	"a form":                   {`error=invalid_grant`, "JSON object"},
	"HTML":                     {`<html>`, "JSON object"},
	"null":                     {`null`, "error: required"},
	"array":                    {`["invalid_grant"]`, "autherr: want a JSON object, found array"},
	"string":                   {`"invalid_grant"`, "found string"},
	"number":                   {`3`, "found number"},
	"boolean":                  {`true`, "found bool"},
	"no error":                 {`{"error_description":"x"}`, "autherr: error: required, but absent"},
	"no error but in capitals": {`{"ERROR":"invalid_grant","Error":"invalid_grant"}`, "autherr: error: required, but absent"},
	"null error":               {`{"error":null}`, "error: required"},
	"null error after one":     {`{"error":"c","error":null}`, "error: required"},
	"the code of nothing":      {`{"error":""}`, "error: required"},
	"number as error":          {`{"error":3}`, "error: found number"},
	"number after an error":    {`{"error":"c","error":3}`, "error: found number"},
	"object as error":          {`{"error":{"code":3}}`, "error: found object"},
	"array as description":     {`{"error":"invalid_grant","error_description":["x"]}`, "error_description: found array"},
	"number as description":    {`{"error":"invalid_grant","error_description":1}`, "error_description: found number"},
	"boolean as URI":           {`{"error":"invalid_grant","error_uri":true}`, "error_uri: found bool"},
	"a deep value":             {`{"error":"c","x":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, "JSON object"},
	"a long number as error":   {`{"error":` + long("1") + `}`, "error: found number"},
	"a long object as error":   {`{"error":{"` + long("x") + `":1}}`, "error: found object"},
	"a long literal":           {long("n"), "JSON object"},
	"a long number":            {long("1"), "found number"},
	"a long text":              {`"` + long("令") + `"`, "found string"},
}

func TestJSONThatIsNotAResponseIsRefused(t *testing.T) {
	for name, tt := range refusedJSON {
		t.Run(name, func(t *testing.T) {
			before := autherr.ErrorResponse{Code: autherr.InvalidScope, Description: "before", URI: "/before"}
			read := before
			err := read.UnmarshalJSON([]byte(tt.data))
			require.ErrorContains(t, err, tt.says)
			assert.True(t, strings.HasPrefix(err.Error(), "autherr: "), err)
			assert.Equal(t, 1, strings.Count(err.Error(), "autherr"), err)
			assertNoGoInMessage(t, err)
			assertShortAndPrintable(t, err.Error())
			assert.Equal(t, before, read, "a failed decode leaves the receiver alone")
			if param, _, ok := strings.Cut(tt.says, ": found "); ok {
				assert.Equal(t, []string{param}, fieldsOf(t, err))
			}

			require.Error(t, json.Unmarshal([]byte(tt.data), &read))
			assert.Equal(t, before, read)
		})
	}
}

func TestEveryParameterOfAnotherTypeIsNamed(t *testing.T) {
	err := new(autherr.ErrorResponse).UnmarshalJSON([]byte(`{"error_uri":true,"error":3,"error_description":{}}`))
	assert.Equal(t, []string{"error", "error_description", "error_uri"}, fieldsOf(t, err))
	assert.EqualError(t, err, `autherr: error: found number, not a string
autherr: error_description: found object, not a string
autherr: error_uri: found bool, not a string`)
}

// readJSON reads a JSON object token by token. It returns nil if data is something else.
func readJSON(data []byte) map[string]any {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if begin, err := decoder.Token(); err != nil || begin != json.Delim('{') {
		return nil
	}
	members := map[string]any{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil
		}
		var value any
		if err := decoder.Decode(&value); err != nil {
			return nil
		}
		members[name.(string)] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil
	}
	return members
}

func FuzzUnmarshalJSON(f *testing.F) {
	for _, r := range validResponses {
		data, err := r.MarshalJSON()
		require.NoError(f, err)
		f.Add(data)
		f.Add(data[:len(data)-1])
	}
	for _, tt := range acceptedJSON {
		f.Add([]byte(tt.data))
	}
	for _, tt := range refusedJSON {
		f.Add([]byte(tt.data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		before := autherr.ErrorResponse{Code: "before", Description: "before", URI: "/before"}
		read := before
		input := bytes.Clone(data)
		err := read.UnmarshalJSON(data)
		assert.Equal(t, input, data, "the input is not written to")

		members := readJSON(data)
		code, codeOK := textIn(members, "error")
		description, descriptionOK := textIn(members, "error_description")
		uri, uriOK := textIn(members, "error_uri")
		if code == "" || !descriptionOK || !uriOK {
			require.Error(t, err, "%q", data)
			assert.Equal(t, before, read, "a failed decode leaves the receiver alone")
			assertShortAndPrintable(t, err.Error())
			if members != nil {
				assert.NotEmpty(t, fieldsOf(t, err), "what is wrong is a parameter")
			}
			return
		}
		require.True(t, codeOK)
		require.NoError(t, err, "%q", data)
		assert.Equal(t, autherr.ErrorResponse{Code: autherr.ErrorCode(code), Description: description, URI: uri}, read)

		if again, err := read.MarshalJSON(); err == nil {
			var second autherr.ErrorResponse
			require.NoError(t, second.UnmarshalJSON(again))
			assert.Equal(t, read, second)
		}
	})
}

// textIn returns a member that is a text, or "" if it is null or absent. ok is false if it is
// something else.
func textIn(members map[string]any, name string) (text string, ok bool) {
	value := members[name]
	text, ok = value.(string)
	return text, ok || value == nil
}

// A response is read and written within a structure of the user's own.
func TestResponseInJSONWithinAnotherStructure(t *testing.T) {
	type entry struct {
		Answer *autherr.ErrorResponse `json:"answer"`
	}
	for _, r := range validResponses {
		data, err := json.Marshal(entry{&r})
		require.NoError(t, err)
		var read entry
		require.NoError(t, json.Unmarshal(data, &read))
		assert.Equal(t, r, *read.Answer)
	}
	_, err := json.Marshal(entry{&autherr.ErrorResponse{}})
	assert.ErrorContains(t, err, "error: required, but absent")
}
