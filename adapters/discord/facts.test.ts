import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type JsonObject, sameJson } from '../../src/model/json.ts'
import {
  DEFINITION_MEMBERS,
  PROGRESS_MEMBERS,
  readDefinition,
  readProgressFacts,
  unusualInDefinition,
  unusualInProgress,
  writeDefinition,
  writeProgressFacts,
} from './facts.ts'

const ids = fc.constantFrom('612233445566778899', '7', 7)
const words = fc.constantFrom('', 'Lys', 'Licht')
const codes = fc.constantFrom('de', 'no', 'nb', 'xx', 'toString', '__proto__')
const languages = fc.dictionary(codes, fc.oneof({ weight: 4, arbitrary: words }, fc.constant(null)), {
  maxKeys: 3,
})
const localizations = fc.oneof(languages, fc.constant(null))
const objects = fc.record({ default: words, localizations }, { requiredKeys: ['default'] })
const flat = fc.tuple(objects, languages).map(([object, beside]) => ({ ...beside, ...object }))
const texts = fc.oneof(words, objects, flat)
const booleans = fc.constantFrom(true, false, null)
const icons = fc.constantFrom('0f1e2d3c4b5a69788796a5b4c3d2e1f0', 'not yet rendered', null)

const definitions = fc.record(
  {
    application_id: fc.option(ids),
    id: ids,
    secret: booleans,
    secure: booleans,
    name: texts,
    name_localizations: localizations,
    description: fc.option(texts),
    description_localizations: localizations,
    icon_hash: icons,
    icon: icons,
  },
  { requiredKeys: ['id', 'name'] },
)

const progressList = fc.record(
  {
    user_id: fc.option(ids),
    achievement_id: ids,
    percent_complete: fc.constantFrom(0, 40, 100),
    unlocked_at: fc.constantFrom('2019-11-19T18:03:11.471000+00:00', '2019-11-19T18:03:11Z', '', null),
  },
  { requiredKeys: ['achievement_id', 'percent_complete'] },
)

/** The facts of which a member is not what it is in the plain entry. */
function differing<Fact extends string>(
  entry: JsonObject,
  plain: JsonObject,
  names: Readonly<Record<Fact, readonly string[]>>,
): Fact[] {
  const facts = Object.keys(names) as Fact[]
  return facts.filter((fact) => names[fact].some((name) => !sameJson(entry[name], plain[name])))
}

describe('odd is what would be written otherwise, and nothing else,', () => {
  it.each(['v6', 'v10'] as const)('in a definition of %s', (shape) => {
    fc.assert(
      fc.property(definitions, (entry) => {
        const facts = readDefinition(entry)
        const plain = writeDefinition(facts, shape)
        expect(unusualInDefinition(entry, facts, shape)).toEqual(differing(entry, plain, DEFINITION_MEMBERS))
        expect(unusualInDefinition(plain, facts, shape)).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it('in progress', () => {
    fc.assert(
      fc.property(progressList, (entry) => {
        const facts = readProgressFacts(entry)
        const plain = writeProgressFacts(facts)
        expect(unusualInProgress(entry, facts)).toEqual(differing(entry, plain, PROGRESS_MEMBERS))
        expect(unusualInProgress(plain, facts)).toEqual([])
      }),
    )
  })
})
