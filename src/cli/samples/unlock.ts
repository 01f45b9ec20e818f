/** Unlocks an achievement with the generated client, on the server of `npm start`. */
import { credentials } from '@grpc/grpc-js'
import { ProgressServiceClient, UnlockAchievementRequest } from '../../gen/laurel/v1/progress_service.ts'

const progress = new ProgressServiceClient('127.0.0.1:50051', credentials.createInsecure())
const request = UnlockAchievementRequest.fromPartial({
  titleId: 'lanternfall',
  playerId: 'player-1',
  achievementId: 'first-lantern',
})
progress.unlockAchievement(request, (error, response) => {
  if (error) console.error(error.message)
  else console.log({ newlyUnlocked: response.newlyUnlocked, alreadyUnlocked: response.alreadyUnlocked })
  progress.close()
})
