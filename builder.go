package autherr

// ErrorResponseBuilder makes an [ErrorResponse] and validates it. The zero value
// is ready to use. It is not safe for use by several goroutines at once.
type ErrorResponseBuilder struct{ response ErrorResponse }

// NewErrorResponseBuilder returns a builder with nothing set.
func NewErrorResponseBuilder() *ErrorResponseBuilder { return new(ErrorResponseBuilder) }

// Error sets the code, which is the parameter error. It is required.
func (b *ErrorResponseBuilder) Error(code ErrorCode) *ErrorResponseBuilder {
	b.response.Code = code
	return b
}

// Description sets the parameter error_description; "" leaves it out.
func (b *ErrorResponseBuilder) Description(text string) *ErrorResponseBuilder {
	b.response.Description = text
	return b
}

// URI sets the parameter error_uri; "" leaves it out.
func (b *ErrorResponseBuilder) URI(reference string) *ErrorResponseBuilder {
	b.response.URI = reference
	return b
}

// Build returns the response, or the zero value and what
// [ErrorResponse.Validate] finds wrong with it. It may be called again, also
// after more has been set: each result is a value of its own.
func (b *ErrorResponseBuilder) Build() (ErrorResponse, error) {
	if err := b.response.Validate(); err != nil {
		return ErrorResponse{}, err
	}
	return b.response, nil
}
