import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { linesOf } from './migration-job.ts'

export type OldSystem = Awaited<ReturnType<typeof startOldSystem>>

/** A lazy source. By default it has 40 percent of `laps`, and an achievement that Laurel lacks, for each player. Paused, it sends no response. */
export async function startOldSystem(
  recordsOf: (player: string) => readonly object[] = (player) =>
    ['laps', 'other'].map((achievement) => ({ player, achievement, percent: 40 })),
) {
  const paths: string[] = []
  let paused: Promise<void> | undefined
  let release = () => {}
  let refusal: { status: number; headers: Record<string, string> } | undefined
  const server = createServer(async ({ url = '' }, response) => {
    paths.push(url)
    if (refusal !== undefined) return void response.writeHead(refusal.status, refusal.headers).end()
    await paused
    const player = decodeURIComponent(url.slice(1))
    response.end(linesOf(recordsOf(player)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    paths,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/{player}`,
    pause() {
      paused = new Promise((resolve) => {
        release = resolve
      })
    },
    release: () => release(),
    refuse(status: number, headers: Record<string, string>) {
      refusal = { status, headers }
    },
    accept() {
      refusal = undefined
    },
    async close() {
      release()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
