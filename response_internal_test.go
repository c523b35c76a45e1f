package autherr

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// In JSON as in CBOR, what the short cut takes, the long way takes with the same result.
func FuzzBothWaysOfReadingJSONAgree(f *testing.F) {
	for _, data := range []string{
		`{"error":"invalid_grant"}`, `{"error":"invalid_grant"} `, `{"error":"invalid_grant"`, `{"error":"slow_down"}`, `{"error":"other(418)"}`, `{"error":""}`, `{"error":null}`,
		`{"error":"invalid_grant","error_description":"d"}`, `{"error":"invalid_grant","error_uri":"/u"}`, `{"error":"invalid_grant","error_description":"d","error_uri":"/u"}`,
		`{"error":"invalid_grant","error_uri":"/u","error_description":"d"}`, `{"error":"invalid_grant","error_description":"d","error_description":"e"}`,
		`{"error":"invalid_grant","error_description":"a\\nb"}`, `{"error":"invalid_grant","error_description":"a\\"}`, `{"error":"invalid_grant","error_description":"a\\\\"}`,
		"{\"error\":\"invalid_grant\",\"error_description\":\"a\nb\"}", "{\"error\":\"invalid_grant\",\"error_uri\":\"\xff\"}", `{"error":"invalid_grant","error_uri":"é"}`,
		`{"error":"invalid_grant","error_description":""}`, `{"error":"invalid_grant","error_uri":`, `{"error":"invalid_grant","error_uri":"`, `{"error":"invalid_grant","error_uri":"u"`,
	} {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		short, ok := readCanonicalJSON(bytes.Clone(data))
		if !ok {
			return
		}
		long, err := readAnyJSON(data)
		require.NoError(t, err, "%q", data)
		assert.Equal(t, long, short, "%q", data)
	})
}

func FuzzMarshalJSONWritesWhatEncodingJSONDoes(f *testing.F) {
	f.Add(int32(3), "", "")
	f.Add(int32(-70000), "d", "/u")
	f.Add(int32(3), "a<b", "")
	f.Add(int32(3), "a>b", "/u?a=b&c=d")
	f.Fuzz(func(t *testing.T, code int32, description, uri string) {
		response := ErrorResponse{ErrorCode(code), description, uri}
		data, err := response.MarshalJSON()
		if err != nil {
			return
		}
		want, err := json.Marshal(responseJSON(response))
		require.NoError(t, err)
		assert.Equal(t, string(want), string(data))

		read, ok := readCanonicalJSON(data)
		assert.Equal(t, response.Code.IsRegistered() && !bytes.ContainsRune(data, '\\'), ok, "what is written is read the short way")
		if ok {
			assert.Equal(t, response, read)
		}
	})
}
