import type { MigrationCounts } from '../../model/migration-job.ts'

/** The counts of the migration jobs of this process since its start. */
export class ImportTotals {
  readonly #records = { new: 0, changed: 0, unchanged: 0, skipped: 0, refused: 0 }
  parts = 0
  /** How long jobs have waited because callers reported progress. */
  pausedSeconds = 0

  get records(): Readonly<Record<string, number>> {
    return this.#records
  }

  addPart(counts: MigrationCounts): void {
    this.parts += Number(counts.parts)
    for (const result of ['new', 'changed', 'unchanged', 'skipped', 'refused'] as const)
      this.#records[result] += Number(counts[result])
  }
}
