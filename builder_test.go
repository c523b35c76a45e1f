package autherr_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

func TestBuilderBuildsWhatWasSet(t *testing.T) {
	response, err := autherr.NewErrorResponseBuilder().
		Error(autherr.InvalidScope).Description("Ask for less.").URI("https://as.example/scopes").Build()
	require.NoError(t, err)
	assert.Equal(t, autherr.ErrorResponse{Code: autherr.InvalidScope, Description: "Ask for less.", URI: "https://as.example/scopes"}, response)
}

func TestBuilderRefusesWhatValidateRefuses(t *testing.T) {
	for _, response := range invalidResponses {
		built, err := autherr.NewErrorResponseBuilder().
			Error(response.Code).Description(response.Description).URI(response.URI).Build()
		require.Error(t, err)
		assert.EqualError(t, err, response.Validate().Error())
		assert.Zero(t, built)
	}
}

func TestEachBuildIsAValueOfItsOwn(t *testing.T) {
	var builder autherr.ErrorResponseBuilder
	_, err := builder.Build()
	require.Error(t, err, "nothing is set")

	builder.Error(autherr.InvalidGrant)
	first, err := builder.Build()
	require.NoError(t, err)

	builder.Description("Log in again.").URI("/login")
	second, err := builder.Build()
	require.NoError(t, err)
	third, err := builder.Build()
	require.NoError(t, err)

	assert.Equal(t, autherr.ErrorResponse{Code: autherr.InvalidGrant}, first)
	assert.Equal(t, "Log in again.", second.Description)
	assert.Equal(t, second, third)

	fourth, err := builder.Description("").URI("").Build()
	require.NoError(t, err)
	assert.Equal(t, first, fourth, "an empty parameter is absent")
}
