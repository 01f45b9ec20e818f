import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'

/* A shell between npm and the server would receive the signal and leave the server running. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SERVING = /HTTP on (\S+)/

test.skipIf(process.platform === 'win32').each(['SIGTERM', 'SIGINT'] as const)(
  'npm start ends after %s once the server has stopped',
  async (signal) => {
    await using database = await createTestDatabase()
    const { PATH, HOME } = process.env
    const npm = spawn('npm', ['start'], {
      cwd: ROOT,
      // A process group of its own, which the test kills at its end.
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH,
        HOME,
        npm_config_update_notifier: 'false',
        LAUREL_GRPC_ADDRESS: '127.0.0.1:0',
        LAUREL_HTTP_ADDRESS: '127.0.0.1:0',
        LAUREL_LOG_LEVEL: 'warn',
        DATABASE_URL: database.url,
      },
    })
    const exited = once(npm, 'exit')
    const closed = once(npm, 'close')
    try {
      let output = ''
      const address = await new Promise<string>((resolve, reject) => {
        npm.stdout.setEncoding('utf8').on('data', (chunk: string) => {
          output += chunk
          const found = SERVING.exec(output)
          if (found?.[1] !== undefined) resolve(found[1])
        })
        exited.then(() => reject(new Error(`npm ended before the server served:\n${output}`)), reject)
      })
      expect((await fetch(`http://${address}/healthz`)).status).toBe(200)
      npm.kill(signal)
      await exited
      await expect(fetch(`http://${address}/healthz`)).rejects.toThrow()
      await closed
      expect(output).toContain('laurel is stopping\n')
    } finally {
      try {
        process.kill(-(npm.pid as number), 'SIGKILL')
      } catch {
        // The group has ended already.
      }
    }
  },
)
