package main

import (
	"net/http"
	"time"
)

type dpop struct{}

func newDPoP(func() time.Time) *dpop { return nil }

type upstream struct{}

func newUpstream(string, string, time.Duration) *upstream { return nil }

var _ http.Handler
