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

test('the demo shows one player on each platform, and leaves nothing behind', async () => {
  const { code, stdout, stderr } = await startCommand('src/cli/demo.ts', [], { env: env() }).result
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain('5 new achievements, 0 losses')
  expect(stdout).toContain('keeper-of-flames follows that stat and is at 37 %')
  expect(stdout).toContain('newly true')
  expect(stdout).toContain('newly false, already true')
  expect(stdout).toContain('reads back as 29 %')
  expect(stdout).toContain('"progressState": "Achieved"')
  expect(stdout).toContain('"percent_complete": 29')
  expect(stdout).toContain('"achievementCode": "night-walker"')
  expect(stdout.match(/^\d+ losses/gm)).toHaveLength(3)
  expect(await readdir(folder)).toEqual([])
})

test('the demo leaves nothing behind when it is interrupted', async () => {
  const interrupted = async () => {
    const demo = startCommand('src/cli/demo.ts', [], { env: env() })
    demo.process.stdout?.once('data', () => demo.process.kill('SIGINT'))
    const { code, stderr } = await demo.result
    return { code, stderr }
  }
  let result = await interrupted()
  // It was done before it was told.
  while (result.code === 0) result = await interrupted()
  expect(result).toEqual({ code: 130, stderr: 'laurel: interrupted\n' })
  expect(await readdir(folder)).toEqual([])
})
