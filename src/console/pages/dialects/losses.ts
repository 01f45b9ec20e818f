import type { DialectJson } from '../../../clients/typescript/gen/laurel/v1/exchange_pb.js'

interface Losses {
  readonly dropped: readonly string[]
  readonly changed: readonly string[]
  readonly unchanged: readonly string[]
}

/** Sorts the features that the source can have by their fate in the target. A feature that the source lacks cannot be lost. */
export function lossesBetween(from: DialectJson, to: DialectJson, features: readonly string[]): Losses {
  const level = ({ capabilities = {} }: DialectJson, feature: string) => capabilities[feature] ?? 'none'
  const had = features.filter((feature) => level(from, feature) !== 'none')
  const of = (capability: string) => had.filter((feature) => level(to, feature) === capability)
  return { dropped: of('none'), changed: of('lossy'), unchanged: of('full') }
}
