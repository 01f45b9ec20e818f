import type { StoredAchievement } from '../../model/achievement.ts'
import { formatJson } from '../../model/exact-json.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Extensions } from '../../model/title.ts'
import { quantityToJson } from '../achievements/definition.ts'
import { table } from '../fixed-statement.ts'
import type { PlayerTitleWrite } from './optimistic-writes.ts'
import { mapValues } from './progress-columns.ts'

/**
 * What is written of standings, as tables of values. A place is the number of a sheet among those that are written,
 * from 1.
 */
export function rowsOfWrites(playerTitles: readonly PlayerTitleWrite[]) {
  const all = <Row>(rowsOf: (playerTitle: PlayerTitleWrite) => Iterable<Row>) => {
    const rows: Row[] = []
    const places: number[] = []
    for (const [index, playerTitle] of playerTitles.entries()) {
      for (const row of rowsOf(playerTitle)) {
        rows.push(row)
        places.push(index + 1)
      }
    }
    return [places, rows] as const
  }
  const [reportOrdinals, distinct] = all((playerTitle) => playerTitle.definitions)
  const [progressOrdinals, progress] = all((playerTitle) => playerTitle.progress)
  const [eventOrdinals, events] = all((playerTitle) => playerTitle.events)
  const [responseOrdinals, responses] = all((playerTitle) => playerTitle.responses)
  const numbers = new Map<StoredAchievement, number>()
  for (const definition of distinct) {
    if (!numbers.has(definition)) numbers.set(definition, numbers.size + 1)
  }
  const definitions = [...numbers.keys()]
  return {
    definitions: table('d', {
      t: ['text', definitions.map(({ titleId }) => titleId)],
      a: ['text', definitions.map(({ id }) => id)],
      revision: ['bigint', definitions.map(({ etag }) => etag)],
      number: ['bigint', definitions.map((_, index) => index + 1)],
    }),
    /** Which sheet was reported on, judged by which definition. */
    reports: table('r', {
      place: ['bigint', reportOrdinals],
      definition: ['bigint', distinct.map((definition) => numbers.get(definition))],
    }),
    sheets: table('w', {
      place: ['bigint', playerTitles.map((_, index) => index + 1)],
      p: ['text', playerTitles.map(({ after }) => after.playerId)],
      t: ['text', playerTitles.map(({ after }) => after.titleId)],
      before: ['bigint', playerTitles.map(({ before }) => before?.version)],
      after: ['bigint', playerTitles.map(({ after }) => after.version)],
      unlocked: ['integer', playerTitles.map(({ after }) => after.unlockedCount)],
      score: ['bigint', playerTitles.map(({ after }) => after.score)],
      last: ['bigint', playerTitles.map(({ after }) => after.lastUnlockTime)],
    }),
    progress: table('r', {
      place: ['bigint', progressOrdinals],
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
      place: ['bigint', eventOrdinals],
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
      place: ['bigint', responseOrdinals],
      p: ['text', responses.map(({ playerId }) => playerId)],
      id: ['text', responses.map(({ requestId }) => requestId)],
      fingerprint: ['text', responses.map(({ fingerprint }) => fingerprint)],
      response: ['json', responses.map(({ response }) => response)],
    }),
  }
}

function textOf(extensions: Extensions): string {
  for (const _ in extensions) return formatJson(extensions as JsonObject)
  return '{}'
}
