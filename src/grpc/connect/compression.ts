import { promisify } from 'node:util'
import { brotliCompress, brotliDecompressSync, constants, gunzipSync, gzip } from 'node:zlib'
import type { Compression } from '@connectrpc/connect/protocol'
import { compressed } from './request.ts'

const compressGzip = promisify(gzip)
const compressBrotli = promisify(brotliCompress)
/** zlib's default is 11, which takes a hundred times as long and is for files. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }

/** A smaller response is sent as it is. */
export const COMPRESS_MIN_BYTES = 1024

/** Responses are compressed if the caller accepts it; requests are not, so that their bytes can be checked as they arrive. */
export const COMPRESSIONS: Compression[] = [
  { name: 'br', compress: (bytes) => compressBrotli(bytes, BROTLI), decompress: refuse },
  { name: 'gzip', compress: (bytes) => compressGzip(bytes), decompress: refuse },
]

/** Returns the bytes of a response as they were before it was compressed. */
export function decompress(bytes: Uint8Array, encoding: string | null | undefined): Uint8Array {
  if (encoding === 'br') return brotliDecompressSync(bytes)
  return encoding === 'gzip' ? gunzipSync(bytes) : bytes
}

function refuse(): Promise<never> {
  return Promise.reject(compressed())
}
