import { formatPath } from '../../dialect/losses.ts'
import type { Source, SourceTarget } from '../../dialect/source.ts'
import type { EntryOutcome } from '../../gen/laurel/v1/exchange.ts'
import { driftIn, driftOf } from '../drift.ts'
import { Failure, type RemoteError, remoteErrorIn, remoteErrorOf } from '../failure.ts'
import { type LossTally, lossOf } from '../losses.ts'
import type { PullMeter } from '../meter.ts'
import type { Job, LinkedPlayer } from './job.ts'
import type { ImportResult, Laurel } from './laurel.ts'
import type { CredentialReferences } from './options.ts'
import { type Platform, type PulledPage, PullRefused } from './platform.ts'
import { LINKED_ELSEWHERE, playerPages, type ResolvedPlayer } from './players.ts'
import type { State, StateFile } from './state.ts'
import { addDrift, addPossibleDuplicates, addRefusal, addSummary, type Counts, countOf } from './tally.ts'

/** A running pull. */
export interface Pull {
  readonly job: Job
  readonly source: Source
  readonly platform: Platform
  readonly laurel: Laurel
  /** Written to `file` after each page. */
  readonly state: State
  readonly file: StateFile
  readonly losses: LossTally
  readonly meter: PullMeter
  readonly signal: AbortSignal
  readonly credentials: CredentialReferences
}

/**
 * Copies the definitions, page by page.
 * @throws Failure if the platform refuses them: progress could not be imported without its achievements
 */
export async function copyDefinitions(pull: Pull): Promise<void> {
  const { job, source, platform, laurel, state, file, losses, meter, signal } = pull
  const player = source.definitions.ofAccount ? await firstPlayer(pull) : undefined
  const credential = pull.credentials.forPlayer(player)
  const { tally, definitions } = state
  const counts = tally.definitions
  state.platformAchievements ??= []
  const target = targetOf(job, player?.account)
  try {
    for await (const page of platform.pages(
      source.definitions,
      target,
      credential,
      definitions.cursor,
      signal,
    )) {
      if (page.entries.length > 0) {
        const result = await laurel.importDefinitions(job, page.entries)
        losses.add(result.losses.map(lossOf))
        state.platformAchievements.push(...countOutcomes(pull, page, result, counts))
      }
      definitions.cursor = page.cursor
      definitions.done = page.cursor === undefined
      await file.write(state)
      const done = Object.values(counts).reduce((sum, count) => sum + count, 0)
      meter.definitions(done, page.total)
    }
  } catch (error) {
    if (!(error instanceof PullRefused)) throw error
    const request = [error.request, error.path].filter((part) => part !== '').join(' ')
    throw new Failure([`the definitions cannot be read: ${error.message}`, `request: ${request}`], error)
  }
}

/** @throws Failure if no player is selected */
async function firstPlayer({ job: { dialect, players }, laurel }: Pull): Promise<LinkedPlayer> {
  for await (const page of playerPages(laurel, players, '')) {
    for (const resolved of page.players) if ('player' in resolved) return resolved.player
  }
  throw new Failure([
    `${dialect} lists a title's achievements only for an account: name a player who has one with --player, ` +
      'and add --definitions-only to pull no progress',
  ])
}

function targetOf({ binding, locale, defaultLocale }: Job, account: string | undefined): SourceTarget {
  return { binding, account, locale: locale ?? defaultLocale }
}

/** Copies the progress of one player after the other. A player whose list is refused does not stop the others. */
export async function copyProgress(pull: Pull): Promise<void> {
  const { job, laurel, state, file, meter } = pull
  const { players } = state
  for await (const page of playerPages(laurel, job.players, players.page)) {
    const done = new Set(players.done)
    for (const resolved of page.players) {
      if (done.has(resolved.key)) continue
      await copyPlayer(pull, resolved)
      done.add(resolved.key)
      players.done.push(resolved.key)
      delete players.current
      await file.write(state)
      meter.players(state.tally.players.pulled + state.tally.players.refused)
    }
    if (page.next === undefined) return
    players.page = page.next
    players.done = []
  }
}

async function copyPlayer(pull: Pull, resolved: ResolvedPlayer): Promise<void> {
  const { tally } = pull.state
  const about = { request: '', path: '', achievementId: '' }
  if ('refusal' in resolved) {
    tally.players.refused += 1
    addRefusal(tally, { playerId: resolved.playerId, ...about, ...resolved.refusal })
    return
  }
  try {
    await copyList(pull, resolved.key, resolved.player)
    tally.players.pulled += 1
  } catch (error) {
    if (!(error instanceof PullRefused)) throw error
    const { request, path, reason, message, unauthenticated } = error
    // All players share this credential: the platform would refuse each of them.
    if (unauthenticated && !pull.credentials.arePerPlayer) throw new Failure([message], error)
    tally.players.refused += 1
    addRefusal(tally, { playerId: resolved.player.playerId, ...about, request, path, reason, message })
  }
}

