import { clone, type DescField, type DescMessage, type Message } from '@bufbuild/protobuf'
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect'
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import type { ConnectError, Interceptor } from '@connectrpc/connect'
import { describeError, isTransient, toConnectError } from './errors.ts'

export interface RetryPolicy {
  /** The maximum number of attempts of one call, the first included. */
  readonly maxAttempts: number
  /** The first delay; each further one is twice as long. A random part of up to half is left out. */
  readonly firstDelayMilliseconds: number
  /** The longest delay, unless the server demands a longer one. */
  readonly maxDelayMilliseconds: number
}

export const DEFAULT_RETRY: RetryPolicy = {
  maxAttempts: 5,
  firstDelayMilliseconds: 100,
  maxDelayMilliseconds: 5000,
}

const TIMEOUT_HEADER = 'connect-timeout-ms'
const REQUEST_ID = 'request_id'

/**
 * Gives each request without a request id a new one, and repeats a unary call that fails for a time if it has a request id, or the
 * contract declares its RPC free of side effects or idempotent. All attempts share one deadline.
 */
export function retrying(policy: RetryPolicy): Interceptor {
  return (next) => async (request) => {
    if (request.stream) return next(request)
    const { method, header, signal } = request
    const hasRequestId = holders(method.input).length > 0
    const message = hasRequestId ? withRequestIds(method.input, request.message) : request.message
    const isRepeatable =
      hasRequestId || method.idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN
    const deadline = Date.now() + Number(header.get(TIMEOUT_HEADER) ?? Number.POSITIVE_INFINITY)
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await next({ ...request, message })
      } catch (thrown) {
        if (signal.aborted) throw thrown
        const error = toConnectError(thrown)
        if (!isRepeatable || attempt >= policy.maxAttempts || !isTransient(error)) throw error
        const delay = delayOf(error, attempt, policy)
        if (Date.now() + delay >= deadline) throw error
        await sleep(delay, signal)
        if (header.has(TIMEOUT_HEADER)) header.set(TIMEOUT_HEADER, `${Math.max(1, deadline - Date.now())}`)
      }
    }
  }
}

/** Returns the delay before the next attempt. A random part keeps callers that failed together from returning together. */
export function delayOf(
  error: ConnectError | undefined,
  attempt: number,
  { firstDelayMilliseconds: first, maxDelayMilliseconds: longest }: RetryPolicy,
): number {
  const jittered = Math.min(longest, first * 2 ** (attempt - 1)) * (1 - Math.random() / 2)
  const demanded = error === undefined ? undefined : describeError(error).retryAfterMilliseconds
  return demanded === undefined ? jittered : demanded + Math.random() * first
}

/** Waits, at most until the signal aborts: then it throws the signal's reason. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, milliseconds)
    if (signal?.aborted === true) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
}

/** Returns the fields of a request that are a request id, or a list of items that each have their own. */
function holders({ fields }: DescMessage): readonly DescField[] {
  return fields.filter(
    ({ name, message, fieldKind }) =>
      name === REQUEST_ID || (fieldKind === 'list' && message?.field['requestId']),
  )
}

/** Returns a copy, because the caller may send its message again as a new request. */
function withRequestIds(type: DescMessage, message: Message): Message {
  const copy = clone(type, message)
  addRequestIds(reflect(type, copy))
  return copy
}

function addRequestIds(message: ReflectMessage): void {
  for (const field of holders(message.desc)) {
    if (field.fieldKind === 'list') {
      for (const item of message.get(field) as Iterable<ReflectMessage>) addRequestIds(item)
    } else if (message.get(field) === '') message.set(field, newRequestId())
  }
}

/** Returns 128 random bits. `crypto.randomUUID` is missing on pages without HTTPS. */
function newRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
