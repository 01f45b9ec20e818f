import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import { createSecureContext } from 'node:tls'

export interface TlsFiles {
  readonly certificate: string
  readonly key: string
  /** CA certificates that clients' certificates are checked against; undefined: clients need no certificate. */
  readonly clientCa: string | undefined
}

/** PEM texts of a matching certificate and key. */
export interface TlsMaterial {
  readonly certificate: Buffer
  readonly key: Buffer
  readonly clientCa: Buffer | undefined
}

/** Unusable certificate files. The message names the file and the cause, never the content. */
export class TlsError extends Error {
  override readonly name = 'TlsError'
}

const POLL_MILLISECONDS = 2_000

/** The server's certificate, reloaded when its files change. */
export class Tls {
  readonly #files: TlsFiles
  readonly #listeners = new Set<(material: TlsMaterial) => void>()
  #material: TlsMaterial

  /** @throws TlsError for files that are missing or do not match. */
  constructor(files: TlsFiles, onProblem: (error: TlsError) => void) {
    this.#files = files
    this.#material = read(files)
    // Polls, because file notifications miss mounted secrets, which are swapped by symbolic links.
    for (const file of this.#paths()) {
      watchFile(file, { interval: POLL_MILLISECONDS, persistent: false }, () => this.#reload(onProblem))
    }
  }

  get material(): TlsMaterial {
    return this.#material
  }

  /** Calls the listener with each new material. */
  onChange(listener: (material: TlsMaterial) => void): void {
    this.#listeners.add(listener)
  }

  close(): void {
    for (const file of this.#paths()) unwatchFile(file)
  }

  /** While only one of the files has changed they do not match: the previous material stays in use. */
  #reload(onProblem: (error: TlsError) => void): void {
    try {
      this.#material = read(this.#files)
    } catch (error) {
      onProblem(error as TlsError)
      return
    }
    for (const listener of this.#listeners) listener(this.#material)
  }

  #paths(): readonly string[] {
    const { certificate, key, clientCa } = this.#files
    return [certificate, key, ...(clientCa === undefined ? [] : [clientCa])]
  }
}

/** @throws TlsError for files that are missing or do not match. */
export function checkTls(files: TlsFiles): void {
  read(files)
}

function read({ certificate, key, clientCa }: TlsFiles): TlsMaterial {
  const material = {
    certificate: readPem(certificate),
    key: readPem(key),
    clientCa: clientCa === undefined ? undefined : readPem(clientCa),
  }
  try {
    createSecureContext(secureOptions(material))
  } catch (error) {
    const { message } = error as Error
    throw new TlsError(`${certificate} and ${key} are no certificate and key that fit together: ${message}`)
  }
  return material
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new TlsError(`${file} cannot be read: ${(error as Error).message}`)
  }
}

/** Returns the options for node:tls and node:https. */
export function secureOptions({ certificate, key, clientCa }: TlsMaterial) {
  const clientOptions =
    clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }
  return { cert: certificate, key, ...clientOptions }
}
