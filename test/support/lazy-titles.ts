import { afterAll, beforeAll, beforeEach } from 'vitest'
import type { Achievement } from '../../src/model/achievement.ts'
import { instantFromMilliseconds, TICKS_PER_MILLISECOND } from '../../src/model/instant.ts'
import type { LazySource, MigrationJobKey } from '../../src/model/migration-job.ts'
import type { MigrationMapping } from '../../src/model/migration-mapping.ts'
import { NEVER_ABORTED } from '../../src/model/never-aborted.ts'
import { createJob } from '../../src/service/migration-jobs/jobs.ts'
import { type Operations, openOperations } from '../../src/service/operations.ts'
import { MAPPING } from './migration-inputs.ts'
import { createTitleWith } from './migration-job.ts'
import { achievementOf, requirementOf } from './records.ts'
import { callOf, createTestServices, type TestServices } from './services.ts'

/** The longest that a source may have: on a busy machine, the first response of a test takes seconds. */
const LONGEST_TIMEOUT = 5_000n * TICKS_PER_MILLISECOND

interface JobOptions {
  readonly jobId?: string
  readonly mapping?: Partial<MigrationMapping>
  readonly maxRefusals?: bigint | undefined
}

/** Services whose clock a test may set forward, with a title of its own for each test, for jobs with a lazy source. */
export class LazyTitles {
  services!: TestServices
  operations!: Operations
  titleId = ''
  /** The milliseconds by which the clock of the services is ahead. */
  later = 0
  readonly #achievements: readonly Achievement[]

  constructor(achievements: readonly Achievement[]) {
    this.#achievements = achievements
  }

  /** Creates the title. */
  create(): Promise<void> {
    return createTitleWith(this.services, this.titleId, this.#achievements)
  }

  /** Creates a job of the title. It uses the mapping `MAPPING` with changes. */
  async createJob(
    source: Pick<LazySource, 'url'> & Partial<LazySource>,
    { jobId = 'lazy', mapping = {}, maxRefusals = 10n }: JobOptions = {},
  ): Promise<MigrationJobKey> {
    const { titleId } = this
    const lazySource = { credential: '', timeout: LONGEST_TIMEOUT, ...source }
    const job = { titleId, jobId, deliveriesPerSecond: 0, maxRefusals, overlap: undefined, lazySource }
    await createJob(this.services, { ...job, mapping: { ...MAPPING, ...mapping } }, callOf())
    return { titleId, jobId }
  }

  /** Returns the player's percent of `laps` without a call that could read it from the source. */
  async storedPercent(playerId: string): Promise<number | undefined> {
    const key = { titleId: this.titleId, playerId, achievementId: 'laps' }
    const [record] = await this.services.store.read(NEVER_ABORTED, ({ progress }) => progress.listAt([key]))
    return record?.progress.percent
  }
}

/** Opens the services before all tests of a file, and creates a title with these achievements before each. */
export function useLazyTitles(...ids: readonly string[]): LazyTitles {
  const requirements = [requirementOf({ target: 100n })]
  const titles = new LazyTitles(ids.map((id) => achievementOf({ id, requirements })))
  let count = 0
  beforeAll(async () => {
    const now = () => instantFromMilliseconds(Date.now() + titles.later)
    titles.services = await createTestServices({ now })
    titles.operations = openOperations(titles.services)
  })
  afterAll(() => titles.services[Symbol.asyncDispose]())
  beforeEach(async () => {
    count += 1
    titles.titleId = `title-${count}`
    titles.later = 0
    await titles.create()
  })
  return titles
}
