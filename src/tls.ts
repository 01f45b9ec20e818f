import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import { createSecureContext } from 'node:tls'

export interface TlsFiles {
  readonly certificate: string
  readonly key: string
  /** Whoever connects must show a certificate of these authorities; undefined to ask for none. */
  readonly clientCa: string | undefined
}

/** PEM texts that fit together. */
export interface TlsMaterial {
  readonly certificate: Buffer
  readonly key: Buffer
  readonly clientCa: Buffer | undefined
}

/** The files cannot be used; the message says which and why, and nothing of what is in them. */
export class TlsError extends Error {
  override readonly name = 'TlsError'
}

const POLL_MILLISECONDS = 2_000

/** The server's certificate, as it is in its files: read again when they change. */
export class Tls {
  readonly #files: TlsFiles
  readonly #listeners = new Set<(material: TlsMaterial) => void>()
  #material: TlsMaterial

  /** @throws TlsError for files that are not there, or do not fit together. */
  constructor(files: TlsFiles, onProblem: (error: TlsError) => void) {
    this.#files = files
    this.#material = read(files)
    // Asking for the time of change works where notifications do not: mounted secrets are swapped by links.
    for (const file of this.#paths()) {
      watchFile(file, { interval: POLL_MILLISECONDS, persistent: false }, () => this.#reload(onProblem))
    }
  }

  get material(): TlsMaterial {
    return this.#material
  }

  /** Called with each new material. */
  onChange(listener: (material: TlsMaterial) => void): void {
    this.#listeners.add(listener)
  }

  close(): void {
    for (const file of this.#paths()) unwatchFile(file)
  }

  /** Between the change of one file and that of the other they do not fit: the old ones serve on. */
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

/** @throws TlsError for files that are not there, or do not fit together. */
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

/** As node:tls and node:https take it. */
export function secureOptions({ certificate, key, clientCa }: TlsMaterial) {
  const asked = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }
  return { cert: certificate, key, ...asked }
}
