import { afterAll, beforeAll, expect, test } from 'vitest'
import { exportLines, importLines, kindsOf, playTitle } from '../../support/record-lines.ts'
import { createTestServices, type TestServices } from '../../support/services.ts'
import { countUnlocks } from '../../support/unlock-counts.ts'

let source: TestServices
let target: TestServices
beforeAll(async () => {
  source = await createTestServices()
  target = await createTestServices()
  await playTitle(source, 'one')
  await playTitle(source, 'two', false)
  await countUnlocks(source)
})
afterAll(async () => {
  await source[Symbol.asyncDispose]()
  await target[Symbol.asyncDispose]()
})

test('an export comes back equal', async () => {
  const lines = await exportLines(source)
  console.log(lines.slice(0, 4).join('\n'), kindsOf(lines))
  for (const kind of Object.keys(kindsOf(lines)))
    console.log(lines.find((line) => line.startsWith(`{"kind":"${kind}"`)))
  await importLines(target, lines, 20)
  expect((await exportLines(target)).slice(1)).toEqual(lines.slice(1))
})
