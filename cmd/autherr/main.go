// Command autherr explains errors, codes and payloads of auth servers at the terminal:
//
//	go run github.com/seed-e9190de5/autherr/cmd/autherr WHAT...
//
// Each WHAT is an OAuth code, a sa-token error, a category of sa-token errors, a status, or something
// that a server sent: an error response in CBOR or JSON, a challenge, a redirect. Without arguments it
// lists these forms. It says what an error means, where its code is specified, what to do about it, and what
// each kind of endpoint answers if it comes up:
//
//	$ autherr ErrTokenExpired
//	ErrTokenExpired, a sa-token error
//
//	  meaning                 The token is past its expiry time.
//	  causes                  the token has lived longer than the configured timeout
//	  way out                 Use the refresh token, or authenticate again.
//	  message                 Token has expired
//	  name                    TokenExpired
//	  category                Basic Token
//	  to errors.Is, it is     autherr.ErrTokenExpired
//	                          autherr.CategoryBasicToken
//	                          autherr.InvalidGrant
//
//	  What your server answers if a handler returns this error:
//
//	  token endpoint          400 invalid_grant, RFC 6749 §5.2
//	                          JSON: {"error":"invalid_grant"}
//	                          CBOR: A1181E03
//	                                which is {30: 3}
//	  authorization endpoint  303 login_required, OpenID Connect Core §3.1.2.6
//	                          Location: https://a.example/cb?error=login_required
//	                          only if prompt=none was asked for: otherwise, show the login page
//	  protected resource      401 invalid_token, RFC 6750 §3.1
//	                          WWW-Authenticate: Bearer error="invalid_token"
//	  log                     fault=client, at level INFO
//
// Several arguments are explained one after another. One that makes no sense gets a line on standard
// error instead, with the names that are similar:
//
//	$ autherr slow_dwn
//	autherr: "slow_dwn": not known; did you mean slow_down?
//
// The exit status is 0 if every argument was explained, 1 if one was not, and 2 if there was none.
package main

import (
	"fmt"
	"io"
	"os"
	"slices"
)

const usage = `Autherr explains errors of OAuth and of sa-token.

  go run github.com/seed-e9190de5/autherr/cmd/autherr WHAT...

Each WHAT is one of

  slow_down                           an OAuth code, by its text or its constant in Go
  SlowDown
  ErrTokenExpired                     a sa-token error, by its constant, its name or its message
  TokenExpired
  'Token has expired'
  'Basic Token'                       a category of sa-token errors
  3                                   a code, by its CBOR value
  401                                 an HTTP status
  4.01                                a CoAP status
  A1181E04                            an error response in CBOR, in hex
  '{"error":"invalid_grant"}'         an error response in JSON
  'Bearer error="invalid_token"'      a challenge, the value of WWW-Authenticate
  'https://a.example/cb?error=access_denied'
                                      a redirect to a client

It exits with 1 if a WHAT makes no sense, and with 2 if there is none.
`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run explains args on stdout and returns the exit status. It does without package flag, which would
// take -99999 for a flag.
func run(args []string, stdout, stderr io.Writer) (status int) {
	write := func(text string) {
		if _, err := io.WriteString(stdout, text); err != nil {
			fmt.Fprintln(stderr, "autherr:", err)
			status = 1
		}
	}
	switch {
	case len(args) == 0:
		fmt.Fprint(stderr, usage)
		return 2
	case slices.ContainsFunc(args, asksHelp):
		write(usage)
		return status
	}
	gap := ""
	for _, arg := range args {
		text, err := explain(arg)
		if err != nil {
			fmt.Fprintf(stderr, "autherr: %s: %v\n", shownQuoted(arg), err)
			status = 1
			continue
		}
		write(gap + text)
		gap = "\n"
	}
	return status
}

func asksHelp(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }
