import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LaurelError } from '../src/model/errors.ts'
import { CredentialError, Credentials, checkReference } from '../src/outbound/credentials.ts'

const root = mkdtempSync(join(tmpdir(), 'laurel-credentials-'))
const directory = join(root, 'credentials')
const environment = {
  LAUREL_CREDENTIAL_TOY: ' hush-toy\n',
  LAUREL_CREDENTIAL_EMPTY: ' ',
  LAUREL_CREDENTIAL_LINES: 'hush\r\nx-evil: 1',
  LAUREL_CREDENTIAL_OURS: '{"secret": " hush-ours", "titles": ["harbor", "lights"]}',
  LAUREL_CREDENTIAL_LONG: 'hush'.repeat(20_000),
  DATABASE_URL: 'postgres://u:hush@db/x',
}
const credentials = new Credentials({ environment, directory })

beforeAll(() => {
  mkdirSync(join(directory, 'sub'), { recursive: true })
  writeFileSync(join(root, 'outside'), 'hush')
  writeFileSync(join(directory, 'toy'), '\n hush-toy \n')
  writeFileSync(join(directory, 'json'), '\n{\n  "secret": "hush-json"\n}\n')
  writeFileSync(join(directory, 'theirs'), '{"secret": "hush\\nhush", "titles": ["lights"]}')
  writeFileSync(join(directory, 'empty'), '')
  writeFileSync(join(directory, 'long'), 'hush'.repeat(20_000))
  writeFileSync(join(directory, 'exact'), `${'x'.repeat(64 * 1024 - 1)}\n`)
  writeFileSync(join(directory, 'bytes'), Buffer.from([0x68, 0x75, 0x73, 0x68, 0xff]))
  writeFileSync(join(directory, '.hidden'), 'hush')
  writeFileSync(join(directory, 'sub', 'data'), 'hush-swapped')
  symlinkSync('sub/data', join(directory, 'swapped'))
  symlinkSync('../outside', join(directory, 'leak'))
  symlinkSync('/etc/passwd', join(directory, 'passwd'))
  symlinkSync('..', join(directory, 'up'))
  symlinkSync('nowhere', join(directory, 'dangling'))
  execFileSync('sh', ['-c', 'mkfifo "$0"', join(directory, 'pipe')])
})

afterAll(() => rmSync(root, { recursive: true, force: true }))

test.each([
  ['env:LAUREL_CREDENTIAL_TOY', 'hush-toy'],
  ['env:LAUREL_CREDENTIAL_OURS', 'hush-ours'],
  ['file:toy', 'hush-toy'],
  ['file:json', 'hush-json'],
  ['file:swapped', 'hush-swapped'],
  ['file:exact', 'x'.repeat(64 * 1024 - 1)],
])('reads %s', async (reference, secret) => {
  checkReference(reference)
  expect(await credentials.read(reference, 'harbor')).toBe(secret)
})

test.each([
  ['env:LAUREL_CREDENTIAL_ABSENT', 'is not set, or not for title harbor'],
  ['env:LAUREL_CREDENTIAL_EMPTY', 'is empty'],
  ['env:LAUREL_CREDENTIAL_LINES', 'is not one line'],
  ['env:LAUREL_CREDENTIAL_LONG', 'is longer than 65536 bytes'],
  ['file:absent', 'is no file of LAUREL_CREDENTIALS_DIR, or not for title harbor'],
  ['file:dangling', 'is no file of LAUREL_CREDENTIALS_DIR, or not for title harbor'],
  ['file:empty', 'is empty'],
  ['file:long', 'is longer than 65536 bytes'],
  ['file:bytes', 'is not one line of UTF-8'],
  ['file:leak', 'leads out of its folder'],
  ['file:passwd', 'leads out of its folder'],
  ['file:up', 'leads out of its folder'],
  ['file:sub', 'is not a plain file'],
  ['file:pipe', 'is not a plain file'],
])('fails for %s with an error that names the reference and no secret', async (reference, problem) => {
  const error = await credentials.read(reference, 'harbor').catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(CredentialError)
  const { message } = error as CredentialError
  expect(message).toContain(JSON.stringify(reference))
  expect(message).toContain(problem)
  expect(message.replace(reference, '')).not.toContain('hush')
})

test.each([
  '',
  'hush',
  'env:DATABASE_URL',
  'env:LAUREL_CREDENTIAL_',
  'env:__proto__',
  'env:LAUREL_CREDENTIAL_A\n',
  'file:',
  'file:..',
  'file:.',
  'file:.hidden',
  'file:../outside',
  'file:sub/data',
  'file:/etc/passwd',
  'file:a\\b',
  'file:a\u0000',
  'file:toy\n',
  'vault:a',
])('rejects the reference %j', async (reference) => {
  const refusal = expect.objectContaining({ code: 'invalid_argument' })
  expect(() => checkReference(reference, 'destination.credential')).toThrow(LaurelError)
  await expect(credentials.read(reference, 'harbor')).rejects.toEqual(refusal)
  try {
    checkReference(reference, 'destination.credential')
  } catch (error) {
    expect((error as LaurelError).violations[0]?.field).toBe('destination.credential')
  }
})

test('a credential of other titles fails like a missing one', async () => {
  const messageOf = (reference: string, titleId: string) =>
    credentials.read(reference, titleId).then(String, (error: Error) => error.message)
  for (const [theirs, absent] of [
    ['env:LAUREL_CREDENTIAL_OURS', 'env:LAUREL_CREDENTIAL_NONE'],
    ['file:theirs', 'file:none'],
  ] as const) {
    expect(await messageOf(theirs, 'harbor-2')).toBe(
      (await messageOf(absent, 'harbor-2')).replace(absent, theirs),
    )
  }
  expect(await messageOf('file:theirs', 'lights')).toContain('is not one line')
  expect(await messageOf('file:json', 'any title')).toBe('hush-json')
})

test.each([
  '{',
  '{}',
  '{"titles": ["harbor"]}',
  '{"secret": 1}',
  '{"secret": "hush", "title": ["harbor"]}',
  '{"secret": "hush", "titles": []}',
  '{"secret": "hush", "titles": "harbor"}',
  '{"secret": "hush", "titles": ["harbor", 1]}',
  '{"secret": "hush", "titles": null}',
  '{"secret": "hush", "__proto__": {}}',
])('rejects the credential %s', async (text) => {
  const sources = { environment: { LAUREL_CREDENTIAL_ODD: text }, directory: undefined }
  const read = new Credentials(sources).read('env:LAUREL_CREDENTIAL_ODD', 'harbor')
  const problem = /^credential "env:LAUREL_CREDENTIAL_ODD" begins with a brace and is not a JSON object of/
  await expect(read).rejects.toThrow(problem)
  await expect(read).rejects.not.toThrow('hush')
})

test('reads a file again after it was replaced', async () => {
  const file = join(directory, 'rotated')
  writeFileSync(file, 'one')
  expect(await credentials.read('file:rotated', 'harbor')).toBe('one')
  writeFileSync(`${file}.new`, 'two')
  renameSync(`${file}.new`, file)
  expect(await credentials.read('file:rotated', 'harbor')).toBe('two')
})

test('has no files without a folder', async () => {
  const without = new Credentials({ environment, directory: undefined })
  await expect(without.read('file:toy', 'harbor')).rejects.toThrow('LAUREL_CREDENTIALS_DIR')
  await expect(
    new Credentials({ environment, directory: '/nowhere' }).read('file:toy', 'harbor'),
  ).rejects.toThrow('is no file of LAUREL_CREDENTIALS_DIR')
})
