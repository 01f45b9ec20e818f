import type { Canonical, DecodeContext } from '../../src/dialect/adapter.ts'
import { DecodeError } from '../../src/dialect/decode-error.ts'
import type { LossReport } from '../../src/dialect/losses.ts'
import { isJsonObject, type JsonObject } from '../../src/model/json.ts'
import { achievementCodec, withoutDocumentedNames } from './achievement.ts'
import type { EntryCodec } from './entry-codec.ts'
import { withExtensions } from './extension.ts'
import { legacyCodec } from './legacy.ts'
import { firstTitleCodec, titleCodec } from './title.ts'
import { asRequest, isRequest, updateCodec } from './update.ts'

/** Reads an entry: members without a canonical field, and original texts, go into the extensions. */
export function decode(entry: JsonObject, losses: LossReport, context: DecodeContext): Canonical {
  const wrapper = wrapperOf(entry)
  if (wrapper === undefined) return decodeEntry(entry, context)
  const { [wrapper]: inner, ...others } = entry
  for (const [name, value] of Object.entries(others)) {
    losses.dropped([name], value, 'it stands beside a wrapped achievement')
  }
  try {
    return decodeEntry(inner as JsonObject, context)
  } catch (error) {
    throw error instanceof DecodeError ? error.under([wrapper]) : error
  }
}

const SHAPES = new Map<EntryCodec, string>([
  [achievementCodec, 'achievement'],
  [legacyCodec, 'legacy'],
  [titleCodec, 'title'],
  [firstTitleCodec, 'title'],
  [updateCodec, 'update'],
])

/** The shape of an entry that `decode` takes. */
export function shapeOf(entry: JsonObject, { envelope }: DecodeContext): string {
  const wrapper = wrapperOf(entry)
  const { codec } = recognise(wrapper === undefined ? entry : (entry[wrapper] as JsonObject), envelope)
  return SHAPES.get(codec) as string
}

function decodeEntry(entry: JsonObject, context: DecodeContext): Canonical {
  const { codec, said } = recognise(entry, context.envelope)
  try {
    const { wire, record } = codec.read(said, context)
    return withExtensions(codec, record, said, wire, codec.write(record, PLAIN))
  } catch (error) {
    // An entry of an update request was read as a request of its own.
    const isInner = error instanceof DecodeError && error.path[0] === 'achievements' && entry !== said
    throw isInner ? new DecodeError(error.path.slice(2), error.problem) : error
  }
}

const PLAIN = { locale: undefined, shape: undefined, purpose: 'progress', account: undefined } as const

/** The documentation wraps a single achievement, and `featured` answers wrap each of a list. */
function wrapperOf(entry: JsonObject): string | undefined {
  const isWrapper = !Object.hasOwn(entry, 'id') && recognise(entry, {}).codec === achievementCodec
  return isWrapper ? ['achievement', 'Achievement'].find((name) => isJsonObject(entry[name])) : undefined
}

interface Recognised {
  readonly codec: EntryCodec
  /** The entry in the shape that the codec reads. */
  readonly said: JsonObject
}

/** Recognises the codec of an entry by its members. */
export function recognise(entry: JsonObject, envelope: JsonObject): Recognised {
  const has = (...names: readonly string[]) => names.some((name) => Object.hasOwn(entry, name))
  const as = (codec: EntryCodec, said = entry): Recognised => ({ codec, said })
  if (!has(...MARKS.achievement)) {
    if (has(...MARKS.update)) return as(updateCodec, asRequest(entry, envelope))
    if (isRequest(entry)) return as(updateCodec)
    if (has('id') && has(...MARKS.legacy)) return as(legacyCodec)
    if (has(...MARKS.firstTitle)) return as(firstTitleCodec)
    if (has(...MARKS.title)) return as(titleCodec)
  }
  return as(achievementCodec, withoutDocumentedNames(entry))
}

const MARKS = {
  achievement: ['progressState', 'progression'],
  update: ['percentComplete'],
  legacy: ['unlocked', 'imageId', 'gamerscore', 'flags'],
  firstTitle: ['lastPlayed', 'currentAchievements', 'totalGamerscore'],
  title: ['lastUnlock', 'earnedAchievements', 'maxGamerscore'],
} as const

/** Whether neither `recognise` nor the codec reads a member at the top. */
export function isIgnored(codec: EntryCodec, member: string): boolean {
  return !codec.knows(member) && !READ_BY_ALL.has(member)
}

const READ_BY_ALL: ReadonlySet<string> = new Set([
  ...Object.values(MARKS).flat(),
  'id',
  'achievements',
  'platform',
  'platforms',
])
