import type { Adapter } from '../../../dialect/adapter.ts'
import type { Violation } from '../../../model/errors.ts'
import type { MappedTime, MappedValue, MigrationMapping } from '../../../model/migration-mapping.ts'
import { patternProblem } from './time-pattern.ts'
import { isTimeZone } from './time-zones.ts'

/**
 * Returns the violations of a mapping, by the names of the wire.
 * @param base the field that holds the mapping
 */
export function checkMapping(
  mapping: MigrationMapping,
  dialects: ReadonlyMap<string, Adapter>,
  base = 'mapping',
): readonly Violation[] {
  const violations: Violation[] = []
  const add = (field: string, message: string) => violations.push({ field: `${base}.${field}`, message })
  const known = [...dialects.keys()].sort().join(', ')
  const checkDialect = (field: string, dialect: string) => {
    if (!dialects.has(dialect)) add(field, `must be a dialect, one of ${known}`)
  }
  if (namesItsOwn(mapping)) checkOwnNames(mapping, add, checkDialect)
  else checkFields(mapping, add, checkDialect)
  if (!isOfDialect(mapping) && mapping.dialect !== undefined)
    add('dialect', 'must be empty, except of a dialect document and of dialect lines')
  if (mapping.format !== 'player_documents' && mapping.records !== '')
    add('records', 'must be empty, except of player documents')
  return violations
}

type Add = (field: string, message: string) => void
type CheckDialect = (field: string, dialect: string) => void

/** Whether records of the format name their fields themselves. */
function namesItsOwn(mapping: MigrationMapping): boolean {
  return isOfDialect(mapping) || mapping.format === 'laurel'
}

/** Whether records of the format are entries of a dialect. */
export function isOfDialect({ format }: MigrationMapping): boolean {
  return format === 'dialect_document' || format === 'dialect_lines'
}

/** Of these formats the mapping has the ids alone. */
function checkOwnNames(mapping: MigrationMapping, add: Add, checkDialect: CheckDialect): void {
  if (isOfDialect(mapping)) checkDialect('dialect', mapping.dialect ?? '')
  const { title, player, achievement } = mapping
  for (const [name, part] of Object.entries({ title, player, achievement })) {
    if (part !== undefined && part.field !== '') add(`${name}.field`, OWN_NAMES)
  }
  if (player?.dialect !== undefined) add('player.dialect', OWN_NAMES)
  if (achievement?.dialect !== undefined) add('achievement.dialect', OWN_NAMES)
  if (mapping.values.length > 0) add('values', OWN_NAMES)
  if (mapping.unlocked !== undefined) add('unlocked', OWN_NAMES)
  if (mapping.revoked !== undefined) add('revoked', OWN_NAMES)
  if (mapping.unlockTime !== undefined) add('unlock_time', OWN_NAMES)
  if (mapping.updateTime !== undefined) add('update_time', OWN_NAMES)
}

const OWN_NAMES = 'must be empty: records of this format state it themselves'

function checkFields(mapping: MigrationMapping, add: Add, checkDialect: CheckDialect): void {
  const { title, player, achievement, unlocked, revoked, unlockTime, updateTime, values } = mapping
  const times = { unlock_time: unlockTime, update_time: updateTime }
  const parts = { title, player, achievement, unlocked, revoked, ...times }
  for (const [name, part] of Object.entries(parts)) {
    if (part === undefined) continue
    const problem = fieldProblem(mapping, part.field)
    if (problem !== undefined) add(`${name}.field`, problem)
  }
  if (player === undefined) add('player', 'is needed: which field names the player?')
  if (achievement === undefined) add('achievement', 'is needed: which field names the achievement?')
  if (player?.dialect !== undefined) checkDialect('player.dialect', player.dialect)
  if (player?.dialect !== undefined && player.usesIdentities)
    add('player.uses_identities', 'must be false if there is a dialect: the identity map names players')
  if (achievement?.dialect !== undefined) checkDialect('achievement.dialect', achievement.dialect)
  checkValues(mapping, values, add)
  for (const [name, time] of Object.entries(times)) if (time !== undefined) checkTime(name, time, add)
}

function fieldProblem({ format }: MigrationMapping, field: string): string | undefined {
  if (field === '') return 'must name a column or a member'
  const isSpecial = format === 'player_documents' && field.startsWith('$') && !field.startsWith('$.')
  if (isSpecial && !['$file', '$key', '$value'].includes(field))
    return 'must be $file, $key, $value, or a path that begins with $. at the document'
  return undefined
}

function checkValues(mapping: MigrationMapping, values: readonly MappedValue[], add: Add): void {
  const firsts = new Map<string, number>()
  for (const [index, { field, unit, requirementId, scale }] of values.entries()) {
    const problem = fieldProblem(mapping, field)
    if (problem !== undefined) add(`values[${index}].field`, problem)
    if (!Number.isFinite(scale) || scale <= 0) add(`values[${index}].scale`, 'must be a positive number')
    if (unit !== 'steps' && requirementId !== '')
      add(`values[${index}].requirement_id`, 'must be empty: only steps are the value of a requirement')
    const key = unit === 'steps' ? `steps ${requirementId}` : 'percent'
    const first = firsts.get(key)
    firsts.set(key, first ?? index)
    if (first === undefined) continue
    const subject = unit === 'steps' ? `requirement ${JSON.stringify(requirementId)}` : 'the percent'
    add(`values[${index}]`, `is a second value of ${subject}, after values[${first}]: keep one of them`)
  }
}

function checkTime(name: string, { format, pattern, timeZone }: MappedTime, add: Add): void {
  if (timeZone !== '' && !isTimeZone(timeZone))
    add(`${name}.time_zone`, 'must be an IANA time zone, such as Europe/Berlin')
  const problem = format === 'pattern' ? patternProblem(pattern) : undefined
  if (problem !== undefined) add(`${name}.pattern`, problem)
  if (format !== 'pattern' && pattern !== '')
    add(`${name}.pattern`, 'must be empty, except of the format pattern')
}
