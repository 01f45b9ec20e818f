import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { Tokens } from './tokens.ts'

test.each<[string, unknown]>([
  ['a number', 7],
  ['null', null],
  ['a list', ['ann']],
  ['nothing', ''],
  ['too long', 'a'.repeat(129)],
  ['a control character', 'ann\u0000'],
  ['half a character', 'ann\ud800'],
])('a subject that is %s is no name', async (_, sub) => {
  const folder = mkdtempSync(join(tmpdir(), 'laurel-tokens-'))
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  writeFileSync(join(folder, 'keys.json'), JSON.stringify({ keys: [await exportJWK(publicKey)] }))
  const settings = {
    issuer: 'login',
    audience: 'laurel',
    jwks: 'keys.json',
    subject: 'laurel',
    namespaces: 'laurel',
  }
  const tokens = new Tokens(
    [{ ...settings, algorithms: ['ES256'], principal: 'service' }],
    join(folder, 'auth.json'),
  )
  const claims = { iss: 'login', aud: 'laurel', exp: Math.floor(Date.now() / 1000) + 3600 }
  const sign = (subject: unknown) =>
    new SignJWT({ ...claims, sub: subject as string }).setProtectedHeader({ alg: 'ES256' }).sign(privateKey)
  await expect(tokens.verify(await sign('ann'))).resolves.toMatchObject({ claims: { sub: 'ann' } })
  const refused = { code: 'unauthenticated', message: "the token's claim sub is not what it must be" }
  await expect(tokens.verify(await sign(sub))).rejects.toMatchObject(refused)
  rmSync(folder, { recursive: true })
})
