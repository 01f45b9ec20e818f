import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseJson } from '../../src/dialect/json-text.ts'
import { LossReport } from '../../src/dialect/losses.ts'
import { encodeEntry } from '../../src/dialect/translate.ts'
import { formatJson } from '../../src/model/exact-json.ts'
import type { JsonValue } from '../../src/model/json.ts'
import { isSame } from './differences.ts'
import { casesOf, decodeSample, encodeContext, identitiesFor, samplesIn, subjects } from './subjects.ts'

/** `UPDATE=1` writes what the adapters make of the golden documents: read the change before committing it. */
const isUpdating = process.env['UPDATE'] === '1'

describe.each(subjects)('$id, golden', (subject) => {
  const { adapter } = subject
  const cases = casesOf(subject)

  it('has cases', () => {
    expect(cases.length).toBeGreaterThan(0)
  })

  it.each(cases)('decodes $name as recorded, with the recorded losses', ({ file, document }) => {
    const samples = samplesIn(adapter, document)
    const decoded = samples.map((sample) => decodeSample(adapter, sample))
    const envelope = new LossReport()
    const shapes = new Set(samples.map(({ entry, context }) => adapter.shapeOf?.(entry, context)))
    adapter.envelope.readEnvelope(samples[0]?.context.envelope ?? {}, envelope, shapes)
    const losses = [...decoded.flatMap((translated) => translated.losses), ...envelope.losses]
    expectRecorded(
      file('canonical'),
      decoded.map(({ result }) => result),
    )
    expectRecorded(file('losses'), losses)
  })

  it.each(cases)('encodes $name back to itself', ({ file, document }) => {
    const normalised = file('normalised')
    const expected = existsSync(normalised) ? readJson(normalised) : document
    const encoded = samplesIn(adapter, document).map((sample) => {
      const { result } = decodeSample(adapter, sample)
      return encodeEntry(adapter, result, encodeContext(result), identitiesFor(adapter)).result
    })
    expect(encoded).toEqual(samplesIn(adapter, expected).map(({ entry }) => entry))
  })

  it.each(cases)('loses nothing of $name in its own dialect', ({ document }) => {
    for (const sample of samplesIn(adapter, document)) {
      const { result } = decodeSample(adapter, sample)
      const { losses } = encodeEntry(adapter, result, encodeContext(result), identitiesFor(adapter))
      expect(losses.filter(({ kind }) => kind !== 'defaulted')).toEqual([])
    }
  })
})

function expectRecorded(path: string, value: unknown): void {
  const json = parseJson(formatJson(value as JsonValue))
  const recorded = existsSync(path) ? readJson(path) : undefined
  if (isUpdating && !isSame(json, recorded)) writeFileSync(path, `${formatJson(json, 2)}\n`)
  else expect(json, `${path}: run with UPDATE=1 to write it, and read the change`).toEqual(recorded)
}

function readJson(path: string): JsonValue {
  return parseJson(readFileSync(path, 'utf8'))
}
