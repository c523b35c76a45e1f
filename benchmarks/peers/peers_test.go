package peers

import (
	"encoding/json"
	stderrors "errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/go-oauth2/oauth2/v4/errors"
	"github.com/ory/fosite"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// eachLibrary runs test once for every library.
func eachLibrary(t *testing.T, test func(t *testing.T, l *Library)) {
	for _, format := range Formats {
		for _, l := range format.Libraries {
			t.Run(format.Name+"/"+l.Name, func(t *testing.T) { test(t, l) })
		}
	}
}

// answer returns what l's own handler answers to a client that wants format.
func answer(l *Library, format *Format) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	l.Write(w, Request(format), l.Err)
	return w
}

// parameters returns the parameters of a response, without those that are empty.
func parameters(t *testing.T, format *Format, body []byte) map[any]any {
	read := make(map[any]any)
	if format == CBOR {
		require.NoError(t, cbor.Unmarshal(body, &read))
		return read
	}
	var object map[string]any
	require.NoError(t, json.Unmarshal(body, &object))
	for name, value := range object {
		if value != "" {
			read[name] = value
		}
	}
	return read
}

func TestAllLibrariesSayTheSame(t *testing.T) {
	eachLibrary(t, func(t *testing.T, l *Library) {
		want := parameters(t, l.Format, []byte(l.Format.Answer))
		assert.Equal(t, want, parameters(t, l.Format, l.Body(l.Err)))

		w := answer(l, l.Format)
		assert.Equal(t, want, parameters(t, l.Format, w.Body.Bytes()))
		assert.True(t, strings.HasPrefix(w.Header().Get("Content-Type"), l.Format.MediaType))
		status := http.StatusBadRequest
		if l == goOAuth2JSON {
			status = http.StatusUnauthorized // its table has it so
		}
		assert.Equal(t, status, w.Code)
	})
}

func TestAllWorkComesOutRight(t *testing.T) {
	eachLibrary(t, func(t *testing.T, l *Library) {
		for _, work := range Works {
			do := work.Of(l)
			if do == nil {
				assert.NotEmpty(t, l.Remarks[work.Name], "no word on why it cannot be done")
				continue
			}
			assert.True(t, do(10), work.Name)
		}
		for name := range l.Remarks {
			known := slices.ContainsFunc(Works, func(work Work) bool { return work.Name == name })
			assert.True(t, known, "a remark on %q, which is no work", name)
		}
	})
}

func TestWorkThatComesOutWrongIsNoticed(t *testing.T) {
	wrong := *autherrJSON
	wrong.Hit, wrong.Miss = wrong.Miss, wrong.Hit
	wrong.Code = autherrJSON.Miss
	calls := 0
	wrong.Body = func(error) []byte { calls++; return make([]byte, calls) }
	wrong.Write = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusInternalServerError) }
	for _, work := range Works {
		assert.False(t, work.Of(&wrong)(1), work.Name)
	}
}

func TestGoOAuth2DoesNotFindWrappedErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		err    error
		status int
		code   string
	}{
		"bare":    {errors.ErrInvalidGrant, http.StatusUnauthorized, "invalid_grant"},
		"wrapped": {goOAuth2Err, http.StatusInternalServerError, "server_error"},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			require.NoError(t, newGoOAuth2(tt.err).HandleTokenRequest(w, Request(JSON)))
			assert.Equal(t, tt.status, w.Code)
			assert.Equal(t, tt.code, parameters(t, JSON, w.Body.Bytes())["error"])
		})
	}
}

func TestGoOAuth2HasNoClientSide(t *testing.T) {
	var read errors.Response
	assert.Error(t, json.Unmarshal(goOAuth2JSON.Body(goOAuth2JSON.Err), &read))
}

func TestFositeDoesNotMatchWhatItReads(t *testing.T) {
	var read fosite.RFC6749Error
	require.NoError(t, json.Unmarshal(fositeJSON.Body(fositeJSON.Err), &read))
	assert.Equal(t, "invalid_grant", read.ErrorField)
	assert.False(t, stderrors.Is(&read, fosite.ErrInvalidGrant))
}

func TestOnlyZitadelLetsAnswersBeCached(t *testing.T) {
	eachLibrary(t, func(t *testing.T, l *Library) {
		cacheControl := answer(l, l.Format).Header().Get("Cache-Control")
		assert.Equal(t, l == zitadelJSON, cacheControl == "", cacheControl)
	})
}

func TestNoOtherLibraryAnswersInCBOR(t *testing.T) {
	for _, l := range Formats[0].Libraries {
		mediaType := answer(l, CBOR).Header().Get("Content-Type")
		assert.Equal(t, l == autherrJSON, mediaType == CBOR.MediaType, "%s: %s", l.Name, mediaType)
	}
}

func BenchmarkWork(b *testing.B) {
	for _, work := range Works {
		for _, format := range Formats {
			for _, l := range format.Libraries {
				do := work.Of(l)
				if do == nil {
					continue
				}
				b.Run(work.Name+"/"+format.Name+"/"+l.Name, func(b *testing.B) {
					b.ReportAllocs()
					do(b.N)
				})
			}
		}
	}
}
