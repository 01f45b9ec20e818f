import { once } from 'node:events'
import http from 'node:http'
import { text } from 'node:stream/consumers'
import type { z } from 'zod'
import type { Achievement } from '../../../src/model/achievement.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { createPlayer } from '../../../src/service/players/players.ts'
import type { Services } from '../../../src/service/services.ts'
import { createStat } from '../../../src/service/stats/stats.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { achievementOf } from '../../../test/support/records.ts'
import { startServer } from '../../../test/support/server.ts'
import { callOf, createTestServices } from '../../../test/support/services.ts'
import { HISTORIES, LISTS } from './strict-model.ts'

export interface AskOptions {
  /** Left out: 2. Undefined sends no header. */
  readonly contract?: number | string | undefined
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; a text or bytes as they are. */
  readonly body?: object | string | Uint8Array
  readonly method?: string
}

export type XboxServer = Awaited<ReturnType<typeof startXbox>>

/** The real server on a database of its own, which the use cases work on too. */
export async function startXbox(env: Readonly<Record<string, string>> = {}) {
  const services = await createTestServices()
  const server = await startServer({ databaseUrl: services.databaseUrl, env })
  const url = `${server.url}/xbox`

  async function ask(path: string, options: AskOptions = {}) {
    const { headers = {}, body, method = body === undefined ? 'GET' : 'POST' } = options
    const contract = 'contract' in options ? options.contract : 2
    const sent = typeof body === 'object' && !(body instanceof Uint8Array) ? JSON.stringify(body) : body
    const { hostname, port } = new URL(server.url)
    // Unlike fetch, it sends a path as it is.
    const request = http.request({
      hostname,
      port,
      method,
      path: `/xbox${path}`,
      headers: {
        ...(contract === undefined ? {} : { 'x-xbl-contract-version': String(contract) }),
        ...headers,
      },
    })
    request.end(sent)
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    const received = await text(response)
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      text: received,
      json: () => JSON.parse(received),
    }
  }

  /** An answer that each strict client of the contract can read. */
  async function read<Schema extends z.ZodType>(schema: Schema, path: string, options: AskOptions) {
    const received = await ask(path, options)
    if (received.status !== 200) throw new Error(`${path} answered ${received.status}: ${received.text}`)
    return schema.parse(received.json()) as z.output<Schema>
  }

  return {
    services,
    server,
    url,
    ask,
    list: (path: string, headers: AskOptions['headers'] = {}) => read(LISTS[2], path, { headers }),
    listWithRarity: (path: string) => read(LISTS[4], path, { contract: 4 }),
    listLegacy: (path: string, contract?: 1) => read(LISTS[1], path, { contract }),
    listLegacyWithRarity: (path: string) => read(LISTS[3], path, { contract: 3 }),
    history: (path: string) => read(HISTORIES[2], path, {}),
    firstHistory: (path: string) => read(HISTORIES[1], path, { contract: 1 }),
    /** Reports percents by achievement, as Microsoft's own client does. */
    update(xuid: string, { scid, titleId }: XboxIds, percents: Readonly<Record<string, number>>) {
      const achievements = Object.entries(percents).map(([id, percentComplete]) => ({ id, percentComplete }))
      const said = { action: 'progressUpdate', serviceConfigId: scid, titleId: Number(titleId), userId: xuid }
      return ask(`/users/xuid(${xuid})/achievements/${scid}/update`, { body: { ...said, achievements } })
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await services[Symbol.asyncDispose]()
    },
  }
}

export interface XboxIds {
  readonly scid: string
  readonly titleId: string
}

/**
 * A title that Xbox knows, with achievements whose ids there count from 1 unless they say another, and the stats that
 * they follow.
 */
export async function createXboxTitle(
  services: Services,
  id: string,
  titleId: number,
  achievements: readonly Partial<Achievement>[],
): Promise<XboxIds> {
  const ids = {
    scid: `00000000-0000-0000-0000-0000${titleId.toString(16).padStart(8, '0')}`,
    titleId: String(titleId),
  }
  const bindings = { xbox: { service_config_id: ids.scid, title_id: ids.titleId } }
  const title = { id, displayName: `The ${id}™`, defaultLocale: 'en', bindings, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, callOf())
  const codes = achievements.flatMap(({ requirements = [] }) =>
    requirements.flatMap(({ statCode }) => statCode ?? []),
  )
  for (const code of new Set(codes)) {
    const bounds = { defaultValue: 0, minimum: undefined, maximum: undefined, incrementOnly: false } as const
    const stat = { titleId: id, code, displayName: '', setBy: 'server', extensions: {}, ...bounds } as const
    await createStat(services, { stat, requestId: undefined }, callOf())
  }
  for (const [index, parts] of achievements.entries()) {
    const number = String(index + 1)
    const achievement = achievementOf({ id: `a${number}`, ids: { xbox: number }, ...parts })
    await createAchievement(services, { titleId: id, achievement, requestId: undefined }, callOf())
  }
  return ids
}

/** Creates a player with an Xbox account. */
export async function linkPlayer(services: Services, playerId: string, xuid: string): Promise<void> {
  const player = { id: playerId, displayName: '', accounts: [{ dialect: 'xbox', id: xuid }] }
  await createPlayer(services, { player, requestId: undefined }, callOf())
}
