import type { BridgeChange } from '../../src/dialect/bridge.ts'
import type { Achievement } from '../../src/model/achievement.ts'
import type { Event } from '../../src/model/event.ts'
import { NOT_STARTED, type Progress } from '../../src/model/progress.ts'
import { achievementOf } from './records.ts'

let count = 0n

/** Returns a change of an achievement: progress to one percent, unless `said` differs. Event ids count up. */
export function changeOf(
  parts: Partial<Achievement>,
  said: Partial<Event>,
  progress: Partial<Progress> = {},
): BridgeChange {
  count += 1n
  const achievement = achievementOf(parts)
  const unlocked = said.kind === 'unlocked'
  const event: Event = {
    id: count,
    titleId: 'harbor-lights',
    playerId: 'ada',
    achievementId: achievement.id,
    kind: 'progressed',
    time: 0n,
    state: unlocked ? 'achieved' : 'in_progress',
    percent: unlocked ? 100 : 1,
    unlockTime: unlocked ? 0n : undefined,
    actor: 'tester',
    reason: '',
    requestId: '',
    ...said,
  }
  return {
    event,
    achievement: { ...achievement, titleId: event.titleId, createTime: 0n, updateTime: 0n, etag: '' },
    progress: { ...NOT_STARTED, ...progress },
    deliveredPercent: undefined,
  }
}
