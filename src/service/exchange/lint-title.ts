import { createHash } from 'node:crypto'
import { type LintFinding, type LintSeverity, startLint } from '../../dialect/lint.ts'
import { Turns } from '../../dialect/turns.ts'
import type { ListPart } from '../../model/list-part.ts'
import type { Call } from '../call.ts'
import { pageTokenInvalid } from '../page-tokens.ts'
import { bytesOf, MAX_PAGE_BYTES, type Page, readPage } from '../paging.ts'
import { titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import { definitionPages } from './definition-pages.ts'
import { type Dialect, dialectsNamed } from './dialects.ts'
import { definitionOf } from './to-canonical.ts'

export interface LintOptions {
  readonly titleId: string
  /** Empty for all that have rules. */
  readonly dialects: readonly string[]
  readonly pageSize: number | undefined
  readonly pageToken: string | undefined
}

export interface LintResult extends Page<LintFinding> {
  /** Of all pages. */
  readonly counts: Readonly<Record<LintSeverity, number>>
  /** The dialects that were checked, in order of id. */
  readonly dialects: readonly string[]
}

/** A finding with its position among all findings, from 1. */
interface Numbered extends LintFinding {
  readonly ordinal: number
}

interface Scan extends ListPart<Numbered> {
  readonly counts: LintResult['counts']
  /** A digest of the definitions: the findings of equal ones are equal. */
  readonly version: string
}

/**
 * Returns one page of the findings of a title. Each page checks all definitions, because some rules depend on all of them, and is of
 * the same definitions as the page before.
 */
export async function lintTitle(
  services: Services,
  { titleId, dialects: named, pageSize, pageToken }: LintOptions,
  call: Call,
): Promise<LintResult> {
  const dialects = dialectsNamed(services, named)
  const checked = dialects.filter(({ lint }) => lint !== undefined).map(({ id }) => id)
  let scan: Scan | undefined
  const { items, nextPageToken } = await readPage(
    { pageSize, pageToken },
    ['lint', titleId, checked],
    async (after, limit) => {
      scan = await scanTitle(services, titleId, dialects, Number(after?.key ?? 0n), limit, call)
      if (after !== undefined && after.id !== scan.version) {
        throw pageTokenInvalid(
          'the definitions changed since the previous page: start again without page_token',
        )
      }
      return scan
    },
    ({ ordinal }) => ({ key: BigInt(ordinal), id: scan?.version ?? '' }),
  )
  const findings = items.map(({ ordinal: _, ...finding }) => finding)
  return {
    items: findings,
    nextPageToken,
    counts: scan?.counts ?? { error: 0, warning: 0 },
    dialects: checked,
  }
}

/** Checks all definitions, and returns the findings after the first `skipped` ones, as many as fit on a page. */
async function scanTitle(
  services: Services,
  titleId: string,
  dialects: readonly Dialect[],
  skipped: number,
  limit: number,
  call: Call,
): Promise<Scan> {
  const title = await services.store.read(call.signal, (queries) => titleOf(queries, titleId))
  const runs = dialects.map(({ id, lint = [] }) => startLint(id, lint, title))
  const version = createHash('sha256').update(title.etag)
  const items: Numbered[] = []
  const counts = { error: 0, warning: 0 }
  let bytes = 0
  let ordinal = 0
  let isCut = false
  const take = (findings: readonly LintFinding[]) => {
    for (const finding of findings) {
      counts[finding.severity] += 1
      ordinal += 1
      if (ordinal <= skipped || isCut || items.length === limit) continue
      items.push({ ...finding, ordinal })
      bytes += bytesOf(finding)
      isCut = bytes > MAX_PAGE_BYTES
    }
  }
  const turns = new Turns()
  for await (const page of definitionPages(services, titleId, call)) {
    for (const stored of page) {
      await turns.pause()
      version.update(`\n${stored.id}\n${stored.etag}`)
      const achievement = definitionOf(stored)
      for (const run of runs) take(run.add(achievement))
    }
  }
  for (const run of runs) take(run.end())
  return { items, isCut, counts, version: version.digest('base64url') }
}
