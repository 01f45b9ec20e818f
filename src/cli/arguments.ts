import { readFile } from 'node:fs/promises'
import { Argument, Option } from 'commander'
import { JsonSyntaxError, parseJson } from '../dialect/json-text.ts'
import { isJsonObject, type JsonValue } from '../model/json.ts'
import { dialects } from '../registry.ts'
import { Failure } from './failure.ts'

const DIALECTS = [...dialects.keys()].sort()

export function dialectArgument(): Argument {
  return new Argument('<dialect>', 'the dialect of the document').choices(DIALECTS)
}

export function dialectOption(flags: string, description: string): Option {
  return new Option(flags, description).choices(DIALECTS).makeOptionMandatory()
}

/** An option that names any number of dialects. */
export function dialectsOption(flags: string, description: string): Option {
  return new Option(flags, description).choices(DIALECTS)
}

/**
 * Reads the file of `--map`: Laurel's achievement ids by the platform's.
 * @throws Failure
 */
export async function readMapping(file: string): Promise<ReadonlyMap<string, string>> {
  const invalid = (reason: string, cause?: unknown) =>
    new Failure([`cannot read the map ${file}: ${reason}`], cause)
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw invalid(error.message, error)
  })
  let json: JsonValue
  try {
    json = parseJson(text)
  } catch (error) {
    throw invalid(
      error instanceof JsonSyntaxError ? `it is not JSON: ${error.message}` : String(error),
      error,
    )
  }
  if (!isJsonObject(json))
    throw invalid('it must be a JSON object of Laurel’s achievement ids by the platform’s')
  return new Map(
    Object.entries(json).map(([theirs, ours]) => {
      if (typeof ours === 'string') return [theirs, ours]
      throw invalid(`${JSON.stringify(theirs)} must be a string, the id of an achievement in Laurel`)
    }),
  )
}
