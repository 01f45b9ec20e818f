import { parseInstant } from '../../src/model/instant.ts'
import type { JsonObject, JsonValue } from '../../src/model/json.ts'
import type {
  DialectFixtures,
  DocumentEdit,
  GatewayFixtures,
  Normalisation,
  Outcome,
  RouteTarget,
} from '../../test/support/dialect-fixtures.ts'
import { achievementOf, gamerscore } from '../../test/support/records.ts'
import { integerOf, parseTimeSpan, scidOf } from './formats.ts'
import { inLanguages, readLanguages } from './gateway/languages.ts'
import { readPage, readQuery } from './gateway/query.ts'
import { lintCases } from './testing/lint-cases.ts'

const modern = { headers: { 'x-xbl-contract-version': '2' } }
const inTitle = ({ binding }: RouteTarget) => ({ titleId: binding['title_id'] ?? '' })
const update = ({ achievementId }: RouteTarget) => ({
  ...modern,
  body: { action: 'progressUpdate', achievements: [{ id: achievementId('a'), percentComplete: 10 }] },
})

const requests: GatewayFixtures['requests'] = {
  listAchievements: (target) => ({ ...modern, query: inTitle(target) }),
  'listAchievements, of me': (target) => ({ ...modern, query: inTitle(target), params: { user: 'me' } }),
  'listAchievements, of all titles': () => ({ ...modern, query: { maxItems: '1000' } }),
  'listAchievements, possible ones': (target) => ({
    ...modern,
    query: { ...inTitle(target), possibleOnly: 'true' },
  }),
  listTitleAchievements: (target) => ({
    headers: { 'x-xbl-contract-version': '1' },
    query: inTitle(target),
  }),
  getAchievement: () => modern,
  updateAchievements: update,
  'updateAchievements, of me': (target) => ({ ...update(target), params: { user: 'me' } }),
  listTitles: () => ({ ...modern, query: { maxItems: '1000' } }),
  getIcon: () => ({ params: { file: 'laurel-locked.png' } }),
}

const access: GatewayFixtures['access'] = {
  listAchievements: 'player',
  'listAchievements, of me': 'self',
  'listAchievements, of all titles': 'player',
  'listAchievements, possible ones': 'title',
  listTitleAchievements: 'player',
  getAchievement: 'player',
  updateAchievements: 'player',
  'updateAchievements, of me': 'self',
  listTitles: 'player',
  getIcon: 'public',
}

/** A list of all titles that the caller may see denies a title by leaving it out. */
function outcomeOf(
  call: string,
  { binding }: RouteTarget,
  status: number,
  body: string,
): Outcome | undefined {
  if (status !== 200 || (call !== 'listTitles' && call !== 'listAchievements, of all titles'))
    return undefined
  return body.includes(binding['service_config_id'] ?? '') ? 'allowed' : 'denied'
}

const hidden = [
  'getAchievement',
  'listAchievements',
  'listAchievements, of all titles',
  'listAchievements, of me',
  'listAchievements, possible ones',
  'listTitleAchievements',
]

const isWritten = (before: JsonValue | undefined, after: JsonValue | undefined) =>
  (before ?? null) === null && after !== undefined
const isLeftOut = (before: JsonValue | undefined, after: JsonValue | undefined) =>
  before !== undefined && after === undefined
const isSameInstant = (before: JsonValue | undefined, after: JsonValue | undefined) =>
  typeof before === 'string' && typeof after === 'string' && parseInstant(before) === parseInstant(after)

const NORMALISATIONS: readonly Normalisation[] = [
  {
    path: /\.(mediaAsset|operationType|valueType|ruleParticipationType|requirements)$/,
    explains: isWritten,
    reason: 'what the wire requires and the document leaves out is written',
  },
  {
    path: /\.progression\.achievementState$/,
    explains: isLeftOut,
    reason: 'it repeats progressState',
  },
  { path: /\.platform$/, explains: isLeftOut, reason: 'platform becomes platforms' },
  { path: /\.platforms$/, explains: isWritten, reason: 'platform becomes platforms' },
  {
    path: /\.(startDate|endDate|timeUnlocked)$/,
    explains: isSameInstant,
    reason: 'instants are written in UTC with seven digits',
  },
  {
    path: /^\$\.version$/,
    explains: isLeftOut,
    reason: 'it stands beside the list and in no entry; reported as a loss',
  },
]

const stored = { ...achievementOf({ id: 'a' }), titleId: '', etag: '', createTime: 0n, updateTime: 0n }

