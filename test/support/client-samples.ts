import { copyFile, mkdir, symlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { missingOf } from './installed.ts'
import { execute } from './packed-client.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SAMPLES = join(ROOT, 'src/clients/samples')
/** Where Debian's packages have the libraries of Go and of Java. */
const GO_LIBRARIES = '/usr/share/gocode'
const JARS = '/usr/share/java'

interface Server {
  /** The address of gRPC. */
  readonly address: string
  /** The base URL of HTTP. */
  readonly url: string
}

/** A sample of src/clients/samples: it unlocks an achievement of a title, and prints the details of an error. */
export interface Sample {
  readonly language: string
  readonly file: string
  readonly missing: string | undefined
  /** Builds and runs the sample in a new folder, and returns what it prints. */
  run(folder: string, server: Server, title: string): Promise<string>
}

export const SAMPLES_BY_TOOLS: readonly Sample[] = [
  {
    language: 'Python',
    file: 'python/unlock.py',
    missing: missingOf('protoc', 'grpc_python_plugin', '/usr/lib/python3/dist-packages/grpc'),
    async run(folder, { address }, title) {
      await generate(folder, 'python')
      // The Python of Debian, because its packages are installed for no other.
      const command = ['PYTHONPATH=generated', '/usr/bin/python3', join(SAMPLES, this.file), address, title]
      return execute('env', command, folder)
    },
  },
  {
    language: 'Go',
    file: 'go/unlock.go',
    missing: missingOf(
      'protoc',
      'protoc-gen-go',
      'protoc-gen-go-grpc',
      'go',
      `${GO_LIBRARIES}/src/google.golang.org/grpc`,
      // Of golang/protobuf 1.5: generated code does not run with 1.3.
      `${GO_LIBRARIES}/src/github.com/golang/protobuf/proto/wire.go`,
    ),
    async run(folder, { address }, title) {
      await generate(folder, 'go')
      await copyFile(join(SAMPLES, this.file), join(folder, basename(this.file)))
      await mkdir(join(folder, 'path/src/example.com'), { recursive: true })
      await symlink(join(folder, 'laurel'), join(folder, 'path/src/example.com/laurel'))
      const path = `GOPATH=${folder}/path:${GO_LIBRARIES}`
      const environment = ['GO111MODULE=off', path, `GOCACHE=${folder}/cache`]
      return execute('env', [...environment, 'go', 'run', 'unlock.go', address, title], folder)
    },
  },
  {
    language: 'Java',
    file: 'java/Unlock.java',
    missing: missingOf(
      'protoc',
      'grpc_java_plugin',
      'javac',
      `${JARS}/grpc-netty.jar`,
      `${JARS}/perfmark-api.jar`,
    ),
    async run(folder, { address }, title) {
      await generate(folder, 'java')
      const sources = `generated:${join(SAMPLES, 'java')}`
      const options = ['-nowarn', '-cp', `${JARS}/*`, '-sourcepath', sources, '-d', 'classes']
      await execute('javac', [...options, join(SAMPLES, this.file)], folder)
      return execute('java', ['-cp', `classes:${JARS}/*`, 'Unlock', address, title], folder)
    },
  },
  {
    language: 'C#',
    file: 'csharp/Unlock.cs',
    missing: missingOf('mcs', 'mono'),
    async run(folder, { url }, title) {
      const program = await compileCSharp(folder, join(SAMPLES, this.file))
      return execute('mono', [program, url, title])
    },
  },
]

/** Compiles a program together with the C# client, and returns its path. */
export async function compileCSharp(folder: string, source: string): Promise<string> {
  const program = join(folder, `${basename(source, '.cs')}.exe`)
  const options = ['-langversion:7', '-warnaserror', `-out:${program}`, '-r:System.Net.Http.dll']
  await execute('mcs', [...options, 'src/clients/csharp/Laurel.cs', source])
  return program
}

/** Runs the script of a sample that generates its client, in a folder that shows the contract as the repository's root does. */
async function generate(folder: string, name: string): Promise<void> {
  for (const part of ['proto', 'node_modules']) await symlink(join(ROOT, part), join(folder, part))
  await execute('sh', [join(SAMPLES, name, 'generate.sh')], folder)
}
