/**
 * Generates code from proto/, offline: TypeScript for the server and for its client, the descriptors that reflection
 * serves, and the table of RPCs in the C# client. With `--check`, writes nothing and fails if any of it is out of date.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { create, createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  type FileDescriptorProto,
  type FileDescriptorSet,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt'
import { protoPath as healthPath } from 'grpc-health-check'
import { withRpcTable } from './rpc-table.ts'

const ROOT = join(import.meta.dirname, '..')
/** Folders that hold nothing else. */
const GENERATED = ['src/gen', 'src/clients/typescript/gen']
const DESCRIPTORS = 'src/gen/descriptors.binpb'
const CSHARP_CLIENT = 'src/clients/csharp/Laurel.cs'

if (process.argv.includes('--check')) check()
else generate(ROOT)

function check(): void {
  const fresh = mkdtempSync(join(tmpdir(), 'laurel-gen-'))
  try {
    generate(fresh)
    const differing = difference(filesIn(ROOT), filesIn(fresh))
    if (differing.length === 0) return
    console.error(`generated files are out of date: run \`npm run gen\`\n  ${differing.join('\n  ')}`)
    process.exitCode = 1
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

function generate(output: string): void {
  buf(['generate', '--output', output])
  const descriptors = descriptorSet()
  writeFileSync(join(output, DESCRIPTORS), toBinary(FileDescriptorSetSchema, descriptors))
  mkdirSync(join(output, dirname(CSHARP_CLIENT)), { recursive: true })
  const client = readFileSync(join(ROOT, CSHARP_CLIENT), 'utf8')
  writeFileSync(join(output, CSHARP_CLIENT), withRpcTable(client, createFileRegistry(descriptors)))
}

/** Returns the contract, its imports, and the health service, comments included. */
function descriptorSet(): FileDescriptorSet {
  const contract = compile('.', [
    'proto/laurel',
    'node_modules/google-proto-files/google/rpc/error_details.proto',
  ])
  const health = compile(join(dirname(healthPath), '../..'), [])
  // The package leaves out the first folder of the path that gRPC's other implementations serve.
  for (const file of health) file.name = `grpc/${file.name}`
  return create(FileDescriptorSetSchema, { file: [...contract, ...health] })
}

function compile(input: string, paths: readonly string[]): FileDescriptorProto[] {
  const limits = paths.flatMap((path) => ['--path', path])
  const image = buf(['build', input, ...limits, '--as-file-descriptor-set', '--output', '-#format=binpb'])
  return fromBinary(FileDescriptorSetSchema, image).file
}

function buf(args: readonly string[]): Buffer {
  return execFileSync(join(ROOT, 'node_modules/.bin/buf'), args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 * 2 ** 20,
  })
}

function difference(
  committed: ReadonlyMap<string, string>,
  fresh: ReadonlyMap<string, string>,
): readonly string[] {
  const paths = [...new Set([...committed.keys(), ...fresh.keys()])].sort()
  return paths.filter((path) => committed.get(path) !== fresh.get(path))
}

/** Returns the content of each generated file by its path. */
function filesIn(root: string): ReadonlyMap<string, string> {
  const entries = GENERATED.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true }),
  )
  const files = entries.filter((entry) => entry.isFile())
  const paths = [...files.map(({ parentPath, name }) => join(parentPath, name)), join(root, CSHARP_CLIENT)]
  return new Map(paths.map((path) => [path.slice(root.length + 1), readFileSync(path, 'latin1')]))
}
