import { createClient, describeError } from 'laurel-client'
import { EventKind } from 'laurel-client/event'

const [, , baseUrl = 'http://localhost:8080', titleId = 'lanternfall'] = process.argv
const laurel = createClient({ baseUrl })

// Gets a request id, and is repeated with it if the connection fails: there is one unlock.
const { newlyUnlocked, progress } = await laurel.progress.unlockAchievement({
  titleId,
  playerId: 'player-typescript',
  achievementId: 'first-lantern',
})
console.log(`newly unlocked: ${newlyUnlocked}, percent: ${progress?.percent}`)

// Each error has the server's reason, the variable parts of its message, and the fields at fault.
try {
  await laurel.progress.unlockAchievement({ titleId, achievementId: 'none' })
} catch (error) {
  const { code, reason, violations } = describeError(error)
  console.log(code, reason, ...violations.map(({ field, description }) => `${field} ${description}`))
}

// Resumes after each interruption, so that no event is lost or repeated.
const filter = { playerIds: ['player-typescript'], kinds: [EventKind.UNLOCKED] }
for await (const { events } of laurel.watch({ titleId, fromOldest: true, filter })) {
  for (const { achievementId } of events) console.log(`event: ${achievementId}`)
  if (events.length > 0) break
}
