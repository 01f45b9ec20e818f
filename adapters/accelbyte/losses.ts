import type { Canonical, ProgressFacts, TitleFacts } from '../../src/dialect/adapter.ts'
import { type LossRules, measureLosses } from '../../src/dialect/kit/measure-losses.ts'
import type { LossReport } from '../../src/dialect/losses.ts'
import type { Achievement } from '../../src/model/achievement.ts'
import { isVerbatim } from './verbatim.ts'

/** What a field loses, for a person. A new field of the model fails to compile until it is answered for. */
type Details<Part> = Readonly<Record<Exclude<keyof Part, 'ids' | 'extensions'>, string>>

const NO_LOCATION = 'AccelByte has no place for it'

const TITLE: Details<TitleFacts> = {
  binding: 'AccelByte knows a title by its namespace alone',
  displayName: NO_LOCATION,
}

const ACHIEVEMENT: Details<Achievement> = {
  id: 'an achievement code is not empty',
  listOrder: 'a list order is an integer',
  name: 'a language has one text',
  description: 'name and description share one default language',
  lockedDescription: NO_LOCATION,
  hidden: NO_LOCATION,
  serverOnly: NO_LOCATION,
  kind: NO_LOCATION,
  window: NO_LOCATION,
  participation: 'an achievement is of one player, or global, of all players together',
  requirements:
    'AccelByte knows one requirement, a double named goal that is reached from below; an achievement that asks for more is unlocked by the game',
  rewards: NO_LOCATION,
  media: 'an icon is of the unlocked state or of the locked one, and those of the unlocked state come first',
  tags: 'AccelByte accepts at most 5 tags',
  platforms: NO_LOCATION,
  productId: NO_LOCATION,
  deepLink: NO_LOCATION,
  estimatedTime: NO_LOCATION,
  titleAssociations: NO_LOCATION,
  createTime: 'year 1 says never',
  updateTime: 'year 1 says never',
}

const PROGRESS: Details<ProgressFacts> = {
  account: 'a user row does not say whose it is',
  achievementId: 'an achievement code is not empty',
  state: NO_LOCATION,
  percent: 'a user row has a value and no percent',
  values: 'a user row has one value, a double that names no requirement, and always has it',
  unlockTime: 'only an unlocked achievement has an unlock time; year 1 means that there is none',
  revoked: NO_LOCATION,
}

const DETAILS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  title: TITLE,
  achievement: ACHIEVEMENT,
  progress: PROGRESS,
}

/** Members of the extension that keep original texts may be dropped when the value has changed since. */
const LOSS_RULES: LossRules = {
  dialect: 'accelbyte',
  hasWholeItems: true,
  canCarry: ([part = '', field = '']) => DETAILS[part]?.[field] !== NO_LOCATION,
  comparesExtension: (member) => !isVerbatim(member),
  reasonFor([part = '', field = '']) {
    if (field === 'ids') return 'a definition in REST form has no id'
    if (field === 'extensions') return 'not what this form of the dialect can say, or must say'
    if (field === '' && part === 'progress') return 'a definition does not carry progress'
    return DETAILS[part]?.[field] ?? NO_LOCATION
  },
}

/** Reports the losses of an entry that is read back as `back`. A user row carries neither a definition nor the title's binding. */
export function reportLosses(record: Canonical, back: Canonical, losses: LossReport): void {
  const { binding } = record.title
  const title = back.progress === undefined ? back.title : { ...back.title, binding }
  measureLosses(
    record,
    { ...back, title, achievement: back.achievement ?? record.achievement },
    losses,
    LOSS_RULES,
  )
}
