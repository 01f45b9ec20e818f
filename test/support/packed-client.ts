import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { basename, delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const DEPENDENCIES = ['@bufbuild/protobuf', '@connectrpc/connect', '@connectrpc/connect-web']
/** The oldest Node that the client promises to run on. */
const OLDEST_NODE = 'v20.'

/** An empty folder in which the packed TypeScript client is installed, with scripts that were checked against its types. */
export interface InstalledClient {
  /** Runs a script on the oldest Node, or on this one where that is missing, and returns what it prints. */
  run(script: string, args: readonly string[]): Promise<string>
}

export async function installClient(folder: string, scripts: readonly string[]): Promise<InstalledClient> {
  const app = join(folder, 'app')
  await mkdir(app)
  await execute(process.execPath, [join(ROOT, 'src/clients/pack.ts'), folder])
  const tarballs = (await readdir(folder)).filter((name) => name.endsWith('.tgz'))
  // The packages that the client depends on come from here, because a registry may not be reachable.
  const sources = [
    ...tarballs.map((name) => join(folder, name)),
    ...DEPENDENCIES.map((name) => join(ROOT, 'node_modules', name)),
  ]
  await writeFile(join(app, 'package.json'), '{"type":"module"}')
  const options = ['--offline', '--install-links', '--ignore-scripts', '--no-audit', '--no-fund']
  await execute('npm', ['install', ...options, ...sources], app)
  for (const script of scripts) await copyFile(join(ROOT, script), join(app, basename(script)))
  await copyFile(join(ROOT, 'src/clients/samples/typescript/tsconfig.json'), join(app, 'tsconfig.json'))
  // The scripts of the tests read files; a program in a browser has no types of Node.
  const types = ['--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')]
  await execute(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...types], app)
  const node = oldestNode()
  return { run: (script, args) => execute(node, [script, ...args], app) }
}

/** Returns the first Node of the path outside of node_modules, if it is the oldest that is supported. */
function oldestNode(): string {
  const folders = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((path) => !path.includes('node_modules'))
  const nodes = folders.map((path) => join(path, 'node')).filter(existsSync)
  const versions = nodes.map((node) => execFileSync(node, ['--version'], { encoding: 'utf8' }).trim())
  const index = versions.findIndex((version) => version.startsWith(OLDEST_NODE))
  if (index >= 0) return nodes[index] as string
  console.log(`the TypeScript client runs on Node ${process.version}: ${OLDEST_NODE}x is not installed`)
  return process.execPath
}

/** Runs a program, and returns its output. @throws Error with both outputs if it fails */
export async function execute(command: string, args: readonly string[], cwd: string = ROOT): Promise<string> {
  try {
    return (await promisify(execFile)(command, [...args], { cwd, maxBuffer: 64 * 2 ** 20 })).stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${command} ${args[0]} failed:\n${stdout}${stderr}`, { cause: error })
  }
}
