import { pack, unpack } from '../../../model/packed.ts'
import type { Progress, ProgressKey, ProgressResult } from '../../../model/progress.ts'

type Text = readonly [
  outcome: number,
  state: Progress['state'],
  values: string,
  reportedPercent: number,
  percent: number,
  times: readonly (string | null)[],
  unlockPrecision: Progress['unlockPrecision'] | null,
  revoked: boolean,
  writer: string,
  extensions: string,
  ...missing: readonly string[],
]

/** Returns a result as stored text: short, because there is one for each report. Members of the request are left out. */
export function formatStoredResult({
  progress,
  changed,
  newlyUnlocked,
  alreadyUnlocked,
  missing,
}: ProgressResult): string {
  const { unlockTime, firstReportTime, lastReportTime, windowStart } = progress
  const text: Text = [
    Number(changed) + 2 * Number(newlyUnlocked) + 4 * Number(alreadyUnlocked),
    progress.state,
    pack(progress.values),
    progress.reportedPercent,
    progress.percent,
    [unlockTime, firstReportTime, lastReportTime, windowStart].map((time) =>
      time === undefined ? null : String(time),
    ),
    progress.unlockPrecision ?? null,
    progress.revoked,
    progress.writer,
    pack(progress.extensions),
    ...missing,
  ]
  return JSON.stringify(text)
}

export function parseStoredResult(
  text: string,
  { playerId, titleId, achievementId }: ProgressKey,
): ProgressResult {
  const [
    outcome,
    state,
    values,
    reportedPercent,
    percent,
    times,
    unlockPrecision,
    revoked,
    writer,
    extensions,
    ...missing
  ] = JSON.parse(text) as Text
  const [unlockTime, firstReportTime, lastReportTime, windowStart] = times.map((time) =>
    time === null ? undefined : BigInt(time),
  )
  return {
    playerId,
    titleId,
    achievementId,
    progress: {
      state,
      values: unpack(values),
      reportedPercent,
      percent,
      unlockTime,
      unlockPrecision: unlockPrecision ?? undefined,
      firstReportTime,
      lastReportTime,
      windowStart,
      revoked,
      writer,
      extensions: unpack(extensions),
    },
    changed: (outcome & 1) !== 0,
    newlyUnlocked: (outcome & 2) !== 0,
    alreadyUnlocked: (outcome & 4) !== 0,
    missing,
  }
}
