import { driftOf } from '../drift.ts'
import { Failure, remoteErrorIn } from '../failure.ts'
import { lossOf } from '../losses.ts'
import type { Pulling } from './commands.ts'
import { ALREADY_THERE } from './laurel.ts'
import { type PulledPage, Refused } from './platform.ts'
import { type Member, type Person, partsOf } from './players.ts'
import { takePage } from './take-page.ts'
import { addDrift, addRefusal } from './tally.ts'

/** Copies what players have, one after the other. Whose list is refused keeps no other one out. */
export async function pullProgress(pulling: Pulling): Promise<void> {
  const { job, laurel, state, file, meter } = pulling
  const { players } = state
  for await (const { members, next } of partsOf(laurel, job.players, players.part)) {
    const done = new Set(players.done)
    for (const member of members) {
      if (done.has(member.key)) continue
      await pullMember(pulling, member)
      done.add(member.key)
      players.done.push(member.key)
      delete players.current
      await file.write(state)
      meter.players(state.tally.players.pulled + state.tally.players.refused)
    }
    if (next === undefined) return
    players.part = next
    players.done = []
  }
}

async function pullMember(pulling: Pulling, member: Member): Promise<void> {
  const { tally } = pulling.state
  if ('why' in member) {
    tally.players.refused += 1
    addRefusal(tally, { playerId: member.playerId, request: '', path: '', achievementId: '', ...member.why })
    return
  }
  const { playerId } = member.person
  try {
    await pullPerson(pulling, member.key, member.person)
    tally.players.pulled += 1
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const { request, path, reason, message, unauthenticated } = error
    // What lets nobody in would be refused for all that follow.
    if (unauthenticated && !pulling.ownCredentials) throw new Failure([message], error)
    tally.players.refused += 1
    addRefusal(tally, { playerId, request, path, achievementId: '', reason, message })
  }
}

async function pullPerson(pulling: Pulling, key: string, person: Person): Promise<void> {
  const { job, source, platform, state, file, signal } = pulling
  const { players } = state
  const about = { binding: job.binding, account: person.account, locale: job.locale ?? job.defaultLocale }
  const before = players.current?.key === key ? players.current : undefined
  const seen = [...(before?.seen ?? [])]
  let linked = person.linked || job.dryRun
  const listing = platform.pages(source.progress, about, pulling.credentialOf(person), before?.place, signal)
  for await (const page of listing) {
    if (page.entries.length > 0) {
      if (!linked) await link(pulling, person, page)
      linked = true
      seen.push(...(await takeIn(pulling, person, page)))
    }
    if (page.cursor === undefined) continue
    players.current = { key, place: page.cursor, seen }
    await file.write(state)
  }
  if (source.progress.complete) await reportAbsent(pulling, person, new Set(seen))
}

/** Gives the player the account that the platform knows. */
async function link({ laurel }: Pulling, person: Person, { request }: PulledPage): Promise<void> {
  try {
    await laurel.link(person)
  } catch (error) {
    const remote = remoteErrorIn(error)
    if (remote === undefined || ![ALREADY_THERE, 'INVALID_FIELD'].includes(remote.reason)) throw error
    throw new Refused(request, remote.reason, remote.message)
  }
}

/** @returns the ids of ours that the page is of */
async function takeIn(
  { job, laurel, state: { tally, known = [] }, losses }: Pulling,
  { playerId }: Person,
  page: PulledPage,
): Promise<readonly string[]> {
  const counts = tally.progress
  if (job.dryRun && !job.titleExists) {
    // A title that would be made by now can be asked nothing.
    counts.changed += page.entries.length
    return []
  }
  const imported = await laurel.importProgress(job, playerId, page.entries)
  losses.add(imported.losses.map(lossOf))
  const coming = new Set(job.dryRun ? known : [])
  return takePage(page, imported, { tally, counts, playerId, coming })
}

/**
 * What we have of a player and the platform's list does not name: there, it is nothing. Of achievements that the platform
 * has, which is known where its definitions were pulled too.
 */
async function reportAbsent(
  { job, laurel, state: { tally, known = [] } }: Pulling,
  { playerId }: Person,
  seen: Set<string>,
) {
  const isThere = new Set(known)
  if (isThere.size === 0) return
  for await (const progress of laurel.begun(job.titleId, playerId)) {
    const { achievementId, revoked } = progress
    if (revoked || seen.has(achievementId) || !isThere.has(achievementId)) continue
    addDrift(tally, driftOf(undefined, progress))
  }
}
