/**
 * Runs the steps of the Dockerfile in plain folders, and then its server as a user that can write nothing but temporary files: a
 * container engine is not needed, and the image itself is not built.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../src/embedded-postgres/port.ts'
import { startThrowawayDatabase } from './corpus/postgres.ts'
import { createAuth } from './support/auth.ts'
import { contextFiles, readStages, type Stage } from './support/dockerfile.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const NODE = join(ROOT, 'node_modules/node/bin')
/** The user `node` of the official image. */
const IMAGE_USER = { uid: 1000, gid: 1000 }
const HEALTHY_MILLISECONDS = 60_000

interface BuiltStage {
  readonly root: string
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
  readonly health: readonly string[]
  readonly command: readonly string[]
}

const folder = mkdtempSync(join(tmpdir(), 'laurel-image-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
chmodSync(folder, 0o755)

const built = new Map<string, BuiltStage>()
for (const stage of readStages(join(ROOT, 'Dockerfile'))) built.set(stage.name, build(stage))
const image = [...built.values()].at(-1) as BuiltStage
console.log(
  `the files of the image: ${execFileSync('du', ['-sm', image.root], { encoding: 'utf8' }).split('\t')[0]} MiB`,
)
await run(image)
console.log('the server of the image was healthy and stopped; the image itself was not built')

function build({ name, image, steps }: Stage): BuiltStage {
  const root = join(folder, `stage-${name}`)
  let directory = root
  const environment: Record<string, string> = {
    PATH: `${NODE}${delimiter}${process.env['PATH']}`,
    HOME: folder,
  }
  const commands: Record<string, readonly string[]> = {}
  console.log(`stage ${name} from ${image}`)
  for (const { keyword, text, words, from, command } of steps) {
    console.log(`  ${keyword} ${text}`)
    if (keyword === 'WORKDIR') {
      directory = join(root, text)
      mkdirSync(directory, { recursive: true })
    } else if (keyword === 'ENV') {
      for (const pair of words)
        environment[pair.slice(0, pair.indexOf('='))] = pair.slice(pair.indexOf('=') + 1)
    } else if (keyword === 'COPY') {
      const [source = '', target = ''] = words
      if (from === undefined) copyContext(directory)
      else
        copy(
          join(built.get(from)?.root ?? '', source),
          join(directory, target.endsWith('/') ? join(target, source.split('/').at(-1) ?? '') : target),
        )
    } else if (keyword === 'RUN') {
      execFileSync('sh', ['-c', text], {
        cwd: directory,
        // A proxy or a registry is configured by the environment.
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'ignore', 'inherit'],
      })
    } else if (keyword === 'CMD' || keyword === 'HEALTHCHECK') {
      commands[keyword] = command
    } else if (keyword !== 'USER' && keyword !== 'EXPOSE') {
      throw new Error(`this script knows no ${keyword}`)
    }
  }
  return {
    root,
    directory,
    environment,
    health: commands['HEALTHCHECK'] ?? [],
    command: commands['CMD'] ?? [],
  }
}

function copyContext(directory: string): void {
  for (const file of contextFiles(ROOT)) copy(join(ROOT, file), join(directory, file))
}

function copy(source: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true })
  cpSync(source, target, { recursive: true, verbatimSymlinks: true })
}

/** Starts the server, waits until it is healthy, and stops it as an engine does. */
async function run({ directory, environment, command, health }: BuiltStage): Promise<void> {
  await using database = await startThrowawayDatabase()
  const auth = await createAuth([randomBytes(4).toString('hex')])
  chmodSync(auth.folder, 0o755)
  const [grpcPort, httpPort] = [await freePort(undefined), await freePort(undefined)]
  const env = {
    ...environment,
    ...auth.env,
    DATABASE_URL: database.url,
    LAUREL_GRPC_ADDRESS: environment['LAUREL_GRPC_ADDRESS']?.replace(/\d+$/, String(grpcPort)),
    LAUREL_HTTP_ADDRESS: environment['LAUREL_HTTP_ADDRESS']?.replace(/\d+$/, String(httpPort)),
  }
  const user = process.getuid?.() === 0 ? IMAGE_USER : {}
  const [program = '', ...args] = command
  const server = spawn(join(NODE, program), args, { cwd: directory, env, stdio: 'inherit', ...user })
  const exited = once(server, 'exit')
  try {
    const isHealthy = () => {
      const [checker = '', ...checkerArgs] = health
      return spawnSync(join(NODE, checker), checkerArgs, { cwd: directory, env, ...user }).status === 0
    }
    if (isHealthy()) throw new Error('the health check passes before the server serves')
    const deadline = Date.now() + HEALTHY_MILLISECONDS
    while (!isHealthy()) {
      if (Date.now() > deadline || server.exitCode !== null)
        throw new Error('the server does not become healthy')
      await sleep(500)
    }
    for (const path of ['/readyz', '/console/']) {
      const { status } = await fetch(`http://127.0.0.1:${httpPort}${path}`)
      if (status !== 200) throw new Error(`${path} responds with ${status}`)
    }
    server.kill('SIGTERM')
    const [code] = await exited
    if (code !== 0) throw new Error(`the server exits with ${code} after SIGTERM`)
  } finally {
    server.kill('SIGKILL')
    rmSync(auth.folder, { recursive: true })
  }
}
