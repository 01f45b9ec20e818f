import { readFileSync } from 'node:fs'
import { exportRecords } from '../../src/service/records/export-records.ts'
import { type ImportedRecords, importRecords } from '../../src/service/records/import-records.ts'
import type { Services } from '../../src/service/services.ts'
import { accountsOf } from './bound-title.ts'
import { MergedTitle } from './merged-title.ts'
import { callOf } from './services.ts'

const README = new URL('../../src/service/records/README.md', import.meta.url)

/** Returns the lines of the example in the README. */
export function exampleLines(): readonly string[] {
  const [, lines] = /```json lines\n([\s\S]*?)\n```/.exec(readFileSync(README, 'utf8')) ?? []
  if (lines === undefined) throw new Error('the README has no example of the lines')
  return lines.split('\n')
}

/** Returns the lines of an export, without line breaks. */
export async function exportLines(
  services: Services,
  titleIds: readonly string[] = [],
): Promise<readonly string[]> {
  const parts = await Array.fromAsync(exportRecords(services, { titleIds }, callOf()))
  const text = Buffer.concat(parts).toString()
  if (!text.endsWith('\n')) throw new Error('the last line has no line break')
  return text.slice(0, -1).split('\n')
}

/** Imports lines in parts, and returns the state after each. */
export async function importLines(
  services: Services,
  lines: readonly string[],
  partLines?: number,
): Promise<readonly ImportedRecords[]> {
  async function* content() {
    for (const line of lines) yield Buffer.from(`${line}\n`)
  }
  return Array.fromAsync(importRecords(services, { content: content() }, callOf(), partLines))
}

/** Returns the kind of each line with its number of lines. */
export function kindsOf(lines: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const line of lines) {
    const { kind } = JSON.parse(line)
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}

/** Plays in a title so that there are lines of each kind but images and back-fills. */
export async function playTitle(services: Services, titleId: string, isBound = true): Promise<MergedTitle> {
  const title = new MergedTitle(services, titleId)
  const { operations } = title
  const call = callOf('support')
  await title.create(isBound)
  const accounts = Object.entries(accountsOf(1)).map(([dialect, id]) => ({ dialect, id }))
  await title.createPlayer(`${titleId} ann`, isBound ? accounts : [])
  for (const name of ['ann', 'bob', 'cy']) {
    const player = `${titleId} ${name}`
    await title.unlock(player, 'plain', `request of ${name}`)
    await title.reach(player, 'counted', undefined, BigInt(name.length))
    await title.setStat(player, 'laps', 7)
    await title.setStat(player, 'best', 0.1 + name.length)
  }
  await title.reach(`${titleId} ann`, 'pair', 'left', 1n)
  const enforced = {
    ...title.key(`${titleId} bob`, 'plain'),
    reason: 'cheated "twice"\n',
    requestId: undefined,
  }
  await operations.revokeAchievement(enforced, call)
  await operations.claimReward({ ...title.key(`${titleId} ann`, 'goal'), requestId: undefined }, call)
  await title.unlock(`${titleId} dora`)
  await operations.mergePlayers(
    {
      playerId: `${titleId} ann`,
      absorbedPlayerId: `${titleId} dora`,
      reason: 'the same',
      requestId: undefined,
    },
    call,
  )
  await title.unlock(`${titleId} eve`)
  await operations.deletePlayer(
    { playerId: `${titleId} eve`, etag: undefined, reason: '', requestId: undefined },
    call,
  )
  return title
}
