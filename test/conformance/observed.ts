import fc from 'fast-check'
import type { Adapter, Canonical, Feature, ProgressFacts, Support } from '../../src/dialect/adapter.ts'
import type { Achievement } from '../../src/model/achievement.ts'
import { isSame } from './differences.ts'
import { type Change, PROBES, type Probe, plainRecord, STEPS } from './features.ts'
import { type Journey, thereAndBack } from './properties.ts'
import { encodeContext } from './subjects.ts'

export const FEATURES = Object.keys(PROBES) as readonly Feature[]

/** The same values in each run: the matrix is committed. */
const VALUES = { seed: 20230502, numRuns: 40 }

/** How much of a feature really survives a dialect. */
export function observedSupport(adapter: Adapter, feature: Feature): Support {
  const probe = PROBES[feature]
  const observed = stepsOf(adapter, probe).map(({ before, after }) => {
    const { entry, back } = journey(adapter, probe, after)
    const leavesMark = () => !isSame(entry, journey(adapter, probe, before).entry)
    return { survives: isSame(probe.read(after), probe.read(back)), leavesMark }
  })
  if (observed.every(({ survives }) => survives)) return 'full'
  return observed.some(({ survives, leavesMark }) => survives || leavesMark()) ? 'lossy' : 'none'
}

/** How much of a feature of one dialect survives the translation to another one. */
export function observedTransfer(from: Adapter, to: Adapter, feature: Feature): Support {
  const probe = PROBES[feature]
  const said = stepsOf(from, probe).flatMap(({ before, after }) => {
    const record = joined(journey(from, probe, after).back, after)
    return isSame(probe.read(record), probe.read(before)) ? [] : [record]
  })
  const survives = (record: Canonical) =>
    isSame(probe.read(record), probe.read(journey(to, probe, record).back))
  if (said.every(survives)) return 'full'
  return to.capabilities[feature] === 'none' ? 'none' : 'lossy'
}

function journey(adapter: Adapter, { purpose }: Probe, record: Canonical): Journey {
  return thereAndBack(adapter, record, { ...encodeContext(record), purpose })
}

/** Pairs of records, the second of which says something of the feature. */
function stepsOf(adapter: Adapter, probe: Probe): readonly Pair[] {
  const base = baseFor(adapter, probe)
  return fc
    .sample(probe.steps, VALUES)
    .map(({ before, after }) => ({ before: changed(base, before), after: changed(base, after) }))
    .filter(({ before, after }) => !isSame(probe.read(before), probe.read(after)))
}

interface Pair {
  readonly before: Canonical
  readonly after: Canonical
}

function baseFor(adapter: Adapter, { purpose }: Probe): Canonical {
  const plain = plainRecord(adapter)
  if (purpose === 'definition') return plain
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
  return { ...plain, achievement, progress }
}

function changed({ achievement, progress, ...rest }: Canonical, change: Change): Canonical {
  return {
    ...rest,
    achievement: achievement && { ...achievement, ...change.achievement },
    progress: progress && { ...progress, ...change.progress },
  }
}

/** Returns the progress that an import makes of progress without its definition. */
function joined(back: Canonical, { achievement }: Canonical): Canonical {
  const [only] = Object.values(back.progress?.values ?? {})
  const values = only === undefined ? {} : { steps: only }
  return {
    ...back,
    achievement: back.achievement ?? achievement,
    progress: back.progress && { ...back.progress, values },
  }
}
