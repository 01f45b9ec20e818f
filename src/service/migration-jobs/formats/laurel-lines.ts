import { EMPTY_OBJECT } from '../../../dialect/empty.ts'
import type { JsonObject, JsonValue } from '../../../model/json.ts'
import type { MappedPlayerId, MappedRecord, MigrationMapping } from '../../../model/migration-mapping.ts'
import { FieldError } from '../../lines/field-error.ts'
import { mappedIdReader } from '../../lines/ids.ts'
import { PROGRESS_KIND, readProgressLine } from '../../lines/progress-line.ts'
import { type Refused, withoutReasons } from '../../lines/refused.ts'
import { refusalOf } from '../mapping/compile-mapping.ts'

const NONE: readonly never[] = Object.freeze([])

/** Returns the function that maps a line of Laurel's export. A line of another kind than progress has no records. */
export function laurelLineMapper({
  title,
  player,
  achievement,
}: MigrationMapping): (json: JsonValue) => readonly (MappedRecord | Refused)[] {
  const titleOf = mappedIdReader('titleId', title?.ids ?? {})
  const achievementOf = mappedIdReader('achievementId', achievement?.ids ?? {})
  const kind: MappedPlayerId['kind'] = player?.usesIdentities === true ? 'identity' : 'player'
  return (json) => {
    const line = withoutReasons(json as JsonObject)
    try {
      if (typeof line['kind'] !== 'string')
        throw new FieldError('kind', 'a text, such as progress', line['kind'])
      if (line['kind'] !== PROGRESS_KIND) return NONE
      const { titleId, playerId, achievementId, progress } = readProgressLine(line)
      return [
        {
          titleId: titleOf(titleId),
          player: { kind, id: playerId },
          achievement: { dialect: undefined, id: achievementOf(achievementId) },
          binding: undefined,
          unlocked: progress.state === 'achieved',
          percent: progress.percent,
          values: EMPTY_OBJECT,
          unlockTime: progress.unlockTime,
          updateTime: undefined,
          revoked: progress.revoked,
          extensions: progress.extensions,
          progress,
        },
      ]
    } catch (error) {
      return [refusalOf(error)]
    }
  }
}
