import type { GatewayRequest, GatewayResponse } from '../../../src/http/gateway.ts'
import type { StoredAchievement } from '../../../src/model/achievement.ts'
import type { Progress } from '../../../src/model/progress.ts'
import { BodyReader } from './body-reader.ts'
import { type Person, whoAsks, whoHas } from './caller.ts'
import { refusal } from './failure.ts'
import { listOf } from './list.ts'
import { achievementOf, DIALECT, pathId, titleOf } from './target.ts'
import { writeAchievement } from './write.ts'

const SELF = '@me'

/**
 * Lists a user's achievements in an application, each with the members of its definition and of its progress. Discord documented the
 * one and sent its SDK the other; clients ignore additional members.
 */
export async function listUserAchievements(request: GatewayRequest): Promise<GatewayResponse> {
  if (request.params['user'] !== SELF) return NO_ROUTE
  const { operations, call } = request
  const { id } = await titleOf(request)
  const { account, playerId } = await whoAsks(request, id)
  return listOf(operations.listTitleProgress({ dialect: DIALECT, titleId: id, playerId }, call), (page) =>
    page
      .filter(isSeen)
      .map(({ achievement, progress }) => writeAchievement(request, achievement, { account, progress })),
  )
}

/** Progress only rises: a lower percent changes nothing, and the response is the same. */
export async function updateUserAchievement(request: GatewayRequest): Promise<GatewayResponse> {
  const { operations, call } = request
  const title = await titleOf(request)
  const form = new BodyReader(request)
  const percent = form.integer('percent_complete', 0, 100)
  form.check()
  const achievement = await achievementOf(request, title)
  const person = await personIn(request, title.id)
  if (request.strict) checkHistory(request, achievement, person)
  await operations.recordProgress(
    {
      titleId: title.id,
      playerId: person.playerId,
      achievementId: achievement.id,
      report: { kind: 'percent', percent },
      occurredTime: undefined,
      requestId: undefined,
    },
    call,
  )
  // Only now, so that a refused report leaves no player behind.
  if (!person.linked && person.account !== undefined) {
    await operations.admitAccount({ dialect: DIALECT, id: person.account }, call)
  }
  return { status: 200, body: {} }
}

/** Discord has no route for the progress of another user. */
const NO_ROUTE: GatewayResponse = { status: 404, body: { message: '404: Not Found', code: 0 } }

/** A secret achievement is listed only when it is complete. */
function isSeen({
  achievement,
  progress,
}: {
  readonly achievement: StoredAchievement
  readonly progress: Progress
}): boolean {
  return !achievement.hidden || (progress.state === 'achieved' && !progress.revoked)
}

function personIn(request: GatewayRequest, titleId: string): Promise<Person> {
  if (request.params['user'] === SELF) return whoAsks(request, titleId)
  return whoHas(request, pathId(request, 'user'))
}

/** Refuses as Discord did: bots report secure achievements of users who own the game; users report all others. */
function checkHistory(
  { credential }: GatewayRequest,
  { serverOnly }: StoredAchievement,
  { linked }: Person,
): void {
  const isBot = credential?.form === 'Bot'
  if (isBot && !serverOnly) throw refusal('unauthorized')
  if (isBot && !linked) throw refusal('unknownEntitlement')
  if (!isBot && serverOnly) throw refusal('unauthorizedForApplication')
}
