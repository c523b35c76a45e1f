package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestExportedHasEveryKindOfName(t *testing.T) {
	lines, err := exported(module)
	require.NoError(t, err)
	for _, line := range []string{
		"const autherr.ErrInternal autherr.SaTokenError = 32",
		"const autherr.ContentFormatACECBOR untyped int = 19",
		"func autherr.CodeOf(err error) (autherr.ErrorCode, bool)",
		"type autherr.ErrorCode int32",
		"field autherr.RemoteError.Response autherr.ErrorResponse",
		"func (autherr.ErrorCode).String() string",
		"func (*autherr.ErrorCode).UnmarshalText(text []byte) error",
	} {
		assert.Contains(t, lines, line)
	}
	assert.NotContains(t, strings.Join(lines, "\n"), "isRemote")
}

func TestNames(t *testing.T) {
	for line, name := range map[string]string{
		"const autherr.ErrInternal autherr.SaTokenError = 32":        "ErrInternal",
		"func autherr.CodeOf(err error) (autherr.ErrorCode, bool)":   "CodeOf",
		"type autherr.ErrorCode int32":                               "ErrorCode",
		"field autherr.RemoteError.Response autherr.ErrorResponse":   "RemoteError.Response",
		"func (autherr.ErrorCode).String() string":                   "ErrorCode.String",
		"func (*autherr.ErrorCode).UnmarshalText(text []byte) error": "ErrorCode.UnmarshalText",
	} {
		assert.Equal(t, name, nameOf(line))
	}
}

func TestOnlyWhatIsAnnouncedMayChange(t *testing.T) {
	const line, other = "func autherr.Other(value int32) autherr.ErrorCode", "func autherr.Other(value int64) autherr.ErrorCode"
	changelog := func(section, entry string) string {
		return "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- x\n\n### " + section + "\n\n- " + entry + "\n\n## [0.1.0]\n\n### Removed\n\n- `Old`\n"
	}
	assert.NoError(t, check([]string{line}, []string{line}, changelog("Fixed", "")))
	assert.ErrorContains(t, check([]string{line}, nil, changelog("Changed", "`Others` is gone")), "not announced")
	assert.ErrorContains(t, check([]string{line}, nil, changelog("Added", "`Other`")), "not announced")
	assert.ErrorContains(t, check([]string{"func autherr.Old()"}, nil, changelog("Changed", "x")), "not announced", "in an old release")
	assert.NoError(t, check([]string{line}, nil, changelog("Removed", "`Other` is gone")))
	assert.ErrorContains(t, check([]string{line}, []string{line, other}, changelog("Changed", "`Other`")), "not recorded")
}
