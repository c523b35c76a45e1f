package autherr_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

func TestBuilderBuildsWhatWasSet(t *testing.T) {
	for _, response := range validResponses {
		built, err := autherr.NewErrorResponseBuilder().
			Error(response.Code).Description(response.Description).URI(response.URI).Build()
		require.NoError(t, err)
		assert.Equal(t, response, built)

		built, err = autherr.NewErrorResponseBuilder().
			URI("x").Description("x").Error("x").URI(response.URI).Description(response.Description).Error(response.Code).Build()
		require.NoError(t, err)
		assert.Equal(t, response, built, "in another order, and set twice")
	}
}

func TestBuilderRefusesWhatValidateRefuses(t *testing.T) {
	for _, response := range invalidResponses {
		built, err := autherr.NewErrorResponseBuilder().
			Error(response.Code).Description(response.Description).URI(response.URI).Build()
		faults, _ := faultsOf(response)
		assert.Equal(t, faults, fieldsOf(t, err))
		assert.EqualError(t, err, response.Validate().Error())
		assertNoGoInMessage(t, err)
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

func TestBuildAllocatesNoMoreThanParsingTheURI(t *testing.T) {
	for _, response := range validResponses {
		builder := autherr.NewErrorResponseBuilder().Error(response.Code).Description(response.Description).URI(response.URI)
		parsing := testing.AllocsPerRun(10, func() { _, _ = url.Parse(response.URI) })
		if response.URI == "" {
			parsing = 0
		}
		assert.Equal(t, parsing, testing.AllocsPerRun(10, func() { _, _ = builder.Build() }), "%.100v", response)
		assert.Equal(t, parsing, testing.AllocsPerRun(10, func() { _ = response.Validate() }), "%.100v", response)
	}
}
