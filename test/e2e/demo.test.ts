import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adapters } from '../../adapters/index.ts'
import { showsProgress } from '../support/documents.ts'
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
  const ids = adapters.map(({ id }) => id)
  expect(stdout).toContain(`their ids in ${ids.join(', ')}\n`)
  const [, changes = '', lost = ''] = stdout.split(/^What .*:$/m)
  const sections = changes.split(new RegExp(`^(?=(?:${ids.join('|')}) )`, 'm')).slice(1)
  expect(sections.map((section) => section.split(' ')[0])).toEqual(ids)
  // Platforms show the unlock with its time, and the count or its percent.
  const shown = sections.filter((_, index) => showsProgress(ids[index] ?? ''))
  expect(shown.length).toBeGreaterThan(1)
  for (const section of shown) {
    expect(section).toMatch(/: \d{4}-\d\d-\d\dT\S+/)
    expect(section.split('\n')[0]).toMatch(/^\w+ +\w+: \S+ +\w+: 37$/)
  }
  expect(stdout).toMatch(new RegExp(`lost: ${ids.map((id) => `\\d+ for ${id}`).join(', ')}\\.`))
  for (const id of ids) expect(lost).toMatch(new RegExp(`^${id} +(coerced|dropped|defaulted) `, 'm'))
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
