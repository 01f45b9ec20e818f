import { readFileSync } from 'node:fs'
import { create, fromBinary } from '@bufbuild/protobuf'
import { type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { loadSync } from '@grpc/proto-loader'
import { repairDescriptors } from './descriptor-repair.ts'

/** What a .proto file says about itself; proto-loader forgets it. */
interface Layout {
  readonly name: string
  readonly path: string
  readonly package: string
  readonly imports: readonly string[]
  /** The names of its messages, enums and services, not of what is inside of them. */
  readonly declared: ReadonlySet<string>
}

/** Where a file lies, by the name that imports call it. */
export type Locate = (name: string) => string

/**
 * Reads the files and all that they import into descriptors like those of protoc, but for comments and the files'
 * own options. proto-loader merges the files of a package into one: each gets back what is its own.
 */
export function readDescriptors(
  names: readonly string[],
  locate: Locate,
  includeDirs: string[],
): FileDescriptorProto[] {
  const layouts = layoutsOf(names, locate)
  const merged = loadMerged(
    names.map((name) => locate(name)),
    includeDirs,
  )
  repairDescriptors([...merged.values()])
  return layouts.map((layout) => {
    const all = merged.get(layout.package)
    if (all === undefined) throw new Error(`${layout.path}: nothing of package ${layout.package} was loaded`)
    const isOwn = ({ name }: { readonly name: string }) => layout.declared.has(name)
    return create(FileDescriptorProtoSchema, {
      name: layout.name,
      package: layout.package,
      syntax: 'proto3',
      dependency: [...layout.imports],
      messageType: all.messageType.filter(isOwn),
      enumType: all.enumType.filter(isOwn),
      service: all.service.filter(isOwn),
    })
  })
}

/** By package. */
function loadMerged(paths: string[], includeDirs: string[]): ReadonlyMap<string, FileDescriptorProto> {
  const definitions = Object.values(loadSync(paths, { includeDirs, keepCase: true }))
  // Each message and enum carries the descriptors of all.
  const [encoded = []] = definitions.flatMap((definition) =>
    Array.isArray(definition.fileDescriptorProtos) ? [definition.fileDescriptorProtos] : [],
  )
  const files = encoded.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes))
  return new Map(files.map((file) => [file.package, file]))
}

/** The files and all that they import, each once. */
function layoutsOf(names: readonly string[], locate: Locate): Layout[] {
  const layouts = new Map<string, Layout>()
  const waiting = [...names]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (layouts.has(name)) continue
    const layout = readLayout(name, locate(name))
    layouts.set(name, layout)
    waiting.push(...layout.imports)
  }
  return [...layouts.values()]
}

/** What counts stands at the start of a line: our files are formatted, and Google's keep to the same. */
function readLayout(name: string, path: string): Layout {
  const source = readFileSync(path, 'utf8')
  const all = (pattern: RegExp) => [...source.matchAll(pattern)].map(([, found = '']) => found)
  const [packageName] = all(/^package ([\w.]+);/gm)
  if (packageName === undefined) throw new Error(`${path}: a package must be named`)
  return {
    name,
    path,
    package: packageName,
    imports: all(/^import "([^"]+)";/gm),
    declared: new Set(all(/^(?:message|enum|service) (\w+)/gm)),
  }
}
