import type { Violations } from './violations.ts'

/**
 * What each value of a wire's enum means; undefined where it is refused. Total, so that a new value of the
 * contract does not compile until somebody says what it means.
 */
export type Choices<Value extends number, Meaning extends string> = Readonly<
  Record<Value, Meaning | undefined>
>

/** `names` is the generated enum: what its values are called. */
export function readChoice<Value extends number, Meaning extends string>(
  value: Value,
  choices: Choices<Value, Meaning>,
  names: Readonly<Record<string, Value>>,
  field: string,
  violations: Violations,
): Meaning {
  const meaning = choices[value]
  if (meaning !== undefined) return meaning
  const known = Object.entries(names).filter(([name]) => name !== 'UNSPECIFIED')
  violations.add(field, `must be one of ${known.map(([name]) => name).join(', ')}`)
  return known.map(([, each]) => choices[each]).find((each) => each !== undefined) as Meaning
}
