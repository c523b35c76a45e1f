package peers

import (
	"github.com/fxamacker/cbor/v2"

	"github.com/seed-e9190de5/autherr"
)

// fxamackerCBOR is what a server has with a general codec: the same sentinels and maps as
// plainJSON, and a struct with fxamacker/cbor's keyasint. What it writes is deterministic,
// as what autherr writes is; it reads with the default options.
var fxamackerCBOR = byHand(
	Library{Name: "errors.New, fxamacker/cbor", Module: "github.com/fxamacker/cbor/v2", Format: CBOR},
	autherr.ErrorCode.CBORValue, coreDeterministic.Marshal, cbor.Unmarshal,
)

var coreDeterministic = func() cbor.EncMode {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err)
	}
	return mode
}()
