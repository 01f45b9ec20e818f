import { readFile } from 'node:fs/promises'
import { JsonSyntaxError, parseJson } from '../dialect/json-text.ts'
import { isJsonObject, type JsonValue } from '../model/json.ts'
import { Failure } from './failure.ts'

/**
 * Our achievement ids by theirs, as a file has them.
 * @throws Failure
 */
export async function readMapping(file: string): Promise<ReadonlyMap<string, string>> {
  const refuse = (why: string, cause?: unknown) => new Failure([`cannot read the map ${file}: ${why}`], cause)
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw refuse(error.message, error)
  })
  let json: JsonValue
  try {
    json = parseJson(text)
  } catch (error) {
    throw refuse(error instanceof JsonSyntaxError ? `it is not JSON: ${error.message}` : String(error), error)
  }
  const entries = isJsonObject(json) ? Object.entries(json) : undefined
  if (entries === undefined) throw refuse('it must be a JSON object of our achievement ids by theirs')
  return new Map(
    entries.map(([theirs, ours]) => {
      if (typeof ours === 'string') return [theirs, ours]
      throw refuse(`${JSON.stringify(theirs)} must be a string, one of our achievement ids`)
    }),
  )
}
