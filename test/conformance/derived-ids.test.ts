import { describe, expect, test } from 'vitest'
import { adapters } from '../../adapters/index.ts'
import { parseJson } from '../../src/dialect/json-text.ts'
import { dialects } from '../../src/registry.ts'
import { translate } from '../../src/service/exchange/translate.ts'
import { fixturesOf } from '../support/dialect-fixtures.ts'
import { entryOf } from '../support/documents.ts'
import { callOf, spoolOf } from '../support/services.ts'
import { decodeSample, samplesIn } from './subjects.ts'

const pairs = adapters.flatMap((from) => adapters.filter((to) => to !== from).map((to) => ({ from, to })))

describe.each(pairs)('from $from.id to $to.id', ({ from, to }) => {
  async function translated(entries: readonly object[], shape?: string) {
    async function* content() {
      yield new TextEncoder().encode(JSON.stringify(entries))
    }
    const options = { from: from.id, to: to.id, shape, locale: undefined, lossPolicy: 'report' } as const
    const parts = await Array.fromAsync(
      translate({ dialects, spool: spoolOf() }, options, content(), callOf()),
    )
    const text = parts.map((part) => new TextDecoder().decode(part.content)).join('')
    const records = samplesIn(to, parseJson(text)).map((sample) => decodeSample(to, sample).result)
    return {
      losses: parts.flatMap(({ losses }) => losses).filter(({ path }) => path.endsWith('.title.binding')),
      ids: records.map(({ title, achievement }) => [title.binding, achievement?.ids[to.id]]),
    }
  }
  const entriesOf = (binding: object, name = 'Goal') =>
    [1, 2].map((number) => {
      const text = { locale: 'en', text: `${name} ${number}`, translations: {} }
      return entryOf(from.id, { number, achievement: { name: text }, binding: binding as never })
    })
  const game = (number: number) => entriesOf(fixturesOf(from.id).binding(number))

  test('two titles get ids of their own, alone and in one document, and always the same', async () => {
    const [one, other, both] = [
      await translated(game(1)),
      await translated(game(2)),
      await translated([...game(1), ...game(2)]),
    ]
    const idsOf = (ids: unknown) => JSON.stringify(ids)
    const all = [...one.ids, ...other.ids]
    expect(new Set(all.map(idsOf)).size).toBe(4)
    expect(all.map(([binding]) => idsOf(binding))).not.toContain(undefined)
    expect(both.ids).toEqual(all)
    expect(await translated(game(1))).toEqual(one)
    expect([...one.losses, ...other.losses].filter(({ kind }) => kind === 'defaulted')).toEqual([])
  })

  test('a document that does not name its title reports it once, with ids of its own', async () => {
    const nameless = await translated(entriesOf({}))
    const others = await translated(entriesOf({}, 'Aim'))
    expect(nameless.losses).toMatchObject([
      { kind: 'defaulted', path: '$[0].title.binding', to: nameless.ids[0]?.[0] },
    ])
    expect(nameless.losses[0]?.detail).toMatch(
      /^nothing in the document identifies its title: .* name the title/,
    )
    expect(others.ids[0]?.[0]).not.toEqual(nameless.ids[0]?.[0])
    expect(await translated(entriesOf({}))).toEqual(nameless)
  })
})
