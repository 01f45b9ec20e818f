import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Schema } from '../../src/dialect/decode-error.ts'
import { fastPath } from '../../src/dialect/fast-path.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { runs } from './fuzz-factor.ts'
import { mutated } from './mutants.ts'
import { reread } from './properties.ts'
import { folders, samplesOf } from './subjects.ts'

const SCHEMAS = new Map<string, Readonly<Record<string, unknown>>>()
for (const { adapter, folder } of folders) SCHEMAS.set(adapter.id, await import(`${folder}schema.ts`))

/** The fast path reads an entry without its schema, with the same result. */
describe.each(folders.map((folder) => ({ ...folder, id: folder.adapter.id })))('$id', ({ id, ...folder }) => {
  const schemas = Object.entries(SCHEMAS.get(id) ?? {}).filter(([name]) => name.endsWith('Schema'))
  const entries = samplesOf(folder).map(({ entry }) => entry)

  it('has schemas, of which some call a golden entry plain', () => {
    expect(schemas.length).toBeGreaterThan(0)
    const found = entries.filter((entry) => schemas.some(([, schema]) => fastPath(schema as object)(entry)))
    expect(found.length).toBeGreaterThan(0)
  })

  it.each(schemas)('has a fast path only for values that %s returns unchanged', (_, schema) => {
    const isPlain = fastPath(schema as object)
    const mutants = fc.constantFrom(...entries).chain(mutated)
    fc.assert(
      fc.property(fc.oneof(mutants, mutants.chain(mutated)), (mutant) => {
        const entry = reread(mutant)
        if (isPlain(entry)) expect(readBy(schema as Schema<JsonObject>, entry)).toEqual(entry)
      }),
      runs(400),
    )
  })
})

/** A record of zod loses a member called `__proto__`; no adapter reads such a member from it. */
function readBy(schema: Schema<JsonObject>, entry: JsonObject): unknown {
  const result = schema['~standard'].validate(entry)
  if (result instanceof Promise || result.issues !== undefined) return result
  return withProto(result.value, entry)
}

function withProto(read: unknown, said: unknown): unknown {
  if (Array.isArray(read) && Array.isArray(said))
    return read.map((item, index) => withProto(item, said[index]))
  if (!isMembers(read) || !isMembers(said)) return read
  const lost = Object.entries(said).filter(([name]) => name === '__proto__')
  const members = Object.entries(read).map(([name, value]) => [name, withProto(value, said[name])])
  return Object.fromEntries([...members, ...lost])
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
