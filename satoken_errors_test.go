package autherr_test

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-e9190de5/autherr"
)

// specification is the table of the 32 errors. What is between backquotes is in a message only if there
// is a detail, which replaces the "…".
var specification = strings.ReplaceAll(`
| constant | Name | message | token | authorization | HTTP | bearer |
|---|---|---|---|---|---|---|
| **Basic Token** | | | | | | |
| ErrTokenNotFound | TokenNotFound | Token not found or expired | InvalidGrant | LoginRequired | 401 | InvalidToken |
| ErrInvalidToken | InvalidToken | Token is invalid~: …~ | InvalidGrant | LoginRequired | 401 | InvalidToken |
| ErrTokenExpired | TokenExpired | Token has expired | InvalidGrant | LoginRequired | 401 | InvalidToken |
| **Authentication** | | | | | | |
| ErrNotLogin | NotLogin | User not logged in | InvalidGrant | LoginRequired | 401 | |
| **Authorization** | | | | | | |
| ErrPermissionDenied | PermissionDenied | Permission denied~: missing permission '…'~ | UnauthorizedClient | AccessDenied | 403 | InsufficientScope |
| ErrRoleDenied | RoleDenied | Role denied~: missing role '…'~ | UnauthorizedClient | AccessDenied | 403 | |
| **Account Status** | | | | | | |
| ErrAccountBanned | AccountBanned | Account is banned~ until …~ | InvalidGrant | AccessDenied | 403 | |
| ErrAccountKickedOut | AccountKickedOut | Account is kicked out | InvalidGrant | LoginRequired | 401 | InvalidToken |
| **Session** | | | | | | |
| ErrSessionNotFound | SessionNotFound | Session not found | InvalidGrant | LoginRequired | 401 | InvalidToken |
| **Nonce** | | | | | | |
| ErrNonceAlreadyUsed | NonceAlreadyUsed | Nonce has been used, possible replay attack detected | InvalidRequest | InvalidRequest | 400 | InvalidRequest |
| ErrInvalidNonceFormat | InvalidNonceFormat | Invalid nonce format | InvalidRequest | InvalidRequest | 400 | InvalidRequest |
| ErrInvalidNonceTimestamp | InvalidNonceTimestamp | Nonce timestamp is invalid or expired | InvalidRequest | InvalidRequest | 400 | InvalidRequest |
| **Refresh Token** | | | | | | |
| ErrRefreshTokenNotFound | RefreshTokenNotFound | Refresh token not found or expired | InvalidGrant | LoginRequired | 401 | InvalidToken |
| ErrRefreshTokenInvalidData | RefreshTokenInvalidData | Invalid refresh token data | InvalidGrant | LoginRequired | 401 | InvalidToken |
| ErrRefreshTokenMissingLoginID | RefreshTokenMissingLoginId | Missing login_id in refresh token | InvalidGrant | LoginRequired | 401 | InvalidToken |
| ErrRefreshTokenInvalidExpireTime | RefreshTokenInvalidExpireTime | Invalid expire time format in refresh token | InvalidGrant | LoginRequired | 401 | InvalidToken |
| **Token Validation** | | | | | | |
| ErrTokenEmpty | TokenEmpty | Token is empty | InvalidRequest | LoginRequired | 401 | |
| ErrTokenTooShort | TokenTooShort | Token is too short | InvalidGrant | LoginRequired | 401 | InvalidToken |
| ErrLoginIDNotNumber | LoginIdNotNumber | Login ID is not a valid number | InvalidRequest | InvalidRequest | 400 | InvalidRequest |
| **OAuth2** | | | | | | |
| ErrOAuth2ClientNotFound | OAuth2ClientNotFound | OAuth2 client not found | InvalidClient | InvalidClient | 401 | InvalidToken |
| ErrOAuth2InvalidCredentials | OAuth2InvalidCredentials | Invalid client credentials | InvalidClient | InvalidClient | 401 | InvalidToken |
| ErrOAuth2ClientIDMismatch | OAuth2ClientIdMismatch | Client ID mismatch | InvalidGrant | InvalidRequest | 400 | InvalidRequest |
| ErrOAuth2RedirectURIMismatch | OAuth2RedirectUriMismatch | Redirect URI mismatch | InvalidGrant | InvalidRedirectURI | 400 | InvalidRequest |
| ErrOAuth2CodeNotFound | OAuth2CodeNotFound | Authorization code not found or expired | InvalidGrant | InvalidRequest | 400 | InvalidRequest |
| ErrOAuth2AccessTokenNotFound | OAuth2AccessTokenNotFound | Access token not found or expired | InvalidGrant | LoginRequired | 401 | InvalidToken |
| ErrOAuth2RefreshTokenNotFound | OAuth2RefreshTokenNotFound | Refresh token not found or expired | InvalidGrant | LoginRequired | 401 | InvalidToken |
| ErrOAuth2InvalidRefreshToken | OAuth2InvalidRefreshToken | Invalid refresh token data | InvalidGrant | LoginRequired | 401 | InvalidToken |
| ErrOAuth2InvalidScope | OAuth2InvalidScope | Invalid scope data | InvalidScope | InvalidScope | 400 | InvalidRequest |
| **System** | | | | | | |
| ErrStorage | StorageError | Storage error~: …~ | ServerError | ServerError | 500 | ServerError |
| ErrConfig | ConfigError | Configuration error~: …~ | ServerError | ServerError | 500 | ServerError |
| ErrSerialization | SerializationError | Serialization error~: …~ | ServerError | ServerError | 500 | ServerError |
| ErrInternal | InternalError | Internal error~: …~ | ServerError | ServerError | 500 | ServerError |
`, "~", "`")

