import type { DialectFixtures } from '../../support/dialect-fixtures.ts'
import { achievementOf } from '../../support/records.ts'

const title = { id: 't', defaultLocale: 'en', bindings: {} }

export const fixtures: DialectFixtures = {
  binding: (number) => ({ game: `game-${number}` }),
  account: (number) => `child-${number}`,
  achievementId: (number) => `toy-${number}`,
  sample: 'toys.json',
  lint: {
    clean: [{ title, achievements: [achievementOf({ id: 'a' })] }],
    broken: { 'title-length': { title, achievements: [achievementOf({ id: 'a'.repeat(21) })] } },
  },
  edits: [
    {
      said: 'another title',
      shape: 'toy',
      of: 'rich',
      locale: undefined,
      change: (entry) => ({ ...entry, title: 'Richer' }),
      changed: ({ name }) => ({ name: { ...name, text: 'Richer' } }),
    },
  ],
  gateway: {
    access: { 'list toys': 'title', 'list toys of player': 'player', 'finish toy': 'player' },
    requests: {},
    reports: ['finish toy'],
    params: ({ binding, account, achievementId }) => ({
      game: binding['game'] ?? '',
      player: account,
      toy: achievementId('a'),
    }),
    authorization: (token) => `Bearer ${token}`,
    hidden: {
      readingRoutes: [],
      beforeUnlock: ['list toys', 'list toys of player'],
      afterUnlock: ['list toys', 'list toys of player'],
      toService: ['list toys', 'list toys of player'],
      unchecked: { masked: [], shown: ['list toys'] },
    },
  },
  bridge: {
    basePath: '/toy',
    answersEach: true,
    progressed: ['unsupported', 'unsupported', 'unsupported', 'unsupported', 'unsupported'],
    percents: [0, 0, 0, 0, 0],
    unlocked: ['delivered', 'delivered', 'delivered', 'unsupported', 'unsupported'],
    readReport({ path }) {
      const [, account = '', id = ''] = /\/players\/([^/]+)\/toys\/([^/]+)$/.exec(path) ?? []
      return { account, achievements: [id] }
    },
  },
}
