# Writes the Go client into the folder "laurel", package example.com/laurel. Needs protoc, protoc-gen-go and protoc-gen-go-grpc.
set -e
packages=$(cd proto && for file in laurel/v1/*.proto; do echo "M$file=example.com/laurel"; done | paste -sd, -)
mkdir -p laurel
protoc -I proto -I node_modules/google-proto-files --go_out=laurel --go_opt=module=example.com/laurel,"$packages" \
  --go-grpc_out=laurel --go-grpc_opt=module=example.com/laurel,"$packages" proto/laurel/v1/*.proto
