import type { Adapter } from '../../../dialect/adapter.ts'
import { lazySourceName } from '../../../model/migration-job.ts'
import type { PullClaim } from '../../../store/migration-jobs/migration-pulls.ts'
import { titleOf } from '../../require.ts'
import type { Services } from '../../services.ts'
import { JobDefinitions } from '../job-definitions.ts'
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
  const dialect = dialectOf(job)
  const { title, account } = await store.read(signal, async (queries) => {
    const accounts =
      dialect === undefined ? new Map() : await queries.accounts.listOfPlayers(dialect, [claim.playerId])
    return { title: await titleOf(queries, titleId), account: accounts.get(claim.playerId) }
  })
  if (account === undefined && lazySource.url.includes('{account}')) return 'unlinked'
  const player = { playerId: claim.playerId, account }
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(FETCH_MILLISECONDS)])
  const document = await fetcher.fetch(lazySource, titleId, player, deadline)
  const source = lazySourceName(claim.playerId)
  const part = new PartBuilder(source, jobTitleOf(title, job.mapping), 0, MAX_ROWS)
  if (document !== undefined) await readInto(part, parts, job, player, document)
  for (let tries = 1; ; tries += 1) {
    try {
      await write(parts, job, claim, part, player, signal)
      return 'done'
    } catch (error) {
      if (!(error instanceof DefinitionsChanged) || tries >= MAX_TRIES) throw error
    }
  }
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

async function write(
  { store, now }: Parts,
  job: LazyJob,
  claim: PullClaim,
  part: PartBuilder,
  player: FetchedPlayer,
  signal: AbortSignal,
): Promise<void> {
  const time = now()
  const definitions = new JobDefinitions(job.titleId)
  await store.read(signal, (queries) => definitions.load(queries, part.names))
  const { actor } = job
  const prepared = part.prepare(definitions, { ...rowContextOf(job, time, actor), writesEvents: true })
  const { own, others } = divide(prepared.part, player)
  await store.write(signal, async (queries) => {
    const running = await queries.migrationJobs.lockShared(job)
    if (running?.state !== 'running') throw new Error(`migration job ${job.jobId} does not run any more`)
    if (!(await queries.migrationPulls.lockClaim(claim)))
      throw new Error(`the claim of player ${claim.playerId} has ended: the document came too late`)
    if ((await queries.tombstones.find([claim.playerId])).size > 0)
      return await queries.migrationPulls.delete(claim)
    const context = { time, precision: 'exact', writer: actor } as const
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
    await queries.migrationRecords.insertRefusals(job, [
      ...prepared.refusals,
      ...others.map((index) => prepared.refusalOf(index, OTHER_PLAYER)),
      ...[...(result?.refusals ?? [])].map(([index, reason]) => prepared.refusalOf(own[index] ?? 0, reason)),
    ])
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
