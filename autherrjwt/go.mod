module github.com/seed-e9190de5/autherr/autherrjwt

go 1.26

require (
	github.com/golang-jwt/jwt/v5 v5.3.1
	github.com/seed-e9190de5/autherr v0.0.0
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/fxamacker/cbor/v2 v2.10.0 // indirect
	github.com/x448/float16 v0.8.4 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)

replace github.com/seed-e9190de5/autherr => ../
