import type { Adapter } from '../../../dialect/adapter.ts'
import type { Duration } from '../../../model/instant.ts'
import { lazySourceName } from '../../../model/migration-job.ts'
import type { PullClaim, StoredPull } from '../../../store/migration-jobs/migration-pulls.ts'
import type { Queries } from '../../../store/queries.ts'
import { findAccount } from '../../players/accounts.ts'
import { titleOf } from '../../require.ts'
import type { Services } from '../../services.ts'
import { addCounts } from '../add-counts.ts'
import { JobDefinitions } from '../job-definitions.ts'
import { NO_COUNTS } from '../jobs.ts'
import { jobTitleOf, PartBuilder } from '../part-builder.ts'
import { rowContextOf } from '../prepare-row.ts'
import { mappingContextOf } from '../read-job-records.ts'
import { readRecords } from '../read-records.ts'
import { DefinitionsChanged, type PartRows, writePart } from '../write-part.ts'
import type { FetchedPlayer, LazyFetcher, LazyJob } from './contract.ts'

type Parts = Pick<Services, 'store' | 'dialects' | 'now' | 'settings'>

/** With the wait for other requests to the same system. */
const FETCH_MILLISECONDS = 30_000
/** Rows of a player's document. */
const MAX_ROWS = 10_000
const MAX_TRIES = 5
const [LF, CR, SPACE] = [10, 13, 32] as const

/**
 * Reads a player's document and imports its records, in one transaction with the mark that the player is done. Records of other players are
 * refused. Refusals are listed with those of the job.
 * @returns `unlinked` if the URL names an account, and the player has none
 * @throws Error if the source fails, or its document cannot be read
 */
export async function pullPlayer(
  parts: Parts,
  fetcher: LazyFetcher,
  job: LazyJob,
  claim: PullClaim,
  signal: AbortSignal,
): Promise<'done' | 'unlinked'> {
  const { store } = parts
  const { lazySource, titleId } = job
  const { title, account } = await store.read(signal, async (queries) => ({
    title: await titleOf(queries, titleId),
    account: await accountIn(queries, job, claim.playerId),
  }))
  if (account === undefined && dialectOf(job) !== undefined) return 'unlinked'
  const player = { playerId: claim.playerId, account }
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(FETCH_MILLISECONDS)])
  const document = await fetcher.fetch(lazySource, titleId, player, deadline)
  const source = lazySourceName(claim.playerId)
  const part = new PartBuilder(source, jobTitleOf(title, job.mapping), 0, MAX_ROWS)
  if (document !== undefined) await readInto(part, parts, job, player, document)
  for (let [tries, hasCounts] = [1, false]; ; tries += 1) {
    try {
      await write(parts, job, claim, part, player, hasCounts, signal)
      return 'done'
    } catch (error) {
      const isExpected = error instanceof DefinitionsChanged || error instanceof CountsFound
      if (!isExpected || tries >= MAX_TRIES) throw error
      hasCounts ||= error instanceof CountsFound
    }
  }
}

/** Returns the account by which the job's records name a player; undefined without one, and if they name players by their ids. */
async function accountIn(queries: Queries, job: LazyJob, playerId: string): Promise<string | undefined> {
  const dialect = dialectOf(job)
  return dialect === undefined ? undefined : findAccount(queries, dialect, playerId)
}

/** Marks a player as without an account, unless one was linked meanwhile. */
export async function postponeUnlinked(
  { store, now }: Parts,
  job: LazyJob,
  claim: PullClaim,
  pause: Duration,
  signal: AbortSignal,
): Promise<void> {
  const { attempts, playerId } = claim
  await store.write(signal, async (queries) => {
    await queries.migrationPulls.lockClaim(claim)
    const isLinked = (await accountIn(queries, job, playerId)) !== undefined
    const next = isLinked
      ? { state: 'failed', nextTime: now() }
      : { state: 'unlinked', nextTime: now() + pause }
    await queries.migrationPulls.update(claim, { attempts, ...next } as StoredPull)
  })
}

/** The dialect of the accounts in the job's records. */
function dialectOf({ mapping }: LazyJob): Adapter['id'] | undefined {
  return mapping.player?.dialect ?? mapping.dialect
}

