import fc from 'fast-check'
import type { Adapter, Canonical, Feature, ProgressFacts, Support } from '../../src/dialect/adapter.ts'
import type { Achievement } from '../../src/model/achievement.ts'
import { isSame } from './differences.ts'
import { type Change, PROBES, type Probe, plainRecord, STEPS } from './features.ts'
import { type Journey, thereAndBack } from './laws.ts'
import { encodeContext } from './subjects.ts'

export const FEATURES = Object.keys(PROBES) as readonly Feature[]

/** The same values in each run: the matrix is committed. */
const VALUES = { seed: 20230502, numRuns: 40 }

/** How much of a feature really survives a dialect. */
export function observedSupport(adapter: Adapter, feature: Feature): Support {
  const probe = PROBES[feature]
  const base = baseFor(adapter, probe)
  const plain = journey(adapter, probe, base)
  const journeys = valuesFor(adapter, probe).map((record) => ({ record, ...journey(adapter, probe, record) }))
  const surviving = journeys.filter(({ record, back }) => isSame(probe.read(record), probe.read(back)))
  if (surviving.length === journeys.length) return 'full'
  const leavesMark = journeys.some(({ entry }) => !isSame(entry, plain.entry))
  return surviving.length > 0 || leavesMark ? 'lossy' : 'none'
}

/** What one dialect makes of what another one says: of a feature that `from` has. */
export function observedTransfer(from: Adapter, to: Adapter, feature: Feature): Support {
  const probe = PROBES[feature]
  const unsaid = probe.read(baseFor(from, probe))
  const said = valuesFor(from, probe)
    .map((record) => joined(journey(from, probe, record).back, record))
    .filter((record) => !isSame(probe.read(record), unsaid))
  const surviving = said.filter((record) =>
    isSame(probe.read(record), probe.read(journey(to, probe, record).back)),
  )
  if (surviving.length === said.length) return 'full'
  return to.capabilities[feature] === 'none' ? 'none' : 'lossy'
}

function journey(adapter: Adapter, { purpose }: Probe, record: Canonical): Journey {
  return thereAndBack(adapter, record, { ...encodeContext(record), purpose })
}

/** Records that say something of the feature. */
function valuesFor(adapter: Adapter, probe: Probe): readonly Canonical[] {
  const base = baseFor(adapter, probe)
  const unsaid = probe.read(base)
  return fc
    .sample(probe.changes, VALUES)
    .map((change) => changed(base, change))
    .filter((record) => !isSame(probe.read(record), unsaid))
}

function baseFor(adapter: Adapter, { purpose, base }: Probe): Canonical {
  const plain = plainRecord(adapter)
  if (purpose === 'definition') return changed(plain, base)
  const achievement: Achievement = { ...(plain.achievement as Achievement), requirements: [STEPS] }
  const progress: ProgressFacts = {
    account: undefined,
    achievementId: achievement.id,
    state: 'not_started',
    percent: 0,
    values: {},
    unlockTime: undefined,
    revoked: false,
    extensions: {},
  }
  return changed({ ...plain, achievement, progress }, base)
}

function changed({ achievement, progress, ...rest }: Canonical, change: Change): Canonical {
  return {
    ...rest,
    achievement: achievement && { ...achievement, ...change.achievement },
    progress: progress && { ...progress, ...change.progress },
  }
}

/** What an import makes of progress that came without its definition. */
function joined(back: Canonical, { achievement }: Canonical): Canonical {
  const [only] = Object.values(back.progress?.values ?? {})
  const values = only === undefined ? {} : { steps: only }
  return {
    ...back,
    achievement: back.achievement ?? achievement,
    progress: back.progress && { ...back.progress, values },
  }
}
