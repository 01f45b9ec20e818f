import { describe, expect, it } from 'vitest'
import { FEATURES, observedSupport } from './observed.ts'
import { subjects } from './subjects.ts'

describe.each(subjects)('$id', ({ adapter }) => {
  it.each(FEATURES)('is true about %s', (feature) => {
    expect(observedSupport(adapter, feature)).toBe(adapter.capabilities[feature])
  })
})
