import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

const [ISSUER, AUDIENCE, ALGORITHM] = ['https://iam.example', 'laurel', 'ES256']

/** A permission as AccelByte's tokens name it. */
export interface Permission {
  readonly Resource: string
  readonly Action: number
}

/** An auth file that knows an issuer of game clients' tokens, one of services' tokens, and an operator's key. */
export async function openAccelByteAuth(operatorKey: string, titleId: string) {
  const folder = mkdtempSync(join(tmpdir(), 'laurel-accelbyte-'))
  const file = join(folder, 'auth.json')
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM)
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: ALGORITHM }
  writeFileSync(join(folder, 'keys.json'), JSON.stringify({ keys: [jwk] }))
  const issuer = { audience: AUDIENCE, jwks: 'keys.json', algorithms: [ALGORITHM] }
  const sha256 = createHash('sha256').update(operatorKey).digest('hex')
  const settings = {
    issuers: [
      { ...issuer, issuer: ISSUER, principal: 'player', subject: 'accelbyte', titles: [titleId] },
      { ...issuer, issuer: `${ISSUER}/services`, principal: 'service' },
    ],
    keys: [{ name: 'operator', sha256, principal: 'operator' }],
  }
  writeFileSync(file, JSON.stringify(settings))
  const headers = async (iss: string, claims: object) => {
    const token = await new SignJWT({ ...claims, iss, aud: AUDIENCE })
      .setProtectedHeader({ alg: ALGORITHM, kid: 'one' })
      .setExpirationTime('1h')
      .sign(privateKey)
    return { authorization: `Bearer ${token}` }
  }
  return {
    env: { LAUREL_AUTH_FILE: file },
    operator: { authorization: `Bearer ${operatorKey}` },
    /** Returns the headers of a game client for its user. */
    player: (userId: string) => headers(ISSUER, { sub: userId }),
    /** Returns the headers of a server with these permissions. */
    service: (permissions: readonly Permission[]) =>
      headers(`${ISSUER}/services`, { sub: 'a-server', permissions }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}
