import type { z } from 'zod'
import type { Canonical } from '../../src/dialect/adapter.ts'
import { BLANK_RECORD } from '../../src/dialect/kit/blank.ts'
import type { Path } from '../../src/dialect/losses.ts'
import type { Instant } from '../../src/model/instant.ts'
import type { JsonValue } from '../../src/model/json.ts'
import { entryCodec } from './entry-codec.ts'
import { bindingOf, jsonInteger, NEVER, readTime, titleIds, titleNumber, writeTime } from './formats.ts'
import { titleName } from './record.ts'
import { firstTitleSchema, titleSchema } from './schema.ts'

const OF_THE_TITLE: ReadonlySet<unknown> = new Set([
  'titleId',
  'serviceConfigId',
  'name',
  'titleType',
  'titleVersion',
  'platform',
  'platforms',
])

const shared = {
  partAt: ([member]: Path) => (OF_THE_TITLE.has(member) ? ('title' as const) : ('summary' as const)),
  locations: { title: [], summary: [] },
}

/** A title in a player's history, as contract 2 has it. */
export const titleCodec = entryCodec<z.output<typeof titleSchema>>({
  ...shared,
  mark: undefined,
  schema: titleSchema,
  free: new Set(['titleType', 'platform']),
  fromWire: (wire) =>
    recordOf(wire, {
      scid: wire.serviceConfigId ?? undefined,
      unlockedCount: wire.earnedAchievements ?? 0,
      maxScore: BigInt(wire.maxGamerscore ?? 0),
      lastUnlockTime: readTime(wire.lastUnlock),
    }),
  write(record) {
    const { summary } = record
    return {
      lastUnlock: writeTime(summary?.lastUnlockTime),
      titleId: titleNumber(record.title.binding),
      serviceConfigId: titleIds(record.title.binding).scid ?? '',
      titleType: 'DGame',
      platform: 'Durango',
      name: titleName(record),
      earnedAchievements: summary?.unlockedCount ?? 0,
      currentGamerscore: jsonInteger(summary?.score ?? 0n),
      maxGamerscore: jsonInteger(summary?.maxScore ?? 0n),
    }
  },
})

/** The same, as contract 1 has it: when it was last played instead of the last unlock. */
export const firstTitleCodec = entryCodec<z.output<typeof firstTitleSchema>>({
  ...shared,
  mark: { part: 'summary', name: 'title_v1' },
  schema: firstTitleSchema,
  free: new Set(['lastPlayed', 'sequence', 'titleType', 'platforms', 'totalAchievements']),
  fromWire: (wire) =>
    recordOf(wire, {
      scid: undefined,
      unlockedCount: wire.currentAchievements ?? 0,
      maxScore: BigInt(wire.totalGamerscore ?? 0),
      lastUnlockTime: undefined,
    }),
  write(record) {
    const { summary } = record
    return {
      lastPlayed: NEVER,
      currentAchievements: summary?.unlockedCount ?? 0,
      currentGamerscore: jsonInteger(summary?.score ?? 0n),
      sequence: 0,
      titleId: titleNumber(record.title.binding),
      titleType: 1,
      platforms: [],
      name: titleName(record),
      totalAchievements: 0,
      totalGamerscore: jsonInteger(summary?.maxScore ?? 0n),
    }
  },
})

interface WireTitle {
  readonly titleId: JsonValue
  readonly name?: string | null | undefined
  readonly currentGamerscore?: number | bigint | null | undefined
}

interface OwnTotals {
  readonly scid: string | undefined
  readonly unlockedCount: number
  readonly maxScore: bigint
  readonly lastUnlockTime: Instant | undefined
}

function recordOf(wire: WireTitle, { scid, ...totals }: OwnTotals): Canonical {
  return {
    ...BLANK_RECORD,
    title: {
      binding: bindingOf(scid, wire.titleId),
      displayName: wire.name || undefined,
      extensions: {},
    },
    summary: { account: undefined, ...totals, score: BigInt(wire.currentGamerscore ?? 0), extensions: {} },
  }
}
