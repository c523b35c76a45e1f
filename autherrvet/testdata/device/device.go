// Package device has the mistakes that the package comment of autherrvet shows.
package device

import (
	"time"

	"github.com/seed-e9190de5/autherr"
)

func poll(ask func() error) error {
	for {
		err := ask()
		if err == nil {
			return nil
		}
		switch autherr.CodeOf(err) {
		case autherr.AuthorizationPending:
			time.Sleep(5 * time.Second)
		case autherr.AccessDenied:
			return err
		}
	}
}

func refuse(err error) error {
	return autherr.ErrorResponse{
		Code:        autherr.InvalidGrant,
		Description: "redeem: " + err.Error(),
	}
}
