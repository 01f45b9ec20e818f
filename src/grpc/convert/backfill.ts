import { type Backfill as BackfillMessage, BackfillState } from '../../gen/laurel/v1/achievement.ts'
import type { Backfill } from '../../model/backfill.ts'
import { writeInstant } from './time.ts'

const STATES_ON_WIRE: Readonly<Record<Backfill['state'], BackfillState>> = {
  running: BackfillState.RUNNING,
  done: BackfillState.DONE,
}

export function writeBackfill(backfill: Backfill): BackfillMessage {
  const { titleId, achievementId, silent, actor, requestId } = backfill
  return {
    titleId,
    achievementId,
    silent,
    actor,
    requestId,
    state: STATES_ON_WIRE[backfill.state],
    playerCount: BigInt(backfill.playerCount),
    unlockCount: BigInt(backfill.unlockCount),
    createTime: writeInstant(backfill.createTime),
    updateTime: writeInstant(backfill.updateTime),
  }
}
