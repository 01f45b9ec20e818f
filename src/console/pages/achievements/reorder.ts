import type { AchievementJson } from '../../../clients/typescript/gen/laurel/v1/achievement_pb.js'

/** Returns the list after an achievement was moved to a position: those between move by one, as on the server. */
export function withMoved(
  list: readonly AchievementJson[],
  achievementId: string,
  position: number,
): readonly AchievementJson[] {
  const from = list.find((each) => each.achievementId === achievementId)?.listOrder
  if (from === undefined || from === position) return list
  const [low, high, shift] = from < position ? [from + 1, position, -1] : [position, from - 1, 1]
  const renumbered = list.map((each) => {
    const { listOrder = 0 } = each
    if (each.achievementId === achievementId) return { ...each, listOrder: position }
    return listOrder >= low && listOrder <= high ? { ...each, listOrder: listOrder + shift } : each
  })
  return renumbered.sort((a, b) => (a.listOrder ?? 0) - (b.listOrder ?? 0))
}
