/** A text in the languages that it has. `text` is what a reader gets whose language is not among them. */
export interface LocalizedText {
  /** BCP-47 tag that `text` is written in, spelled as the source spelled it. */
  readonly locale: string
  readonly text: string
  /** Other languages by BCP-47 tag. May name `locale` as well, when a source says both and they differ. */
  readonly translations: Readonly<Record<string, string>>
}

/** The text for the first of the wanted tags that it has, compared without case; then its default. */
export function textFor(localized: LocalizedText, wanted: readonly string[]): string {
  const byTag = new Map(
    Object.entries(localized.translations).map(([tag, text]) => [tag.toLowerCase(), text]),
  )
  for (const tag of wanted) {
    const found = byTag.get(tag.toLowerCase())
    if (found !== undefined) return found
    if (tag.toLowerCase() === localized.locale.toLowerCase()) break
  }
  return localized.text
}
