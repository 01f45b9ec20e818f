import { sql } from 'kysely'
import { formatJson } from '../model/exact-json.ts'
import type { JsonObject } from '../model/json.ts'
import type { Extensions } from '../model/title.ts'
import { quantityToJson } from './definition.ts'
import { mapValues } from './progress-columns.ts'
import type { SheetKey } from './sheets.ts'
import type { StandingsWrite } from './standings.ts'

/**
 * What is written of standings, as tables of values. A place is the number of a sheet among those that are written,
 * from 1.
 */
export function rowsOfStandings(write: StandingsWrite) {
  const { sheets, definitions, progress, events, answers } = write
  const places = new Map(sheets.map(({ after }, index) => [nameOf(after), index + 1]))
  const placesOf = (keys: readonly SheetKey[]) => keys.map((key) => places.get(nameOf(key)))
  const numbers = new Map(definitions.map(({ titleId, id }, index) => [`${titleId}\u0000${id}`, index + 1]))
  const reports = sheets.flatMap(({ after, achievementIds }, index) =>
    // One that nothing was judged by has a number that no definition has.
    achievementIds.map((id) => [index + 1, numbers.get(`${after.titleId}\u0000${id}`) ?? 0] as const),
  )
  return {
    definitions: table('d', {
      t: ['text', definitions.map(({ titleId }) => titleId)],
      a: ['text', definitions.map(({ id }) => id)],
      revision: ['bigint', definitions.map(({ etag }) => etag)],
      number: ['bigint', definitions.map((_, index) => index + 1)],
    }),
    /** Which sheet was reported on, judged by which definition. */
    reports: table('r', {
      place: ['bigint', reports.map(([place]) => place)],
      definition: ['bigint', reports.map(([, definition]) => definition)],
    }),
    sheets: table('w', {
      place: ['bigint', placesOf(sheets.map(({ after }) => after))],
      p: ['text', sheets.map(({ after }) => after.playerId)],
      t: ['text', sheets.map(({ after }) => after.titleId)],
      before: ['bigint', sheets.map(({ before }) => before?.version)],
      after: ['bigint', sheets.map(({ after }) => after.version)],
      unlocked: ['integer', sheets.map(({ after }) => after.unlockedCount)],
      score: ['bigint', sheets.map(({ after }) => after.score)],
      last: ['bigint', sheets.map(({ after }) => after.lastUnlockTime)],
    }),
    progress: table('r', {
      place: ['bigint', placesOf(progress)],
      p: ['text', progress.map(({ playerId }) => playerId)],
      t: ['text', progress.map(({ titleId }) => titleId)],
      a: ['text', progress.map(({ achievementId }) => achievementId)],
      state: ['text', progress.map((it) => it.progress.state)],
      values: ['jsonb', progress.map((it) => JSON.stringify(mapValues(it.progress.values, quantityToJson)))],
      reported: ['smallint', progress.map((it) => it.progress.reportedPercent)],
      percent: ['smallint', progress.map((it) => it.progress.percent)],
      unlocked: ['bigint', progress.map((it) => it.progress.unlockTime)],
      precision: ['text', progress.map((it) => it.progress.unlockPrecision)],
      first: ['bigint', progress.map((it) => it.progress.firstReportTime)],
      last: ['bigint', progress.map((it) => it.progress.lastReportTime)],
      revoked: ['boolean', progress.map((it) => it.progress.revoked)],
      writer: ['text', progress.map((it) => it.progress.writer)],
      extensions: ['jsonb', progress.map((it) => textOf(it.progress.extensions))],
    }),
    events: table('r', {
      place: ['bigint', placesOf(events)],
      p: ['text', events.map(({ playerId }) => playerId)],
      t: ['text', events.map(({ titleId }) => titleId)],
      a: ['text', events.map(({ achievementId }) => achievementId)],
      kind: ['text', events.map(({ kind }) => kind)],
      time: ['bigint', events.map(({ time }) => time)],
      state: ['text', events.map((it) => it.progress.state)],
      percent: ['smallint', events.map((it) => it.progress.percent)],
      unlocked: ['bigint', events.map((it) => it.progress.unlockTime)],
      actor: ['text', events.map(({ actor }) => actor)],
      reason: ['text', events.map(({ reason }) => reason)],
      request: ['text', events.map(({ requestId }) => requestId)],
    }),
    answers: table('g', {
      place: ['bigint', placesOf(answers)],
      p: ['text', answers.map(({ playerId }) => playerId)],
      id: ['text', answers.map(({ requestId }) => requestId)],
      fingerprint: ['text', answers.map(({ fingerprint }) => fingerprint)],
      response: ['text', answers.map(({ response }) => response)],
    }),
  }
}

type Value = string | number | bigint | boolean | undefined

/** Columns of a table that is made of values: what they are called, their types, and what stands in them. */
type Columns = Readonly<Record<string, readonly [type: string, values: readonly Value[]]>>

/**
 * An array for each column: Postgres reads it much faster than JSON, and side by side in a list of results faster than
 * as the tables of one `from`, which it would keep each by itself first.
 */
export function table(alias: string, columns: Columns) {
  const unnested = Object.entries(columns).map(
    ([name, [type, values]]) => sql`unnest(${arrayText(values)}::${sql.raw(type)}[]) as ${sql.raw(name)}`,
  )
  return sql`(select ${sql.join(unnested)}) as ${sql.raw(alias)}`
}

/** What would end a text in an array before its time. */
const ODD = /["\\]/

/** An array as Postgres reads it. Every text is quoted: so it may be empty, or say `NULL`. */
function arrayText(values: readonly Value[]): string {
  if (values.every(isPlain)) return values.length === 0 ? '{}' : `{"${values.join('","')}"}`
  return `{${values.map(elementText).join()}}`
}

function isPlain(value: Value): boolean {
  return typeof value === 'string' ? !ODD.test(value) : value !== undefined
}

function elementText(value: Value): string {
  if (value === undefined) return 'NULL'
  return typeof value === 'string' ? `"${value.replaceAll(/["\\]/g, '\\$&')}"` : String(value)
}

function textOf(extensions: Extensions): string {
  for (const _ in extensions) return formatJson(extensions as JsonObject)
  return '{}'
}

/** No id holds U+0000. */
function nameOf({ playerId, titleId }: SheetKey): string {
  return `${playerId}\u0000${titleId}`
}