const renamings = [
  ['achievement', undefined],
  ['achievement', 'de'],
  ['achievement', 'en'],
  ['achievement', 'fr'],
  ['legacy', undefined],
  ['legacy', 'en'],
].map(([shape = '', locale]): DocumentEdit => {
  const name = `changed in ${shape} of ${locale}`
  return {
    said: 'another name',
    shape,
    of: 'rich',
    locale,
    change: (entry) => ({ ...entry, name }),
    changed({ name: before }) {
      if (locale === undefined || locale === before.locale) return { name: { ...before, text: name } }
      return { name: { ...before, translations: { ...before.translations, [locale]: name } } }
    },
  }
})

const changes = (
  [
    ['legacy', { gamerscore: 30 }, ({ rewards }) => ({ rewards: [...gamerscore(30), ...rewards.slice(1)] })],
    ['legacy', { isSecret: false }, () => ({ hidden: false })],
    ['achievement', { platforms: ['PC', 'Android'] }, () => ({ platforms: ['PC', 'Android'] })],
    ['achievement', { deeplink: 'game://richer' }, () => ({ deepLink: 'game://richer' })],
  ] satisfies [string, JsonObject, DocumentEdit['changed']][]
).map(
  ([shape, members, changed]): DocumentEdit => ({
    said: JSON.stringify(members),
    shape,
    of: 'rich',
    locale: undefined,
    change: (entry) => ({ ...entry, ...members }),
    changed,
  }),
)

const retargeted: DocumentEdit = {
  said: 'another target',
  shape: 'achievement',
  of: 'counted',
  locale: 'en',
  change(entry) {
    const { requirements, ...progression } = entry['progression'] as { requirements: readonly JsonObject[] }
    const all = requirements.map((one) => ({ ...one, target: '12' }))
    return { ...entry, progression: { ...progression, requirements: all } }
  },
  // Not the stat, which Xbox cannot hold.
  changed: ({ requirements }) => ({ requirements: requirements.map((one) => ({ ...one, target: 12n })) }),
}

export const fixtures: DialectFixtures = {
  binding: (number) => ({
    service_config_id: `00000000-0000-0000-0000-0000${number.toString(16).padStart(8, '0')}`,
    title_id: String(number),
  }),
  account: (number) => `${2_533_274_600_000_000 + number}`,
  achievementId: (number) => String(number),
  gateway: {
    access,
    requests,
    reports: ['updateAchievements'],
    params: ({ binding, account, achievementId }) => ({
      scid: binding['service_config_id'] ?? '',
      achievementId: achievementId('a'),
      user: `xuid(${account})`,
    }),
    authorization: (token) => `XBL3.0 x=1;${token}`,
    outcomeOf,
    hidden: {
      readingRoutes: [],
      beforeUnlock: hidden,
      afterUnlock: hidden,
      toService: [],
      unchecked: { masked: [], shown: [] },
    },
  },
  bridge: {
    basePath: '/xbox',
    answersEach: false,
    // Whatever follows a stat is event-based on Xbox, and cannot be reported.
    progressed: ['delivered', 'delivered', 'delivered', 'refused', 'refused'],
    percents: [40, 29, 30, 0, 0],
    unlocked: ['delivered', 'delivered', 'delivered', 'refused', 'refused'],
    readReport({ path, body }) {
      const [, account = ''] = /^\/users\/xuid\((\d+)\)\//.exec(path) ?? []
      const { achievements } = JSON.parse(body)
      return { account, achievements: achievements.map(({ id }: { id: string }) => id) }
    },
  },
  corpus: {
    rules: [
      [/\.jsonl$/, { skip: 'requests of HTTP clients, not a document' }],
      [/-check\.txt$/, { skip: 'notes about documents, not one' }],
      [/one_recent_progress/, { way: 'history' }],
      [/update_request/, { way: 'update' }],
    ],
    normalisations: NORMALISATIONS,
    hasProgress: true,
  },
  edits: [...renamings, ...changes, retargeted],
  lint: lintCases,
  sample: 'achievements.json',
  parsers: {
    'a time span': parseTimeSpan,
    'an integer': integerOf,
    'a title id': scidOf,
    'a list query': (text) => readQuery(new URLSearchParams({ titleId: text, continuationToken: text })),
    'a page query': (text) => readPage(new URLSearchParams({ continuationToken: `1${text}` })),
    'accepted languages': (text) => inLanguages(stored, readLanguages(`${text},${text.slice(0, 8)}`)),
  },
}
