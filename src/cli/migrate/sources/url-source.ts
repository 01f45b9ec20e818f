import { createHash } from 'node:crypto'
import { sleep } from '../../../model/sleep.ts'
import type { StreamedResponse, Target } from '../../../outbound/contract.ts'
import { OutboundError } from '../../../outbound/outbound-error.ts'
import { backoff } from '../../../outbound/retrying.ts'
import { isSecretParameter } from '../../../outbound/url.ts'
import { Failure } from '../../failure.ts'
import { decompressed, isCompressed, shorter, skipped, sourceName } from './bytes.ts'
import type { MigrationSource } from './source.ts'

const RETRY_MILLISECONDS = 5 * 60_000
const BACKOFF = { firstMilliseconds: 250, maxMilliseconds: 10_000 } as const
/** Parameters of signed URLs: they differ each time that a URL is signed, and are secret. */
const SIGNATURE =
  /^(x-amz-|x-goog-|x-ms-)|^(signature|sig|se|sp|sv|sr|st|spr|expires|policy|key-pair-id|awsaccesskeyid|googleaccessid|token|access_token)$/i

/** Characters of a URL whose versions are distinguished: longer names are shortened. */
const MAX_VERSIONED = 400

/** A file behind a URL, of which only one version is read. */
interface RemoteFile {
  readonly name: string
  /** Its ETag, or the time of its last change; undefined if the server sends neither. */
  readonly version: string | undefined
  /** Bytes, before decompression; undefined if the server does not say. */
  readonly length: number | undefined
}

/**
 * Returns the source of a URL. Its bytes are read by ranges of the version that is there now; a server without ranges is read from the
 * beginning again.
 * @throws Failure if the URL cannot be read
 */
export async function openUrl(url: URL, target: Target, signal: AbortSignal): Promise<MigrationSource> {
  const label = labelOf(url)
  const probe = await requestFrom(target, label, 0, undefined, signal)
  const version = versionOf(probe)
  const length = lengthOf(probe, 0)
  await closeContent(probe)
  const file: RemoteFile = { name: label, version, length }
  const compressed = isCompressed(url.pathname)
  return {
    name: sourceName(version === undefined ? label : `${label} (${version})`),
    ...(version === undefined || label.length > MAX_VERSIONED ? {} : { versionsOf: `${label} (` }),
    size: compressed ? undefined : length,
    // A version says whether the file has changed.
    isMeasurable: version === undefined,
    isReadWhole: false,
    open: (position, openSignal) =>
      compressed
        ? skipped(label, decompressed(label, bytesOf(target, file, 0, openSignal)), position)
        : bytesOf(target, file, position, openSignal),
  }
}

/**
 * Returns the URL as the name of an input, which all who may read the job see: without its signature, which changes, and with digests of other
 * secrets, so that the names of two inputs differ.
 */
export function labelOf(url: URL): string {
  const shown = new URL(url)
  shown.hash = ''
  for (const name of new Set(shown.searchParams.keys()))
    if (SIGNATURE.test(name)) shown.searchParams.delete(name)
    else if (isSecretParameter(name))
      shown.searchParams.set(name, `hidden-${digestOf(shown.searchParams.getAll(name).join())}`)
  return shown.href
}

function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex').slice(0, 8)
}

/** Yields the bytes from a position on. A connection that breaks is opened again where it broke. */
async function* bytesOf(
  target: Target,
  file: RemoteFile,
  position: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { name, length, version } = file
  if (length !== undefined && position > length) throw shorter(name, length, position)
  let at = position
  let attempt = 0
  let deadline = performance.now() + RETRY_MILLISECONDS
  while (length === undefined || at < length) {
    try {
      const response = await requestFrom(target, name, at, version, signal)
      if (versionOf(response) !== version) {
        await closeContent(response)
        throw changed(name)
      }
      const content = response.status === PARTIAL ? response.content : skipped(name, response.content, at)
      if (response.status === PARTIAL && startOf(response) !== at) throw notTheRange(name)
      for await (const chunk of content) {
        yield chunk
        at += chunk.length
        attempt = 0
        deadline = performance.now() + RETRY_MILLISECONDS
      }
      if (length === undefined || at >= length) return
      throw new OutboundError(
        'dropped',
        target.host,
        `${target.host} ended ${name} after ${at} of ${length} bytes`,
      )
    } catch (error) {
      if (!(error instanceof OutboundError) || !error.isTransient || performance.now() > deadline) throw error
      attempt += 1
      await sleep(backoff(attempt, error.retryAfterMilliseconds, Math.random(), BACKOFF), signal)
      signal.throwIfAborted()
    }
  }
}

const [OK, PARTIAL, NOT_SATISFIABLE] = [200, 206, 416] as const

/** Requests the bytes from a position on. @returns a response with bytes, or 416 for an empty file */
async function requestFrom(
  target: Target,
  name: string,
  at: number,
  version: string | undefined,
  signal: AbortSignal,
): Promise<StreamedResponse> {
  // A weak ETag is not allowed in If-Range: the version in the response is compared anyway.
  const condition = version === undefined || version.startsWith('W/') ? {} : { 'if-range': version }
  const headers = { range: `bytes=${at}-`, ...condition }
  for (let attempt = 1; ; attempt += 1) {
    const response = await target.stream({ method: 'GET', headers }, signal)
    const { status, retryAfterMilliseconds } = response
    if (status === OK || status === PARTIAL || (status === NOT_SATISFIABLE && at === 0)) return response
    await closeContent(response)
    const isTransient = status === 429 || status >= 500
    if (!isTransient || attempt > MAX_ATTEMPTS) throw refused(name, response)
    await sleep(backoff(attempt, retryAfterMilliseconds, Math.random(), BACKOFF), signal)
    signal.throwIfAborted()
  }
}

const MAX_ATTEMPTS = 8

function refused(name: string, { status, headers }: StreamedResponse): Failure {
  const location = headers.get('location')
  const advice =
    status >= 300 && status < 400 && location !== undefined
      ? ['redirects are not followed: give the address that it redirects to']
      : status === 401 || status === 403
        ? ['no credential is sent: give a signed URL, or download the file']
        : []
  return new Failure([`${name} cannot be read: the server responded ${status}`, ...advice])
}

function changed(name: string): Failure {
  return new Failure([
    `${name} has changed while it was read: records of two versions would be mixed`,
    'import the new version with another --job: records that are imported already change nothing',
  ])
}

function notTheRange(name: string): Failure {
  return new Failure([
    `the server of ${name} sent other bytes than the range that was asked for: download the file`,
  ])
}

function versionOf({ headers }: StreamedResponse): string | undefined {
  return headers.get('etag') ?? headers.get('last-modified')
}

function startOf({ headers }: StreamedResponse): number | undefined {
  const [, start] = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '') ?? []
  return start === undefined ? undefined : Number(start)
}

function lengthOf({ status, headers }: StreamedResponse, at: number): number | undefined {
  if (status === NOT_SATISFIABLE) return 0
  const [, total] = /\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? []
  if (total !== undefined) return Number(total)
  const length = headers.get('content-length')
  return length === undefined || headers.has('content-encoding') ? undefined : at + Number(length)
}

async function closeContent({ content }: StreamedResponse): Promise<void> {
  await content[Symbol.asyncIterator]().return?.()
}
