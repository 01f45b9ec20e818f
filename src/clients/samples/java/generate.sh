# Writes the Java client into the folder "generated". Needs protoc and the plugin protoc-gen-grpc-java.
set -e
mkdir -p generated
protoc -I proto -I node_modules/google-proto-files --plugin=protoc-gen-grpc="$(command -v grpc_java_plugin)" \
  --java_out=generated --grpc_out=generated proto/laurel/v1/*.proto google/rpc/error_details.proto google/rpc/status.proto
