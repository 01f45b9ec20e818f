import { describe, expect, test } from 'vitest'
import { adapters } from '../adapters/index.ts'
import { parseJson } from '../src/dialect/json-text.ts'
import { formatPath } from '../src/dialect/losses.ts'
import { rejectUnknownHosts } from '../src/http/host-check.ts'
import { scoreOf } from '../src/model/achievement.ts'
import { checkAchievement } from '../src/model/check-achievement.ts'
import { parseExactJson } from '../src/model/exact-json.ts'
import { LATEST_INSTANT, parseInstant } from '../src/model/instant.ts'
import type { MigrationTimeFormat } from '../src/model/migration-mapping.ts'
import { pack } from '../src/model/packed.ts'
import { parseQuantity } from '../src/model/quantity.ts'
import { redactCredential } from '../src/outbound/credentials.ts'
import { retryAfterOf } from '../src/outbound/read-response.ts'
import { pathBelow } from '../src/outbound/url.ts'
import { readCredential } from '../src/service/credential.ts'
import { readResumeToken } from '../src/service/events/resume-token.ts'
import { percentReader, stepsReader } from '../src/service/migration-jobs/mapping/numbers.ts'
import { patternProblem } from '../src/service/migration-jobs/mapping/time-pattern.ts'
import { timeReader } from '../src/service/migration-jobs/mapping/times.ts'
import { readPage } from '../src/service/paging.ts'
import { cpuMilliseconds, hardTexts } from './support/cpu.ts'
import { fixtures } from './support/dialect-fixtures.ts'
import { MAPPING, recordsOf } from './support/migration-inputs.ts'
import { achievementOf, requirementOf } from './support/records.ts'

const LENGTHS = [60_000, 120_000]
/** The quadratic patterns that these replace took 4 s for the shorter text, and a linear one takes up to 400 ms on a busy machine. */
const MOST_MILLISECONDS = 1000

const base64 = (text: string) => Buffer.from(text).toString('base64url')
const pageOf = (pageToken: string) =>
  readPage(
    { pageSize: 1, pageToken },
    [],
    async () => [],
    () => ({ key: 0n, id: '' }),
  )

const mappedTime = (format: MigrationTimeFormat, pattern: string) =>
  ({ field: 'at', format, pattern, timeZone: 'Europe/Berlin', unknownTexts: [] }) as const

const parsers: Readonly<Record<string, (text: string) => unknown>> = {
  'an integer': (text) => parseQuantity(text, 'integer'),
  'a double': (text) => parseQuantity(text, 'double'),
  'a negative double': (text) => parseQuantity(`-${text}`, 'double'),
  'an instant': parseInstant,
  'the fraction of an instant': (text) => parseInstant(`2020-01-01T00:00:00.${text}`),
  JSON: parseJson,
  'JSON text': (text) => parseJson(JSON.stringify(text)),
  'JSON with a trailing comma': (text) => parseJson(`[${text},]`),
  'exact JSON': parseExactJson,
  'a score': (value) =>
    scoreOf({
      rewards: [{ kind: 'gamerscore', value, name: undefined, description: undefined, media: undefined }],
    }),
  'retry-after': (text) => retryAfterOf(429, new Map([['retry-after', text]]), 0),
  'ratelimit-reset': (text) => retryAfterOf(429, new Map([['ratelimit-reset', text]]), 0),
  ratelimit: (text) => retryAfterOf(429, new Map([['ratelimit', text]]), 0),
  'a percent of a migration': percentReader('percent', 'fraction', 0.5),
  'steps of a migration': stepsReader('steps', 0.5),
  'a time of a migration': timeReader(mappedTime('rfc3339', ''), LATEST_INSTANT),
  'seconds of a migration': timeReader(mappedTime('unix_seconds', ''), LATEST_INSTANT),
  'a time in a pattern': timeReader(mappedTime('pattern', 'yyyy-MM-dd HH:mm:ss'), LATEST_INSTANT),
  "a time in a pattern of Luxon's": timeReader(mappedTime('pattern', 'd LLLL yyyy h:mm a'), LATEST_INSTANT),
  'a pattern of a time': patternProblem,
  'rows of a migration': (text) =>
    recordsOf({ ...MAPPING, format: 'csv' }, `player,achievement,percent\n${text}`),
  'malformed rows of a migration': (text) =>
    recordsOf({ ...MAPPING, format: 'csv' }, `player,achievement,percent\n${text.replaceAll('A', '"\n')}`),
  'an authorization': readCredential,
  'a bearer token': (text) => readCredential(`Bearer ${text}`),
  'a token of a user hash': (text) => readCredential(`XBL3.0 x=${text}`),
  'a page token': (text) => pageOf(base64(text)),
  'the key of a page token': (text) => pageOf(base64(JSON.stringify([text, 'a', '[]']))),
  'a resume token': (text) => readResumeToken('title', base64(text)),
  'a host': (text) =>
    rejectUnknownHosts({ method: 'GET', headers: { host: text } } as never, { hosts: new Set() } as never),
  'a path of losses': (text) => formatPath([text]),
  'a packed text': (text) => pack({ [text]: text }),
  'a path below a URL': (text) => pathBelow(new URL('https://example.com/a'), text),
  'a body with a credential': (text) => redactCredential(text, 'Bearer aaaaaaaaaaaaaaaa'),
  ...Object.fromEntries(adapters.map(({ id, ids }) => [`an account of ${id}`, ids.account.accepts])),
  ...Object.fromEntries(
    [...fixtures].flatMap(([id, { parsers = {} }]) =>
      Object.entries(parsers).map(([name, parse]) => [`${name} of ${id}`, parse]),
    ),
  ),
}

describe.each(LENGTHS)('of %d characters', (length) => {
  test.each(Object.entries(parsers))('%s is read in linear time', async (_, parse) => {
    for (const [name, text] of Object.entries(hardTexts(length))) {
      const used = await cpuMilliseconds(async () => {
        try {
          await parse(text)
        } catch {
          // Input that is refused is read in linear time too.
        }
      })
      expect.soft(used, name).toBeLessThan(MOST_MILLISECONDS)
    }
  })
})

test('requirements beyond the limit are checked in linear time', async () => {
  const requirements = Array.from({ length: 120_000 }, (_, index) => requirementOf({ id: `${index}` }))
  const used = await cpuMilliseconds(() => checkAchievement(achievementOf({ id: 'a', requirements })))
  expect(used).toBeLessThan(1000)
})
