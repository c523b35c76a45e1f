package peers

import (
	"net/http"

	"github.com/seed-e9190de5/autherr"
	"github.com/seed-e9190de5/autherr/autherrhttp"
)

// The two encodings are made with Marshal, since the peers make a new slice each time, too.
var (
	autherrJSON = viaAutherr(JSON, autherr.ErrorResponse.MarshalJSON, (*autherr.ErrorResponse).UnmarshalJSON)
	autherrCBOR = viaAutherr(CBOR, autherr.ErrorResponse.MarshalCBOR, (*autherr.ErrorResponse).UnmarshalCBOR)
)

func viaAutherr(format *Format,
	marshal func(autherr.ErrorResponse) ([]byte, error), unmarshal func(*autherr.ErrorResponse, []byte) error,
) *Library {
	return &Library{
		Name:   "autherr",
		Module: "github.com/seed-e9190de5/autherr",
		Format: format,

		Err:  wrapped(autherr.ErrOAuth2CodeNotFound),
		Hit:  autherr.ErrOAuth2CodeNotFound,
		Miss: autherr.ErrTokenExpired,
		Code: autherr.InvalidGrant,

		Body: func(err error) []byte {
			body, _ := marshal(autherr.TokenEndpoint.Answer(err).Response)
			return body
		},
		Write: func(w http.ResponseWriter, r *http.Request, err error) { autherrhttp.WriteTokenError(w, r, err) },
		Read: func(body []byte) error {
			remote := new(autherr.RemoteError)
			if err := unmarshal(&remote.Response, body); err != nil {
				return err
			}
			return remote
		},
	}
}