async function copyList(pull: Pull, key: string, player: LinkedPlayer): Promise<void> {
  const { job, source, platform, state, file, signal } = pull
  const { players } = state
  const before = players.current?.key === key ? players.current : undefined
  const seen = [...(before?.seen ?? [])]
  let isLinked = player.isLinked || job.dryRun
  const target = targetOf(job, player.account)
  const credential = pull.credentials.forPlayer(player)
  for await (const page of platform.pages(source.progress, target, credential, before?.cursor, signal)) {
    if (page.entries.length > 0) {
      if (!isLinked) await link(pull, player, page)
      isLinked = true
      seen.push(...(await importPage(pull, player.playerId, page)))
    }
    if (page.cursor === undefined) continue
    players.current = { key, cursor: page.cursor, seen }
    await file.write(state)
  }
  if (source.progress.complete) await reportAbsent(pull, player.playerId, new Set(seen))
}

async function link({ laurel }: Pull, player: LinkedPlayer, { request }: PulledPage): Promise<void> {
  try {
    await laurel.link(player)
  } catch (error) {
    const remote = remoteErrorIn(error)
    if (remote === undefined || ![LINKED_ELSEWHERE, 'INVALID_FIELD'].includes(remote.reason)) throw error
    throw new PullRefused(request, remote.reason, remote.message)
  }
}

/** @returns Laurel's ids of the achievements in the page */
async function importPage(pull: Pull, playerId: string, page: PulledPage): Promise<readonly string[]> {
  const { job, laurel, state, losses } = pull
  const counts = state.tally.progress
  if (job.dryRun && !job.titleExists) {
    // The dry run has not created the title, so the server cannot compare.
    counts.changed += page.entries.length
    return []
  }
  const result = await laurel.importProgress(job, playerId, page.entries)
  losses.add(result.losses.map(lossOf))
  return countOutcomes(pull, page, result, counts, playerId)
}

/**
 * Reports a player's progress on achievements that the platform has and does not list as drift, where a missing entry means
 * no progress. The platform's achievements are known only if its definitions were pulled too.
 */
async function reportAbsent({ job, laurel, state }: Pull, playerId: string, seen: ReadonlySet<string>) {
  const onPlatform = new Set(state.platformAchievements)
  if (onPlatform.size === 0) return
  for await (const progress of laurel.listProgress(job.titleId, playerId)) {
    const { achievementId, revoked } = progress
    if (revoked || seen.has(achievementId) || !onPlatform.has(achievementId)) continue
    addDrift(state.tally, driftOf(undefined, progress))
  }
}

/**
 * Counts the outcomes of a page's entries.
 * @param playerId empty for definitions
 * @returns Laurel's ids of the achievements in the page
 */
function countOutcomes(
  { job, state }: Pull,
  page: PulledPage,
  { outcomes, summary }: ImportResult,
  counts: Counts,
  playerId = '',
): readonly string[] {
  const { tally } = state
  // A dry run has not created these, so importing progress on them fails.
  const pending = new Set(job.dryRun && playerId !== '' ? state.platformAchievements : [])
  addSummary(tally, summary)
  return outcomes.flatMap((outcome) => {
    const error = outcome.error && remoteErrorOf(outcome.error)
    const pendingId = error && missingIdIn(error, pending)
    counts[pendingId === undefined ? countOf(outcome) : 'changed'] += 1
    if (pendingId !== undefined) return [pendingId]
    if (error !== undefined) {
      const { path, message } = inResponse(page, outcome, error)
      const { achievementId } = outcome
      const { reason } = error
      addRefusal(tally, { playerId, request: page.request, path, achievementId, reason, message })
      return []
    }
    addPossibleDuplicates(tally, outcome)
    const drift = driftIn(outcome)
    if (drift !== undefined) addDrift(tally, drift)
    return [outcome.achievementId]
  })
}

function missingIdIn({ reason, metadata }: RemoteError, ids: ReadonlySet<string>): string | undefined {
  const id = metadata.get('achievement_id') ?? ''
  return reason === 'ACHIEVEMENT_NOT_FOUND' && ids.has(id) ? id : undefined
}

/** Entries are sent to Laurel as a bare list; the user reads paths in the platform's response. */
function inResponse({ list }: PulledPage, { path }: EntryOutcome, { message }: RemoteError) {
  const base = formatPath(list)
  const translate = (text: string) => (text.startsWith('$[') ? base + text.slice(1) : text)
  return { path: translate(path), message: translate(message) }
}
