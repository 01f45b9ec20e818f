// For src/grpc and src/auth, which may import only types of a dialect.
export { countValues, parseJson, repeatedMember, STANDS_TWICE } from '../dialect/json-text.ts'
export { formatJson } from '../model/exact-json.ts'
