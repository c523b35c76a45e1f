package peers

import (
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// discard is for a handler that logs each error itself, to do so at no cost.
var discard = slog.New(slog.DiscardHandler)

// zitadelJSON is zitadel/oidc. Its errors are made by functions, which is how they are
// returned by a store; the targets of errors.Is are made once.
var zitadelJSON = &Library{
	Name:   "zitadel/oidc",
	Module: "github.com/zitadel/oidc/v3",
	Format: JSON,

	Err:  wrapped(oidc.ErrInvalidGrant()),
	Hit:  oidc.ErrInvalidGrant(),
	Miss: oidc.ErrInvalidScope(),
	Code: oidc.ErrInvalidGrant(),

	Body: func(err error) []byte {
		body, _ := json.Marshal(oidc.DefaultToServerError(err, err.Error()))
		return body
	},
	Write: func(w http.ResponseWriter, r *http.Request, err error) {
		op.WriteError(w, r, err, discard)
	},
	// As its own client does.
	Read: func(body []byte) error {
		var read oidc.Error
		if err := json.Unmarshal(body, &read); err != nil {
			return err
		}
		return &read
	},

	Remarks: map[string]string{
		ToResponse: "zitadel/oidc does not set the headers that keep the answer out of caches " +
			"(`TestOnlyZitadelLetsAnswersBeCached`).",
	},
}
