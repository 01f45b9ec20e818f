import { randomUUID } from 'node:crypto'
import type { StoredAchievement } from '../../model/achievement.ts'
import { LaurelError } from '../../model/errors.ts'
import type { Instant } from '../../model/instant.ts'
import { LIMITS } from '../../model/limits.ts'
import type { Plan, PlanChange } from '../../model/plan.ts'
import type { Queries } from '../../store/queries.ts'
import type { Call } from '../call.ts'
import { callerOf } from '../call-limiter.ts'
import { bytesOf } from '../paging.ts'
import { titleOf } from '../require.ts'
import type { Services } from '../services.ts'

/** Of all plans that a process makes at the same time. */
export const PLAN_MEMORY_BYTES = 256 * 2 ** 20

type Source = Pick<Plan, 'source' | 'sourceId'> & Partial<Pick<Plan, 'keptUnlockCount'>>

/**
 * Collects the changes of a plan in memory, which it counts as its caller's until it is disposed. `store` fails if the title's definitions
 * have changed since `open`.
 */
export class PlanDraft implements Disposable {
  /** When the changes are decided. */
  readonly time: Instant
  /** The highest list order of the title with the changes. */
  lastListOrder: number
  readonly #services: Services
  readonly #titleId: string
  readonly #source: Source
  readonly #stamp: string
  readonly #caller: string
  readonly #changes = new Map<string, PlanChange>()
  #bytes = 0

  private constructor(
    services: Services,
    titleId: string,
    source: Source,
    caller: string,
    state: { readonly stamp: string; readonly lastListOrder: number },
  ) {
    this.#caller = caller
    this.time = services.now()
    this.lastListOrder = state.lastListOrder
    this.#services = services
    this.#titleId = titleId
    this.#source = source
    this.#stamp = state.stamp
  }

  static async open(services: Services, titleId: string, source: Source, call: Call): Promise<PlanDraft> {
    const state = await services.store.read(call.signal, async (queries) => {
      await titleOf(queries, titleId)
      return {
        stamp: await queries.achievements.findStamp(titleId),
        lastListOrder: await queries.achievements.findLastListOrder(titleId),
      }
    })
    return new PlanDraft(services, titleId, source, callerOf(call.principal), state)
  }

  [Symbol.dispose](): void {
    this.#services.planMemory.release(this.#caller, this.#bytes)
    this.#bytes = 0
  }

  get changes(): Iterable<PlanChange> {
    return this.#changes.values()
  }

  /**
   * Adds a change; a later one of the same achievement replaces what it becomes.
   * @throws LaurelError PLAN_TOO_LARGE; TOO_MANY_REQUESTS if the plans that are being made leave no memory
   */
  add(before: StoredAchievement | undefined, after: StoredAchievement | undefined): void {
    const achievementId = (before ?? after)?.id ?? ''
    const earlier = this.#changes.get(achievementId)
    const change = { achievementId, before: earlier === undefined ? before : earlier.before, after }
    this.#reserve(sizeOf(change) - (earlier === undefined ? 0 : sizeOf(earlier)))
    this.#changes.set(achievementId, change)
    if (this.#changes.size > LIMITS.planChanges)
      throw tooLarge(this.#titleId, `${LIMITS.planChanges} achievements`)
  }

  #reserve(bytes: number): void {
    const { planMemory } = this.#services
    if (this.#bytes + bytes > LIMITS.planBytes)
      throw tooLarge(this.#titleId, `${LIMITS.planBytes} bytes of definitions, before and after together`)
    if (bytes < 0) planMemory.release(this.#caller, -bytes)
    else if (!planMemory.tryAcquire(this.#caller, bytes, PLAN_MEMORY_BYTES)) throw outOfMemory()
    this.#bytes += bytes
  }

  /** @throws LaurelError PLAN_OUTDATED if the definitions have changed since `open`. */
  async store(call: Call): Promise<Plan> {
    const changes = [...this.#changes.values()]
    const count = (matches: (change: PlanChange) => boolean) => changes.filter(matches).length
    const plan: Plan = {
      titleId: this.#titleId,
      id: randomUUID(),
      keptUnlockCount: 0n,
      ...this.#source,
      stamp: this.#stamp,
      actor: call.actor,
      createTime: this.time,
      applyTime: undefined,
      counts: {
        new: count(({ before }) => before === undefined),
        replaced: count(({ before, after }) => before !== undefined && after !== undefined),
        deleted: count(({ after }) => after === undefined),
      },
    }
    const { titlePlans, titlePlanBytes } = LIMITS
    await this.#services.store.write(call.signal, async (queries) => {
      await checkStamp(queries, plan)
      await queries.plans.insert(plan, this.#bytes)
      await queries.plans.insertChanges({ titleId: plan.titleId, planId: plan.id }, changes)
      await queries.plans.deleteOldest(plan.titleId, titlePlans, titlePlanBytes)
    })
    return plan
  }
}

/** @throws LaurelError PLAN_OUTDATED if the title's definitions are not those for which the plan was made. */
export async function checkStamp(queries: Queries, { titleId, id, stamp }: Plan): Promise<void> {
  if ((await queries.achievements.findStamp(titleId)) !== stamp)
    throw planOutdated({ titleId, planId: id }, [])
}

export function planOutdated(
  { titleId, planId }: { readonly titleId: string; readonly planId: string },
  achievementIds: readonly string[],
): LaurelError {
  const named = achievementIds.length === 0 ? '' : ` (${achievementIds.join(', ')})`
  const message = `achievements of title ${titleId} have changed since the plan was made or applied${named}: make it again`
  return new LaurelError('aborted', 'PLAN_OUTDATED', message, { metadata: { titleId, planId } })
}

/** About as many bytes as the definitions take in a message, and in the database. */
function sizeOf({ before, after }: PlanChange): number {
  return bytesOf(before) + bytesOf(after)
}

function tooLarge(titleId: string, limit: string): LaurelError {
  const message = `a plan changes at most ${limit}: plan a smaller document, or import without a plan`
  return new LaurelError('resource_exhausted', 'PLAN_TOO_LARGE', message, { metadata: { titleId } })
}

function outOfMemory(): LaurelError {
  const message = `the plans that are being made hold ${PLAN_MEMORY_BYTES} bytes, or leave no room for the caller's: try again when they are made`
  return new LaurelError('resource_exhausted', 'TOO_MANY_REQUESTS', message, {
    retryAfter: 1,
    metadata: { limit: String(PLAN_MEMORY_BYTES) },
  })
}
