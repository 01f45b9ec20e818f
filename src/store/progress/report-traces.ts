import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../model/instant.ts'
import type { ProgressKey } from '../../model/progress.ts'
import { fixed, table } from '../fixed-statement.ts'
import type { Tables } from '../schema.ts'

/** The event of a report: its time tells it from the others of the same progress. */
export interface ReportKey extends ProgressKey {
  readonly time: Instant
}

export interface ReportTrace extends ReportKey {
  /** The value of a `traceparent` header. */
  readonly traceParent: string
}

export function reportTraceQueries(db: Kysely<Tables>) {
  return {
    /** Stores the traces of reports. The first of a report stays. */
    async insert(traces: readonly ReportTrace[], createTime: Instant): Promise<void> {
      const rows = table('r', {
        ...columnsOf(traces),
        trace_parent: ['text', traces.map(({ traceParent }) => traceParent)],
      })
      await fixed`
        insert into report_traces (player_id, title_id, achievement_id, time, trace_parent, create_time)
        select player_id, title_id, achievement_id, time, trace_parent, ${createTime}::bigint from ${rows}
        on conflict do nothing`.execute(db)
    },

    /** Returns the distinct traces of these reports. */
    async find(keys: readonly ReportKey[]): Promise<readonly string[]> {
      const { rows } = await fixed<{ trace_parent: string }>`
        select distinct trace_parent from report_traces
        join ${table('r', columnsOf(keys))} using (player_id, title_id, achievement_id, time)`.execute(db)
      return rows.map(({ trace_parent }) => trace_parent)
    },

    /** Deletes the traces of reports before a time. */
    async purgeBefore(time: Instant): Promise<void> {
      await sql`delete from report_traces where create_time < ${time}`.execute(db)
    },
  }
}

function columnsOf(keys: readonly ReportKey[]) {
  return {
    player_id: ['text', keys.map(({ playerId }) => playerId)],
    title_id: ['text', keys.map(({ titleId }) => titleId)],
    achievement_id: ['text', keys.map(({ achievementId }) => achievementId)],
    time: ['bigint', keys.map(({ time }) => time)],
  } as const
}
