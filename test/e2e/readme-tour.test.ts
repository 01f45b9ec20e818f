import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { startServer } from '../support/server.ts'

/** Returns the blocks of commands of the README's tour. */
function tour(): readonly string[] {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const [, section = ''] = /^## A tour[^\n]*\n(.*?)^## /ms.exec(readme) ?? []
  return [...section.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block)
}

test('the tour of the README succeeds with curl alone', async () => {
  await using database = await createTestDatabase()
  await using server = await startServer({
    databaseUrl: database.url,
    env: { LAUREL_CREDENTIAL_HOOK: `whsec_${Buffer.alloc(32).toString('base64')}` },
  })
  const isServed = (block: string) => /^\w+=|curl/m.test(block) && !/npm/.test(block)
  const ofWebhook = (block: string) => block.split('\n').filter((line) => /create-destination/.test(line))
  const blocks = tour()
  const commands = [...blocks.filter(isServed), ...blocks.flatMap(ofWebhook)]
    .join('\n')
    // A stream of events has no end of its own.
    .replaceAll(/^curl -N.*$/gm, '')
    .replaceAll('localhost:8080', server.url.replace('http://', ''))
    .replaceAll('curl -s', 'curl -sf')
  expect(commands.match(/curl/g)?.length).toBeGreaterThanOrEqual(9)
  const { stdout } = await promisify(execFile)('bash', ['-ec', commands])
  expect(stdout).toMatch(/"newlyUnlocked":true/)
  expect(stdout).toMatch(/HTTP\/1.1 20\d/)
  expect(stdout).toMatch(/"destinationId":"hook"/)
  expect(stdout).toMatch(/"events":\[\{"eventId":"\d+","titleId":"lanternfall"/)
  const events = `${server.url}/events?title_id=lanternfall&from_oldest=true`
  const { body } = await fetch(events)
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!text.includes('event: unlocked')) text += (await reader?.read())?.value ?? ''
  await reader?.cancel()
})
