import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { freePort } from '../../src/embedded-postgres/port.ts'
import { untilListening } from './listening.ts'

const BINARY = ['/usr/sbin/nginx', '/usr/local/sbin/nginx'].find(existsSync)

/** Why tests with an nginx cannot run here; undefined where they can. */
export const noNginx = BINARY === undefined ? 'nginx is not installed' : undefined

export interface Nginx extends AsyncDisposable {
  /** Its gRPC address: `127.0.0.1:40123`. */
  readonly address: string
}

/** Starts an nginx that distributes gRPC calls over servers in turn. */
export async function startNginx(servers: readonly string[]): Promise<Nginx> {
  const port = await freePort(undefined)
  const folder = await mkdtemp(join(tmpdir(), 'laurel-nginx-'))
  const file = join(folder, 'nginx.conf')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  )
  const upstream = servers.map((address) => `server ${address};`)
  await writeFile(
    file,
    `daemon off; worker_processes 1; pid ${join(folder, 'pid')}; error_log stderr;
    events {}
    http {
      access_log off; ${temporary.join(' ')}
      upstream laurel { ${upstream.join(' ')} keepalive 16; }
      server { listen 127.0.0.1:${port} http2; location / { grpc_pass grpc://laurel; } }
    }`,
  )
  const child = spawn(BINARY as string, ['-c', file, '-p', folder], { stdio: ['ignore', 'ignore', 'pipe'] })
  const errors = text(child.stderr)
  const exited = once(child, 'exit')
  const failed = exited.then(async () => {
    throw new Error(`nginx did not start: ${await errors}`)
  })
  await untilListening(port, failed)
  return {
    address: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}
