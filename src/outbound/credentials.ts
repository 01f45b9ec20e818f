import { constants } from 'node:fs'
import { type FileHandle, open, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { invalidArgument } from '../model/errors.ts'

export interface CredentialSources {
  /** Environment variables of the process. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The folder of `file:` credentials; undefined for none. */
  readonly directory: string | undefined
}

interface Credential {
  readonly secret: string
  /** Titles that may use it; undefined for all. */
  readonly titles: readonly string[] | undefined
}

/** A credential that cannot be used. Names the reference, never the secret. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError'

  constructor(reference: string, problem: string) {
    super(`credential ${JSON.stringify(reference)} ${problem}`)
  }
}

const PREFIX = 'LAUREL_CREDENTIAL_'
const VARIABLE = /^env:(LAUREL_CREDENTIAL_[A-Za-z0-9_]{1,100})$/
const FILE = /^file:([A-Za-z0-9_][A-Za-z0-9._-]{0,127})$/
const MAX_BYTES = 64 * 1024

/**
 * Checks the form of a reference. Whether the credential exists is checked when it is read.
 * @param field the name of the reference's field on the wire
 * @throws LaurelError INVALID_FIELD
 */
export function checkReference(reference: string, field = 'credential'): void {
  if (VARIABLE.test(reference) || FILE.test(reference)) return
  const message = `must be env:${PREFIX}NAME or file:NAME, where NAME is a plain file name without a leading dot`
  throw invalidArgument([{ field, message }])
}

/**
 * Reads secrets by reference: only environment variables with the prefix `LAUREL_CREDENTIAL_` and files of one folder, so
 * that a destination cannot have the database password or /etc/passwd sent to it.
 */
export class Credentials {
  readonly #sources: CredentialSources

  constructor(sources: CredentialSources) {
    this.#sources = sources
  }

  /**
   * Returns the secret, trimmed. Files are read each time, so a new secret needs no restart. A credential of other titles
   * fails like a missing one.
   * @throws CredentialError; LaurelError INVALID_FIELD for an invalid reference
   */
  async read(reference: string, titleId: string): Promise<string> {
    checkReference(reference)
    const [, variable] = VARIABLE.exec(reference) ?? []
    const bytes = variable === undefined ? await this.#file(reference) : this.#variable(variable)
    if (bytes !== undefined && bytes.length > MAX_BYTES) {
      throw new CredentialError(reference, `is longer than ${MAX_BYTES} bytes`)
    }
    const credential = bytes && readCredential(bytes.toString('utf8').trim(), reference)
    if (credential === undefined || credential.titles?.includes(titleId) === false) {
      const missing = variable === undefined ? 'is no file of LAUREL_CREDENTIALS_DIR' : 'is not set'
      throw new CredentialError(reference, `${missing}, or not for title ${titleId}`)
    }
    const { secret } = credential
    if (secret === '') throw new CredentialError(reference, 'is empty')
    if (/\p{Cc}|\ufffd/u.test(secret)) throw new CredentialError(reference, 'is not one line of UTF-8 text')
    return secret
  }

  #variable(name: string): Buffer | undefined {
    const value = Object.hasOwn(this.#sources.environment, name) ? this.#sources.environment[name] : undefined
    return value === undefined ? undefined : Buffer.from(value)
  }

  async #file(reference: string): Promise<Buffer | undefined> {
    const { directory } = this.#sources
    if (directory === undefined) {
      throw new CredentialError(reference, 'needs LAUREL_CREDENTIALS_DIR, which is not set')
    }
    try {
      await using file = await openInside(directory, reference.slice('file:'.length), reference)
      return await readBounded(file)
    } catch (error) {
      if (error instanceof CredentialError) throw error
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') return undefined
      throw new CredentialError(reference, `cannot be read: ${code}`)
    }
  }
}

const CREDENTIAL_FORMAT =
  'a JSON object of "secret" and, unless it is for all titles, "titles" with at least one id'

/** Accepts the bare secret, or an object with its titles: no header value and no signing secret starts with a brace. */
function readCredential(text: string, reference: string): Credential {
  if (!text.startsWith('{')) return { secret: text, titles: undefined }
  const { secret, titles, ...others } = parseObject(text)
  // A misspelt `titles` would give it to all titles.
  const isValid = typeof secret === 'string' && Object.keys(others).length === 0
  if (!isValid || !(titles === undefined || isListOfIds(titles))) {
    throw new CredentialError(reference, `begins with a brace and is not ${CREDENTIAL_FORMAT}`)
  }
  return { secret: secret.trim(), titles }
}

/** Returns an empty object for invalid JSON. */
function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

function isListOfIds(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((id) => typeof id === 'string' && id !== '')
}

/** Follows links that stay in the folder: orchestrators swap secrets by them. */
async function openInside(directory: string, name: string, reference: string): Promise<FileHandle> {
  const folder = await realpath(directory)
  const path = await realpath(join(folder, name))
  if (!`${dirname(path)}/`.startsWith(folder === '/' ? '/' : `${folder}/`)) {
    throw new CredentialError(reference, 'is a link that leads out of its folder')
  }
  // Without O_NONBLOCK, opening a pipe would wait for a writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  if ((await file.stat()).isFile()) return file
  await file.close()
  throw new CredentialError(reference, 'is not a plain file')
}

/** Reads one byte more than allowed, so that the caller detects a file that is too long. */
async function readBounded(file: FileHandle): Promise<Buffer> {
  const buffer = Buffer.alloc(MAX_BYTES + 1)
  let length = 0
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length)
    length += bytesRead
    if (bytesRead === 0 || length === buffer.length) return buffer.subarray(0, length)
  }
}

/** Shorter parts of a secret may be ordinary words. */
export const MIN_REDACTED_CHARACTERS = 8
const REDACTED = '[credential]'

/**
 * Removes the credential from a response body, because bodies are stored and shown.
 * @param secret as it was sent; undefined for none
 */
export function redactCredential(body: string, secret: string | undefined): string {
  if (secret === undefined) return body
  // The whole secret, and each part that is no word such as `Bearer`, in every encoding; the longest first.
  const parts = secret.split(/[\s;,]+/).filter(({ length }) => length >= MIN_REDACTED_CHARACTERS)
  const forms = [secret, ...parts].flatMap((text) => {
    const inJson = JSON.stringify(text).slice(1, -1)
    return [text, inJson, inJson.replaceAll('/', '\\/'), encodeURIComponent(text)]
  })
  const byLength = [...new Set(forms)].sort((left, right) => right.length - left.length)
  return byLength.reduce((text, form) => text.replaceAll(form, REDACTED), body)
}
