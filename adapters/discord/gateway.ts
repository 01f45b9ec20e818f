import type { Gateway, Route } from '../../src/http/gateway.ts'
import { cdn } from './gateway/cdn.ts'
import {
  createAchievement,
  deleteAchievement,
  getAchievement,
  listAchievements,
  updateAchievement,
} from './gateway/definitions.ts'
import { writeFailure } from './gateway/failure.ts'
import { listUserAchievements, updateUserAchievement } from './gateway/progress.ts'
import { headersOf, ratesOf } from './gateway/rates.ts'
import { API_MOUNTS } from './gateway/version.ts'

const LIST = '/applications/:application/achievements'
const ONE = `${LIST}/:achievement`

/** Managed by bots. Discord's developer portal called the same routes below `/oauth2`. */
const MANAGEMENT: readonly Route[] = [
  route('GET', LIST, 'list achievements', 5, listAchievements),
  route('GET', ONE, 'get achievement', 5, getAchievement),
  route('POST', LIST, 'create achievement', 5, createAchievement),
  route('PATCH', ONE, 'update achievement', 5, updateAchievement),
  route('DELETE', ONE, 'delete achievement', 5, deleteAchievement),
].flatMap((each) => [each, { ...each, path: `/oauth2${each.path}`, name: `${each.name} (oauth2)` }])

const api: Gateway = {
  dialect: 'discord',
  mounts: API_MOUNTS,
  domains: ['discord.com', 'discordapp.com'],
  routes: [
    ...MANAGEMENT,
    route('PUT', `/users/:user${ONE}`, 'update user achievement', 5, updateUserAchievement),
    route('GET', `/users/:user${LIST}`, 'list user achievements', 2, listUserAchievements),
  ],
  headers: headersOf,
  writeFailure,
}

/** Discord's API of achievements, and the CDN that shows their icons. */
export const gateway: readonly Gateway[] = [api, cdn]

/** One bucket a route, whichever version and path it is called by. */
function route(
  method: Route['method'],
  path: string,
  name: string,
  limit: number,
  handle: Route['handle'],
): Route {
  return { method, path, name, rates: ratesOf(`discord-${name.replaceAll(' ', '-')}`, limit), handle }
}
