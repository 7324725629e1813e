#!/bin/sh
# Rewrites ../envoy.binpb.gz from the Go packages of the module that go.mod pins. Needs Go; run it by `make protos`.
set -eu
cd "$(dirname "$0")"

envoy=github.com/envoyproxy/go-control-plane/envoy
# An import list is needed for the packages to register their files; it is derived, so it is not committed.
{
	echo 'package main'
	echo
	echo 'import ('
	go list "$envoy/..." | sed 's/.*/\t_ "&"/'
	echo ')'
} >imports.go.new
mv imports.go.new imports.go

mkdir -p ../../../build
go build -o ../../../build/dump-protos .
../../../build/dump-protos >../../../build/envoy.binpb
# -n leaves name and time out of the header: same files, same bytes.
gzip -9nc ../../../build/envoy.binpb >../envoy.binpb.gz.new
mv ../envoy.binpb.gz.new ../envoy.binpb.gz
