import type { RunningServer } from '../support/server.ts'
import type { Helper } from './child.ts'
import { createWorld } from './fixture.ts'
import type { Target } from './load/reports.ts'
import type { Stage } from './server-process.ts'

/** Whose progress is reported: the same players to each server, in a title of its own. */
export const TITLES = {
  unary: { titleId: 'unary', players: 50_000, achievements: 1 },
  single: { titleId: 'single', players: 50_000, achievements: 1 },
  list: { titleId: 'list', players: 100, achievements: 100 },
  bare: { titleId: 'bare', players: 50_000, achievements: 1 },
} as const satisfies Record<string, Target>

/** Two servers on one database, and players who have begun to play. */
export interface Scene {
  readonly stage: Stage
  /** As it comes. */
  readonly server: RunningServer
  /** With gathering off: it writes every report by itself. */
  readonly single: RunningServer
  /** HTTP/2 and nothing else. */
  readonly bare: Helper
}

export async function openScene(stage: Stage): Promise<Scene> {
  const server = await stage.server()
  const single = await stage.server({ env: { LAUREL_WRITE_BATCHING: 'off' } })
  for (const [{ address }, title] of [
    [server, TITLES.unary],
    [single, TITLES.single],
    [server, TITLES.list],
  ] as const) {
    await createWorld(stage, address, stage.databaseUrl, title)
  }
  return { stage, server, single, bare: await stage.helper('load/bare-server.ts') }
}
