import { invalidArgument, type LaurelError } from '../model/errors.ts'
import { wireName } from '../model/wire-name.ts'
import { isSet } from './convert/fields.ts'

/** Empty messages add nothing to a document and cost as much as others. */
const MAX_EMPTY_MESSAGES = 1000

interface Piece {
  readonly content: Uint8Array
}

/** A document in pieces; the first message carries the options. */
export interface DocumentStream<Message> {
  readonly first: Message
  readonly content: AsyncIterable<Uint8Array>
}

/** @throws LaurelError if there is no first message; `content` throws if a later message has options. */
export async function openDocument<Message extends Piece>(
  messages: AsyncIterable<Message>,
): Promise<DocumentStream<Message>> {
  const iterator = messages[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done)
    throw invalidArgument([{ field: 'content', message: 'must come after a message with options' }])
  const rest = { [Symbol.asyncIterator]: () => iterator }
  return { first: first.value, content: contentOf(first.value, rest) }
}

async function* contentOf<Message extends Piece>(first: Message, rest: AsyncIterable<Message>) {
  if (first.content.length > 0) yield first.content
  let empty = 0
  for await (const message of rest) {
    checkBare(message)
    if (message.content.length > 0) yield message.content
    else empty += 1
    if (empty > MAX_EMPTY_MESSAGES) throw tooManyEmpty()
  }
}

function tooManyEmpty(): LaurelError {
  const message = `must not be empty in more than ${MAX_EMPTY_MESSAGES} messages of a stream: end the stream after the last piece`
  return invalidArgument([{ field: 'content', message }])
}

function checkBare(message: Piece): void {
  const options = Object.keys(message).filter((name) => name !== 'content' && isSet(message, name))
  if (options.length === 0) return
  throw invalidArgument(
    options.map((name) => ({ field: wireName(name), message: 'must be set in the first message only' })),
  )
}
