import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import type { GrantedPermission } from '../../src/model/granted-permission.ts'

/**
 * Writes an auth file with one credential of each kind, and returns the credentials.
 * @param moreCallers how many operators and services there are besides
 */
export async function createAuth(titles: readonly string[], moreCallers = 0) {
  const folder = mkdtempSync(join(tmpdir(), 'laurel-auth-'))
  const [operator, service] = [randomKey(), randomKey()]
  const more = Array.from({ length: moreCallers }, () => ({ operator: randomKey(), service: randomKey() }))
  const sha256 = (key: string) => createHash('sha256').update(key).digest('hex')
  const pair = await generateKeyPair('ES256')
  const keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' }]
  writeFileSync(join(folder, 'keys.json'), JSON.stringify({ keys }))
  const [issuer, serviceIssuer] = ['https://login.test', 'https://services.test']
  const tokens = { audience: 'laurel', jwks: 'keys.json', algorithms: ['ES256'] }
  const sign = (claims: JWTPayload, of: string) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer(of)
      .setAudience('laurel')
      .setExpirationTime('1h')
      .sign(pair.privateKey)
  const settings = {
    issuers: [
      // Tests call as one player more often than the default allows.
      { ...tokens, issuer, principal: 'player', titles, callsPerSecond: 10_000 },
      { ...tokens, issuer: serviceIssuer, principal: 'service' },
    ],
    keys: [
      { name: 'operator', sha256: sha256(operator), principal: 'operator' },
      { name: 'service', sha256: sha256(service), principal: 'service', titles },
      ...more.flatMap((caller, number) => [
        { name: `operator-${number}`, sha256: sha256(caller.operator), principal: 'operator' },
        { name: `service-${number}`, sha256: sha256(caller.service), principal: 'service', titles },
      ]),
    ],
  }
  const file = join(folder, 'auth.json')
  writeFileSync(file, JSON.stringify(settings))
  return {
    folder,
    /** The environment of a server that uses the file. */
    env: { LAUREL_AUTH_FILE: file },
    operator,
    service,
    callers: [{ operator, service }, ...more],
    /** Returns a player's token, by Laurel's player id. */
    player: (playerId: string): Promise<string> => sign({ sub: playerId }, issuer),
    /** Returns the token of a service with these permissions alone. */
    serviceWith: (permissions: readonly GrantedPermission[]): Promise<string> =>
      sign({ sub: 'service', permissions }, serviceIssuer),
  }
}

const randomKey = () => randomBytes(32).toString('hex')