// A specified is a row of the specification.
type specified struct {
	constant, name, message string
	detail                  string // what follows the message; "" if there is no detail
	category                string
	token, redirect         autherr.ErrorCode
	status                  int
	bearer                  autherr.ErrorCode
}

// specifiedErrors reads the specification.
func specifiedErrors(t testing.TB) (rows []specified) {
	t.Helper()
	byConstant := map[string]autherr.ErrorCode{"": ""}
	for _, c := range constantsOf(t, "errorcode.go", "ErrorCode") {
		code, err := strconv.Unquote(c.value)
		require.NoError(t, err)
		byConstant[c.name] = autherr.ErrorCode(code)
	}
	codeOf := func(constant string) autherr.ErrorCode {
		code, ok := byConstant[constant]
		require.True(t, ok, constant)
		return code
	}
	category := ""
	for _, line := range strings.Split(strings.TrimSpace(specification), "\n")[2:] {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		require.Len(t, cells, 7, line)
		for i, cell := range cells {
			cells[i] = strings.TrimSpace(cell)
		}
		if title, ok := strings.CutPrefix(cells[0], "**"); ok {
			category = strings.TrimSuffix(title, "**")
			continue
		}
		message, detail, _ := strings.Cut(cells[2], "`")
		status, err := strconv.Atoi(cells[5])
		require.NoError(t, err)
		rows = append(rows, specified{
			cells[0], cells[1], message, strings.TrimSuffix(detail, "`"), category, codeOf(cells[3]), codeOf(cells[4]), status, codeOf(cells[6]),
		})
	}
	require.Len(t, rows, 32)
	return rows
}

// outsiders are values outside the 32.
var outsiders = []autherr.SaTokenError{0, 33, 34, 128, 255}

