import type { GatewayAnswer, GatewayRequest, Route } from '../../../src/http/gateway.ts'
import type { StoredAchievement } from '../../../src/model/achievement.ts'
import { invalidArgument, LaurelError } from '../../../src/model/errors.ts'
import { contractOf } from './contract.ts'
import type { XboxStanding } from './entry.ts'
import { refusal } from './failure.ts'
import { standingsOf } from './list.ts'
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

interface Raise {
  readonly achievement: StoredAchievement
  readonly percent: number
}

/** Nothing is recorded of a request that cannot be recorded whole; but what only the record refuses stops no other. */
async function update(request: GatewayRequest): Promise<GatewayAnswer> {
  contractOf(request, [2, 4])
  const said = readUpdateRequest(request.body)
  const user = await userOf(request)
  const title = await titleOfScid(request, scidOf(request))
  const standings = await standingsOf(request, title, undefined)
  checkAgreement(request, said, user, title, standings)
  const raises = [...said.percents].map(([id, percent]) => ({
    achievement: updatable(standings, id),
    percent,
  }))
  return (await record(request, user, raises)) ? { status: 200, body: {} } : { status: 304 }
}

/** The body says again what the path says. */
function checkAgreement(
  request: GatewayRequest,
  { serviceConfigId, titleId, userId }: UpdateRequest,
  { xuid }: User,
  title: XboxTitle,
  standings: readonly XboxStanding[],
): void {
  if (userId !== undefined && userId !== xuid) {
    throw refusal(403, `userId ${userId.slice(0, 20)} is not the user of the path`, request)
  }
  if (serviceConfigId !== undefined && serviceConfigId.toLowerCase() !== scidOf(request)) {
    throw invalidArgument([{ field: 'serviceConfigId', message: 'must be the one of the path' }])
  }
  const associations = standings.flatMap(({ achievement }) => achievement.titleAssociations)
  const known = [title.titleId, ...associations.map(({ id }) => id)]
  if (titleId !== undefined && title.titleId !== undefined && !known.includes(titleId)) {
    throw invalidArgument([{ field: 'titleId', message: `must be ${title.titleId} for ${title.scid}` }])
  }
}

/** @throws LaurelError for an achievement that is not there, or is not for the title to move. */
function updatable(standings: readonly XboxStanding[], id: string): StoredAchievement {
  const found = standings.find(({ achievement }) => achievement.ids['xbox'] === id)
  const name = id.slice(0, 20)
  if (found === undefined) {
    throw new LaurelError('not_found', 'ACHIEVEMENT_NOT_FOUND', `achievement ${name} does not exist`)
  }
  const followed = found.achievement.requirements.flatMap(({ statCode }) => statCode ?? [])
  if (followed.length === 0) return found.achievement
  const message = `achievement ${name} is event-based and follows ${followed.join(', ')}: report the stat`
  throw new LaurelError('failed_precondition', 'REQUIREMENT_FOLLOWS_STAT', message)
}

/**
 * Whether anything rose. An account that nobody registered is linked after its first report, so that one that is
 * refused leaves nothing behind; should it be another player's by then, the report is theirs too.
 * @throws LaurelError of the first report that was refused; the others are recorded.
 */
async function record(request: GatewayRequest, user: User, raises: readonly Raise[]): Promise<boolean> {
  const { operations, call } = request
  let results = await recordFor(request, user.playerId, raises)
  if (!user.linked && results.some((result) => !(result instanceof LaurelError))) {
    const { playerId } = await operations.admitAccount({ dialect: 'xbox', id: user.xuid }, call)
    if (playerId !== user.playerId) results = await recordFor(request, playerId, raises)
  }
  let rose = false
  for (const result of results) {
    if (result instanceof LaurelError) throw result
    rose ||= result.changed
  }
  return rose
}

function recordFor({ operations, call }: GatewayRequest, playerId: string, raises: readonly Raise[]) {
  const items = raises.map(({ achievement, percent }) => ({
    titleId: achievement.titleId,
    playerId,
    achievementId: achievement.id,
    report: { kind: 'percent', percent } as const,
    occurredTime: undefined,
    requestId: undefined,
  }))
  return operations.batchRecordProgress({ items }, call)
}
