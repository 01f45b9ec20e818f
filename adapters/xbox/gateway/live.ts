import { z } from 'zod'
import { formatTimeSpan, parseTimeSpan } from '../formats.ts'

/*
 * Corrects entries for strict clients of the live service: the extension of an imported document may put back a value that they
 * refuse. Unknown members stay.
 */

const LARGEST_TITLE_ID = 2 ** 32 - 1
const LAST_OF_DAY = parseTimeSpan('23:59:59') ?? 0n

const text = z.string().catch('')
const mediaAsset = z.looseObject({ name: text, type: z.string().catch('Icon'), url: text })

const requirement = z.looseObject({
  id: z.string(),
  current: z.string().nullable().catch(null),
  target: z.string(),
  operationType: z.string().catch('Sum'),
  valueType: z.string().catch('Integer'),
  ruleParticipationType: z.string().catch('Individual'),
})

const reward = z.looseObject({
  name: z.string().nullable().catch(null),
  description: z.string().nullable().catch(null),
  value: text,
  type: z.string(),
  mediaAsset: mediaAsset.nullable().catch(null),
  valueType: z.string().catch('String'),
})

const titleAssociation = z.looseObject({ name: text, id: z.unknown() })

const isTitleId = ({ id }: { readonly id: unknown }) =>
  Number.isInteger(id) && Number(id) >= 0 && Number(id) <= LARGEST_TITLE_ID

/** Clients read it as a time of day. */
const timeOfDay = z.string().transform((said) => {
  const span = parseTimeSpan(said) ?? 0n
  return formatTimeSpan(span < 0n ? 0n : span > LAST_OF_DAY ? LAST_OF_DAY : span)
})

export const liveAchievement = z.looseObject({
  titleAssociations: z.array(titleAssociation).transform((list) => list.filter(isTitleId)),
  progression: z.looseObject({ requirements: z.array(requirement) }),
  mediaAssets: z.array(mediaAsset),
  rewards: z.array(reward),
  estimatedTime: timeOfDay,
})

const number = z.int().catch(0)

export const liveLegacy = z.looseObject({
  sequence: number,
  flags: number,
  unlockedOnline: z.boolean().catch(false),
  platform: number,
  imageId: number,
  type: z.int().catch(1),
})

/** Of a title in a player's history. */
export const liveTitle = z.looseObject({
  titleType: z.string().catch('DGame'),
  platform: z.string().catch('Durango'),
})

/** The same in contract 1. */
export const liveFirstTitle = z.looseObject({
  sequence: number,
  titleType: z.int().catch(1),
  platforms: z.array(z.int()).catch([]),
})
