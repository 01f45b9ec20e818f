import { callDuplex, callUnary, connect, responsesOf } from '../../src/cli/client.ts'
import { remoteErrorOf } from '../../src/cli/failure.ts'
import { parseJson } from '../../src/dialect/json-text.ts'
import { Achievement } from '../../src/gen/laurel/v1/achievement.ts'
import { AchievementServiceClient } from '../../src/gen/laurel/v1/achievement_service.ts'
import { EntryOutcomeKind, type Loss } from '../../src/gen/laurel/v1/exchange.ts'
import {
  ExchangeServiceClient,
  ExportAchievementsRequest,
  ExportProgressRequest,
  ImportAchievementsRequest,
  TranslateRequest,
} from '../../src/gen/laurel/v1/exchange_service.ts'
import { Title } from '../../src/gen/laurel/v1/title.ts'
import { TitleServiceClient } from '../../src/gen/laurel/v1/title_service.ts'
import type { JsonValue } from '../../src/model/json.ts'

export type Calls = Awaited<ReturnType<typeof openCalls>>

const { signal } = new AbortController()

/** The calls that the corpus check makes of a running server. */
export async function openCalls(address: string) {
  const exchange = await connect(ExchangeServiceClient, { address })
  const titles = await connect(TitleServiceClient, { address })
  const achievements = await connect(AchievementServiceClient, { address })

  async function listTitles(): Promise<readonly Title[]> {
    return (await callUnary(titles, titles.listTitles, { pageSize: 1000, pageToken: '', query: '' }, signal))
      .titles
  }

  return {
    listTitles,

    /** @throws Error for the first entry that does not come in. */
    async importDocument(dialect: string, titleId: string, playerId: string, content: Uint8Array) {
      const options = ImportAchievementsRequest.fromPartial({ dialect, titleId, playerId })
      const requests = only({ ...options, content })
      for await (const { outcomes } of callDuplex(() => exchange.importAchievements(), requests, signal)) {
        const failed = outcomes.find(({ kind }) => kind === EntryOutcomeKind.FAILED)
        if (failed?.error !== undefined) throw new Error(remoteErrorOf(failed.error).message)
      }
    },

    async exportAchievements(dialect: string, titleId: string): Promise<JsonValue> {
      const request = ExportAchievementsRequest.fromPartial({ dialect, titleId })
      return (await collect(responsesOf(() => exchange.exportAchievements(request), signal))).json()
    },

    /** Empty for every player, and for the dialect's own choice of a shape. */
    async exportProgress(dialect: string, titleId: string, playerId = '', shape = ''): Promise<JsonValue> {
      const request = ExportProgressRequest.fromPartial({ dialect, titleId, playerId, shape })
      return (await collect(responsesOf(() => exchange.exportProgress(request), signal))).json()
    },

    async translate(from: string, to: string, content: Uint8Array): Promise<readonly Loss[]> {
      const request = { ...TranslateRequest.fromPartial({ from, to }), content }
      return (await collect(callDuplex(() => exchange.translate(), only(request), signal))).losses
    },

    async createTitle(titleId: string, dialect: string, ids: ReadonlyMap<string, string>): Promise<void> {
      const title = {
        ...Title.fromPartial({ titleId, displayName: titleId, defaultLocale: 'en' }),
        bindings: new Map([[dialect, { ids: new Map(ids) }]]),
      }
      await callUnary(titles, titles.createTitle, { title, requestId: '' }, signal)
    },

    async createAchievement(titleId: string, dialect: string, id: string): Promise<void> {
      const text = { locale: 'en', text: id }
      const said = { titleId, achievementId: id, name: text, description: text }
      const achievement = { ...Achievement.fromPartial(said), ids: new Map([[dialect, id]]) }
      await callUnary(
        achievements,
        achievements.createAchievement,
        { achievement, requestId: '', silentBackfill: false },
        signal,
      )
    },

    /** Removes every title, and what players have of it. */
    async clear(): Promise<void> {
      for (const { titleId } of await listTitles()) {
        await callUnary(titles, titles.deleteTitle, { titleId, etag: '', force: true, requestId: '' }, signal)
      }
    },

    [Symbol.dispose]() {
      for (const client of [exchange, titles, achievements]) client.close()
    },
  }
}

async function* only<Request>(request: Request): AsyncGenerator<Request> {
  yield request
}

async function collect(responses: AsyncIterable<{ readonly content: Uint8Array; readonly losses: Loss[] }>) {
  const chunks: Uint8Array[] = []
  const losses: Loss[] = []
  for await (const response of responses) {
    chunks.push(response.content)
    losses.push(...response.losses)
  }
  return { losses, json: () => parseJson(Buffer.concat(chunks).toString()) }
}
