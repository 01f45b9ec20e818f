import type { Adapter } from '../../../dialect/adapter.ts'
import { invalidArgument } from '../../../model/errors.ts'
import type { MigrationMapping } from '../../../model/migration-mapping.ts'
import { readBeginning } from '../formats/first-bytes.ts'
import { guessIds } from './propose/guess-ids.ts'
import { guessProgress } from './propose/guess-progress.ts'
import { guessTime, guessUpdateTime } from './propose/guess-time.ts'
import type { Sample } from './propose/sample.ts'
import { sampleJson } from './propose/sample-json.ts'
import { sampleTable } from './propose/sample-table.ts'

export interface ProposedMapping {
  readonly mapping: MigrationMapping
  /** A sentence for each guess, with the points to check. */
  readonly reasons: readonly string[]
  /** The content as the reader of the format takes it: a document of one player becomes a line. */
  readonly content: Uint8Array
}

/**
 * Proposes a mapping for the beginning of an input: its format, its fields by their names, and units and times by the values.
 * @throws LaurelError for an input in which no records, player or achievement are recognised, with the mapping to write
 */
export async function proposeMapping(
  content: Uint8Array,
  source: string,
  dialects: ReadonlyMap<string, Adapter>,
): Promise<ProposedMapping> {
  const sample = await sampleOf(content, source, dialects)
  const parts = { format: sample.format, dialect: undefined, records: sample.records }
  const result = { reasons: [sample.reason], content: sample.content ?? content }
  if (sample.format === 'laurel') return { ...result, mapping: { ...EMPTY_MAPPING, ...parts } }
  if (sample.format === 'dialect_document')
    return { ...result, mapping: { ...EMPTY_MAPPING, ...parts, dialect: sample.dialect } }
  const { player, achievement, title, reasons: idReasons } = guessIds(sample, source, dialects)
  if (player === undefined || achievement === undefined)
    throw notRecognised(sample, { player: player?.field, achievement: achievement?.field })
  const ids = new Set([player.field, achievement.field, title?.field])
  const facts = sample.fields.filter(({ path }) => !ids.has(path))
  const updateTime = guessUpdateTime(facts)
  const rest = facts.filter(({ path }) => path !== updateTime?.time.field)
  const time = guessTime(rest)
  const { values, unlocked, revoked, reasons } = guessProgress(rest, time)
  const isUnlock = values.length === 0 && unlocked === undefined
  const [doubt] = reasons
  if (isUnlock && doubt !== undefined)
    throw invalidArgument([{ field: 'mapping', message: `is needed: ${doubt}` }])
  return {
    ...result,
    mapping: {
      ...parts,
      title,
      player,
      achievement,
      values,
      unlocked,
      revoked,
      unlockTime: time?.time,
      updateTime: updateTime?.time,
    },
    reasons: [
      ...result.reasons,
      ...idReasons,
      ...reasons,
      ...(time?.reasons ?? ['unlock time: no field has one, so it stays unknown']),
      ...(updateTime?.reasons ?? []),
      ...(isUnlock ? ['each record is an unlock: no field has a value or a state'] : []),
    ],
  }
}

/** Maps nothing. */
export const EMPTY_MAPPING: MigrationMapping = {
  format: 'json_lines',
  dialect: undefined,
  records: '',
  title: undefined,
  player: undefined,
  achievement: undefined,
  values: [],
  unlocked: undefined,
  revoked: undefined,
  unlockTime: undefined,
  updateTime: undefined,
}

async function sampleOf(
  content: Uint8Array,
  source: string,
  dialects: ReadonlyMap<string, Adapter>,
): Promise<Sample> {
  // Checks the encoding, and leaves out the byte order mark.
  const { skipped } = await readBeginning(contentOf(content), 1)
  const text = new TextDecoder().decode(content.subarray(skipped))
  const [first = ''] = text.trimStart()
  return first === '{' || first === '[' ? sampleJson(content, text, source, dialects) : sampleTable(text)
}

async function* contentOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

const MAX_SHOWN_FIELDS = 30

function notRecognised(
  { format, records, fields }: Sample,
  found: { readonly player: string | undefined; readonly achievement: string | undefined },
): Error {
  const missing = Object.entries(found)
    .filter(([, field]) => field === undefined)
    .map(([name]) => name)
  const shown = fields.slice(0, MAX_SHOWN_FIELDS).map(({ path }) => JSON.stringify(path))
  const example = JSON.stringify({
    format: format.toUpperCase(),
    ...(records === '' ? {} : { records }),
    player: { field: found.player ?? 'COLUMN' },
    achievement: { field: found.achievement ?? 'COLUMN' },
  })
  return invalidArgument([
    {
      field: 'mapping',
      message:
        `is needed: no field is recognised as the ${missing.join(' and the ')} among ${shown.join(', ')}. ` +
        `Write a mapping that begins like ${example}, with the fields of the progress as values, unlocked and unlockTime`,
    },
  ])
}
