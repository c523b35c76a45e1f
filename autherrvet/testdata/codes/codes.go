// Package codes has switches on codes, with and without a default.
package codes

import (
	"errors"

	"github.com/seed-e9190de5/autherr"
)

type (
	alias = autherr.ErrorCode
	own   autherr.ErrorCode
	row   struct{ code autherr.ErrorCode }
)

func variable(code autherr.ErrorCode) {
	switch code { // want `switch on an autherr.ErrorCode without a default case: .* add a default`
	case autherr.InvalidGrant:
		println("log in again")
	}
}

func call(err error) string {
	switch autherr.CodeOf(err) { // want `without a default case`
	case autherr.InvalidGrant, autherr.InvalidToken:
		return "log in again"
	}
	return ""
}

func initialized(err error) {
	switch answer := autherr.TokenEndpoint.Answer(err); answer.Response.Code { // want `without a default case`
	case "mfa_required":
	}
}

func others(code alias, r row, p *autherr.ErrorCode, constant bool) {
	switch code { // want `without a default case`
	}
	switch r.code { // want `without a default case`
	case autherr.InvalidGrant:
	}
	switch *p { // want `without a default case`
	case autherr.InvalidGrant:
	}
	switch autherr.ErrorCode("x") { // want `without a default case`
	case r.code:
	}
	switch code {
	case autherr.InvalidGrant:
		switch r.code { // want `without a default case`
		case autherr.AccessDenied:
		}
	default:
	}
}

func withDefault(code autherr.ErrorCode) {
	switch code {
	case autherr.InvalidGrant:
	default:
	}
	switch code {
	default:
	}
	switch code {
	default:
		fallthrough
	case autherr.InvalidGrant:
	}
}

func noCode(code autherr.ErrorCode, p *autherr.ErrorCode, err error) {
	switch {
	case code == autherr.InvalidGrant:
	case errors.Is(err, autherr.InvalidToken):
	}
	switch err {
	case autherr.InvalidGrant:
	}
	switch err.(type) {
	case autherr.ErrorCode:
	}
	switch string(code) {
	case "invalid_grant":
	}
	switch own(code) {
	case "invalid_grant":
	}
	switch code == autherr.InvalidGrant {
	case true:
	}
	switch p {
	case nil:
	}
	switch autherr.SaTokenErrorOf(err) {
	case autherr.ErrTokenExpired:
	}
	if code == autherr.InvalidGrant {
		return
	}
}
