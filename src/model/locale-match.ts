/** Codes that CLDR treats as one language, beyond the aliases that `Intl.Locale` resolves. */
const SAME_LANGUAGE: Readonly<Record<string, string>> = { no: 'nb' }

/**
 * By language, the regions on one side of its regional standards, by CLDR's parent locales: the others of `en` follow en-001, of `es`
 * es-419, of `pt` pt-PT; of `zh`, Macau follows Hong Kong. A text of the same side is preferred.
 */
const SIDES: Readonly<Record<string, ReadonlySet<string>>> = {
  en: new Set(['US', 'AS', 'GU', 'MH', 'MP', 'PR', 'UM', 'VI']),
  es: new Set(['ES', 'EA', 'GQ', 'IC', 'PH']),
  pt: new Set(['BR']),
  zh: new Set(['HK', 'MO']),
}

interface Parsed {
  readonly language: string
  readonly script: string | undefined
  readonly region: string | undefined
}

/**
 * Returns the available tag that serves a requested one best, by CLDR's likely subtags and parents: the same language in the same
 * script; then of the same region, of a region that follows the same standard, of any region. Of equally good ones the first
 * wins. Undefined if none is of the language and script.
 */
export function bestLocale(requested: string, available: readonly string[]): string | undefined {
  const exact = available.find((tag) => tag.toLowerCase() === requested.toLowerCase())
  if (exact !== undefined) return exact
  const target = parse(requested)
  if (target === undefined) return undefined
  let best: { readonly tag: string; readonly rank: number } | undefined
  for (const tag of available) {
    const rank = rankOf(target, parse(tag))
    if (rank !== undefined && (best === undefined || rank < best.rank)) best = { tag, rank }
  }
  return best?.tag
}

/** Lower is better; undefined for another language or script. */
function rankOf(target: Parsed, offered: Parsed | undefined): number | undefined {
  if (offered?.language !== target.language || offered.script !== target.script) return undefined
  if (offered.region === target.region) return 0
  return sideOf(target) === sideOf(offered) ? 1 : 2
}

function sideOf({ language, region = '' }: Parsed): boolean {
  return SIDES[language]?.has(region) ?? true
}

const parsed = new Map<string, Parsed | undefined>()
const MAX_PARSED = 10_000

/** Returns a tag with its likely script and region; undefined for a text that is no tag. */
function parse(tag: string): Parsed | undefined {
  if (parsed.has(tag)) return parsed.get(tag)
  if (parsed.size >= MAX_PARSED) parsed.clear()
  const locale = parseOnce(tag)
  parsed.set(tag, locale)
  return locale
}

function parseOnce(tag: string): Parsed | undefined {
  try {
    const { language, script, region } = new Intl.Locale(withOneCode(tag)).maximize()
    return language === 'en' && /^und\b/i.test(tag) ? undefined : { language, script, region }
  } catch {
    return undefined
  }
}

function withOneCode(tag: string): string {
  const [language = '', ...rest] = tag.split('-')
  return [SAME_LANGUAGE[language.toLowerCase()] ?? language, ...rest].join('-')
}
