import type { LintedDefinitions, LintFixtures } from '../../../test/support/dialect-fixtures.ts'
import { achievementOf, requirementOf } from '../../../test/support/records.ts'

type Parts = Parameters<typeof achievementOf>[0]

const title = { id: 't', defaultLocale: 'en', bindings: {} }
const media = [
  { role: 'locked_icon', name: 'locked', url: '' },
  { role: 'unlocked_icon', name: 'unlocked', url: '' },
] as const

function achievement(parts: Parts = {}) {
  const text = { locale: 'en-US', text: 'First Light', translations: { de: 'Erstes Licht' } }
  return achievementOf({ id: 'first-light', name: text, description: text, media, ...parts })
}

function only(parts: Parts): LintedDefinitions {
  return { title, achievements: [achievement(parts)] }
}

const goalOf = (statCode: string | undefined) => only({ requirements: [requirementOf({ statCode })] })

export const lintCases: LintFixtures = {
  clean: [
    { title, achievements: [] },
    only({ id: 'a'.repeat(32), tags: ['one', 'two_2', 'three-3', 'four:4', 'a'.repeat(30)] }),
    only({ media: [{ role: 'icon', name: 'both', url: '' }] }),
    goalOf('lanterns-lit-2'),
    // Written as not incremental, without the stats.
    only({ requirements: [requirementOf(), requirementOf({ id: 'other', statCode: 'Not A Code' })] }),
  ],
  broken: {
    'code-length': only({ id: 'a'.repeat(33) }),
    'code-case': only({ id: 'First-light' }),
    // Codes that differ by their case break `code-case` as well.
    'code-unique': { title, achievements: [achievement(), achievement()] },
    'stat-code-required': goalOf(undefined),
    'stat-code-length': goalOf('a'.repeat(33)),
    'stat-code-characters': goalOf('lanterns_lit'),
    'stat-code-case': goalOf('Lanterns'),
    'tag-count': only({ tags: ['a', 'b', 'c', 'd', 'e', 'f'] }),
    'tag-length': only({ tags: ['a'.repeat(31)] }),
    'tag-characters': only({ tags: ['two words'] }),
    'language-form': only({
      name: { locale: 'eng', text: 'x', translations: {} },
      description: { locale: 'eng', text: 'x', translations: {} },
    }),
    'translation-missing': only({ description: { locale: 'en-US', text: 'x', translations: {} } }),
    'locked-icon-missing': only({ media: [media[1]] }),
    'unlocked-icon-missing': only({ media: [media[0]] }),
  },
}
