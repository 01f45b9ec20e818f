import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { isAllowed } from '../model/principal.ts'
import { players } from '../service/authorization.ts'
import { type IssuerSettings, type KeySettings, permissionsOf, readAuthFile } from './auth-file.ts'
import { Tokens } from './tokens.ts'

const README = readFileSync(new URL('README.md', import.meta.url), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'laurel-auth-readme-'))
const file = join(folder, 'auth.json')
writeFileSync(file, blockOf('json'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Returns the first block of code in a language. */
function blockOf(language: string): string {
  const [, text = ''] = new RegExp(String.raw`\`\`\`${language}\n([\s\S]*?)\`\`\``).exec(README) ?? []
  return text
}

const ISSUER_FIELDS: Readonly<Record<keyof IssuerSettings, true>> = {
  issuer: true,
  audience: true,
  jwks: true,
  algorithms: true,
  principal: true,
  subject: true,
  namespaces: true,
  consoleClientId: true,
  consoleScope: true,
  titles: true,
  rights: true,
  callsPerSecond: true,
}
const KEY_FIELDS: Readonly<Record<keyof KeySettings, true>> = {
  name: true,
  sha256: true,
  principal: true,
  titles: true,
  rights: true,
  callsPerSecond: true,
}

test('the README shows a valid file with every field, and describes each', () => {
  const written = JSON.parse(blockOf('json'))
  expect(Object.keys(written.issuers[0]).sort()).toEqual(Object.keys(ISSUER_FIELDS).sort())
  expect(Object.keys(written.keys[0]).sort()).toEqual(Object.keys(KEY_FIELDS).sort())
  expect(readAuthFile(file, [])).toEqual(written)
  const described = [...README.matchAll(/^\| `(\w+)` +\| [^|]+\| (yes|no) +\|/gm)]
  const required = Object.fromEntries(described.map(([, name, is]) => [name, is === 'yes']))
  expect(Object.keys(required).sort()).toEqual(
    [...new Set(['issuers', 'keys', ...Object.keys(ISSUER_FIELDS), ...Object.keys(KEY_FIELDS)])].sort(),
  )
  for (const [name, isRequired] of Object.entries(required)) {
    for (const part of ['issuers', 'keys'] as const) {
      const { [name]: removed, ...rest } = written[part][0]
      if (removed === undefined) continue
      writeFileSync(file, JSON.stringify({ ...written, [part]: [rest] }))
      const read = () => readAuthFile(file, [])
      if (isRequired) expect(read, name).toThrow(name)
      else expect(read, name).not.toThrow()
    }
  }
  writeFileSync(file, blockOf('json'))
})

test('the service of one title in the README may link accounts, and by default may not', () => {
  const [key] = readAuthFile(file, []).keys as [KeySettings]
  const may = (rights: KeySettings['rights']) => {
    const principal = {
      kind: 'service',
      name: key.name,
      permissions: permissionsOf({ ...key, principal: 'service', rights }),
    } as const
    return isAllowed(principal, players('ann', 'update'))
  }
  expect([may(key.rights), may(undefined)]).toEqual([true, false])
})

test('the program in the README writes a key set and prints a token that it verifies', async () => {
  writeFileSync(join(folder, 'token.mjs'), blockOf('js'))
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(folder, 'node_modules'))
  const token = execFileSync(process.execPath, ['token.mjs'], { cwd: folder, encoding: 'utf8' }).trim()
  const tokens = new Tokens(readAuthFile(file, []).issuers, file)
  expect((await tokens.verify(token)).claims.sub).toBe('ann')
})
