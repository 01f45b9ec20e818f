import { describe, expect, test } from 'vitest'
import { CONTEXT, MAPPING } from '../../../../test/support/migration-inputs.ts'
import type { MigrationMapping } from '../../../model/migration-mapping.ts'
import { checkMapping } from './check-mapping.ts'

const [DIALECT = ''] = [...CONTEXT.dialects.keys()]
const TIME = { field: 'at', format: 'rfc3339', pattern: '', timeZone: '', unknownTexts: [] } as const
const PERCENT = { field: 'p', unit: 'percent', requirementId: '', scale: 1 } as const
const STEPS = { field: 's', unit: 'steps', requirementId: 'a', scale: 1 } as const
const OWN_NAMES: MigrationMapping = { ...MAPPING, player: undefined, achievement: undefined, values: [] }

describe('a mapping', () => {
  test.each<[Partial<MigrationMapping>, string, string]>([
    [{ player: undefined }, 'mapping.player', 'is needed'],
    [{ achievement: undefined }, 'mapping.achievement', 'is needed'],
    [
      { player: { field: '', dialect: undefined, usesIdentities: false } },
      'mapping.player.field',
      'must name',
    ],
    [
      { player: { field: 'p', dialect: 'nintendo', usesIdentities: false } },
      'mapping.player.dialect',
      'must be a dialect, one of ',
    ],
    [
      { player: { field: 'p', dialect: DIALECT, usesIdentities: true } },
      'mapping.player.uses_identities',
      'must be false',
    ],
    [{ achievement: { field: 'a', dialect: 'nintendo', ids: {} } }, 'mapping.achievement.dialect', 'must be'],
    [{ format: 'csv', dialect: DIALECT }, 'mapping.dialect', 'must be empty'],
    [{ records: 'a.b' }, 'mapping.records', 'must be empty'],
    [{ title: { field: '', ids: {} } }, 'mapping.title.field', 'must name'],
    [{ unlocked: { field: '', trueTexts: [] } }, 'mapping.unlocked.field', 'must name'],
    [
      { values: [PERCENT, { ...PERCENT, unit: 'fraction' }] },
      'mapping.values[1]',
      'is a second value of the percent',
    ],
    [{ values: [STEPS, PERCENT, STEPS] }, 'mapping.values[2]', 'is a second value of requirement "a"'],
    [{ values: [{ ...PERCENT, requirementId: 'a' }] }, 'mapping.values[0].requirement_id', 'must be empty'],
    [{ values: [{ ...PERCENT, scale: 0 }] }, 'mapping.values[0].scale', 'must be a positive number'],
    [{ values: [{ ...PERCENT, scale: Number.NaN }] }, 'mapping.values[0].scale', 'must be a positive number'],
    [
      { unlockTime: { ...TIME, timeZone: 'Mars/Olympus' } },
      'mapping.unlock_time.time_zone',
      'must be an IANA',
    ],
    [{ unlockTime: { ...TIME, format: 'pattern' } }, 'mapping.unlock_time.pattern', 'is needed'],
    [{ unlockTime: { ...TIME, pattern: 'yyyy' } }, 'mapping.unlock_time.pattern', 'must be empty'],
    [
      { unlockTime: { ...TIME, format: 'pattern', pattern: 'HH:mm' } },
      'mapping.unlock_time.pattern',
      'must have year, month and day',
    ],
    [
      { unlockTime: { ...TIME, format: 'pattern', pattern: 'YYYY-MM-DD' } },
      'mapping.unlock_time.pattern',
      'must not have YYYY: year, month and day are yyyy-MM-dd',
    ],
    [
      { unlockTime: { ...TIME, format: 'pattern', pattern: 'yyyy-MM-dd ZZZZZ' } },
      'mapping.unlock_time.pattern',
      'must not have ZZZZZ',
    ],
    [
      { unlockTime: { ...TIME, format: 'pattern', pattern: 'd.M.yyyy d' } },
      'mapping.unlock_time.pattern',
      'must have d only once',
    ],
    [
      { unlockTime: { ...TIME, format: 'pattern', pattern: 'y'.repeat(129) } },
      'mapping.unlock_time.pattern',
      'must have at most 128 characters',
    ],
    [
      { format: 'player_documents', unlocked: { field: '$fiel', trueTexts: [] } },
      'mapping.unlocked.field',
      'must be $f',
    ],
    [{ ...OWN_NAMES, format: 'dialect_document' }, 'mapping.dialect', 'must be a dialect'],
    [{ ...OWN_NAMES, format: 'laurel', values: [PERCENT] }, 'mapping.values', 'must be empty'],
    [{ ...OWN_NAMES, format: 'laurel', unlockTime: TIME }, 'mapping.unlock_time', 'must be empty'],
    [{ ...OWN_NAMES, format: 'laurel', updateTime: TIME }, 'mapping.update_time', 'must be empty'],
    [{ updateTime: { ...TIME, field: '' } }, 'mapping.update_time.field', 'must name a column'],
    [{ updateTime: { ...TIME, timeZone: 'Mars' } }, 'mapping.update_time.time_zone', 'must be an IANA'],
    [
      { ...OWN_NAMES, format: 'laurel', title: { field: 'x', ids: {} } },
      'mapping.title.field',
      'must be empty',
    ],
  ])('%# has one violation', (part, field, message) => {
    const violations = checkMapping({ ...MAPPING, ...part }, CONTEXT.dialects)
    expect(violations).toEqual([{ field, message: expect.stringContaining(message) }])
  })

  test.each<Partial<MigrationMapping>>([
    {},
    { values: [PERCENT, STEPS, { ...STEPS, requirementId: '' }] },
    {
      unlockTime: {
        ...TIME,
        format: 'pattern',
        pattern: 'EEE, d LLL yyyy HH:mm:ss ZZZ',
        timeZone: 'Europe/Berlin',
      },
    },
    {
      format: 'player_documents',
      records: 'a',
      player: { field: '$file', dialect: DIALECT, usesIdentities: false },
    },
    { ...OWN_NAMES, format: 'laurel', achievement: { field: '', dialect: undefined, ids: { a: 'b' } } },
    { ...OWN_NAMES, format: 'dialect_document', dialect: DIALECT },
  ])('%# has none', (part) => {
    expect(checkMapping({ ...MAPPING, ...part }, CONTEXT.dialects)).toEqual([])
  })

  test('names the field that holds it', () => {
    const [violation] = checkMapping({ ...MAPPING, player: undefined }, CONTEXT.dialects, 'job.mapping')
    expect(violation?.field).toBe('job.mapping.player')
  })
})