async function readInto(
  part: PartBuilder,
  parts: Parts,
  { mapping }: LazyJob,
  player: FetchedPlayer,
  document: Uint8Array,
): Promise<void> {
  const context = { ...mappingContextOf(parts), account: player.account }
  const isDocument = mapping.format === 'player_documents'
  const content = isDocument ? lineOf(player, document) : document
  const batches = readRecords(mapping, context, piecesOf(content), { position: 0, header: '' })
  for await (const { header, records } of batches)
    for (const record of records) {
      if (part.size >= MAX_ROWS) throw new Error(`the document has more than ${MAX_ROWS} records`)
      part.add(record, header)
    }
}

/** The line that the format of players' documents takes. Strings of JSON have no line breaks. */
function lineOf({ playerId, account }: FetchedPlayer, document: Uint8Array): Uint8Array {
  const inOneLine = document.map((byte) => (byte === LF || byte === CR ? SPACE : byte))
  const file = JSON.stringify(`${account ?? playerId}.json`.toWellFormed())
  return Buffer.concat([Buffer.from(`{"file":${file},"document":`), inOneLine, Buffer.from('}\n')])
}

async function* piecesOf(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}

/** Thrown to run the transaction again with the job locked: only documents with refusals or conflicts wait for each other. */
class CountsFound extends Error {}

async function write(
  parts: Parts,
  job: LazyJob,
  claim: PullClaim,
  part: PartBuilder,
  player: FetchedPlayer,
  hasCounts: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { store, now } = parts
  const time = now()
  const definitions = new JobDefinitions(job.titleId)
  await store.read(signal, (queries) => definitions.load(queries, part.names))
  const { actor } = job
  const prepared = part.prepare(definitions, { ...rowContextOf(job, parts, actor), writesEvents: true })
  const { own: found, others } = divide(prepared.part, player)
  await store.write(signal, async (queries) => {
    const running = await queries.migrationJobs[hasCounts ? 'lock' : 'lockShared'](job)
    if (running?.state !== 'running') throw new Error(`migration job ${job.jobId} does not run any more`)
    if (!(await queries.migrationPulls.lockClaim(claim)))
      throw new Error(`the claim of player ${claim.playerId} has ended: the document came too late`)
    if ((await queries.tombstones.find([claim.playerId])).size > 0)
      return await queries.migrationPulls.delete(claim)
    const isReset = await queries.migrationPulls.findResets(claim)
    const own = found.filter((index) => !isReset(prepared.part.achievements[index]?.id ?? ''))
    const context = { time, precision: 'exact', actor } as const
    const rows = {
      rows: own.map((index) => prepared.part.rows[index]),
      achievements: own.map((index) => prepared.part.achievements[index]),
    } as PartRows
    const result =
      own.length === 0
        ? undefined
        : await writePart(
            queries,
            job,
            rows,
            context,
            { actor },
            job.deliveriesPerSecond > 0 ? 'delivered' : 'silent',
          )
    const refusals = [
      ...prepared.refusals,
      ...others.map((index) => prepared.refusalOf(index, OTHER_PLAYER)),
      ...[...(result?.refusals ?? [])].map(([index, reason]) => prepared.refusalOf(own[index] ?? 0, reason)),
    ]
    const counts = {
      ...NO_COUNTS,
      refused: BigInt(refusals.length),
      conflicts: BigInt(result?.conflictCount ?? 0),
    }
    if (counts.refused + counts.conflicts > 0n) {
      if (!hasCounts) throw new CountsFound()
      await addCounts(queries, running, { counts, time })
    }
    await queries.migrationRecords.insertRefusals(job, refusals)
    await queries.migrationRecords.insertConflicts(job, result?.conflicts ?? [])
    await queries.migrationPulls.update(claim, { state: 'done', attempts: 0, nextTime: time })
  })
}

const OTHER_PLAYER = 'player: must be the one whose document this is'

/** Divides the indexes of rows into those of the player and others. */
function divide({ rows }: PartRows, { playerId, account }: FetchedPlayer) {
  const own: number[] = []
  const others: number[] = []
  for (const [index, { player }] of rows.entries()) {
    const isOwn = player.kind === 'account' ? player.id === account : player.id === playerId
    if (isOwn) own.push(index)
    else others.push(index)
  }
  return { own, others }
}
