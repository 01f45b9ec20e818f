import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { createDestination } from '../../../src/service/destinations/create-destination.ts'
import { enqueueEvents } from '../../../src/service/destinations/enqueue-events.ts'
import { openOperations } from '../../../src/service/operations.ts'
import { onDatabase } from '../../support/deliveries.ts'
import { contentsOf } from '../../support/every-table.ts'
import { exportLines, importLines, playTitle } from '../../support/record-lines.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

const call = callOf()
const once = { requestId: undefined }

let source: TestServices
let lines: readonly string[]
let target: TestServices

beforeAll(async () => {
  source = await createTestServices()
  await playTitle(source, 'one')
  lines = await exportLines(source)
})
afterAll(() => source[Symbol.asyncDispose]())
beforeEach(async () => {
  target = await createTestServices()
  return () => target[Symbol.asyncDispose]()
})

/** Returns the number of the first line that contains a text, from 1. */
const lineWith = (text: string) => lines.findIndex((line) => line.includes(text)) + 1
/** Returns the lines with one changed. */
const changed = (number: number, change: (line: string) => string) =>
  lines.map((line, index) => (index === number - 1 ? change(line) : line))

const PART_LINES = 10

describe('an import that is cut', () => {
  test('keeps its whole parts, and the same lines again go on after them', async () => {
    await expect(importLines(target, lines.slice(0, 35), PART_LINES)).rejects.toMatchObject({
      reason: 'DOCUMENT_MALFORMED',
      message: expect.stringContaining('after line 35, without its line of the kind end'),
    })
    const states = await importLines(target, lines, PART_LINES)
    // The lines up to the 30th are skipped; the first part has one line more, the export's first.
    expect(states[0]).toEqual({ lineCount: 41, done: false })
    expect(states.at(-1)).toEqual({ lineCount: lines.length, done: true })
    expect((await exportLines(target)).slice(1)).toEqual(lines.slice(1))
  })

  test('goes on with the same lines only', async () => {
    await importLines(target, lines.slice(0, 35), PART_LINES).catch(() => {})
    const other = changed(lineWith('"kind":"title"'), (line) =>
      line.replace('"displayName":"T"', '"displayName":"U"'),
    )
    await expect(importLines(target, other, PART_LINES)).rejects.toMatchObject({
      reason: 'DOCUMENT_REFUSED',
      message: expect.stringMatching(
        /^line 31: the lines up to this one differ from the lines that were imported before/,
      ),
    })
  })

  test('is not run by two calls at once', async () => {
    const results = await Promise.allSettled([1, 2].map(() => importLines(target, lines, PART_LINES)))
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ reason: 'TOO_MUCH_CONTENTION' })
    await importLines(target, lines, PART_LINES)
    expect((await exportLines(target)).slice(1)).toEqual(lines.slice(1))
  })
})

test('the same lines again change nothing', async () => {
  await importLines(target, lines)
  const contents = await contentsOf(target.databaseUrl)
  expect(await importLines(target, lines, PART_LINES)).toEqual([{ lineCount: lines.length, done: true }])
  expect(await contentsOf(target.databaseUrl)).toEqual(contents)
})

test('a part that is refused writes nothing', async () => {
  const number = lineWith('"kind":"progress"')
  const before = await contentsOf(target.databaseUrl)
  await expect(
    importLines(
      target,
      changed(number + 2, (line) => line.replace('"achievementId":"', '"achievementId":"no ')),
    ),
  ).rejects.toMatchObject({
    reason: 'DOCUMENT_REFUSED',
    message: `line ${number + 2}: titleId, achievementId: must be that of an earlier line: import an export as it was written`,
  })
  expect(await contentsOf(target.databaseUrl)).toEqual(before)
  await importLines(target, lines)
})

test('the first refused line is named, though a later one is malformed', async () => {
  await playTitle(target, 'one')
  const malformed = changed(PART_LINES + 2, (line) => line.slice(1))
  await expect(importLines(target, malformed, PART_LINES)).rejects.toThrow(/^line 2: title.titleId: /)
  await expect(importLines(target, lines.slice(0, PART_LINES + 2), PART_LINES)).rejects.toThrow(/^line 2: /)
})

test('destinations get no events of an import, not even a destination that is created during it', async () => {
  await importLines(target, lines.slice(0, lineWith('"kind":"event"') + 5), PART_LINES).catch(() => {})
  const destination = await createDestination(
    target,
    {
      destination: {
        titleId: 'one',
        id: 'hook',
        displayName: '',
        dialect: 'webhook',
        url: 'https://hooks.example/',
        credential: 'env:LAUREL_CREDENTIAL_HOOK',
        filter: { kinds: [], achievementIds: [], playerIds: [] },
        limits: { requestsPerSecond: 1000, maxInFlight: 8, maxAttempts: 3, timeout: 10_000_000n },
      },
      fromOldest: true,
      ...once,
    },
    call,
  )
  await importLines(target, lines, PART_LINES)
  await enqueueEvents(target, destination, await target.safePosition.current(NEVER_ABORTED), NEVER_ABORTED)
  expect(await onDatabase(target.databaseUrl, 'select from deliveries')).toEqual([])
  expect(await onDatabase(target.databaseUrl, 'select from events')).not.toEqual([])
})

