import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

interface FileServer extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly (string | undefined)[]
  version: string
  /** Ends each response after so many bytes. */
  cutAfter: number
  hasRanges: boolean
}

/** Serves a file with ranges, on a real socket. */
export async function serveFile(path: string): Promise<FileServer> {
  const requests: (string | undefined)[] = []
  const state = { version: '"v1"', cutAfter: Number.POSITIVE_INFINITY, hasRanges: true }
  const http: Server = createServer(async (request, response) => {
    const { range, 'if-range': condition } = request.headers
    requests.push(range)
    const { size } = await stat(path)
    const isCurrent =
      state.hasRanges && range !== undefined && (condition === undefined || condition === state.version)
    const start = isCurrent ? Number(/^bytes=(\d+)-$/.exec(range)?.[1]) : 0
    const headers = { etag: state.version, 'content-length': size - start }
    response.writeHead(
      isCurrent ? 206 : 200,
      isCurrent ? { ...headers, 'content-range': `bytes ${start}-${size - 1}/${size}` } : headers,
    )
    const end = Math.min(size, start + state.cutAfter) - 1
    for await (const chunk of createReadStream(path, { start, end })) response.write(chunk)
    if (end < size - 1) setTimeout(() => response.destroy(), 50)
    else response.end()
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  return Object.assign(state, {
    url: `http://127.0.0.1:${port}/export.csv`,
    requests,
    [Symbol.asyncDispose]: async () => {
      http.closeAllConnections()
      http.close()
      await once(http, 'close')
    },
  })
}
