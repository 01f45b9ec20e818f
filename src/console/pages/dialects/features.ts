import type { DialectJson } from '../../../clients/typescript/gen/laurel/v1/exchange_pb.js'

/** Returns the features of all dialects in order. */
export function featuresOf(dialects: readonly DialectJson[]): readonly string[] {
  return [...new Set(dialects.flatMap(({ capabilities = {} }) => Object.keys(capabilities)))].sort()
}

/** Returns a feature's name for people: `reward_media` is `Reward media`. */
export function featureName(feature: string): string {
  const words = feature.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