func TestTheErrorsAreThoseOfTheSpecification(t *testing.T) {
	declared := constantsOf(t, "satoken_errors.go", "SaTokenError")
	require.Len(t, declared, 32)
	for i, want := range specifiedErrors(t) {
		e := autherr.SaTokenErrors()[i]
		assert.EqualValues(t, i+1, e)
		assert.Equal(t, constant{want.constant, strconv.Itoa(i + 1)}, declared[i], "the value is explicit")
		assert.Equal(t, "autherr."+want.constant, fmt.Sprintf("%#v", e))
		assert.Equal(t, want.name, e.Name())
		assert.EqualError(t, e, want.message)
		assert.Equal(t, want.category, e.Category().String(), want.name)
		assert.Equal(t, want.token, e.Code(), want.name)

		assert.Equal(t, want.token, autherr.TokenEndpoint.Answer(e).Response.Code, want.name)
		assert.Equal(t, want.redirect, autherr.AuthorizationEndpoint.Answer(e).Response.Code, want.name)
		answer := autherr.ProtectedResource.Answer(e)
		assert.Equal(t, want.status, answer.HTTPStatus, want.name)
		assert.Equal(t, want.bearer, answer.Response.Code, want.name)
	}
}

func TestTheCategoriesAreThoseOfTheSpecification(t *testing.T) {
	var names []string
	members := map[string][]string{}
	for _, row := range specifiedErrors(t) {
		if !slices.Contains(names, row.category) {
			names = append(names, row.category)
		}
		members[row.category] = append(members[row.category], row.name)
	}
	declared := constantsOf(t, "satoken_errors.go", "Category")
	require.Len(t, declared, 10)
	for i, c := range autherr.Categories() {
		assert.EqualValues(t, i+1, c)
		assert.Equal(t, names[i], c.String())
		assert.EqualError(t, c, names[i])
		assert.Equal(t, constant{"Category" + strings.ReplaceAll(names[i], " ", ""), strconv.Itoa(i + 1)}, declared[i])
		var got []string
		for _, e := range c.Errors() {
			assert.Equal(t, c, e.Category())
			got = append(got, e.Name())
		}
		assert.Equal(t, members[names[i]], got)
	}
	assert.Len(t, autherr.Categories(), len(names))
}

func TestEveryErrorIsDocumentedInWordsOfItsOwn(t *testing.T) {
	seen := map[string]autherr.SaTokenError{}
	for _, e := range autherr.SaTokenErrors() {
		require.NotEmpty(t, e.Causes(), e)
		for _, sentence := range []string{e.Description(), e.Solution()} {
			assert.Regexp(t, `^[A-Z].*\.$`, sentence, "%#v", e)
		}
		for _, cause := range e.Causes() {
			assert.Regexp(t, `^[A-Za-z].*[a-z0-9]$`, cause, "%#v", e)
		}
		assert.NotContains(t, seen, e.Description(), "%#v", e)
		seen[e.Description()] = e
	}
}

func TestAnErrorIsItsCategoryAndItsCodeAndNoOther(t *testing.T) {
	type tagged struct {
		autherr.SaTokenError
		_ string
	}
	every := make([]autherr.Category, 256)
	for i := range every {
		every[i] = autherr.Category(i)
	}
	all := slices.Concat(autherr.SaTokenErrors(), outsiders)
	for _, e := range all {
		var wantCodes []autherr.ErrorCode
		var wantCategories []autherr.Category
		if !slices.Contains(outsiders, e) {
			wantCodes, wantCategories = []autherr.ErrorCode{e.Code()}, []autherr.Category{e.Category()}
		}
		for _, err := range []error{
			e, &e, tagged{SaTokenError: e}, &tagged{SaTokenError: e}, fmt.Errorf("redeem: %w", e),
			errors.Join(errors.New("x"), fmt.Errorf("a: %w", fmt.Errorf("b: %w", e))),
		} {
			assert.Equal(t, []autherr.SaTokenError{e}, foundIn(err, all), "%T", err)
			assert.Equal(t, wantCategories, foundIn(err, every), "%T", err)
			assert.Equal(t, wantCodes, foundIn(err, slices.Concat(codes, forbiddenCodes)), "%T", err)

			found, ok := errors.AsType[autherr.SaTokenError](err)
			assert.True(t, ok)
			assert.Equal(t, e, found)
			category, ok := errors.AsType[autherr.Category](err)
			assert.Equal(t, wantCategories != nil, ok)
			assert.Equal(t, e.Category(), category)
			code, ok := errors.AsType[autherr.ErrorCode](err)
			assert.Equal(t, wantCodes != nil, ok)
			assert.Equal(t, e.Code(), code)
			_, ok = errors.AsType[autherr.ErrorResponse](err)
			assert.False(t, ok)
		}
	}
}

