export { parseJson } from '../dialect/json-text.ts'
export { formatJson } from '../model/exact-json.ts'
