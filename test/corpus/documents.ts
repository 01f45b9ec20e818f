import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type CorpusPlan, fixturesOf } from '../support/dialect-fixtures.ts'

export interface CorpusDocument {
  readonly dialect: string
  readonly name: string
  readonly path: string
  readonly plan: CorpusPlan
}

/** The documents of a folder with one folder a dialect, in order of name. */
export async function documentsIn(
  folder: string,
  dialects: readonly string[],
): Promise<readonly CorpusDocument[]> {
  const perDialect = dialects.map(async (dialect) => {
    const names = await readdir(join(folder, dialect))
    return names.sort().map((name): CorpusDocument => {
      const { rules = [] } = fixturesOf(dialect).corpus ?? {}
      const [, plan = { way: 'achievements' } as const] = rules.find(([pattern]) => pattern.test(name)) ?? []
      return { dialect, name, path: join(folder, dialect, name), plan }
    })
  })
  return (await Promise.all(perDialect)).flat()
}
