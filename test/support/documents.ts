import { adapters } from '../../adapters/index.ts'
import type { ProgressFacts } from '../../src/dialect/adapter.ts'
import { decodeEntry, encodeEntry } from '../../src/dialect/translate.ts'
import type { Achievement } from '../../src/model/achievement.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type { Binding } from '../../src/model/title.ts'
import { fixturesOf } from './dialect-fixtures.ts'
import { achievementOf } from './records.ts'

export interface EntryParts {
  /** Which achievement of the fixtures the entry is about; by default the first. */
  readonly number?: number
  readonly achievement?: Partial<Achievement>
  /** Without `achievement`, the entry carries progress alone. */
  readonly progress?: Partial<ProgressFacts>
  /** By default the first title of the fixtures. */
  readonly binding?: Binding
}

type Listed = (typeof adapters)[number]

/** Returns the adapter of a dialect, or the first adapter that a condition holds for. */
export function adapterOf(dialect: string | ((adapter: Listed) => boolean)): Listed {
  const fits = typeof dialect === 'string' ? ({ id }: Listed) => id === dialect : dialect
  const found = adapters.find(fits)
  if (found === undefined) throw new Error(`no dialect fits ${dialect}`)
  return found
}

/** Whether the platform shows a part, as a percent or a count, and the time of an unlock. */
export function showsProgress(dialect: string): boolean {
  const { progress_percent, progress_values, unlock_time } = adapterOf(dialect).capabilities
  return (progress_percent === 'full' || progress_values !== 'none') && unlock_time !== 'none'
}

/** Returns the entry of a document as the adapter writes it. */
export function entryOf(dialect: string, parts: EntryParts = {}): JsonObject {
  const { number = 1, progress } = parts
  const adapter = adapterOf(dialect)
  const { binding, account } = fixturesOf(dialect)
  const id = dialectIdOf(dialect, number)
  const code = parts.achievement?.id ?? codeOf(dialect, number)
  const achievement = achievementOf({
    id: code,
    ids: { [dialect]: id },
    listOrder: number,
    name: inEnglish(`Goal ${number}`),
    description: inEnglish(`Reach goal ${number}`),
    ...parts.achievement,
  })
  const isAchieved = progress?.percent === 100
  const facts: ProgressFacts = {
    account: account(1),
    achievementId: adapter.hasCodes ? code : id,
    percent: 0,
    values: {},
    state: isAchieved ? 'achieved' : 'in_progress',
    revoked: false,
    extensions: {},
    unlockTime: isAchieved ? UNLOCK_TIME : undefined,
    ...progress,
  }
  const isDefinition = parts.achievement !== undefined || progress === undefined
  const record = {
    title: { binding: parts.binding ?? binding(1), displayName: undefined, extensions: {} },
    achievement: isDefinition ? achievement : undefined,
    progress: progress === undefined ? undefined : facts,
    summary: undefined,
  }
  const purpose = isDefinition ? 'definition' : 'progress'
  const context = { locale: undefined, shape: undefined, purpose, account: facts.account } as const
  return encodeEntry(adapter, record, context, { binding: () => binding(1), achievementId: () => id }).result
}

function inEnglish(text: string) {
  return { locale: 'en', text, translations: {} }
}

/** 2019-11-19T18:03:11.471Z */
export const UNLOCK_TIME = 15_741_865_914_710_000n

/** Returns the platform's id of the nth achievement. */
export function dialectIdOf(dialect: string, number: number): string {
  const seed = { taken: new Set<string>(), time: UNLOCK_TIME, entropy: BigInt(number) }
  return fixturesOf(dialect).achievementId(number) ?? adapterOf(dialect).ids.mint(seed)
}

/** Returns the code that an import gives to the nth achievement. */
export function codeOf(dialect: string, number: number): string {
  return adapterOf(dialect).hasCodes ? `goal-${number}` : dialectIdOf(dialect, number)
}

/** A dialect that knows achievements by their codes, and one with a bridge that has ids alone. */
export const CODED = adapterOf(({ hasCodes }) => hasCodes).id
export const UNCODED = adapterOf(({ hasCodes, bridge }) => !hasCodes && bridge !== undefined).id

/** A dialect with a bridge, whose rows of progress name the account. */
export const ACCOUNTED = adapterOf(({ id, usualShapes, bridge }) => {
  if (usualShapes.progress === undefined || bridge === undefined) return false
  const entry = entryOf(id, { progress: { percent: 5 } })
  const { progress } = decodeEntry(adapterOf(id), entry, { locale: 'en', envelope: {} }).result
  return progress?.account !== undefined
}).id

/** A dialect that has ids alone, and whose definitions carry rewards and come with a player's progress. */
export const COMBINED = adapterOf(({ hasCodes, usualShapes, capabilities: { rewards } }) => {
  return !hasCodes && usualShapes.progress === usualShapes.definition && rewards !== 'none'
}).id