describe('a line is refused, with its number,', () => {
  const title = '"kind":"title"'
  const player = '"playerId":"one bob"'
  test.each<[why: string, text: string, change: (line: string) => string, problem: RegExp]>([
    [
      'of an unknown kind',
      player,
      (line) => line.replace('"player"', '"guild"'),
      /kind: must be one of title, .* and is "guild"/,
    ],
    ['that is no JSON', player, (line) => line.slice(1), /the record is not JSON: column/],
    ['that is no object', player, () => '[]', /must be a JSON object/],
    [
      'with an unknown member',
      player,
      (line) => line.replace('{', '{"age":7,'),
      /age: must be absent, and is 7/,
    ],
    [
      'without a member',
      player,
      (line) => line.replace('"displayName":"",', ''),
      /displayName: must be a text, and is missing/,
    ],
    [
      'with a malformed time',
      player,
      (line) => line.replace('"createTime":"2', '"createTime":"x'),
      /createTime: must be a time in RFC 3339/,
    ],
    [
      'with a malformed definition',
      title,
      (line) => line.replace('"defaultLocale":"en"', '"defaultLocale":7'),
      /title.default_locale|default_locale|defaultLocale/,
    ],
    [
      'with a percentage out of range',
      '"kind":"event"',
      (line) => line.replace('"percent":0', '"percent":101'),
      /percent: must be an integer from 0 to 100, and is 101/,
    ],
    [
      'with an id in a dialect that is too long for an index',
      '"achievementId":"plain"',
      (line) =>
        line.replace(/("ids":\{[^}]*"discord":)"[^"]*"/, `$1"${randomBytes(20_000).toString('hex')}"`),
      /achievement.ids: must be a value that the database can store/,
    ],
    [
      'of a title that comes later',
      '"kind":"stat"',
      (line) => line.replace('"titleId":"one"', '"titleId":"two"'),
      /titleId: must be that of an earlier line of the kind title, and is "two"/,
    ],
    [
      'of a player who comes later',
      '"kind":"account"',
      (line) => line.replace('one ann', 'one zoe'),
      /playerId: must be that of an earlier line/,
    ],
    [
      'twice',
      '"kind":"stat_value"',
      () => lines[lineWith('"kind":"stat_value"')] ?? '',
      /playerId, titleId, statCode: must not be here yet/,
    ],
  ])('%s', async (_, text, change, problem) => {
    const number = lineWith(text)
    const twice = text.includes('stat_value') ? 1 : 0
    await expect(importLines(target, changed(number, change))).rejects.toMatchObject({
      code: 'invalid_argument',
      reason: 'DOCUMENT_REFUSED',
      metadata: { line: String(number + twice) },
      message: expect.stringMatching(new RegExp(`^line ${number + twice}: (${problem.source})`)),
    })
  })

  test.each<[why: string, change: (line: string) => string, problem: RegExp]>([
    [
      'of another format',
      (line) => line.replace('laurel-records', 'others'),
      /format: must be laurel-records/,
    ],
    [
      'of a newer version',
      (line) => line.replace('"version":1', '"version":2'),
      /version: must be 1, unless this Laurel is updated/,
    ],
  ])('that is the first one, %s', async (_, change, problem) => {
    await expect(importLines(target, changed(1, change))).rejects.toThrow(problem)
  })

  test('if the last one counts other lines', async () => {
    const rest = lines.filter((line) => !line.includes('"eventKind":"revoked"'))
    await expect(importLines(target, rest)).rejects.toThrow(
      /^line \d+: counts.event: must be \d+, the number of lines of the kind/,
    )
  })

  test('after the last one', async () => {
    await expect(importLines(target, [...lines, lines[1] ?? ''])).rejects.toThrow(
      `line ${lines.length + 1}: must not follow the line of the kind end`,
    )
  })
})

describe('an existing record', () => {
  const createPlayer = (id: string, parts: object = {}) =>
    openOperations(target).createPlayer(
      { player: { id, displayName: '', accounts: [], ...parts }, ...once },
      call,
    )

  test('a title is refused', async () => {
    await playTitle(target, 'one')
    await expect(importLines(target, lines)).rejects.toThrow(
      'line 2: title.titleId: must not be here yet: delete title one here, or export without it',
    )
  })

  test('an equal player is shared', async () => {
    await createPlayer('one bob')
    await importLines(target, lines)
    expect(
      await onDatabase(target.databaseUrl, `select from progress where player_id = 'one bob'`),
    ).not.toEqual([])
  })

  test('a player of another name is refused', async () => {
    await createPlayer('one bob', { displayName: 'Bob' })
    await expect(importLines(target, lines)).rejects.toThrow(
      `line ${lineWith('"kind":"player","playerId":"one bob"')}: displayName: must be that of the player of this id`,
    )
  })

  test('an account of another player is refused', async () => {
    const { dialect, accountId } = JSON.parse(lines[lineWith('"kind":"account"') - 1] ?? '')
    await createPlayer('other', { accounts: [{ dialect, id: accountId }] })
    await expect(importLines(target, lines)).rejects.toThrow(
      `line ${lineWith('"kind":"account"')}: accountId: must not be the account of another player here`,
    )
  })

  test('a player who was deleted, or merged, is refused', async () => {
    await createPlayer('one bob')
    const operations = openOperations(target)
    await operations.deletePlayer({ playerId: 'one bob', etag: undefined, reason: '', ...once }, call)
    await expect(importLines(target, lines)).rejects.toThrow(
      'playerId: must not be a player who was deleted here',
    )
    await createPlayer('one bob')
    await createPlayer('other')
    await operations.mergePlayers(
      { playerId: 'other', absorbedPlayerId: 'one bob', reason: '', ...once },
      call,
    )
    await expect(importLines(target, lines)).rejects.toThrow(
      'playerId: must not be a player who was merged here',
    )
  })
})
