package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDocumentsSayWhatTheTablesSay(t *testing.T) {
	document, err := os.ReadFile("../../docs/errors.md")
	require.NoError(t, err)
	assert.Equal(t, string(reference()), string(document), "go generate ./... makes it anew")

	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	replaced, err := replaceTable(readme, table())
	require.NoError(t, err)
	assert.Equal(t, string(replaced), string(readme), "go generate ./... makes it anew")

	_, err = replaceTable([]byte("no place for it"), table())
	assert.Error(t, err)
}
