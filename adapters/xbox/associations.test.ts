import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LossReport } from '../../src/dialect/losses.ts'
import type { Achievement } from '../../src/model/achievement.ts'
import { withDerivedIds } from './ids.ts'
import { xbox } from './index.ts'

const OLD_SCID = '1370999b-fca2-4c53-8ec5-73493bcb67e5'
const CONTEXT = {
  locale: undefined,
  shape: 'achievement',
  purpose: 'definition',
  account: undefined,
} as const
const READING = { locale: 'en', envelope: {} }

/** Writes an achievement of a title, and reads the entry. */
function reread(binding: Record<string, string>, titleAssociations: Achievement['titleAssociations']) {
  const plain = xbox.decode({ id: '1', name: 'One', progressState: 'NotStarted' }, new LossReport(), READING)
  const record = {
    ...plain,
    title: { binding, displayName: 'Own', extensions: {} },
    achievement: { ...(plain.achievement as Achievement), titleAssociations },
    progress: undefined,
  }
  return xbox.decode(xbox.encode(record, new LossReport(), CONTEXT), new LossReport(), READING)
}

const association = fc.record({
  id: fc.constantFrom('123', '500', '2003727579'),
  name: fc.constantFrom('', 'A', 'B'),
  version: fc.constant(undefined),
})

it('names its own title, whatever titles the achievement is shown under', () => {
  const binding = fc.constantFrom(
    { service_config_id: OLD_SCID, title_id: '500' },
    { title_id: '500' },
    { service_config_id: '00000000-0000-0000-0000-0000776e74db', title_id: '2003727579' },
    { service_config_id: '00000000-0000-0000-0000-0000776e74db' },
  )
  fc.assert(
    fc.property(binding, fc.array(association, { maxLength: 4 }), (ids, associations) => {
      const { title } = reread(ids, associations)
      expect(withDerivedIds(title.binding)).toEqual(withDerivedIds(ids))
    }),
  )
})

it('keeps its associations as they are if the service configuration names the title', () => {
  const others = [{ id: '123', name: 'Other', version: undefined }]
  const { title, achievement } = reread({ title_id: '500' }, others)
  expect(achievement?.titleAssociations).toEqual(others)
  expect(title.displayName).toBeUndefined()
})

it('has its own association first if the service configuration names no title', () => {
  const others = [{ id: '123', name: 'Other', version: undefined }]
  const { achievement } = reread({ service_config_id: OLD_SCID, title_id: '500' }, others)
  expect(achievement?.titleAssociations).toEqual([{ id: '500', name: 'Own', version: undefined }, ...others])
})
