import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readAuthFile } from './auth-file.ts'
import { openKeySet } from './key-sets.ts'

const folder = mkdtempSync(join(tmpdir(), 'laurel-auth-'))
const file = join(folder, 'auth.json')
const issuer = { issuer: 'https://login', audience: 'laurel', jwks: 'keys.json', algorithms: ['ES256'] }
afterAll(() => rmSync(folder, { recursive: true }))

describe('the auth file', () => {
  test.each([
    ['{', /is not JSON/],
    ['{}', /neither an issuer nor a key/],
    [
      '{"keys":[{"name":"a b","sha256":"X","principal":"player"}]}',
      /keys.0.name.*keys.0.sha256.*keys.0.principal/,
    ],
    [
      JSON.stringify({ issuers: [{ ...issuer, principal: 'player', algorithms: ['HS256'] }] }),
      /algorithms.0/,
    ],
    [JSON.stringify({ issuers: [{ ...issuer, principal: 'player', algorithms: ['none'] }] }), /algorithms.0/],
    ['{"keys":[],"typo":1}', /typo/],
    ['{"keys":[],"keys":[]}', /keys: the member stands twice/],
    ['{"keys":[{"name":"a","n\\u0061me":"b"}]}', /keys.0.name: the member stands twice/],
    [
      JSON.stringify({ issuers: [{ ...issuer, principal: 'player', subject: 'xbx' }] }),
      /issuers.0.subject: must be one of laurel, toy/,
    ],
  ])('is refused when it says %s', (text, message) => {
    writeFileSync(file, text)
    expect(() => readAuthFile(file, ['toy'])).toThrow(message)
  })

  test('names keys by https only, and files that are there', () => {
    const refused = (jwks: string) => () => openKeySet(jwks, folder)
    expect(refused('http://login.example/keys')).toThrow(/https/)
    expect(refused('missing.json')).toThrow(/Key Set/)
    expect(() => readAuthFile(join(folder, 'missing'), [])).toThrow(/cannot be read: ENOENT/)
  })

  test('has percent-encoded ids in its rights', () => {
    const sha256 = '0'.repeat(64)
    const rights = [{ resource: 'ADMIN:NAMESPACE:50%:ACHIEVEMENT', action: 2 }]
    writeFileSync(file, JSON.stringify({ keys: [{ name: 'job', sha256, principal: 'service', rights }] }))
    expect(() => readAuthFile(file, [])).toThrow(/keys.0.rights.0.resource: must be percent-encoded/)
  })
})
