import { LaurelError } from '../model/errors.ts'
import { Semaphore } from '../model/semaphore.ts'
import type { Outbound } from './contract.ts'
import { OutboundError } from './outbound-error.ts'

/** As large as an uploaded picture. */
const MAX_BYTES = 4 * 2 ** 20
const TOTAL_TIMEOUT_MILLISECONDS = 10_000
const MAX_IN_FLIGHT = 8
const MAX_WAITING = 200

/** Returns a reader of pictures on other servers. It has no state of a server: a page shows icons of few servers, and seldom. */
export function createPictureSource(outbound: Outbound) {
  const semaphore = new Semaphore(MAX_IN_FLIGHT, MAX_WAITING)
  return {
    /** @throws LaurelError INVALID_FIELD if the URL may not be called; PICTURE_UNREADABLE without a successful response */
    read(url: string, signal: AbortSignal): Promise<Uint8Array> {
      outbound.checkUrl(url)
      // Hosts take turns, so that a slow host delays its own pictures first.
      return semaphore.run(signal, () => readFrom(outbound, url, signal), new URL(url).host)
    },
  }
}

async function readFrom(outbound: Outbound, url: string, signal: AbortSignal): Promise<Uint8Array> {
  const target = outbound.to(url, {
    maxResponseBytes: MAX_BYTES,
    requiresWholeResponse: true,
    totalTimeoutMilliseconds: TOTAL_TIMEOUT_MILLISECONDS,
  })
  const unreadable = (problem: string) =>
    new LaurelError('failed_precondition', 'PICTURE_UNREADABLE', problem, { metadata: { host: target.host } })
  try {
    const { status, bytes } = await target.send({ method: 'GET', headers: { accept: 'image/*' } }, signal)
    if (status !== 200) throw unreadable(`${target.host} responds to the picture's URL with HTTP ${status}`)
    return bytes
  } catch (error) {
    throw error instanceof OutboundError ? unreadable(error.message) : error
  } finally {
    await target.close()
  }
}
