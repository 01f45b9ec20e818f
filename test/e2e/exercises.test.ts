import { test } from 'vitest'
import { cluster } from '../exercises/cluster.ts'
import type { Exercise } from '../exercises/exercise.ts'
import { failover } from '../exercises/failover.ts'
import { kill } from '../exercises/kill.ts'
import { migration } from '../exercises/migration.ts'
import { behindNginx } from '../exercises/mixed.ts'
import { storm } from '../exercises/storm.ts'
import { noCitus } from '../support/citus.ts'
import { noNginx } from '../support/nginx.ts'
import { noSystemPostgres } from '../support/system-postgres.ts'
import { volume } from '../support/volume.ts'

const exercises: readonly { exercise: Exercise; times: number; missing?: string | undefined }[] = [
  { exercise: kill, times: 2 },
  { exercise: storm, times: 4 },
  { exercise: cluster, times: 4, missing: noCitus },
  { exercise: migration(2_000), times: 5 },
  { exercise: failover, times: 2, missing: noSystemPostgres },
  { exercise: behindNginx, times: 1_000, missing: noNginx ?? noSystemPostgres },
]

test.for(exercises)(
  'nothing is lost or written twice when $exercise.title',
  async ({ exercise, times, missing }, { skip }) => {
    skip(missing !== undefined, missing)
    await exercise.run(volume({ small: times, full: exercise.times }), () => {})
  },
)
