import type { GatewayRequest, GatewayResponse, Route } from '../../../src/http/gateway.ts'
import type { StoredAchievement } from '../../../src/model/achievement.ts'
import { invalidArgument, LaurelError } from '../../../src/model/errors.ts'
import { achievementsNamed } from './achievements.ts'
import { contractOf } from './contract.ts'
import { refusal } from './failure.ts'
import { scidOf, type User, userOf } from './names.ts'
import { ratesOfTitle } from './rates.ts'
import { titleOfScid, type XboxTitle } from './title.ts'
import { readUpdateRequest, type UpdateRequest } from './update-request.ts'

export const updateRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/users/:user/achievements/:scid/update',
    name: 'updateAchievements',
    rates: ratesOfTitle,
    handle: update,
  },
]

type Item = Parameters<GatewayRequest['operations']['batchRecordProgress']>[0]['items'][number]

/** Nothing is recorded of a request that cannot be recorded whole; but what only the record refuses stops no other. */
async function update(request: GatewayRequest): Promise<GatewayResponse> {
  contractOf(request, [2, 4])
  const said = readUpdateRequest(request.body)
  const user = await userOf(request)
  checkPath(request, said, user)
  const title = await titleOfScid(request, scidOf(request))
  const achievements = await achievementsNamed(request, title, [...said.percents.keys()])
  checkTitle(said, title, achievements)
  for (const achievement of achievements) checkIsReported(achievement)
  const percents = [...said.percents.values()]
  const items = achievements.map(
    ({ titleId, id }, index): Omit<Item, 'playerId'> => ({
      titleId,
      achievementId: id,
      report: { kind: 'percent', percent: percents[index] ?? 0 },
      occurredTime: undefined,
      requestId: undefined,
    }),
  )
  return (await record(request, user, items)) ? { status: 200, body: {} } : { status: 304 }
}

/** The body says again what the path says. */
function checkPath(
  request: GatewayRequest,
  { serviceConfigId, userId }: UpdateRequest,
  { xuid }: User,
): void {
  if (userId !== undefined && userId !== xuid) {
    throw refusal(403, `userId ${userId.slice(0, 20)} is not the user of the path`, request)
  }
  if (serviceConfigId !== undefined && serviceConfigId.toLowerCase() !== scidOf(request)) {
    throw invalidArgument([{ field: 'serviceConfigId', message: 'must be the one of the path' }])
  }
}

/** One set of achievements may be shown under several titles. */
function checkTitle(
  { titleId: said }: UpdateRequest,
  { scid, titleId }: XboxTitle,
  achievements: readonly StoredAchievement[],
): void {
  const associations = achievements.flatMap(({ titleAssociations }) => titleAssociations)
  if (said === undefined || titleId === undefined || said === titleId) return
  if (associations.some(({ id }) => id === said)) return
  throw invalidArgument([{ field: 'titleId', message: `must be ${titleId} for ${scid}` }])
}

/** @throws LaurelError for an achievement that the title's events move, and no report of the title's. */
function checkIsReported({ titleId, id, ids, requirements }: StoredAchievement): void {
  const followed = requirements.flatMap(({ statCode }) => statCode ?? [])
  const [statCode] = followed
  if (statCode === undefined) return
  const message = `achievement ${ids['xbox']} is event-based and follows ${followed.join(', ')}: report the stat`
  const metadata = { titleId, achievementId: id, statCode }
  throw new LaurelError('failed_precondition', 'REQUIREMENT_FOLLOWS_STAT', message, { metadata })
}

/**
 * Records reports, and returns whether any progress rose. An unknown account is linked after its first report, so that a refused
 * report creates no player; if another player got the account in between, the reports count for that player.
 * @throws LaurelError of the first report that was refused; the others are recorded.
 */
async function record(
  { operations, call }: GatewayRequest,
  user: User,
  items: readonly Omit<Item, 'playerId'>[],
): Promise<boolean> {
  const recordFor = (playerId: string) =>
    operations.batchRecordProgress({ items: items.map((item) => ({ ...item, playerId })) }, call)
  let results = await recordFor(user.playerId)
  if (!user.linked && results.some((result) => !(result instanceof LaurelError))) {
    const { playerId } = await operations.admitAccount({ dialect: 'xbox', id: user.xuid }, call)
    if (playerId !== user.playerId) results = await recordFor(playerId)
  }
  let rose = false
  for (const result of results) {
    if (result instanceof LaurelError) throw result
    rose ||= result.changed
  }
  return rose
}
