/** Codes that CLDR treats as one language, beyond the aliases that `Intl.Locale` resolves. */
const SAME_LANGUAGE: Readonly<Record<string, string>> = { no: 'nb' }

/** CLDR's parent of a language that is served by another one, if it is not there itself. */
const PARENT_LANGUAGES: Readonly<Record<string, string>> = { nn: 'nb' }

/**
 * By language, the region whose standard other regions follow, by CLDR's parent locales: `followers`, or all but `others`. The others,
 * and the standard itself, follow the language's likely region.
 */
const STANDARDS: Readonly<
  Record<
    string,
    { readonly standard: string } & ({ readonly followers: string } | { readonly others: string })
  >
> = {
  en: { standard: '001', others: 'US AS GU MH MP PR UM VI' },
  es: { standard: '419', others: 'ES EA GQ IC PH' },
  pt: { standard: 'PT', others: 'BR' },
  zh: { standard: 'HK', followers: 'MO' },
}

interface Parsed {
  readonly language: string
  readonly script: string | undefined
  /** The region, and the regions that its texts fall back to, the nearest first. */
  readonly regions: readonly (string | undefined)[]
}

/**
 * Returns the available tag that serves a requested one best, by CLDR's likely subtags and parents: the same language in the same
 * script, whose region has the nearest ancestor in common, and is itself the nearest to it. Of equally good ones the first wins.
 * Else the same for the parent of the language; undefined if there is none.
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
  const parent = PARENT_LANGUAGES[target.language]
  return best?.tag ?? (parent === undefined ? undefined : bestLocale(parent, available))
}

/** More than the regions of a tag. */
const MAX_REGIONS = 4

/** Lower is better; undefined for another language or script. */
function rankOf(target: Parsed, offered: Parsed | undefined): number | undefined {
  if (offered?.language !== target.language || offered.script !== target.script) return undefined
  const common = target.regions.findIndex((region) => offered.regions.includes(region))
  return common * MAX_REGIONS + offered.regions.indexOf(target.regions[common])
}

function regionsOf({ language, script, region }: Intl.Locale): readonly (string | undefined)[] {
  const { region: root } = new Intl.Locale(
    script === undefined ? language : `${language}-${script}`,
  ).maximize()
  const rule = STANDARDS[language]
  const isFollower =
    rule !== undefined &&
    region !== undefined &&
    ('followers' in rule ? rule.followers.includes(region) : !rule.others.includes(region))
  return [...new Set([region, ...(isFollower ? [rule.standard] : []), root])]
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
    const locale = new Intl.Locale(withOneCode(tag)).maximize()
    const { language, script } = locale
    return language === 'en' && /^und\b/i.test(tag)
      ? undefined
      : { language, script, regions: regionsOf(locale) }
  } catch {
    return undefined
  }
}

function withOneCode(tag: string): string {
  const [language = '', ...rest] = tag.split('-')
  return [SAME_LANGUAGE[language.toLowerCase()] ?? language, ...rest].join('-')
}
