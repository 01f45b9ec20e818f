import sharp from 'sharp'
import type { DialectFixtures, GatewayFixtures, RouteTarget } from '../../test/support/dialect-fixtures.ts'
import { isSnowflakeText } from './snowflake.ts'
import { lintCases } from './testing/lint-cases.ts'

const described = () => ({ body: { name: 'New', description: '' } })
const renamed = () => ({ body: { name: 'x' } })
const reported = () => ({ body: { percent_complete: 10 } })

const requests: GatewayFixtures['requests'] = {
  'create achievement': described,
  'create achievement (oauth2)': described,
  'update achievement': renamed,
  'update achievement (oauth2)': renamed,
  'delete achievement': ({ achievementId }) => ({ params: { achievement: achievementId('doomed') } }),
  'delete achievement (oauth2)': ({ achievementId }) => ({
    params: { achievement: achievementId('doomed again') },
  }),
  'update user achievement': reported,
  'update user achievement, of @me': () => ({ params: { user: '@me' }, ...reported() }),
  'list user achievements': ({ player }) => (player === 'ann' ? { params: { user: '@me' } } : {}),
}

const access: GatewayFixtures['access'] = {
  'list achievements': 'service',
  'list achievements (oauth2)': 'service',
  'get achievement': 'service',
  'get achievement (oauth2)': 'service',
  'create achievement': 'service',
  'create achievement (oauth2)': 'service',
  'update achievement': 'service',
  'update achievement (oauth2)': 'service',
  'delete achievement': 'operator',
  'delete achievement (oauth2)': 'operator',
  'update user achievement': 'player',
  'update user achievement, of @me': 'self',
  'list user achievements': 'self_or_not_found',
  'get achievement icon': 'public',
}

/** Uploads an icon, which the CDN then shows to every caller. */
async function prepare(url: string, operator: string, { binding }: RouteTarget) {
  const image = sharp({ create: { width: 16, height: 16, channels: 3, background: 'green' } })
  const icon = `data:image/png;base64,${(await image.png().toBuffer()).toString('base64')}`
  const path = `/discord/api/v10/applications/${binding['application_id']}/achievements`
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bot ${operator}` },
    body: JSON.stringify({ name: 'Green', description: '', icon }),
  })
  const { icon_hash: hash } = (await response.json()) as { readonly icon_hash: string }
  return { file: `${hash}.png` }
}

export const fixtures: DialectFixtures = {
  binding: (number) => ({ application_id: `${461_618_159_171_140_000n + BigInt(number)}` }),
  account: (number) => `${80_351_110_224_670_000n + BigInt(number)}`,
  achievementId: (number) => `${461_618_159_171_150_000n + BigInt(number)}`,
  gateway: {
    access,
    requests,
    reports: ['update user achievement'],
    params: ({ binding, account, achievementId }) => ({
      application: binding['application_id'] ?? '',
      achievement: achievementId('a'),
      user: account,
      file: `${'0'.repeat(32)}.png`,
    }),
    authorization: (token, caller) => `${caller === 'service' ? 'Bot' : 'Bearer'} ${token}`,
    prepare,
    hidden: {
      readingRoutes: [],
      // Discord omits a secret from the user's list until it is complete.
      beforeUnlock: [],
      afterUnlock: ['list user achievements'],
      toService: [],
      unchecked: { masked: [], shown: [] },
    },
  },
  bridge: {
    basePath: '/discord/api/v10',
    answersEach: true,
    progressed: ['delivered', 'delivered', 'delivered', 'refused', 'refused'],
    percents: [40, 29, 30, 0, 0],
    unlocked: ['delivered', 'delivered', 'delivered', 'refused', 'refused'],
    readReport({ path }) {
      const [, account = '', id = ''] =
        /^\/users\/(\d+)\/applications\/\d+\/achievements\/(\d+)$/.exec(path) ?? []
      return { account, achievements: [id] }
    },
  },
  corpus: {
    rules: [
      [/error_/, { skip: 'the body of an error' }],
      [/http_/, { skip: 'a captured HTTP response' }],
      [/locales/, { skip: 'a list of languages' }],
      [/\.request\.json$/, { skip: 'a request: it names no achievement' }],
      [/update_user_achievement/, { skip: 'an empty answer' }],
    ],
    normalisations: [],
  },
  edits: ['v6', 'v10'].map((shape) => ({
    said: 'another secure',
    shape,
    of: 'rich',
    locale: 'en',
    change: (entry) => ({ ...entry, secure: entry['secure'] !== true }),
    changed: ({ serverOnly }) => ({ serverOnly: !serverOnly }),
  })),
  lint: lintCases,
  sample: 'definitions-v10.json',
  parsers: { 'a snowflake': isSnowflakeText },
}
