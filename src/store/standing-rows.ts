import { formatJson } from '../model/exact-json.ts'
import type { JsonObject } from '../model/json.ts'
import type { Extensions } from '../model/title.ts'
import { quantityToJson } from './definition.ts'
import { table } from './fixed-statement.ts'
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
      response: ['json', answers.map(({ response }) => response)],
    }),
  }
}

function textOf(extensions: Extensions): string {
  for (const _ in extensions) return formatJson(extensions as JsonObject)
  return '{}'
}

/** No id holds U+0000. */
function nameOf({ playerId, titleId }: SheetKey): string {
  return `${playerId}\u0000${titleId}`
}
