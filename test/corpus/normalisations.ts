import { formatPath, type Path } from '../../src/dialect/losses.ts'
import type { JsonValue } from '../../src/model/json.ts'
import { differences } from '../conformance/differences.ts'
import { fixturesOf } from '../support/dialect-fixtures.ts'

type Value = JsonValue | undefined

export interface Comparison {
  /** Differences without an explanation. */
  readonly unexplained: readonly string[]
  /** Differences that a normalisation explains, with its reason. */
  readonly explained: readonly string[]
}

export function compare(dialect: string, before: JsonValue, after: JsonValue): Comparison {
  const { normalisations = [] } = fixturesOf(dialect).corpus ?? {}
  const unexplained: string[] = []
  const explained: string[] = []
  for (const path of differences(before, after)) {
    const text = formatPath(path)
    const [was, is] = [valueAt(before, path), valueAt(after, path)]
    const found = normalisations.find((one) => one.path.test(text) && one.explains(was, is))
    if (found === undefined) unexplained.push(text)
    else explained.push(`${text}: ${found.reason}`)
  }
  return { unexplained, explained }
}

function valueAt(value: JsonValue, path: Path): Value {
  return path.reduce<Value>((current, step) => {
    const isComposite = typeof current === 'object' && current !== null
    return isComposite && Object.hasOwn(current, step)
      ? (current as Readonly<Record<string | number, JsonValue>>)[step]
      : undefined
  }, value)
}
