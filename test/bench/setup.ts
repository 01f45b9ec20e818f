import type { RunningServer } from '../support/server.ts'
import type { Helper } from './child.ts'
import type { Environment } from './environment.ts'
import { createFixture } from './fixture.ts'
import type { Target } from './load/reports.ts'

/** Each server has a title of its own. */
export const TARGETS = {
  unary: { titleId: 'unary', players: 50_000, achievements: 1 },
  single: { titleId: 'single', players: 50_000, achievements: 1 },
  list: { titleId: 'list', players: 100, achievements: 100 },
  bare: { titleId: 'bare', players: 50_000, achievements: 1 },
} as const satisfies Record<string, Target>

/** The servers of the first subjects. */
export interface Setup {
  readonly environment: Environment
  /** With the default configuration. */
  readonly server: RunningServer
  /** Without write batching. */
  readonly single: RunningServer
  /** HTTP/2 without gRPC. */
  readonly bare: Helper
}

export async function openSetup(environment: Environment): Promise<Setup> {
  const server = await environment.server()
  const single = await environment.server({ env: { LAUREL_WRITE_BATCHING: 'off' } })
  for (const [{ address }, target] of [
    [server, TARGETS.unary],
    [single, TARGETS.single],
    [server, TARGETS.list],
  ] as const) {
    await createFixture(environment, address, environment.databaseUrl, target)
  }
  return { environment, server, single, bare: await environment.helper('load/bare-server.ts') }
}
