import pg from 'pg'
import { sleep } from '../model/sleep.ts'

/** How long one request may take. */
const TIMEOUT_MILLISECONDS = 2_000
const FIRST_INTERVAL_MILLISECONDS = 50
/** Together about 25 seconds. */
const MAX_REQUESTS = 10

/** The parts of a connection that identify it to the server, or to a pooler, and where it leads. */
interface Identified {
  readonly processID: number | null
  readonly secretKey: number | null
  readonly host: string
  readonly port: number
  readonly ssl: object | boolean
}

/** The driver's connection without a session, of which its types say little. */
interface BareConnection extends pg.Connection {
  connect(portOrPath: number | string, host?: string): void
  requestSsl(): void
  cancel(processId: number, secretKey: number): void
}

/**
 * Asks the server to cancel the client's running statement until the signal is aborted, a bounded number of times: an abort
 * between two statements finds none to cancel. Uses the protocol's cancel request, which needs no session, and which a
 * pooler passes on to the backend that serves the client.
 * @throws the driver's error
 */
export async function cancelUntil(signal: AbortSignal, client: pg.ClientBase): Promise<void> {
  for (let count = 0; count < MAX_REQUESTS && !signal.aborted; count += 1) {
    await cancelOnce(client as unknown as Identified)
    await sleep(FIRST_INTERVAL_MILLISECONDS * 2 ** count, signal)
  }
}

function cancelOnce({ processID, secretKey, host, port, ssl }: Identified): Promise<void> {
  if (processID === null || secretKey === null) return Promise.resolve()
  const connection = new pg.Connection({ ssl } as never) as BareConnection
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => connection.stream.destroy(), TIMEOUT_MILLISECONDS)
    let isSent = false
    const cancel = () => {
      isSent = true
      connection.cancel(processID, secretKey)
    }
    connection.on('connect', () => (ssl ? connection.requestSsl() : cancel()))
    connection.on('sslconnect', cancel)
    connection.on('error', (error) => (isSent ? resolve() : reject(error)))
    // The server closes the connection when it has signalled the backend.
    connection.on('end', () => {
      clearTimeout(timer)
      resolve()
    })
    if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`)
    else connection.connect(port, host)
  })
}
