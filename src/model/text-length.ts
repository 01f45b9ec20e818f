/** Returns whether a text has more characters than a limit. Characters are Unicode code points, as Postgres counts them. */
export function isLongerThan(text: string, limit: number): boolean {
  // A code point has at most two UTF-16 units: counting is needed only in between.
  if (text.length <= limit) return false
  if (text.length > 2 * limit) return true
  let count = 0
  for (const _ of text) {
    count += 1
    if (count > limit) return true
  }
  return false
}
