/**
 * The languages that Discord knows, in its own codes; it compares them exactly.
 * Source: https://discord.com/developers/docs/reference#locales (`es-419` since 2024-02)
 */
const DISCORD_LOCALES = [
  'bg',
  'cs',
  'da',
  'de',
  'el',
  'en-GB',
  'en-US',
  'es-419',
  'es-ES',
  'fi',
  'fr',
  'hi',
  'hr',
  'hu',
  'id',
  'it',
  'ja',
  'ko',
  'lt',
  'nl',
  'no',
  'pl',
  'pt-BR',
  'ro',
  'ru',
  'sv-SE',
  'th',
  'tr',
  'uk',
  'vi',
  'zh-CN',
  'zh-TW',
]

/** Discord says `no` for Bokmål; in BCP-47 that is `nb`. Every other code is a BCP-47 tag. */
const NORWEGIAN = { discord: 'no', tag: 'nb' } as const

const BY_TAG = new Map(
  DISCORD_LOCALES.map((code) => [code === NORWEGIAN.discord ? NORWEGIAN.tag : code, code] as const),
)

const KNOWN: ReadonlySet<string> = new Set(DISCORD_LOCALES)

export function isDiscordLocale(code: string): boolean {
  return KNOWN.has(code)
}

/** Discord's code for a BCP-47 tag; undefined for a language that it does not know. */
export function toDiscordLocale(tag: string): string | undefined {
  return BY_TAG.get(tag)
}

/**
 * Converts a dictionary of Discord's to BCP-47 tags. Codes that Discord does not know stay as they are, unless Discord's own code has
 * the same tag.
 */
export function fromDiscordLocales(
  texts: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (!Object.hasOwn(texts, NORWEGIAN.discord)) return texts
  const { [NORWEGIAN.discord]: norwegian, ...others } = texts
  return { ...others, [NORWEGIAN.tag]: norwegian as string }
}
