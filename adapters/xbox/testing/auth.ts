import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

const [ISSUER, AUDIENCE, ALGORITHM] = ['https://login.example', 'laurel', 'ES256']

/** An auth file that knows one issuer, whose subjects are xuids, and a service's key that reaches one title. */
export async function openXboxAuth(serviceKey: string, titleId: string) {
  const folder = mkdtempSync(join(tmpdir(), 'laurel-xbox-'))
  const file = join(folder, 'auth.json')
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM)
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: ALGORITHM }
  writeFileSync(join(folder, 'keys.json'), JSON.stringify({ keys: [jwk] }))
  const issuer = { issuer: ISSUER, audience: AUDIENCE, jwks: 'keys.json', algorithms: [ALGORITHM] }
  const sha256 = createHash('sha256').update(serviceKey).digest('hex')
  const settings = {
    issuers: [{ ...issuer, principal: 'player', subject: 'xbox' }],
    keys: [{ name: 'job', sha256, principal: 'service', titles: [titleId] }],
  }
  writeFileSync(file, JSON.stringify(settings))
  return {
    env: { LAUREL_AUTH_FILE: file },
    /** Returns the header of a player's Xbox client. */
    async headerFor(xuid: string): Promise<{ readonly authorization: string }> {
      const token = await new SignJWT({ sub: xuid, iss: ISSUER, aud: AUDIENCE })
        .setProtectedHeader({ alg: ALGORITHM, kid: 'one' })
        .setExpirationTime('1h')
        .sign(privateKey)
      return { authorization: `XBL3.0 x=hash;${token}` }
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}
