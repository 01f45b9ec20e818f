import { describe, expect, it } from 'vitest'
import { LossReport } from '../../src/dialect/losses.ts'
import type { JsonObject, JsonValue } from '../../src/model/json.ts'
import { samplesIn, samplesOf, subjects } from './subjects.ts'

describe.each(subjects)('$id', (subject) => {
  const { adapter } = subject
  const entries = samplesOf(subject).map(({ entry }) => entry)

  it.each(adapter.shapes)(
    'frames a list of $name so that it reads it again, and loses nothing of it',
    ({ name }) => {
      for (const listed of [entries, entries.slice(0, 1), []]) {
        const document = framed(name, listed)
        const samples = samplesIn(adapter, document)
        expect(samples.map(({ entry }) => entry)).toEqual(listed)
        const losses = new LossReport()
        adapter.frame.readEnvelope(samples[0]?.context.envelope ?? {}, losses)
        expect(losses.losses).toEqual([])
      }
    },
  )

  function framed(shape: string, listed: readonly JsonObject[]): JsonValue {
    const { frame } = adapter
    const member = frame.listMember(shape)
    return member === undefined ? listed : { [member]: listed, ...frame.trailer(shape, listed.length) }
  }
})
