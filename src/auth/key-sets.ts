import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { createLocalJWKSet, createRemoteJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { isLoopback } from '../loopback.ts'
import { AuthFileError } from './auth-file.ts'

/**
 * Returns the public keys of an issuer: fetched from its URL on demand and cached for minutes, or read from a file next
 * to the auth file and reloaded when it changes.
 */
export function openKeySet(jwks: string, folder: string): JWTVerifyGetKey {
  if (!/^https?:/i.test(jwks)) return fileKeySet(resolve(folder, jwks))
  const url = new URL(jwks)
  if (url.protocol === 'https:' || isLoopback(url.hostname)) return createRemoteJWKSet(url)
  throw new AuthFileError(`the keys of an issuer must be fetched by https, not from ${url.origin}`)
}

function fileKeySet(file: string): JWTVerifyGetKey {
  let read = readKeys(file)
  return (header, token) => {
    const { mtimeMs } = statSync(file)
    if (mtimeMs !== read.mtimeMs) read = readKeys(file)
    return read.keys(header, token)
  }
}

function readKeys(file: string): { readonly mtimeMs: number; readonly keys: JWTVerifyGetKey } {
  try {
    const { mtimeMs } = statSync(file)
    const keys = createLocalJWKSet(JSON.parse(readFileSync(file, 'utf8')) as JSONWebKeySet)
    return { mtimeMs, keys }
  } catch (error) {
    throw new AuthFileError(`${file} holds no JSON Web Key Set`, { cause: error })
  }
}
