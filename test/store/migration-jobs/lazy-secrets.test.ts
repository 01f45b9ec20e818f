import { afterAll, beforeAll, expect, test } from 'vitest'
import { TICKS_PER_MILLISECOND } from '../../../src/model/instant.ts'
import { Credentials } from '../../../src/outbound/credentials.ts'
import { createLazyFetcher } from '../../../src/outbound/lazy-fetcher.ts'
import { openOutbound } from '../../../src/outbound/outbound.ts'
import { LazyPuller } from '../../../src/service/migration-jobs/lazy/lazy-puller.ts'
import { openOperations } from '../../../src/service/operations.ts'
import type { Services } from '../../../src/service/services.ts'
import { onDatabase } from '../../support/deliveries.ts'
import { type FakePlatform, respond, startFakePlatform } from '../../support/fake-platform.ts'
import { MAPPING } from '../../support/migration-inputs.ts'
import { createTitleWith } from '../../support/migration-job.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

/* The secret of a lazy source is nowhere but in its requests. */

const SECRET = 'sesame/open+1234567890'

let services: TestServices
let platform: FakePlatform
beforeAll(async () => {
  services = await createTestServices()
  platform = await startFakePlatform({
    behave: ({ path }) =>
      respond(200, {
        body: `${JSON.stringify({ player: 'ann', achievement: 'nowhere', path })}\n${SECRET}\n`,
      }),
  })
})
afterAll(async () => {
  await platform.close()
  await services[Symbol.asyncDispose]()
})

/** Services whose credential is the secret. */
async function servicesWithSecret(): Promise<Services> {
  const environment = { LAUREL_CREDENTIAL_OLD: SECRET }
  const outbound = openOutbound({ allowPrivate: ['127.0.0.1'] })
  const fetcher = createLazyFetcher(outbound, new Credentials({ environment, directory: undefined }))
  const lazyPulls = new LazyPuller(services, fetcher, () => {})
  return { ...services, lazyPulls }
}

test('a credential in the URL is sent encoded, without a header, and stored and shown nowhere', async () => {
  await createTitleWith(services, 'secret', [
    achievementOf({ id: 'laps', requirements: [requirementOf({ target: 100n })] }),
  ])
  const operations = openOperations(await servicesWithSecret())
  const job = { titleId: 'secret', jobId: 'lazy', deliveriesPerSecond: 0, maxRefusals: 10n }
  const url = `${platform.url}/{player}?code={credential}`
  const timeout = 3_000n * TICKS_PER_MILLISECOND
  const lazySource = { url, credential: 'env:LAUREL_CREDENTIAL_OLD', timeout }
  await operations.createMigrationJob({ ...job, mapping: MAPPING, overlap: undefined, lazySource }, callOf())
  await operations.getProgress({ titleId: 'secret', playerId: 'ann', achievementId: 'laps' }, callOf())
  const [request] = platform.received
  expect(request?.path).toBe(`/ann?code=${encodeURIComponent(SECRET)}`)
  expect(request?.headers).not.toHaveProperty('authorization')
  const refusals = await onDatabase(services.databaseUrl, 'select * from migration_refusals')
  expect(refusals).toHaveLength(2)
  const tables = ['migration_jobs', 'migration_refusals', 'audit_entries', 'events', 'migration_sources']
  for (const table of tables) {
    const rows = JSON.stringify(await onDatabase(services.databaseUrl, `select * from ${table}`))
    for (const text of [SECRET, encodeURIComponent(SECRET)])
      expect([table, rows.includes(text)]).toEqual([table, false])
  }
})

test('the audit has the origin of a source’s URL alone, whose path may be a secret', async () => {
  const [entry] = await onDatabase(
    services.databaseUrl,
    `select after::text as text from audit_entries where resource_type = 'migration_job'`,
  )
  expect(entry?.['text']).toContain(platform.url)
  expect(entry?.['text']).not.toContain('{player}')
})

test('a job that calls other systems is resumed with the permissions on destinations alone', async () => {
  const permissions = [{ resource: 'ADMIN:NAMESPACE:secret:USER:*:ACHIEVEMENT', action: 15 }]
  const manager = { ...callOf(), principal: { kind: 'operator', name: 'manager', permissions } } as const
  const key = { titleId: 'secret', jobId: 'lazy' }
  const operations = openOperations(services)
  await operations.pauseMigrationJob(key, manager)
  await expect(operations.resumeMigrationJob(key, manager)).rejects.toMatchObject({
    reason: 'PERMISSION_DENIED',
    message: expect.stringContaining('ADMIN:NAMESPACE:secret:DESTINATION [CREATE]'),
  })
  expect(await operations.resumeMigrationJob(key, callOf())).toMatchObject({ state: 'running' })
})
