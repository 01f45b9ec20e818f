import type { Measured, Timing } from './load/jobs.ts'

export interface Subject {
  readonly name: string
  /** Plural, as in `calls` per second. */
  readonly unit: string
  measure(timing: Timing): Promise<Measured>
}

/** A ratio of two subjects' rates. */
export interface Comparison {
  readonly name: string
  readonly of: string
  readonly to: string
  /** The minimum. Absent if the ratio is only reported. */
  readonly goal?: number
}

export interface Rate {
  readonly name: string
  readonly unit: string
  /** Rate per second of each round. */
  readonly rounds: readonly number[]
  /** Of all rounds. */
  readonly succeeded: number
  readonly failed: number
  /** Maximum share of one core that the generator used. */
  readonly generatorCpu: number
}

export interface Ratio extends Comparison {
  readonly rounds: readonly number[]
  readonly ratio: number
  /** Undefined without a goal. */
  readonly passed: boolean | undefined
}

/**
 * Measures each subject once per round, in turn, so that other load on the machine affects all; every second round is in reverse order, so
 * that no subject always follows the same one. The first round is a warm-up.
 */
export async function measureRounds(
  subjects: readonly Subject[],
  rounds: number,
  timing: Timing,
  log: (line: string) => void,
): Promise<readonly Rate[]> {
  const measurements = new Map<Subject, Measured[]>(subjects.map((subject) => [subject, []]))
  for (let round = 0; round <= rounds; round += 1) {
    for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
      log(`${round === 0 ? 'warm-up' : `round ${round} of ${rounds}`}: ${subject.name}`)
      measurements.get(subject)?.push(await subject.measure(timing))
    }
  }
  return [...measurements].map(([{ name, unit }, all]) => {
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

/** Returns the median of the rounds' ratios, for each comparison whose subjects were measured. */
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
