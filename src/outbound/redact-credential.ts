/** A part of a secret that is shorter may be any word. */
const SHORTEST_PART = 8
const HIDDEN = '[credential]'

/**
 * What somebody answered without what let Laurel in there, in case that it is repeated: answers are kept and shown.
 * @param secret as it was sent; undefined for none
 */
export function withoutSecret(response: string, secret: string | undefined): string {
  if (secret === undefined) return response
  return spellings(secret).reduce((text, spelling) => text.replaceAll(spelling, HIDDEN), response)
}

/** Of all of it, and of each part that is not a word such as `Bearer`; the longest first. */
function spellings(secret: string): readonly string[] {
  const parts = secret.split(/[\s;,]+/).filter(({ length }) => length >= SHORTEST_PART)
  const all = [secret, ...parts].flatMap((text) => {
    const inJson = JSON.stringify(text).slice(1, -1)
    return [text, inJson, inJson.replaceAll('/', '\\/'), encodeURIComponent(text)]
  })
  return [...new Set(all)].sort((left, right) => right.length - left.length)
}
