import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generate } from 'selfsigned'

export interface Issued {
  readonly cert: string
  readonly private: string
}

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000

/** Returns a certificate for the loopback addresses, signed by an authority or by itself. */
export async function issue(commonName: string, authority?: Issued): Promise<Issued> {
  const extensions = [
    { name: 'basicConstraints' as const, cA: authority === undefined },
    {
      name: 'subjectAltName' as const,
      altNames: [
        { type: 2 as const, value: 'localhost' },
        { type: 7 as const, ip: '127.0.0.1' },
      ],
    },
  ]
  return generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - DAY_MILLISECONDS),
    extensions,
    ...(authority && { ca: { key: authority.private, cert: authority.cert } }),
  })
}

/** Writes a certificate and its key into a folder, and returns the server's environment for them. */
export function writeFiles(folder: string, { cert, private: key }: Issued) {
  const files = {
    LAUREL_TLS_CERT_FILE: join(folder, 'cert.pem'),
    LAUREL_TLS_KEY_FILE: join(folder, 'key.pem'),
  }
  writeFileSync(files.LAUREL_TLS_CERT_FILE, cert)
  writeFileSync(files.LAUREL_TLS_KEY_FILE, key)
  return files
}
