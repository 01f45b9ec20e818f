import { createHash, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

const [AUDIENCE, ALGORITHM] = ['laurel', 'ES256']

/** An auth file that knows an operator, a bot of one title, and players by their ids at Discord or at Laurel. */
export async function openDiscordAuth(titleId: string) {
  const folder = mkdtempSync(join(tmpdir(), 'laurel-discord-'))
  const file = join(folder, 'auth.json')
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM)
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: ALGORITHM }
  writeFileSync(join(folder, 'keys.json'), JSON.stringify({ keys: [jwk] }))
  const [operator, bot] = [randomUUID(), randomUUID()]
  const issuerOf = (subject: string) => ({
    issuer: `https://${subject}.example`,
    audience: AUDIENCE,
    jwks: 'keys.json',
    algorithms: [ALGORITHM],
    principal: 'player',
    subject,
  })
  const settings = {
    issuers: [issuerOf('discord'), issuerOf('laurel')],
    keys: [
      { name: 'operator', sha256: sha256(operator), principal: 'operator' },
      { name: 'bot', sha256: sha256(bot), principal: 'service', titles: [titleId] },
    ],
  }
  writeFileSync(file, JSON.stringify(settings))
  return {
    env: { LAUREL_AUTH_FILE: file },
    operator: `Bot ${operator}`,
    bot: `Bot ${bot}`,
    /** Returns the token of a player's client, for the account at Discord or the id at Laurel. */
    async playerBy(subject: 'discord' | 'laurel', id: string): Promise<string> {
      const token = await new SignJWT({ sub: id, iss: `https://${subject}.example`, aud: AUDIENCE })
        .setProtectedHeader({ alg: ALGORITHM, kid: 'one' })
        .setExpirationTime('1h')
        .sign(privateKey)
      return `Bearer ${token}`
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}

function sha256(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}
