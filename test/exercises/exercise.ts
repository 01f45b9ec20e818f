/** The counts of an exercise, by name. */
export type Counts = Readonly<Record<string, number | string>>

export interface Exercise {
  readonly title: string
  /** The number of kills, disturbances, failovers or calls by default. */
  readonly times: number
  /** @throws if a write was lost, written twice or refused in a way that it must not be */
  run(times: number, log: (line: string) => void): Promise<Counts>
}
