/** A text in several languages. `text` is the fallback for other languages. */
export interface LocalizedText {
  /** The BCP-47 tag of `text`, verbatim from the source. */
  readonly locale: string
  readonly text: string
  /** By BCP-47 tag. May contain `locale` too, if a source has both and they differ. */
  readonly translations: Readonly<Record<string, string>>
}

/** Returns the text for the first of the tags that is present, compared without case; else the fallback. */
export function textFor(localized: LocalizedText, tags: readonly string[]): string {
  const byTag = new Map(
    Object.entries(localized.translations).map(([tag, text]) => [tag.toLowerCase(), text]),
  )
  for (const tag of tags) {
    const found = byTag.get(tag.toLowerCase())
    if (found !== undefined) return found
    if (tag.toLowerCase() === localized.locale.toLowerCase()) break
  }
  return localized.text
}
