import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApp } from '../app.ts'
import { readConfig } from '../config.ts'
import { createLog } from '../telemetry/log.ts'

/** A server with an empty database of its own, on free ports. Nothing of it is left when it is disposed. */
export interface ThrowawayApp extends AsyncDisposable {
  readonly grpcAddress: string
}

export async function startThrowawayApp(): Promise<ThrowawayApp> {
  await using started = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'laurel-demo-'))
  started.defer(() => rm(folder, { recursive: true, force: true }))
  // Enterable for the user that runs Postgres when root runs the demo.
  await chmod(folder, 0o755)
  started.defer(() => removeLinkedHome(folder))
  const config = readConfig({
    LAUREL_GRPC_ADDRESS: '127.0.0.1:0',
    LAUREL_HTTP_ADDRESS: '127.0.0.1:0',
    LAUREL_DATA_DIR: folder,
  })
  const app = await startApp(config, createLog('error'))
  started.defer(() => app.stop())
  const running = started.move()
  return { grpcAddress: app.grpcAddress, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

/** Where root may not keep data in the folder itself, a link there says where it is. */
async function removeLinkedHome(folder: string): Promise<void> {
  const home = await realpath(join(folder, 'postgres')).catch(() => undefined)
  if (home !== undefined) await rm(home, { recursive: true, force: true })
}