// Is answers only for the code of a token endpoint. For what another endpoint answers, ask the endpoint.
func TestAnErrorIsNotWhatAResourceAnswers(t *testing.T) {
	assert.NotErrorIs(t, autherr.ErrTokenExpired, autherr.InvalidToken)
	assert.NotErrorIs(t, autherr.ErrNotLogin, autherr.LoginRequired)
	assert.NotErrorIs(t, autherr.ErrPermissionDenied, autherr.InsufficientScope)
}

func TestACategoryIsItselfAndNothingElse(t *testing.T) {
	for _, c := range autherr.Categories() {
		err := fmt.Errorf("handler: %w", c)
		assert.Equal(t, []autherr.Category{c}, foundIn(err, autherr.Categories()))
		assert.Empty(t, foundIn(err, autherr.SaTokenErrors()))
		assert.Empty(t, foundIn(err, codes))
	}
}

func TestAnErrorOutsideThe32HasANumberAndNothingElse(t *testing.T) {
	for _, e := range outsiders {
		number := strconv.Itoa(int(e))
		assert.Contains(t, e.Error(), number)
		assert.Contains(t, e.Name(), number)
		assert.Contains(t, e.GoString(), number)
		assert.Zero(t, e.Category())
		assert.Empty(t, e.Code())
		assert.Empty(t, e.Description())
		assert.Empty(t, e.Causes())
		assert.Empty(t, e.Solution())
		for _, endpoint := range []autherr.Endpoint{autherr.TokenEndpoint, autherr.ProtectedResource} {
			assert.Equal(t, autherr.Answer{Response: autherr.ErrorResponse{Code: autherr.ServerError}, HTTPStatus: 500}, endpoint.Answer(e))
		}

		buffer := []byte("kept")
		b, err := e.AppendText(buffer)
		assert.ErrorContains(t, err, number)
		assert.Equal(t, buffer, b)
		_, err = e.MarshalText()
		assert.ErrorContains(t, err, number)
	}
}

func TestACategoryOutsideTheTenHasANumberAndNothingElse(t *testing.T) {
	for _, c := range []autherr.Category{0, 11, 255} {
		number := strconv.Itoa(int(c))
		assert.Contains(t, c.String(), number)
		assert.EqualError(t, c, c.String())
		assert.Empty(t, c.Errors())
		text, err := c.MarshalText()
		assert.ErrorContains(t, err, number)
		assert.Nil(t, text)
	}
}

func TestNameOfAnErrorReadsBack(t *testing.T) {
	for _, e := range autherr.SaTokenErrors() {
		parsed, err := autherr.ParseSaTokenError(e.Name())
		require.NoError(t, err)
		assert.Equal(t, e, parsed)

		data, err := json.Marshal(map[autherr.SaTokenError]autherr.SaTokenError{e: e})
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprintf(`{"%[1]s":"%[1]s"}`, e.Name()), string(data))
		var read map[autherr.SaTokenError]autherr.SaTokenError
		require.NoError(t, json.Unmarshal(data, &read))
		assert.Equal(t, e, read[e])

		var appender encoding.TextAppender = e
		text, err := appender.AppendText([]byte("name="))
		require.NoError(t, err)
		assert.Equal(t, "name="+e.Name(), string(text))
	}
}

func TestNameOfACategoryReadsBack(t *testing.T) {
	for _, c := range autherr.Categories() {
		data, err := json.Marshal(map[autherr.Category]autherr.Category{c: c})
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprintf(`{"%[1]s":"%[1]s"}`, c), string(data))
		var read map[autherr.Category]autherr.Category
		require.NoError(t, json.Unmarshal(data, &read))
		assert.Equal(t, c, read[c])
	}
}

