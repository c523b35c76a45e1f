package peers

import (
	"encoding/json"
	"net/http"

	"github.com/ory/fosite"
)

// fositeInvalidGrant is fosite's own error without its long description, which
// the others do not send either.
var fositeInvalidGrant = fosite.ErrInvalidGrant.WithDescription("")

var (
	fositeProvider = &fosite.Fosite{Config: new(fosite.Config)}
	fositeRequest  = fosite.NewAccessRequest(new(fosite.DefaultSession))
)

// fositeJSON is ory/fosite with the zero configuration: no legacy
// format, no debug messages.
var fositeJSON = &Library{
	Name:   "fosite",
	Module: "github.com/ory/fosite",
	Format: JSON,

	Err:  wrapped(fositeInvalidGrant),
	Hit:  fosite.ErrInvalidGrant,
	Miss: fosite.ErrInvalidScope,
	Code: fosite.ErrInvalidGrant,

	Body: func(err error) []byte {
		body, _ := json.Marshal(fosite.ErrorToRFC6749Error(err))
		return body
	},
	// As its documentation has it: with what NewAccessRequest returned.
	Write: func(w http.ResponseWriter, r *http.Request, err error) {
		fositeProvider.WriteAccessError(r.Context(), w, fositeRequest, err)
	},
	Read: func(body []byte) error {
		var read fosite.RFC6749Error
		if err := json.Unmarshal(body, &read); err != nil {
			return err
		}
		read.CodeField = http.StatusBadRequest // of the response
		return &read
	},

	Remarks: map[string]string{
		ToBody: "fosite sends a description even where it is empty.",
		ToError: "What fosite has read does not match its own ErrInvalidGrant until the caller has put " +
			"the status into it (`TestFositeDoesNotMatchWhatItReads`). That is done here.",
	},
}
