import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCommand } from '../support/laurel.ts'

let folder: string
const env = () => ({ TMPDIR: folder })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-demo-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('shows one player on each platform on one screen, and leaves no file behind', async () => {
  const { code, stdout, stderr } = await startCommand('src/cli/demo.ts', [], { env: env() }).result
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const lines = stdout.trimEnd().split('\n')
  expect(lines.length).toBeLessThanOrEqual(40)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100)
  expect(stdout).toContain('5 achievements, 0 losses')
  expect(stdout).toContain('keeper-of-flames follows that stat, now 37 %')
  expect(stdout).toContain('newly unlocked true, already unlocked false')
  expect(stdout).toContain('newly unlocked false, already unlocked true')
  expect(stdout).toMatch(
    /^first-lantern\n +state +progressState: Achieved +percent_complete: 100 +status: 2$/m,
  )
  expect(stdout).toMatch(/^ +value +- +- +latestValue: 1\n +time +\d{4}-\S+Z +\d{4}-\S+\+00:00 +\d{4}-\S+Z$/m)
  expect(stdout).toMatch(
    /^keeper-of-flames\n +state +progressState: InProgress +percent_complete: 37 +status: 1$/m,
  )
  expect(stdout).toMatch(
    /^ +value +current: 37, target: 100 +- +latestValue: 37\n +time +0001\S+ +null +0001\S+$/m,
  )
  expect(stdout).toMatch(/lost: \d+ for Xbox, \d+ for Discord, \d+ for AccelByte/)
  expect(stdout).toMatch(/^Xbox +coerced +achievement\.id +"first-lantern" +"1"$/m)
  expect(stdout).toMatch(/^Discord +dropped +progress\.values +\{"goal":37\} +\(nothing\)$/m)
  expect(stdout).toMatch(/^AccelByte +coerced +progress\.percent +37 +0$/m)
  expect(await readdir(folder)).toEqual([])
})

test('leaves no file behind when it is interrupted', async () => {
  const interrupted = async () => {
    const demo = startCommand('src/cli/demo.ts', [], { env: env() })
    demo.process.stdout?.once('data', () => demo.process.kill('SIGINT'))
    const { code, stderr } = await demo.result
    return { code, stderr }
  }
  let result = await interrupted()
  // The signal may arrive after the demo has finished.
  while (result.code === 0) result = await interrupted()
  expect(result).toEqual({ code: 130, stderr: 'laurel: interrupted\n' })
  expect(await readdir(folder)).toEqual([])
})
