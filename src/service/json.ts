// For src/grpc, which may import only types of a dialect.
export { countValues, parseJson } from '../dialect/json-text.ts'
export { formatJson } from '../model/exact-json.ts'
