import type { ServerInterceptingCallInterface } from '@grpc/grpc-js'
import { invalidArgument } from '../model/errors.ts'
import type { OpenCall } from '../service/call-limiter.ts'
import { MessageDecoder } from './message-decoder.ts'

/** The private members of grpc-js's call that receive messages. */
interface ReceivingCall {
  maxReceiveMessageSize: number
  decoder: Pick<MessageDecoder, 'write'>
  readonly stream: { resume(): void }
  decompressAndMaybePush(entry: unknown): Promise<void>
  handleEndEvent(): void
}

export interface ReceiveSettings {
  readonly counted: OpenCall
  readonly signal: AbortSignal
  readonly hasOneRequest: boolean
  /** Ends the call. */
  readonly refuse: (error: unknown) => void
}

/** Prepares a call to receive messages: their bytes count as held, and a call with one request waits for its turn with it. */
export function receiveMessages(next: ServerInterceptingCallInterface, settings: ReceiveSettings): void {
  const call = next as unknown as ReceivingCall
  const { counted, hasOneRequest, refuse } = settings
  call.decoder = new MessageDecoder({
    maxBytes: call.maxReceiveMessageSize,
    counted,
    isKept: hasOneRequest,
    refuse,
  })
  if (hasOneRequest) decodeInTurn(call, settings)
}

/**
 * Takes the turn of a call when its request is complete and the caller will send nothing else, and decodes the request after that.
 * grpc-js decodes at once; and a caller that sends nothing would hold a turn that begins earlier.
 */
function decodeInTurn(call: ReceivingCall, { counted, signal, refuse }: ReceiveSettings): void {
  const { decompressAndMaybePush: decode, handleEndEvent: end } = call
  let request: unknown
  call.decompressAndMaybePush = async (entry) => {
    if (request !== undefined) return refuse(secondRequest())
    request = entry
    call.stream.resume()
  }
  call.handleEndEvent = () => {
    end.call(call)
    if (request === undefined) return
    try {
      const turn = counted.turn(signal)
      if (turn === undefined) void decode.call(call, request)
      else turn.then(() => decode.call(call, request)).catch(refuse)
    } catch (error) {
      refuse(error)
    }
  }
}

function secondRequest() {
  return invalidArgument([{ field: '', message: 'must be the only message: the method takes one request' }])
}
