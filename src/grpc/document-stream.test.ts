import { expect, test } from 'vitest'
import { TranslateRequest } from '../gen/laurel/v1/exchange_service.ts'
import { FeedMigrationJobRequest } from '../gen/laurel/v1/migration_job_service.ts'
import { openDocument } from './document-stream.ts'

async function* sent(...messages: Partial<TranslateRequest>[]) {
  for (const message of messages) yield TranslateRequest.fromPartial(message)
}

async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of content) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

test('the first message has the options, each has a piece', async () => {
  const messages = sent({ from: 'toy', content: Buffer.from('[{') }, {}, { content: Buffer.from('}]') })
  const { first, content } = await openDocument(messages)
  expect(first.from).toBe('toy')
  expect(await textOf(content)).toBe('[{}]')
})

test('options in a later message are refused', async () => {
  const { content } = await openDocument(sent({ from: 'toy' }, { from: 'platform-a', lossPolicy: 2 }))
  const refused =
    'from must be set in the first message only; loss_policy must be set in the first message only'
  await expect(textOf(content)).rejects.toThrow(refused)
})

test('later messages may have integers of 64 bits at their default', async () => {
  const messages = (async function* () {
    yield FeedMigrationJobRequest.fromPartial({ source: 'a', position: 5n, content: Buffer.from('[') })
    yield FeedMigrationJobRequest.fromPartial({ content: Buffer.from(']') })
  })()
  const { first, content } = await openDocument(messages)
  expect(first.position).toBe(5n)
  expect(await textOf(content)).toBe('[]')
})

test('a stream without a message is refused', async () => {
  await expect(openDocument(sent())).rejects.toThrow('content must come after a message with options')
})

test('empty pieces are skipped, and too many of them are refused', async () => {
  const few = [{ from: 'toy' }, ...Array(1000).fill({}), { content: Buffer.from('[]') }]
  const { content } = await openDocument(sent(...few))
  const pieces: Uint8Array[] = []
  for await (const piece of content) pieces.push(piece)
  expect(pieces).toEqual([Buffer.from('[]')])
  const many = await openDocument(sent({ from: 'toy' }, ...Array(1001).fill({})))
  await expect(textOf(many.content)).rejects.toThrow('content must not be empty in more than 1000 messages')
})
