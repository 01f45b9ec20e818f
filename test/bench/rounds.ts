import type { Measured, Timing } from './load/jobs.ts'

/** Something whose speed is measured. */
export interface Subject {
  readonly name: string
  /** What a second has so many of. */
  readonly unit: string
  measure(timing: Timing): Promise<Measured>
}

/** A ratio of two subjects, round by round. */
export interface Comparison {
  readonly name: string
  readonly of: string
  readonly to: string
  /** What it should be at least. Left out: it is told, and that is all. */
  readonly goal?: number
}

export interface Rate {
  readonly name: string
  readonly unit: string
  /** Per second, one of each round. */
  readonly rounds: readonly number[]
  /** Of all rounds. */
  readonly succeeded: number
  readonly failed: number
  /** Part of one core that the generator took, at most. */
  readonly generatorCpu: number
}

export interface Ratio extends Comparison {
  readonly rounds: readonly number[]
  readonly ratio: number
  /** Undefined where there is no goal. */
  readonly passed: boolean | undefined
}

/**
 * Measures each subject once a round, in turn, so that whatever else the machine does meets all of them; a first
 * round, which does not count, warms everything up.
 */
export async function measureRounds(
  subjects: readonly Subject[],
  rounds: number,
  timing: Timing,
  tell: (name: string) => void,
): Promise<readonly Rate[]> {
  const seen = new Map<Subject, Measured[]>(subjects.map((subject) => [subject, []]))
  for (let round = 0; round <= rounds; round += 1) {
    for (const subject of subjects) {
      tell(`${round === 0 ? 'warm-up' : `round ${round} of ${rounds}`}: ${subject.name}`)
      seen.get(subject)?.push(await subject.measure(timing))
    }
  }
  return [...seen].map(([{ name, unit }, all]) => {
    const counted = all.slice(1)
    return {
      name,
      unit,
      rounds: counted.map(({ count, seconds }) => count / seconds),
      succeeded: sum(all.map(({ succeeded }) => succeeded)),
      failed: sum(all.map(({ failed }) => failed)),
      generatorCpu: Math.max(...counted.map(({ generatorCpu }) => generatorCpu)),
    }
  })
}

/** The comparisons whose two subjects were measured: the median of the ratios within the rounds. */
export function ratiosOf(rates: readonly Rate[], comparisons: readonly Comparison[]): readonly Ratio[] {
  return comparisons.flatMap((comparison) => {
    const { goal } = comparison
    const [of, to] = [comparison.of, comparison.to].map((name) => rates.find((rate) => rate.name === name))
    if (of === undefined || to === undefined) return []
    const rounds = of.rounds.map((rate, round) => rate / (to.rounds[round] as number))
    const ratio = median(rounds)
    return [{ ...comparison, rounds, ratio, passed: goal === undefined ? undefined : ratio >= goal }]
  })
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return ((low as number) + (high as number)) / 2
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
