package main

import (
	"maps"
	"net/http"
	"slices"
)

var (
	scopes      = []string{"openid", "profile", "email"}
	authMethods = []string{"client_secret_basic", "client_secret_post", "private_key_jwt", "none"}
)

// metadata says what the authorization server can do (RFC 8414, OpenID Connect Discovery §3).
func (s *server) metadata(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                           s.issuer,
		"authorization_endpoint":                           s.issuer + "/authorize",
		"token_endpoint":                                   s.issuer + "/token",
		"device_authorization_endpoint":                    s.issuer + "/device_authorization",
		"pushed_authorization_request_endpoint":            s.issuer + "/par",
		"introspection_endpoint":                           s.issuer + "/introspect",
		"revocation_endpoint":                              s.issuer + "/revoke",
		"registration_endpoint":                            s.issuer + "/register",
		"userinfo_endpoint":                                s.issuer + "/profile",
		"jwks_uri":                                         s.issuer + "/jwks",
		"scopes_supported":                                 scopes,
		"response_types_supported":                         []string{"code"},
		"response_modes_supported":                         []string{"query", "fragment", "form_post"},
		"grant_types_supported":                            slices.Sorted(maps.Keys(grantTypes)),
		"token_endpoint_auth_methods_supported":            authMethods,
		"token_endpoint_auth_signing_alg_values_supported": asymmetric,
		"dpop_signing_alg_values_supported":                asymmetric,
		"id_token_signing_alg_values_supported":            []string{"ES256"},
		"code_challenge_methods_supported":                 []string{"S256"},
		"prompt_values_supported":                          []string{"none", "login", "consent"},
		"acr_values_supported":                             []string{acrPassword, acrSecond},
		"subject_types_supported":                          []string{"public"},
		"authorization_response_iss_parameter_supported":   true,
		"request_uri_parameter_supported":                  true,
		"require_request_uri_registration":                 true,
	})
}

// resourceMetadata says who issues tokens for the resources (RFC 9728).
func (s *server) resourceMetadata(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, map[string]any{
		"resource":                          s.issuer,
		"authorization_servers":             []string{s.issuer},
		"jwks_uri":                          s.issuer + "/jwks",
		"scopes_supported":                  []string{"profile"},
		"bearer_methods_supported":          []string{"header"},
		"dpop_signing_alg_values_supported": asymmetric,
	})
}
