import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { sampleOf } from '../support/dialect-fixtures.ts'
import { CODED, UNCODED } from '../support/documents.ts'
import { createFixture } from '../support/fixture.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SERVING = /serving gRPC on (\S+) and HTTP on (\S+)/

function run(args: readonly string[], env: Readonly<Record<string, string>>) {
  return spawn(process.execPath, args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...env },
  })
}

test.each([
  ['src/main.ts', '1'],
  ['src/main.ts', '2'],
  ['src/cli/main.ts', '1'],
])('a server whose outputs are closed serves on (%s, LAUREL_WORKERS=%s)', async (program, workers) => {
  await using database = await createTestDatabase()
  const server = run([program, ...(program.includes('cli') ? ['serve'] : [])], {
    LAUREL_GRPC_ADDRESS: '127.0.0.1:0',
    LAUREL_HTTP_ADDRESS: '127.0.0.1:0',
    // It has something to say of each call.
    LAUREL_LOG_LEVEL: 'trace',
    LAUREL_WORKERS: workers,
    DATABASE_URL: database.url,
  })
  const exited = once(server, 'exit')
  const [, address = '', http] = await new Promise<RegExpExecArray>((resolve) => {
    let output = ''
    server.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      const found = SERVING.exec(output)
      if (found !== null) resolve(found)
    })
  })
  server.stdout.destroy()
  server.stderr.destroy()
  await createFixture(address, { first: undefined })
  expect((await fetch(`http://${http}/readyz`)).status).toBe(200)
  server.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
})

test('a command whose reader has gone ends without an error text', async () => {
  const document = sampleOf(CODED)
  const command = run(['src/cli/main.ts', 'translate', '--from', CODED, '--to', UNCODED, document], {})
  let errors = ''
  command.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk
  })
  command.stdout.destroy()
  expect(await once(command, 'exit')).toEqual([141, null])
  expect(errors).not.toMatch(/EPIPE|at .*:\d+:\d+/)
})

test('the demo whose reader has gone leaves nothing behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'laurel-closed-output-'))
  const demo = run(['src/cli/demo.ts'], { TMPDIR: folder })
  demo.stderr.resume()
  demo.stdout.once('data', () => demo.stdout.destroy())
  expect(await once(demo, 'exit')).toEqual([141, null])
  expect(await readdir(folder)).toEqual([])
  await rm(folder, { recursive: true })
})
