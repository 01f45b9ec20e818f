import { expect, test } from 'vitest'
import { RECORD_KINDS } from '../../../src/model/record-line.ts'
import { formatProgressLine, readProgressLine } from '../../../src/service/lines/progress-line.ts'
import { exampleLines, exportLines, importLines, kindsOf } from '../../support/record-lines.ts'
import { createTestServices } from '../../support/services.ts'

const lines = exampleLines()

test('the example in the README has a line of each kind, and comes back as it is', async () => {
  expect(Object.keys(kindsOf(lines))).toEqual(['export', ...RECORD_KINDS, 'end'])
  await using services = await createTestServices()
  await importLines(services, lines)
  expect((await exportLines(services)).slice(1)).toEqual(lines.slice(1))
})

test('a line of progress is that of migration jobs', () => {
  const line = JSON.parse(lines.find((each) => each.startsWith('{"kind":"progress"')) ?? '')
  expect(JSON.parse(formatProgressLine(readProgressLine(line)))).toEqual(line)
})
