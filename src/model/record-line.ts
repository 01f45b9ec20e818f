import { EVENT_KINDS } from './event.ts'

/**
 * The type of a member of a line: `id`, 1 to 128 characters; `instant`, RFC 3339 with 7 digits; `percent`, an integer up to 100; `bigint`
 * and `decimal`, numbers as text; `quantities`, an object of doubles, and of integers as text; `json`, an object of objects; `sha256`, a
 * digest in hexadecimal; `base64`, bytes; or one of a list of texts.
 */
export type MemberType =
  | 'id'
  | 'idOrEmpty'
  | 'text'
  | 'instant'
  | 'integer'
  | 'percent'
  | 'bigint'
  | 'decimal'
  | 'double'
  | 'boolean'
  | 'quantities'
  | 'json'
  | 'texts'
  | 'sha256'
  | 'base64'
  | readonly string[]

/** A member of a line. A name with a dot is a member of the object before the dot. */
export interface LineMember {
  readonly type: MemberType
  /** Whether the member is absent if it has no value. */
  readonly isOptional?: true
}

const optional = (type: MemberType): LineMember => ({ type, isOptional: true })
const members = (types: Readonly<Record<string, MemberType | LineMember>>) =>
  Object.entries(types).map(([name, type]) => ({
    name,
    ...(typeof type === 'string' || Array.isArray(type)
      ? { type: type as MemberType }
      : (type as LineMember)),
  }))

const STATES = ['not_started', 'in_progress', 'achieved']
const PRECISIONS = ['exact', 'reported', 'imported', 'unknown']
const PLAYER_TITLE = { playerId: 'id', titleId: 'id' } as const
const TIMES = { createTime: 'instant', updateTime: 'instant' } as const

/** The kinds of lines that are rows of a table, in their order, and the members of each in theirs. */
export const ROW_KINDS = {
  image: members({ hash: 'text', format: ['png', 'jpeg', 'gif', 'webp'], content: 'base64' }),
  player: members({ playerId: 'id', displayName: 'text', ...TIMES }),
  account: members({ playerId: 'id', dialect: 'id', accountId: 'id' }),
  merged_player: members({
    absorbedId: 'id',
    playerId: 'id',
    actor: 'text',
    reason: 'text',
    createTime: 'instant',
  }),
  deleted_player: members({ digest: 'sha256', createTime: 'instant' }),
  player_title: members({
    ...PLAYER_TITLE,
    unlockedCount: 'integer',
    score: 'bigint',
    lastUnlockTime: optional('instant'),
    extensions: 'json',
  }),
  progress: members({
    titleId: 'id',
    playerId: 'id',
    achievementId: 'id',
    'progress.state': STATES,
    'progress.values': 'quantities',
    'progress.reportedPercent': 'percent',
    'progress.percent': 'percent',
    'progress.unlockTime': optional('instant'),
    'progress.firstReportTime': optional('instant'),
    'progress.lastReportTime': optional('instant'),
    'progress.windowStart': optional('instant'),
    'progress.unlockPrecision': optional(PRECISIONS),
    'progress.revoked': 'boolean',
    'progress.writer': 'text',
    'progress.extensions': 'json',
  }),
  stat_value: members({ ...PLAYER_TITLE, statCode: 'id', value: 'double', ...TIMES }),
  community_progress: members({
    titleId: 'id',
    achievementId: 'id',
    value: 'decimal',
    unlockTime: optional('instant'),
    ...TIMES,
  }),
  contribution: members({
    ...PLAYER_TITLE,
    achievementId: 'id',
    value: 'decimal',
    claimTime: optional('instant'),
    ...TIMES,
  }),
  event: members({
    titleId: 'id',
    playerId: 'idOrEmpty',
    achievementId: 'idOrEmpty',
    eventKind: EVENT_KINDS,
    time: 'instant',
    state: STATES,
    percent: 'percent',
    unlockTime: optional('instant'),
    actor: 'text',
    reason: 'text',
    requestId: 'text',
    values: optional('quantities'),
    reportedPercent: optional('percent'),
    firstReportTime: optional('instant'),
    lastReportTime: optional('instant'),
    windowStart: optional('instant'),
    unlockPrecision: optional(PRECISIONS),
    revoked: optional('boolean'),
    extensions: optional('json'),
  }),
  backfill: members({
    titleId: 'id',
    achievementId: 'id',
    silent: 'boolean',
    resetRequirements: 'texts',
    actor: 'text',
    requestId: 'text',
    ...TIMES,
  }),
} as const satisfies Readonly<Record<string, readonly (LineMember & { readonly name: string })[]>>

export type RowKind = keyof typeof ROW_KINDS

/** The kinds of lines that are definitions, as messages of the contract. */
export const DEFINITION_KINDS = ['title', 'stat', 'achievement'] as const

export type DefinitionKind = (typeof DEFINITION_KINDS)[number]

export type RecordKind = DefinitionKind | RowKind

export const RECORD_KINDS: readonly RecordKind[] = [
  ...DEFINITION_KINDS,
  ...(Object.keys(ROW_KINDS) as RowKind[]),
]

/** The format of the first line. */
export const RECORDS_FORMAT = 'laurel-records'
export const RECORDS_VERSION = 1
