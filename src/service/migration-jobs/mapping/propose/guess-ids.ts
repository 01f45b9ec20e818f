import type { Adapter } from '../../../../dialect/adapter.ts'
import type { MappedAchievement, MappedId, MappedPlayer } from '../../../../model/migration-mapping.ts'
import type { DialectId } from '../../../../model/title.ts'
import {
  ACHIEVEMENT_LIST_NAMES,
  ACHIEVEMENT_NAMES,
  normalName,
  OWN_ACHIEVEMENT_NAMES,
  PLAYER_NAMES,
  TITLE_NAMES,
} from './field-names.ts'
import { fieldsNamed, type Sample, type SampleField, statedValues } from './sample.ts'

export interface GuessedIds {
  readonly player: MappedPlayer | undefined
  readonly achievement: MappedAchievement | undefined
  readonly title: MappedId | undefined
  readonly reasons: readonly string[]
}

type Dialects = ReadonlyMap<string, Adapter>

export function guessIds(sample: Sample, source: string, dialects: Dialects): GuessedIds {
  const { fields } = sample
  const achievementField = achievementFieldOf(sample)
  const playerField = playerFieldOf(sample, achievementField)
  const dialect = playerField && dialectOf(playerField, sample, source, dialects)
  const isTheirs =
    dialect !== undefined &&
    achievementField !== undefined &&
    hasForm(achievementField, dialects.get(dialect)?.ids.achievement)
  const title = titleOf(fields.filter((field) => field !== achievementField))
  return {
    player: playerField && { field: playerField.path, dialect, usesIdentities: false },
    achievement: achievementField && {
      field: achievementField.path,
      dialect: isTheirs ? dialect : undefined,
      ids: {},
    },
    title: title.title,
    reasons: [
      ...playerReasons(playerField, dialect, dialects),
      ...achievementReasons(achievementField, isTheirs ? dialect : undefined),
      ...title.reasons,
    ],
  }
}

function playerFieldOf(sample: Sample, without: SampleField | undefined): SampleField | undefined {
  const candidates = sample.fields.filter((field) => field !== without && statedValues(field).length > 0)
  const named = fieldsNamed(candidates, PLAYER_NAMES).filter(isId)
  return named[0] ?? candidates.find(({ path }) => path === '$file')
}

function achievementFieldOf({ fields, records }: Sample): SampleField | undefined {
  const own = fields.filter(({ path }) => !path.startsWith('$.') && path !== '$file')
  const isAchievements = ACHIEVEMENT_LIST_NAMES.has(normalName(records.split('.').at(-1) ?? ''))
  const names = isAchievements ? OWN_ACHIEVEMENT_NAMES : ACHIEVEMENT_NAMES
  const special = (name: string) => own.find(({ path }) => path === name)
  return fieldsNamed(own, names).filter(isId)[0] ?? special('$key') ?? textsOnly(special('$value'))
}

/** A list of texts is one of ids. */
function textsOnly(field: SampleField | undefined): SampleField | undefined {
  return field !== undefined && isId(field) ? field : undefined
}

function isId(field: SampleField): boolean {
  const values = statedValues(field)
  return (
    values.length > 0 &&
    values.every(
      (value) => typeof value === 'string' || Number.isSafeInteger(value) || typeof value === 'bigint',
    )
  )
}

/** Returns the dialect that the column or the file is named after, or whose accounts have that name. */
function dialectOf(
  field: SampleField,
  { dialect }: Sample,
  source: string,
  dialects: Dialects,
): DialectId | undefined {
  if (dialect !== undefined) return dialect
  const column = normalName(field.path)
  const file = normalName(source)
  const fits = [...dialects].filter(([, adapter]) => hasForm(field, adapter.ids.account))
  const byColumn = fits.find(([id, { ids }]) => column.includes(id) || firstNoun(ids.account.form) === column)
  return (byColumn ?? fits.find(([id]) => file.includes(id)))?.[0]
}

/** The word for an account: `a xuid: a decimal number`. */
function firstNoun(form: string): string {
  return /^an? (\w+):/.exec(form)?.[1] ?? ''
}

function hasForm(field: SampleField, form: { accepts(text: string): boolean } | undefined): boolean {
  const values = statedValues(field)
  return form !== undefined && values.length > 0 && values.every((value) => form.accepts(String(value)))
}

function playerReasons(
  field: SampleField | undefined,
  dialect: DialectId | undefined,
  dialects: Dialects,
): readonly string[] {
  if (field === undefined) return []
  const name = field.path === '$file' ? 'the name of the file' : field.path
  const from = `player: ${name}, as in ${exampleOf(field)}`
  if (dialect !== undefined)
    return [
      `${from}, as an account in ${dialects.get(dialect)?.displayName ?? dialect}; a player is created for an account that has none`,
    ]
  return [
    `${from}, as a player id of Laurel; if it is an account, set player.dialect (${[...dialects.keys()].join(', ')}), ` +
      'and if another file maps it to players, set player.uses_identities and give --identities',
  ]
}

function achievementReasons(
  field: SampleField | undefined,
  dialect: DialectId | undefined,
): readonly string[] {
  if (field === undefined) return []
  const kind = dialect === undefined ? 'an achievement id of the title' : `an achievement id in ${dialect}`
  return [
    `achievement: ${field.path}, as in ${exampleOf(field)}, as ${kind}; map other ids in achievement.ids`,
  ]
}

function exampleOf(field: SampleField): string {
  return JSON.stringify(String(statedValues(field)[0] ?? ''))
}

function titleOf(fields: readonly SampleField[]): {
  title: MappedId | undefined
  reasons: readonly string[]
} {
  const [field] = fieldsNamed(fields, TITLE_NAMES).filter(isId)
  if (field === undefined) return { title: undefined, reasons: [] }
  const values = new Set(statedValues(field).map(String))
  const shown = [...values].slice(0, 3).map((value) => JSON.stringify(value))
  if (values.size === 1)
    return {
      title: undefined,
      reasons: [
        `not mapped: ${field.path}, which is ${shown} in the first records: all records are of the job's title`,
      ],
    }
  const reason =
    `title: ${field.path}, which has several values, such as ${shown.join(', ')}: ` +
    'map the one that is imported to the title in title.ids; records of others are left out'
  return { title: { field: field.path, ids: {} }, reasons: [reason] }
}
