import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** How a document is tried. */
export type Way =
  /** Definitions, with the progress of a player where there is one: in and out again as one document. */
  | 'achievements'
  /** A player's history: totals of many titles, each written out by itself. */
  | 'history'
  /** A player's progress on definitions that are there already. */
  | 'update'

export interface CorpusDocument {
  readonly dialect: string
  readonly name: string
  readonly path: string
  /** A way, or why it is none of the dialect's documents. */
  readonly plan: { readonly way: Way } | { readonly skip: string }
}

type Rule = readonly [dialect: string, name: RegExp, plan: CorpusDocument['plan']]

/** The first rule that fits decides; what no rule names is a document of achievements. */
const RULES: readonly Rule[] = [
  ['xbox', /\.jsonl$/, { skip: 'requests of HTTP clients, not a document' }],
  ['xbox', /-check\.txt$/, { skip: 'notes about documents, not one' }],
  ['xbox', /one_recent_progress/, { way: 'history' }],
  ['xbox', /update_request/, { way: 'update' }],
  ['discord', /error_/, { skip: 'the body of an error' }],
  ['discord', /http_/, { skip: 'a captured HTTP response' }],
  ['discord', /locales/, { skip: 'a list of languages' }],
  ['discord', /\.request\.json$/, { skip: 'a request: it names no achievement' }],
  ['discord', /update_user_achievement/, { skip: 'an empty answer' }],
  ['accelbyte', /\.spec\./, { skip: 'a specification of the API' }],
  ['accelbyte', /\.schema\./, { skip: 'a schema of the document, not one' }],
]

/** The documents of a folder with one folder a dialect, in order of name. */
export async function documentsIn(
  folder: string,
  dialects: readonly string[],
): Promise<readonly CorpusDocument[]> {
  const perDialect = dialects.map(async (dialect) => {
    const names = await readdir(join(folder, dialect))
    return names.sort().map((name): CorpusDocument => {
      const rule = RULES.find(([of, pattern]) => of === dialect && pattern.test(name))
      return { dialect, name, path: join(folder, dialect, name), plan: rule?.[2] ?? { way: 'achievements' } }
    })
  })
  return (await Promise.all(perDialect)).flat()
}
