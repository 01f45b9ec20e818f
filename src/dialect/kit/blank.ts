import type { Achievement } from '../../model/achievement.ts'
import type { Canonical, ProgressFacts } from '../adapter.ts'
import { EMPTY_OBJECT, NO_ITEMS } from '../empty.ts'

const NO_TEXT = Object.freeze({ locale: '', text: '', translations: EMPTY_OBJECT })

/** An achievement that says nothing: a decoder spreads it and sets the fields that its dialect knows. */
export const BLANK_ACHIEVEMENT: Achievement = Object.freeze({
  id: '',
  listOrder: 0,
  lifecycle: 'live',
  name: NO_TEXT,
  description: NO_TEXT,
  lockedDescription: undefined,
  hidden: false,
  serverOnly: false,
  kind: 'persistent',
  window: undefined,
  participation: 'individual',
  requirements: NO_ITEMS,
  rewards: NO_ITEMS,
  media: NO_ITEMS,
  tags: NO_ITEMS,
  platforms: NO_ITEMS,
  productId: undefined,
  deepLink: undefined,
  estimatedTime: undefined,
  titleAssociations: NO_ITEMS,
  ids: EMPTY_OBJECT,
  extensions: EMPTY_OBJECT,
  createTime: undefined,
  updateTime: undefined,
})

/** Progress that has not begun, of an achievement that it does not name. */
export const BLANK_PROGRESS: ProgressFacts = Object.freeze({
  account: undefined,
  achievementId: '',
  state: 'not_started',
  percent: 0,
  values: EMPTY_OBJECT,
  unlockTime: undefined,
  revoked: false,
  extensions: EMPTY_OBJECT,
})

export const BLANK_RECORD: Canonical = Object.freeze({
  title: Object.freeze({ binding: undefined, displayName: undefined, extensions: EMPTY_OBJECT }),
  achievement: undefined,
  progress: undefined,
  summary: undefined,
})
