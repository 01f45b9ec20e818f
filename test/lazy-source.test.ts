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
  ...{ url: 'https://old.example/players/{player}', credential: 'env:LAUREL_CREDENTIAL_OLD' },
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
  ['a long timeout', { timeout: 5_001n * TICKS_PER_MILLISECOND }, {}, 'job.lazy_source.timeout', '5 seconds'],
])('a source with %s is refused', (_, source, mapping, field, message) => {
  expect(violationsOf(source, mapping)).toEqual([{ field, message: expect.stringContaining(message) }])
})

test('a job with a lazy source requires the permission to create destinations', () => {
  const resource = 'ADMIN:NAMESPACE:t:USER:*:ACHIEVEMENT'
  const rights = [{ resource, action: 15 }]
  const call = { ...callOf(), principal: { kind: 'operator', name: 'manager', rights } } as const
  const job = {
    ...{ titleId: 't', jobId: 'j', mapping: MAPPING, deliveriesPerSecond: 0, maxRefusals: 1n },
    ...{ overlap: undefined, lazySource: SOURCE },
  }
  const create = openOperations(servicesOn(store)).createMigrationJob
  expect(() => create(job, call)).toThrow('ADMIN:NAMESPACE:t:DESTINATION [CREATE]')
})