// FuzzNames compares both readers of names with the specification.
func FuzzNames(f *testing.F) {
	for _, e := range slices.Concat(autherr.SaTokenErrors(), outsiders) {
		for _, text := range []string{e.Name(), e.Error(), strings.ToLower(e.Name()), e.Name() + " ", "Err" + e.Name(), e.Category().String(), strings.ToUpper(e.Category().String())} {
			f.Add(text)
		}
	}
	for _, text := range hostileTexts {
		f.Add(text)
	}
	f.Add("")
	saTokenErrors, categories := map[string]autherr.SaTokenError{}, map[string]autherr.Category{}
	for i, row := range specifiedErrors(f) {
		saTokenErrors[row.name] = autherr.SaTokenError(i + 1)
		if _, ok := categories[row.category]; !ok {
			categories[row.category] = autherr.Category(len(categories) + 1)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		wantError, wantCategory := saTokenErrors[text], categories[text]
		parsed, err := autherr.ParseSaTokenError(text)
		assert.Equal(t, wantError, parsed)
		checkName(t, text, wantError, err)
		e := autherr.ErrConfig
		err = e.UnmarshalText([]byte(text))
		checkName(t, text, wantError, err)
		if err != nil {
			assert.Equal(t, autherr.ErrConfig, e, "a failed decode leaves the receiver alone")
		} else {
			assert.Equal(t, wantError, e)
		}

		category := autherr.CategoryNonce
		err = category.UnmarshalText([]byte(text))
		checkName(t, text, wantCategory, err)
		if err != nil {
			assert.Equal(t, autherr.CategoryNonce, category, "a failed decode leaves the receiver alone")
		} else {
			assert.Equal(t, wantCategory, category)
		}
	})
}

// checkName checks whether err says that there is nothing of that name.
func checkName[T autherr.SaTokenError | autherr.Category](t *testing.T, text string, want T, err error) {
	t.Helper()
	if want != 0 {
		require.NoError(t, err)
		return
	}
	require.ErrorContains(t, err, "autherr: no ")
	assertShortAndPrintable(t, err.Error())
	if len(text) <= 200 {
		assert.ErrorContains(t, err, strconv.Quote(text))
	}
}

func TestWhatIsReturnedIsTheCallersOwn(t *testing.T) {
	autherr.SaTokenErrors()[0] = autherr.ErrInternal
	autherr.Categories()[0] = autherr.CategorySystem
	autherr.CategoryBasicToken.Errors()[0] = autherr.ErrInternal
	autherr.ErrTokenNotFound.Causes()[0] = "changed"

	assert.Equal(t, autherr.ErrTokenNotFound, autherr.SaTokenErrors()[0])
	assert.Equal(t, autherr.CategoryBasicToken, autherr.Categories()[0])
	assert.Equal(t, autherr.ErrTokenNotFound, autherr.CategoryBasicToken.Errors()[0])
	assert.NotEqual(t, "changed", autherr.ErrTokenNotFound.Causes()[0])

	first, err := autherr.CategoryNonce.MarshalText()
	require.NoError(t, err)
	copy(first, bytes.Repeat([]byte("x"), len(first)))
	second, err := autherr.CategoryNonce.MarshalText()
	require.NoError(t, err)
	assert.Equal(t, "Nonce", string(second))
}

func TestDetailsAreSaidThoughTheCauseHasNoText(t *testing.T) {
	for _, cause := range []error{(*autherr.FieldError)(nil), (*autherr.ErrorResponse)(nil)} {
		err := &autherr.StorageError{Details: "select codes", Err: cause}
		assert.Contains(t, err.Error(), "Storage error: select codes: ")
		assert.Contains(t, autherr.LogAttr(err).String(), "select codes")
	}
}
