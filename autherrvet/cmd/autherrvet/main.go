// Command autherrvet finds mistakes in programs that use package autherr. It is run by go vet:
//
//	go mod edit -tool=github.com/seed-e9190de5/autherr/autherrvet/cmd/autherrvet
//	go mod tidy
//	go vet -vettool="$(go tool -n autherrvet)" ./...
//
// Package autherrvet says what it finds.
package main

import (
	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/seed-e9190de5/autherr/autherrvet"
)

func main() { unitchecker.Main(autherrvet.Analyzer) }
