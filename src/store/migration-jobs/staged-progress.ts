import type { Progress } from '../../model/progress.ts'
import { extensionsText, valuesText } from '../progress/progress-rows.ts'

/** A row of a migration job's input, with the progress that a player without any would have after it. */
export interface StagedProgress {
  /** Of the row in its part. */
  readonly ordinal: number
  readonly player:
    | { readonly kind: 'player'; readonly id: string }
    | { readonly kind: 'account'; readonly dialect: string; readonly id: string }
    | { readonly kind: 'identity'; readonly id: string }
  readonly achievementId: string
  readonly progress: Progress
  readonly score: bigint
  /** Whether the row must be written by the rules of reports one by one: its stats may change other achievements. */
  readonly isAlone: boolean
}

/** Returns rows as COPY reads them. */
export function stagedText(rows: readonly StagedProgress[]): string {
  let text = ''
  for (const { ordinal, player, achievementId, progress, score, isAlone } of rows) {
    const id = escaped(player.id)
    const ids =
      player.kind === 'player'
        ? `${id}\t\\N\t\\N\t\\N`
        : player.kind === 'account'
          ? `\\N\t${player.dialect}\t${id}\t\\N`
          : `\\N\t\\N\t\\N\t${id}`
    text += `${ordinal}\t${ids}\t${escaped(achievementId)}\t${progress.state}\t${escaped(valuesText(progress))}\t${
      progress.reportedPercent
    }\t${progress.percent}\t${progress.unlockTime ?? '\\N'}\t${progress.unlockPrecision ?? '\\N'}\t${
      progress.firstReportTime ?? '\\N'
    }\t${progress.lastReportTime ?? '\\N'}\t${progress.windowStart ?? '\\N'}\t${progress.revoked ? 't' : 'f'}\t${escaped(
      progress.writer,
    )}\t${escaped(extensionsText(progress))}\t${score}\t${isAlone ? 't' : 'f'}\n`
  }
  return text
}

const SPECIAL = /[\\\t\n\r]/

function escaped(text: string): string {
  if (!SPECIAL.test(text)) return text
  return text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
}
