import type { Achievement, Provenance, Requirement } from '../../model/achievement.ts'
import type { JsonObject } from '../../model/json.ts'
import { parseQuantity, type Quantity } from '../../model/quantity.ts'

/** Members with a column of their own; the others are in one JSON document. */
type Columns = 'id' | 'listOrder' | 'lifecycle' | 'hidden' | 'tags' | 'ids' | 'createTime' | 'updateTime'

export type Definition = Omit<Achievement, Columns> & Provenance

/** Returns a definition as JSON: 64-bit integers as text, doubles as numbers, undefined members left out. */
export function definitionToJson(achievement: Definition): JsonObject {
  const { window, estimatedTime, requirements } = achievement
  return {
    name: achievement.name,
    description: achievement.description,
    lockedDescription: achievement.lockedDescription,
    serverOnly: achievement.serverOnly,
    kind: achievement.kind,
    window: window && { start: String(window.start), end: String(window.end) },
    participation: achievement.participation,
    requirements: requirements.map((requirement) => ({
      ...requirement,
      target: quantityToJson(requirement.target),
    })),
    rewards: achievement.rewards,
    media: achievement.media,
    platforms: achievement.platforms,
    productId: achievement.productId,
    deepLink: achievement.deepLink,
    estimatedTime: estimatedTime === undefined ? undefined : String(estimatedTime),
    titleAssociations: achievement.titleAssociations,
    extensions: achievement.extensions,
    statedTimes: achievement.statedTimes && timesToJson(achievement.statedTimes),
    mintedIds: achievement.mintedIds,
  } as unknown as JsonObject
}

export function definitionFromJson(json: JsonObject): Definition {
  const { statedTimes, ...stored } = json as unknown as Stored
  return {
    ...stored,
    lockedDescription: stored.lockedDescription,
    window: stored.window && { start: BigInt(stored.window.start), end: BigInt(stored.window.end) },
    requirements: stored.requirements.map((requirement) => ({
      ...requirement,
      statCode: requirement.statCode,
      target: quantityFromJson(requirement.target),
    })),
    rewards: stored.rewards.map((reward) => ({
      ...reward,
      name: reward.name,
      description: reward.description,
      media: reward.media,
    })),
    productId: stored.productId,
    deepLink: stored.deepLink,
    estimatedTime: stored.estimatedTime === undefined ? undefined : BigInt(stored.estimatedTime),
    titleAssociations: stored.titleAssociations.map((association) => ({
      ...association,
      version: association.version,
    })),
    ...(statedTimes && { statedTimes: timesFromJson(statedTimes) }),
  }
}

type Times = NonNullable<Provenance['statedTimes']>
type TimesJson = Readonly<Partial<Record<keyof Times, string>>>

function timesToJson(times: Times): TimesJson {
  return Object.fromEntries(Object.entries(times).map(([name, time]) => [name, String(time)]))
}

function timesFromJson(json: TimesJson): Times {
  return Object.fromEntries(Object.entries(json).map(([name, time]) => [name, BigInt(time)]))
}

/** Returns an integer as text, because JSON readers round large numbers; a double as a number. */
export function quantityToJson(quantity: Quantity): string | number {
  return typeof quantity === 'bigint' ? String(quantity) : quantity
}

export function quantityFromJson(json: string | number | bigint): Quantity {
  if (typeof json !== 'string') return Number(json)
  return parseQuantity(json, 'integer') ?? 0n
}

type Stored = Omit<Definition, 'window' | 'requirements' | 'estimatedTime' | 'statedTimes'> & {
  readonly statedTimes?: TimesJson
  readonly window: { readonly start: string; readonly end: string } | undefined
  readonly requirements: readonly (Omit<Requirement, 'target'> & { readonly target: string | number })[]
  readonly estimatedTime: string | undefined
}
