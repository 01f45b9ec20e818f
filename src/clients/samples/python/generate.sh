# Writes the Python client into the folder "generated". Needs protoc and grpc_python_plugin, or grpcio-tools from PyPI.
set -e
mkdir -p generated
protoc -I proto -I node_modules/google-proto-files --plugin=protoc-gen-grpc="$(command -v grpc_python_plugin)" \
  --python_out=generated --grpc_out=generated proto/laurel/v1/*.proto google/rpc/error_details.proto google/rpc/status.proto
