/**
 * Packs the TypeScript client into a tarball of JavaScript and types. Takes the folder for the tarball; by default the current one.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')
const SOURCE = join(import.meta.dirname, 'typescript')
const DEPENDENCIES = ['@bufbuild/protobuf', '@connectrpc/connect', '@connectrpc/connect-web']

const root = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const versions: Readonly<Record<string, string>> = { ...root.dependencies, ...root.devDependencies }

const manifest = {
  name: 'laurel-client',
  version: root.version,
  description: 'A client of Laurel over JSON and HTTP, for browsers and Node 20 or newer',
  license: root.license,
  type: 'module',
  engines: { node: '>=20.3' },
  exports: {
    '.': './index.js',
    './*': './gen/laurel/v1/*_pb.js',
  },
  // Generated files of one version of the runtime need that or a newer one of the same major version.
  dependencies: Object.fromEntries(DEPENDENCIES.map((name) => [name, `^${versions[name]}`])),
}

pack(resolve(process.argv[2] ?? '.'))

function pack(destination: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'laurel-client-'))
  try {
    run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', SOURCE, '--outDir', folder])
    for (const part of ['gen', 'README.md'])
      cpSync(join(SOURCE, part), join(folder, part), { recursive: true })
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2))
    run('npm', ['pack', folder, '--silent', '--pack-destination', destination])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] })
}
