import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { idDigest } from './page-tokens.ts'
import { type Page, readPage, readReorderablePage } from './paging.ts'

interface Item {
  readonly id: string
  readonly text?: string
}

const INVALID = expect.objectContaining({ reason: 'PAGE_TOKEN_INVALID' })
const LIST = ['items', 'x'.repeat(10_000)]

const readers: Readonly<
  Record<string, (items: readonly Item[], pageToken: string, size?: number) => Promise<Page<Item>>>
> = {
  'by position': (items, pageToken, pageSize = 2) =>
    readPage(
      { pageSize, pageToken },
      LIST,
      async (after, limit) => {
        const next = after === undefined ? 0 : items.findIndex(({ id }) => id === after.id) + 1
        return items.slice(next, next + limit)
      },
      ({ id }) => ({ key: -5n, id }),
    ),
  'by returned items': (items, pageToken, pageSize = 2) =>
    readReorderablePage(
      { pageSize, pageToken },
      LIST,
      async (returned, limit) => {
        const known = new Set(returned)
        return { items: items.filter(({ id }) => !known.has(idDigest(id))).slice(0, limit), isCut: false }
      },
      ({ id }) => id,
    ),
}

const ids = fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), { maxLength: 9 })
const itemsOf = (count: number, text?: string): readonly Item[] =>
  Array.from({ length: count }, (_, index) => ({ id: `item-${index}`, ...(text && { text }) }))

describe.each(Object.entries(readers))('pages %s', (_, read) => {
  test('have each item once', async () => {
    await fc.assert(
      fc.asyncProperty(ids, async (all) => {
        const items = all.map((id) => ({ id: id.replaceAll('\u0000', '0') }))
        fc.pre(new Set(items.map(({ id }) => id)).size === items.length)
        const found: string[] = []
        for (let token: string | undefined = ''; token !== undefined; ) {
          const page: Page<Item> = await read(items, token)
          found.push(...page.items.map(({ id }) => id))
          token = page.nextPageToken
        }
        expect(found).toEqual(items.map(({ id }) => id))
      }),
    )
  })

  test('reject a token that differs from the one given in how it is spelled or in its size', async () => {
    const { nextPageToken: token = '' } = await read(itemsOf(9), '')
    const bytes = Buffer.from(token, 'base64url')
    const junk = [
      `${token}=`,
      `${token} `,
      `!${token}`,
      `${token}\n`,
      'A',
      '!',
      '{}',
      'A'.repeat(4_000_000),
      ...['null', '5', '{}', '["0"]', '["0","a","b"]', '['.repeat(100_000)].map((text) => Buffer.from(text)),
      bytes.subarray(0, -1),
      bytes.subarray(1),
      Buffer.concat([bytes, bytes]),
      Buffer.alloc(16),
      Buffer.concat([bytes, Buffer.from(' ')]),
    ].map((text) => (typeof text === 'string' ? text : text.toString('base64url')))
    for (const text of junk) await expect(read(itemsOf(9), text), text.slice(0, 40)).rejects.toEqual(INVALID)
  })

  test('reject the token of another list', async () => {
    const other = await readPage(
      { pageSize: 1, pageToken: '' },
      ['other'],
      async () => itemsOf(2),
      ({ id }) => ({ key: 0n, id }),
    )
    await expect(read(itemsOf(9), other.nextPageToken ?? '')).rejects.toEqual(INVALID)
  })
})

describe('a token of returned items', () => {
  const read = readers['by returned items'] as NonNullable<(typeof readers)[string]>

  test('does not name an item twice', async () => {
    const { nextPageToken = '' } = await read(itemsOf(9), '', 1)
    const bytes = Buffer.from(nextPageToken, 'base64url')
    const twice = Buffer.concat([bytes, bytes.subarray(16)]).toString('base64url')
    await expect(read(itemsOf(9), twice)).rejects.toEqual(INVALID)
  })

  test('holds 100,000 items, and counts towards the size of the page', async () => {
    const items = itemsOf(100_000, 'x'.repeat(3000))
    const head = Buffer.from((await read(items, '', 1)).nextPageToken ?? '', 'base64url').subarray(0, 16)
    const digests = items.slice(0, 99_000).map(({ id }) => Buffer.from(idDigest(id), 'hex'))
    const page = await read(items, Buffer.concat([head, ...digests]).toString('base64url'), 1000)
    expect(page.nextPageToken?.length).toBeGreaterThan(1_000_000)
    expect(page.items.length).toBeGreaterThan(500)
    const size = Buffer.byteLength(JSON.stringify(page))
    expect(size).toBeLessThan(3.1 * 2 ** 20)
    const last = await read(items, page.nextPageToken ?? '', 1000)
    expect(page.items.length + last.items.length).toBe(1000)
    expect(last.nextPageToken).toBeUndefined()
  })
})

test('a page that ends where its filter left out too many items has a token, even without items', async () => {
  const matching = [3n, 4n, 25n]
  const pages: bigint[][] = []
  for (let pageToken: string | undefined = ''; pageToken !== undefined; ) {
    const page: Page<bigint> = await readPage(
      { pageSize: 1, pageToken },
      ['filtered'],
      async (last, limit) => {
        const end = (last?.key ?? 0n) + 10n
        const items = matching.filter((key) => key > (last?.key ?? 0n) && key <= end).slice(0, limit)
        const isCut = items.length < limit && end < 30n
        return { items, isCut, scannedTo: isCut ? end : undefined }
      },
      (key) => ({ key, id: '' }),
    )
    pages.push([...page.items])
    pageToken = page.nextPageToken
  }
  expect(pages).toEqual([[3n], [4n], [], [25n]])
})
