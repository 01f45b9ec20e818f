import { expect, test } from 'vitest'
import type { Loss } from '../../dialect/losses.ts'
import { TranslateResponse } from '../../gen/laurel/v1/exchange_service.ts'
import type { ExportPart, ImportPart } from '../../service/exchange/document-parts.ts'
import { type DocumentMessage, writeDocument, writeImport } from './parts.ts'

async function* parts<Part>(...made: Part[]) {
  yield* made
}

async function all<Message>(messages: AsyncIterable<Message>): Promise<readonly Message[]> {
  const found: Message[] = []
  for await (const message of messages) found.push(message)
  return found
}

async function documentOf(...made: ExportPart[]): Promise<readonly DocumentMessage[]> {
  return all(writeDocument(parts(...made)))
}

const loss = (from: string): Loss => ({ kind: 'dropped', path: '$', from, to: undefined, detail: 'no place' })

test('a part that fits is one message, and the last one has the summary', async () => {
  const content = Buffer.from('[]')
  const messages = await documentOf(
    { content, losses: [loss('a')] },
    { losses: [], summary: { entryCount: 0, lossCount: 1, createdIdCount: 0 } },
  )
  expect(messages).toMatchObject([
    { content, losses: [{ fromJson: '"a"', toJson: '' }], summary: undefined },
    { losses: [], summary: { entryCount: 0, lossCount: 1, createdIdCount: 0 } },
  ])
})

test('a part above the limit of clients is split without loss', async () => {
  const content = Buffer.alloc(5 * 2 ** 20 + 7, 'x')
  const losses = Array.from({ length: 40 }, () => loss('界'.repeat(60_000)))
  const messages = await documentOf({
    content,
    losses,
    summary: { entryCount: 1, lossCount: 40, createdIdCount: 0 },
  })
  for (const message of messages) {
    const bytes = TranslateResponse.encode({ ...message, losses: [...message.losses] }).finish()
    expect(bytes.length).toBeLessThan(4 * 2 ** 20)
  }
  expect(Buffer.concat(messages.map((message) => message.content))).toEqual(content)
  expect(messages.flatMap((message) => message.losses)).toHaveLength(40)
  expect(messages.map(({ summary }) => summary !== undefined).indexOf(true)).toBe(messages.length - 1)
})

test('an overlong value is truncated', async () => {
  const [message] = await documentOf({ losses: [loss('x'.repeat(100_000))] })
  const value = JSON.parse(message?.losses[0]?.fromJson ?? '')
  expect(value).toBe(`"${'x'.repeat(999)}…`)
})

test('outcomes are split like losses', async () => {
  const outcome = {
    path: '$[0]',
    achievementId: 'a',
    kind: 'new',
    error: undefined,
    possibleDuplicates: [],
    drift: undefined,
    changes: [],
  } as const
  const made: ImportPart = { outcomes: Array(200_000).fill(outcome), losses: [] }
  const messages = await all(writeImport(parts(made)))
  expect(messages.length).toBeGreaterThan(1)
  expect(messages.flatMap(({ outcomes }) => outcomes)).toHaveLength(200_000)
})
