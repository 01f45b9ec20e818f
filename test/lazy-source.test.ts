import { afterAll, expect, test } from 'vitest'
import { TICKS_PER_MILLISECOND } from '../src/model/instant.ts'
import type { LazySource } from '../src/model/migration-job.ts'
import type { MigrationMapping } from '../src/model/migration-mapping.ts'
import { Credentials } from '../src/outbound/credentials.ts'
import { createLazyFetcher } from '../src/outbound/lazy-fetcher.ts'
import { openOutbound } from '../src/outbound/outbound.ts'
import { checkLazySource } from '../src/service/migration-jobs/lazy/check-lazy-source.ts'
import { openOperations } from '../src/service/operations.ts'
import { openStore } from '../src/store/store.ts'
import { MAPPING } from './support/migration-inputs.ts'
import { callOf, servicesOn } from './support/services.ts'

const SOURCE: LazySource = {
  url: 'https://old.example/players/{player}',
  credential: 'env:LAUREL_CREDENTIAL_OLD',
  timeout: 300n * TICKS_PER_MILLISECOND,
}
const fetcher = createLazyFetcher(
  openOutbound({ allowPrivate: [] }),
  new Credentials({ environment: {}, directory: undefined }),
)
const store = openStore({ connectionString: 'postgres://127.0.0.1:1/none', poolSize: 1, onError: () => {} })
afterAll(() => store.close())
const violationsOf = (source: Partial<LazySource>, mapping: Partial<MigrationMapping>) =>
  checkLazySource(fetcher, { lazySource: { ...SOURCE, ...source }, mapping: { ...MAPPING, ...mapping } })

test('a source with a placeholder has no violation', () => {
  expect(violationsOf({}, {})).toEqual([])
  expect(violationsOf({ url: 'https://old.example/?of={player}', credential: '' }, {})).toEqual([])
})

test.each<[string, Partial<LazySource>, Partial<MigrationMapping>, string, string]>([
  [
    'a private address',
    { url: 'https://10.0.0.1/{player}' },
    {},
    'job.lazy_source.url',
    'private or reserved',
  ],
  ['no TLS', { url: 'http://old.example/{player}' }, {}, 'job.lazy_source.url', 'https'],
  ['no placeholder', { url: 'https://old.example/x' }, {}, 'job.lazy_source.url', 'must contain {player}'],
  [
    'a character that is not encoded',
    { url: 'https://old.example/ä/{player}' },
    {},
    'job.lazy_source.url',
    'percent-encoded',
  ],
  [
    'a segment ..',
    { url: 'https://old.example/a/%2e%2E/{player}' },
    {},
    'job.lazy_source.url',
    'percent-encoded',
  ],
  [
    'a placeholder in the host',
    { url: 'https://{player}.old.example/' },
    {},
    'job.lazy_source.url',
    'must be a URL',
  ],
  [
    'an account without a dialect',
    { url: 'https://old.example/{account}' },
    {},
    'job.lazy_source.url',
    'must contain {player}, because',
  ],
  ['a secret', { credential: 'Bearer x' }, {}, 'job.lazy_source.credential', 'must be env:'],
  ...['key', 'api_key', 'apiKey', 'code', 'token', 'X-Amz-Signature', 'sig', 'password'].map(
    (name): [string, Partial<LazySource>, Partial<MigrationMapping>, string, string] => [
      `a secret in ${name}`,
      { url: `https://old.example/{player}?a=b&${name}=hunter2` },
      {},
      'job.lazy_source.url',
      `name it in credential, and write ${name}={credential}`,
    ],
  ),
  [
    'a user and a password',
    { url: 'https://user:hunter2@old.example/{player}' },
    {},
    'job.lazy_source.url',
    'name a credential instead',
  ],
  [
    'a place for a credential that it lacks',
    { url: 'https://old.example/{player}?key={credential}', credential: '' },
    {},
    'job.lazy_source.url',
    'without a credential',
  ],
  ['a long timeout', { timeout: 5_001n * TICKS_PER_MILLISECOND }, {}, 'job.lazy_source.timeout', '5 seconds'],
])('a source with %s is refused', (_, source, mapping, field, message) => {
  const violations = violationsOf(source, mapping)
  expect(violations).toEqual([{ field, message: expect.stringContaining(message) }])
  expect(JSON.stringify(violations)).not.toContain('hunter2')
})

test('a source may have an id in a parameter that is named like a secret, and a credential', () => {
  expect(violationsOf({ url: 'https://old.example/?player_key={player}&code={credential}' }, {})).toEqual([])
})

/** A caller with all permissions on progress. */
const managerOf = (action: number) => {
  const permissions = [{ resource: 'ADMIN:NAMESPACE:t:USER:*:ACHIEVEMENT', action }]
  return { ...callOf(), principal: { kind: 'operator', name: 'manager', permissions } } as const
}

test('a job that calls other systems requires the permissions on destinations', () => {
  const create = openOperations(servicesOn(store)).createMigrationJob
  const job = { titleId: 't', jobId: 'j', mapping: MAPPING, maxRefusals: 1n, overlap: undefined }
  const lazy = { ...job, deliveriesPerSecond: 0, lazySource: SOURCE }
  expect(() => create(lazy, managerOf(15))).toThrow('ADMIN:NAMESPACE:t:DESTINATION [CREATE]')
  const sends = { ...job, deliveriesPerSecond: 1, lazySource: undefined }
  expect(() => create(sends, managerOf(15))).toThrow('ADMIN:NAMESPACE:t:DESTINATION [UPDATE]')
})

test('a rollback requires the permission to delete progress', () => {
  const rollback = openOperations(servicesOn(store)).rollbackMigrationJob
  expect(() => rollback({ titleId: 't', jobId: 'j', reason: 'x' }, managerOf(7))).toThrow(
    'ADMIN:NAMESPACE:t:USER:*:ACHIEVEMENT [DELETE]',
  )
})
