import type { Source } from '../../dialect/source.ts'
import type { LossTally } from '../losses.ts'
import type { Job } from './job.ts'
import type { Laurel } from './laurel.ts'
import type { PullMeter } from './meter.ts'
import type { Platform } from './platform.ts'
import type { Person } from './players.ts'
import type { State, StateFile } from './state.ts'

/** A pull under way. */
export interface Pulling {
  readonly job: Job
  readonly source: Source
  readonly platform: Platform
  readonly laurel: Laurel
  /** How far it is; written after each page. */
  readonly state: State
  readonly file: StateFile
  readonly losses: LossTally
  readonly meter: PullMeter
  readonly signal: AbortSignal
  /** The reference of what a person's list is asked for with; of nobody, what the title's is. */
  readonly credentialOf: (person: Person | undefined) => string | undefined
  /** Whether each person's is one of their own. */
  readonly ownCredentials: boolean
}
