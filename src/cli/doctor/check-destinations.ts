import { connect } from 'node:net'
import type { Config } from '../../config.ts'
import { Credentials } from '../../outbound/credentials.ts'
import { openOutbound } from '../../outbound/outbound.ts'
import { withClient } from '../../store/with-client.ts'
import { type Finding, fail, ok, reasonOf } from './finding.ts'

const TIMEOUT_MILLISECONDS = 5_000
const MAX_DESTINATIONS = 100

interface DestinationRow {
  readonly title: string
  readonly id: string
  readonly url: string
  readonly credential: string
}

/**
 * Checks that each destination may be called, has its credential, and accepts connections. Sends nothing: `laurel destinations test`
 * makes a request.
 */
export async function checkDestinations(
  connectionString: string,
  config: Config,
): Promise<readonly Finding[]> {
  const outbound = openOutbound({
    allowPrivate: config.outboundPrivate,
    guardLoopback: config.authFile !== undefined,
  })
  const credentials = new Credentials({
    environment: config.credentials,
    directory: config.credentialsDirectory,
  })
  const rows = await listDestinations(connectionString)
  return Promise.all(
    rows.map(async ({ title, id, url, credential }) => {
      const check = `destination ${title}/${id}`
      try {
        outbound.checkUrl(url)
        if (credential !== '') await credentials.read(credential, title)
        await reach(new URL(url))
        return ok(check, `${new URL(url).host} accepts connections`)
      } catch (error) {
        return fail(check, `its events wait: ${reasonOf(error)}`)
      }
    }),
  )
}

/** Returns none before the first migration. */
async function listDestinations(connectionString: string): Promise<readonly DestinationRow[]> {
  return withClient(connectionString, async (client) => {
    const { rows: tables } = await client.query("select to_regclass('destinations') as name")
    if (tables[0]?.name === null) return []
    const { rows } = await client.query<DestinationRow>(
      `select title_id as title, id, url, credential from destinations where not paused order by 1, 2 limit ${MAX_DESTINATIONS}`,
    )
    return rows
  })
}

function reach({ protocol, hostname, port }: URL): Promise<void> {
  const socket = connect({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
  })
  socket.setTimeout(TIMEOUT_MILLISECONDS)
  return new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('timeout', () => reject(new Error(`no connection within ${TIMEOUT_MILLISECONDS / 1000} s`)))
    socket.once('error', reject)
  }).finally(() => socket.destroy())
}
