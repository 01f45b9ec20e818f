import type { LintedDefinitions, LintFixtures } from '../../../test/support/dialect-fixtures.ts'
import { achievementOf } from '../../../test/support/records.ts'

const title = {
  id: 't',
  defaultLocale: 'en',
  bindings: { discord: { application_id: '461618159171141643' } },
}
const icon = { role: 'icon', name: 'a'.repeat(32), url: '' } as const

function achievement(number: number, parts: Parameters<typeof achievementOf>[0] = {}) {
  const name = { locale: 'en', text: 'First Light', translations: { de: 'Erstes Licht', nb: 'Første lys' } }
  const ids = { discord: `${461_618_159_171_150_000n + BigInt(number)}` }
  return achievementOf({ id: `a${number}`, name, media: [icon], ids, ...parts })
}

function only(parts: Parameters<typeof achievementOf>[0]): LintedDefinitions {
  return { title, achievements: [achievement(1, parts)] }
}

export const lintCases: LintFixtures = {
  clean: [
    { title, achievements: [] },
    { title: { ...title, bindings: {} }, achievements: [achievement(1, { ids: {} })] },
    { title, achievements: Array.from({ length: 1000 }, (_, index) => achievement(index)) },
  ],
  broken: {
    'achievement-count': {
      title,
      achievements: Array.from({ length: 1001 }, (_, index) => achievement(index)),
    },
    'icon-required': only({ media: [{ ...icon, role: 'locked_icon' }] }),
    'locale-known': only({ name: { locale: 'en', text: 'x', translations: { tlh: 'y' } } }),
    'id-digits': only({ ids: { discord: '4611686018427387' } }),
    'application-id-digits': {
      title: { ...title, bindings: { discord: { application_id: '4611686018427387' } } },
      achievements: [achievement(1)],
    },
  },
}
