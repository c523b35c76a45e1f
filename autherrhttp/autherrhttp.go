// Package autherrhttp is autherr over HTTP: it writes the answer of an endpoint to whatever error
// came up, and reads on the client's side what a server answered.
package autherrhttp
