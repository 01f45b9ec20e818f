import { constants } from 'node:fs'
import { type FileHandle, open, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { invalidArgument } from '../model/errors.ts'

export interface CredentialSources {
  /** Of this process, as it was at its start. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Where the files are; undefined for nowhere. */
  readonly directory: string | undefined
}

/** What is behind a reference. */
interface Credential {
  readonly secret: string
  /** Which may have it shown to their destinations and platforms; undefined for all. */
  readonly titles: readonly string[] | undefined
}

/** A credential that cannot be had. Names the reference, never what is behind it. */
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
 * Makes sure that a reference has one of the two forms; whether there is something behind it shows at use.
 * @param field as the wire names it
 * @throws LaurelError INVALID_FIELD
 */
export function checkReference(reference: string, field = 'credential'): void {
  if (VARIABLE.test(reference) || FILE.test(reference)) return
  const message = `must be env:${PREFIX}NAME or file:NAME, where NAME is a plain file name without a leading dot`
  throw invalidArgument([{ field, message }])
}

/**
 * Secrets by reference: only environment variables that begin with `LAUREL_CREDENTIAL_`, and files of one folder, so
 * that nobody has the database's password or /etc/passwd sent somewhere.
 */
export class Credentials {
  readonly #places: CredentialSources

  constructor(sources: CredentialSources) {
    this.#places = sources
  }

  /**
   * The secret behind a reference, without the white space around it. Files are read each time: a new secret needs no
   * restart. One that is not for the title is told as one that is not there.
   * @throws CredentialError; LaurelError INVALID_FIELD for what is no reference
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
    const value = Object.hasOwn(this.#places.environment, name) ? this.#places.environment[name] : undefined
    return value === undefined ? undefined : Buffer.from(value)
  }

  async #file(reference: string): Promise<Buffer | undefined> {
    const { directory } = this.#places
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

const FORM = 'a JSON object of "secret", and of "titles" with at least one id where it is not for all'

/** Either the secret alone, or an object that says whose it is: no header begins with a brace, and no signing secret. */
function readCredential(text: string, reference: string): Credential {
  if (!text.startsWith('{')) return { secret: text, titles: undefined }
  const { secret, titles, ...others } = parseObject(text)
  // A member that is misspelt would else give it to all titles.
  const isKnown = typeof secret === 'string' && Object.keys(others).length === 0
  if (!isKnown || !(titles === undefined || isListOfIds(titles))) {
    throw new CredentialError(reference, `begins with a brace and is not ${FORM}`)
  }
  return { secret: secret.trim(), titles }
}

/** Empty for what is no JSON. */
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

/** A link is followed as long as it stays in the folder: that is how orchestrators swap secrets in one step. */
async function openInside(directory: string, name: string, reference: string): Promise<FileHandle> {
  const folder = await realpath(directory)
  const path = await realpath(join(folder, name))
  if (!`${dirname(path)}/`.startsWith(folder === '/' ? '/' : `${folder}/`)) {
    throw new CredentialError(reference, 'is a link that leads out of its folder')
  }
  // A pipe would make the opening wait for a writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  if ((await file.stat()).isFile()) return file
  await file.close()
  throw new CredentialError(reference, 'is not a plain file')
}

/** One byte more than is allowed tells that there is too much. */
async function readBounded(file: FileHandle): Promise<Buffer> {
  const buffer = Buffer.alloc(MAX_BYTES + 1)
  let length = 0
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length)
    length += bytesRead
    if (bytesRead === 0 || length === buffer.length) return buffer.subarray(0, length)
  }
}
