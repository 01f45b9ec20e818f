import { type Metadata, type ServerInterceptingCallInterface, status } from '@grpc/grpc-js'
import { invalidArgument, LaurelError } from '../model/errors.ts'
import { Semaphore } from '../model/semaphore.ts'
import type { OpenCall } from '../service/call-limiter.ts'
import { frameOf } from './framed-message.ts'
import { HeldMessages } from './held-messages.ts'
import { MessageDecoder, SMALL_BYTES } from './message-decoder.ts'
import { toServiceError } from './status.ts'

/** As many as Node's pool has threads for. */
const MAX_DECOMPRESSIONS = 4
const MAX_WAITING = 16_384
const decompressions = new Semaphore(MAX_DECOMPRESSIONS, MAX_WAITING)

/** The members of grpc-js's call that receive and send messages, of which most are private. */
interface MessageCall {
  maxReceiveMessageSize: number
  readonly incomingEncoding: string
  decoder: Pick<MessageDecoder, 'write'>
  readonly stream: { resume(): void }
  decompressAndMaybePush(entry: unknown): Promise<void>
  handleEndEvent(): void
  decompressMessage(message: Buffer, encoding: string): Buffer | Promise<Buffer>
  serializeMessage(message: unknown): Buffer
  sendMessage(message: unknown, callback: () => void): void
}

export interface CountSettings {
  readonly metadata: Metadata
  readonly counted: OpenCall
  readonly signal: AbortSignal
  readonly hasOneRequest: boolean
  /** Ends the call. */
  readonly refuse: (error: unknown) => void
}

/** Counts the bytes of a call's messages as held. A call with one request takes its turn with it, until the response is sent. */
export function countMessages(next: ServerInterceptingCallInterface, settings: CountSettings): void {
  const call = next as unknown as MessageCall
  const { counted, hasOneRequest, refuse } = settings
  call.decoder = new MessageDecoder({
    maxBytes: call.maxReceiveMessageSize,
    counted,
    isKept: hasOneRequest,
    refuse,
  })
  if (call.incomingEncoding !== 'identity') decompressFew(call, settings)
  if (hasOneRequest) decodeInTurn(call, settings)
  else holdMessages(call, settings)
  countResponses(call, settings)
}

/**
 * Takes the turn of a call when its request is complete and the caller will send nothing else, and decodes the request after that.
 * grpc-js decodes at once; and a caller that sends nothing would hold a turn that begins earlier.
 */
function decodeInTurn(call: MessageCall, { counted, signal, refuse }: CountSettings): void {
  const { decompressAndMaybePush: decode, handleEndEvent: end } = call
  let request: unknown
  call.decompressAndMaybePush = async (entry) => {
    if (request !== undefined) return refuse(secondRequest())
    request = entry
    call.stream.resume()
  }
  call.handleEndEvent = () => {
    end.call(call)
    // A call that has ended still reads what its caller sends.
    if (request === undefined || counted.isClosed) return
    try {
      const turn = counted.turn(signal)
      if (turn === undefined) void decode.call(call, request)
      else turn.then(() => decode.call(call, request)).catch(refuse)
    } catch (error) {
      refuse(error)
    }
  }
}

/** 4 KB may be 4 MiB: few messages are decompressed at the same time, and then count with their size. */
function decompressFew(call: MessageCall, { counted, signal, hasOneRequest, refuse }: CountSettings): void {
  const { decompressMessage: decompress } = call
  call.decompressMessage = (message, encoding) => {
    if (encoding === 'identity') return decompress.call(call, message, encoding)
    const work = async () => {
      const bytes = await decompress.call(call, message, encoding)
      if (hasOneRequest) counted.reserve(bytes.length)
      return bytes
    }
    return decompressions.run(signal, work, counted.caller).catch((error: unknown) => refused(error, refuse))
  }
}

/** Counts the messages of a stream until its handler has finished them. */
function holdMessages(call: MessageCall, { metadata, counted, refuse }: CountSettings): void {
  const { decompressMessage: decompress } = call
  const messages = new HeldMessages(metadata, counted)
  call.decompressMessage = async (message, encoding) => {
    try {
      const added = messages.add(message.length)
      const bytes = await decompress.call(call, message, encoding)
      messages.resize(added, bytes.length)
      return bytes
    } catch (error) {
      return refused(error, refuse)
    }
  }
}

/**
 * Sends the refusal of a message as the status of the call, and throws that status, which is all that grpc-js expects: after
 * another error the call would have no end.
 */
function refused(error: unknown, refuse: CountSettings['refuse']): never {
  const isBroken = (error as { code?: unknown }).code === status.INTERNAL
  const refusal = isBroken ? notDecompressed() : error
  if (!(refusal instanceof LaurelError)) throw error
  refuse(refusal)
  throw toServiceError(refusal)
}

function notDecompressed() {
  return invalidArgument([{ field: '', message: 'must be compressed as the header grpc-encoding says' }])
}

/** A response is held until the caller has read it: it may never do so. */
function countResponses(call: MessageCall, { counted, refuse }: CountSettings): void {
  const { serializeMessage: serialize, sendMessage: send } = call
  let size = 0
  call.serializeMessage = (message) => {
    const bytes = frameOf(message) ?? serialize.call(call, message)
    size = bytes.length > SMALL_BYTES ? bytes.length : 0
    try {
      if (size > 0) counted.reserve(size, 'response')
    } catch (error) {
      refuse(error)
      throw error
    }
    return bytes
  }
  call.sendMessage = (message, callback) => {
    let sent = 0
    send.call(call, message, () => {
      if (sent > 0) counted.release(sent, 'response')
      callback()
    })
    sent = size
    counted.endTurn()
  }
}

function secondRequest() {
  return invalidArgument([{ field: '', message: 'must be the only message: the method takes one request' }])
}
