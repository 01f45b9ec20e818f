import type { z } from 'zod'
import type { Canonical, DecodeContext, EncodeContext } from '../../src/dialect/adapter.ts'
import { BLANK_ACHIEVEMENT, BLANK_PROGRESS, BLANK_RECORD } from '../../src/dialect/kit/blank.ts'
import { scoreOf } from '../../src/model/achievement.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { entryCodec } from './entry-codec.ts'
import {
  bindingOf,
  integerOf,
  jsonInteger,
  LEGACY_NEVER,
  readTime,
  titleNumber,
  writeTime,
} from './formats.ts'
import { achievementIdOf, textIn } from './record.ts'
import { legacySchema } from './schema.ts'

type Wire = z.output<typeof legacySchema>

const OF_THE_PLAYER: ReadonlySet<unknown> = new Set([
  'unlocked',
  'unlockedOnline',
  'timeUnlocked',
  'isRevoked',
  'sequence',
  'flags',
])

/** An achievement of an Xbox 360 title, as contracts 1 and 3 have it. */
export const legacyCodec = entryCodec<Wire>({
  mark: { part: 'achievement', name: 'legacy' },
  schema: legacySchema,
  fromWire,
  write,
  partAt: ([member]) => (OF_THE_PLAYER.has(member) ? 'progress' : 'achievement'),
  locations: { achievement: [], progress: [] },
  free: new Set(['sequence', 'flags', 'unlockedOnline', 'platform', 'imageId', 'type']),
})

function fromWire(wire: Wire, { locale }: DecodeContext): Canonical {
  const id = String(wire.id)
  const description = wire.description ?? ''
  const locked = wire.lockedDescription ?? description
  const score = String(wire.gamerscore ?? 0)
  const achieved = wire.unlocked === true
  const text = (said: string) => ({ locale, text: said, translations: {} })
  return {
    ...BLANK_RECORD,
    title: { ...BLANK_RECORD.title, binding: bindingOf(undefined, wire.titleId) },
    achievement: {
      ...BLANK_ACHIEVEMENT,
      id,
      name: text(wire.name),
      description: text(description),
      lockedDescription: locked === description ? undefined : text(locked),
      hidden: wire.isSecret ?? false,
      rewards:
        score === '0'
          ? []
          : [{ kind: 'gamerscore', value: score, name: undefined, description: undefined, media: undefined }],
      ids: { xbox: id },
    },
    progress: {
      ...BLANK_PROGRESS,
      achievementId: id,
      state: achieved ? 'achieved' : 'not_started',
      percent: achieved ? 100 : 0,
      unlockTime: achieved ? readTime(wire.timeUnlocked) : undefined,
      revoked: wire.isRevoked ?? false,
    },
  }
}

/** Without an extension the members that only Xbox 360 knows are written as zero and `type` as completion. */
function write(record: Canonical, { locale }: EncodeContext): JsonObject {
  const { achievement, progress } = record
  const unlocked = progress?.state === 'achieved'
  const description = textIn(achievement?.description, locale)
  const locked = achievement?.lockedDescription
  return {
    id: integerOf(achievementIdOf(record)),
    titleId: titleNumber(record.title.binding),
    name: textIn(achievement?.name, locale),
    sequence: 0,
    flags: 0,
    unlockedOnline: false,
    unlocked,
    isSecret: achievement?.hidden ?? false,
    platform: 0,
    gamerscore: achievement === undefined ? 0 : jsonInteger(scoreOf(achievement)),
    imageId: 0,
    description,
    lockedDescription: locked ? textIn(locked, locale) : description,
    type: 1,
    isRevoked: progress?.revoked ?? false,
    timeUnlocked: writeTime(unlocked ? progress.unlockTime : undefined, LEGACY_NEVER),
  }
}
