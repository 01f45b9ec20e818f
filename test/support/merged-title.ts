import type { Operations } from '../../src/service/operations.ts'
import { openOperations } from '../../src/service/operations.ts'
import type { Services } from '../../src/service/services.ts'
import { BINDINGS, idsOf } from './bound-title.ts'
import { achievementOf, gamerscore, requirementOf } from './records.ts'
import { callOf } from './services.ts'

export const MERGER = callOf('support')
const call = MERGER
const once = { requestId: undefined }

/** A title whose achievements and stats are merged in each way, and what the tests do in it. */
export class MergedTitle {
  readonly operations: Operations
  readonly titleId: string

  constructor(services: Services, titleId: string) {
    this.operations = openOperations(services)
    this.titleId = titleId
  }

  /** The same title through another process. */
  through(services: Services): MergedTitle {
    return new MergedTitle(services, this.titleId)
  }

  async create(isBound: boolean): Promise<void> {
    const { titleId, operations } = this
    const bindings = isBound ? BINDINGS : {}
    const title = { id: titleId, displayName: 'T', defaultLocale: 'en', bindings, extensions: {} }
    await operations.createTitle({ title, ...once }, call)
    const stat = { titleId, displayName: '', defaultValue: 0, setBy: 'client', extensions: {} } as const
    const free = { minimum: undefined, maximum: undefined, incrementOnly: false }
    for (const each of [
      { ...stat, ...free, code: 'laps', incrementOnly: true, maximum: 100 },
      ...['rank', 'best', 'mixed'].map((code) => ({ ...stat, ...free, code })),
    ]) {
      await operations.createStat({ stat: each, ...once }, call)
    }
    const follows = (statCode: string, target: bigint, operator: 'at_least' | 'at_most' = 'at_least') => [
      requirementOf({ statCode, target, operator }),
    ]
    const sides = ['left', 'right'].map((id) => requirementOf({ id, target: 1n }))
    const definitions = [
      { id: 'plain', rewards: gamerscore(10) },
      { id: 'counted', requirements: [requirementOf({ target: 10n })] },
      { id: 'pair', rewards: gamerscore(5), requirements: sides },
      { id: 'runner', requirements: follows('laps', 10n) },
      { id: 'racer', requirements: follows('best', 5n, 'at_most') },
      { id: 'up', requirements: follows('mixed', 50n) },
      { id: 'down', requirements: follows('mixed', 0n, 'at_most') },
      { id: 'goal', participation: 'community' as const, requirements: follows('laps', 20n) },
    ]
    for (const [index, definition] of definitions.entries()) {
      const achievement = achievementOf({ ...definition, ids: isBound ? idsOf(index) : {} })
      await operations.createAchievement({ titleId, achievement, ...once }, call)
    }
  }

  key(playerId: string, achievementId: string) {
    return { titleId: this.titleId, playerId, achievementId }
  }

  unlock(playerId: string, achievementId = 'plain', requestId?: string) {
    const request = { ...this.key(playerId, achievementId), occurredTime: undefined, requestId }
    return this.operations.recordProgress({ ...request, report: { kind: 'unlock' } }, call)
  }

  reach(playerId: string, achievementId: string, requirementId: string | undefined, quantity: bigint) {
    const request = { ...this.key(playerId, achievementId), occurredTime: undefined, ...once }
    return this.operations.recordProgress(
      { ...request, report: { kind: 'reach', requirementId, quantity } },
      call,
    )
  }

  /** Sets a stat; of `laps` adds to it. */
  setStat(playerId: string, code: string, value: number, requestId?: string) {
    const operation = code === 'laps' ? 'increment' : 'set'
    const request = { titleId: this.titleId, playerId, occurredTime: undefined, requestId }
    return this.operations.recordStats({ ...request, updates: [{ code, operation, value }] }, call)
  }

  createPlayer(id: string, accounts: readonly { dialect: string; id: string }[] = []) {
    return this.operations.createPlayer({ player: { id, displayName: '', accounts }, ...once }, call)
  }

  async progressOf(playerId: string, achievementId: string) {
    return (await this.operations.getProgress(this.key(playerId, achievementId), call)).progress
  }

  async valuesOf(playerId: string) {
    const values = await this.operations.listStatValues({ titleId: this.titleId, playerId }, call)
    return Object.fromEntries(values.map(({ code, value }) => [code, value]))
  }
}
