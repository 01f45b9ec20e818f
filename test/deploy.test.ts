import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { validate } from 'dockerfile-utils'
import { Deployment } from 'kubernetes-models/apps/v1'
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { Service } from 'kubernetes-models/v1'
import { expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { readAuthFile } from '../src/auth/auth-file.ts'
import { readConfig } from '../src/config.ts'
import { unknownVariables } from '../src/settings.ts'
import { contextFiles, readStages } from './support/dockerfile.ts'

const ROOT = new URL('..', import.meta.url).pathname
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

const MODULES = {
  Deployment: 'apps/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
  PodDisruptionBudget: 'policy/v1',
  Service: 'v1',
}
const MODELS = { Deployment, HorizontalPodAutoscaler, PodDisruptionBudget, Service }
const manifests = parseAllDocuments(read('src/deploy/kubernetes.yaml')).map((document) => document.toJS())

interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
  readonly volumes: object
}

interface ComposeService {
  readonly environment?: Readonly<Record<string, string>>
  readonly secrets?: readonly string[]
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
}

const compose = parse(read('compose.yaml')) as Compose
const image = readStages(join(ROOT, 'Dockerfile')).at(-1)
const environmentOfImage = Object.fromEntries(
  (image?.steps ?? [])
    .filter(({ keyword }) => keyword === 'ENV')
    .flatMap(({ words }) => words.map((word) => word.split('='))),
) as Record<string, string>

test('the Dockerfile has no error, and ends as a user that is not root', () => {
  expect(validate(read('Dockerfile'))).toEqual([])
  expect(image?.steps.filter(({ keyword }) => keyword === 'USER').map(({ text }) => text)).toEqual(['node'])
})

test('the image gets each file that the server needs, and neither tests nor secrets', () => {
  const files = contextFiles(ROOT)
  expect(files).toEqual(expect.arrayContaining(['package-lock.json', 'src/main.ts', 'src/require-node.cjs']))
  expect(files.filter((file) => /\.test\.ts$|^test\/|^\.env|^secrets/.test(file))).toEqual([])
  const copied = image?.steps.filter(({ keyword }) => keyword === 'COPY').map(({ words }) => words[0]) ?? []
  for (const source of copied) expect(source).toMatch(/^\/laurel\//)
})

test.each(manifests.map((manifest) => [manifest.kind as keyof typeof MODELS, manifest]))(
  'the %s for Kubernetes is valid',
  (kind, manifest) => {
    expect(() => new MODELS[kind](manifest).validate()).not.toThrow()
  },
)

/** Returns the compiler's errors for the manifests as literals: the validator lets unknown members pass. */
function typeErrors(documents: readonly { readonly kind: string }[]): string {
  const folder = mkdtempSync(join(ROOT, 'node_modules/.manifests-'))
  try {
    const literals = documents.map((document) => {
      const kind = document.kind as keyof typeof MODULES
      return `{ const it: import('kubernetes-models/${MODULES[kind]}').I${kind} = ${JSON.stringify(document)}; void it }`
    })
    writeFileSync(join(folder, 'manifests.mts'), literals.join('\n'))
    writeFileSync(
      join(folder, 'tsconfig.json'),
      '{"compilerOptions": {"strict": true, "noEmit": true, "skipLibCheck": true, "types": []}}',
    )
    return spawnSync(join(ROOT, 'node_modules/.bin/tsc'), ['--project', folder], { encoding: 'utf8' }).stdout
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('the manifests have only members that Kubernetes knows', () => {
  expect(typeErrors(manifests)).toBe('')
  const [deployment, ...others] = manifests
  const wrong = { ...deployment, spec: { ...deployment.spec, replica: 2 } }
  expect(typeErrors([wrong, ...others])).toMatch(/replica.* does not exist in type 'IDeploymentSpec'/)
})

test('the ports of the image are those of the manifests and of compose.yaml', () => {
  const config = readConfig({ ...environmentOfImage, LAUREL_AUTH_FILE: 'auth.json' })
  const ports = [config.grpcAddress, config.httpAddress].map((address) => Number(address.split(':').at(-1)))
  const container = manifests[0].spec.template.spec.containers[0]
  expect(container.ports.map(({ containerPort }: { containerPort: number }) => containerPort)).toEqual(ports)
  expect(container.readinessProbe.grpc.port).toBe(ports[0])
  expect(manifests[1].spec.ports.map(({ port }: { port: number }) => port)).toEqual(ports)
  expect(compose.services['laurel']?.ports?.map((text) => Number(text.split(':').at(-1)))).toEqual(ports)
})

test('every variable is one of Laurel', () => {
  const inManifest = manifests[0].spec.template.spec.containers[0].env.map(({ name }: { name: string }) => [
    name,
    'x',
  ])
  const unit = [...read('src/deploy/laurel.service').matchAll(/^Environment=(\w+)=(.*)$/gm)].map(
    ([, name, value]) => [name, value],
  )
  const all = {
    ...environmentOfImage,
    ...compose.services['laurel']?.environment,
    ...Object.fromEntries([...inManifest, ...unit]),
  }
  expect(Object.keys(all)).toEqual(
    expect.arrayContaining(['DATABASE_URL', 'LAUREL_AUTH_FILE', 'LAUREL_DATA_DIR']),
  )
  expect(unknownVariables(all)).toEqual([])
})

test('each file and secret that compose.yaml mounts exists, or is created by create-secrets.sh', () => {
  const folder = mkdtempSync(join(tmpdir(), 'laurel-secrets-'))
  try {
    const script = join(ROOT, 'src/deploy/create-secrets.sh')
    const output = execFileSync(script, { cwd: folder, encoding: 'utf8' })
    expect(spawnSync(script, { cwd: folder }).status).toBe(1)
    const { keys } = readAuthFile(join(folder, 'secrets/auth.json'), [])
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
    const metricsKey = readFileSync(join(folder, 'secrets/metrics-key'), 'utf8')
    const operatorKey = output.trim().split(' ').at(-1) ?? ''
    expect(keys.map((key) => key.sha256)).toEqual([operatorKey, metricsKey].map(sha256))
    expect(readFileSync(join(folder, '.env'), 'utf8')).toMatch(/^DATABASE_PASSWORD=[0-9a-f]{64}\n$/)
    for (const { file } of Object.values(compose.secrets))
      expect(existsSync(join(folder, file)), file).toBe(true)
  } finally {
    rmSync(folder, { recursive: true })
  }
  for (const { volumes = [], secrets = [] } of Object.values(compose.services)) {
    expect(Object.keys(compose.secrets)).toEqual(expect.arrayContaining([...secrets]))
    for (const [source = ''] of volumes.map((volume) => volume.split(':'))) {
      if (source.startsWith('.')) expect(existsSync(join(ROOT, source)), source).toBe(true)
      else expect(Object.keys(compose.volumes)).toContain(source)
    }
  }
})

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0

test.skipIf(!hasSystemd)('the unit is valid (needs systemd-analyze)', () => {
  const { stderr } = spawnSync('systemd-analyze', ['verify', join(ROOT, 'src/deploy/laurel.service')], {
    encoding: 'utf8',
  })
  // The program and the user exist where the unit is installed.
  expect(
    stderr
      .split('\n')
      .filter((line) => /laurel\.service/.test(line) && !/not executable|Unknown user/.test(line)),
  ).toEqual([])
})

test('each outage of the README has a log line, a metric and an alert that exist', () => {
  const source = globSync('src/**/*.ts', { cwd: ROOT }).map(read).join('')
  const alerts = read('src/deploy/prometheus/alerts.yml')
  const rows =
    read('src/deploy/README.md')
      .split('## Outages')[1]
      ?.split('\n')
      .filter((line) => line.startsWith('|'))
      .slice(2) ?? []
  expect(rows.length).toBeGreaterThanOrEqual(8)
  for (const [, outage = '', line = '', metric = '', alert = ''] of rows.map((row) => row.split('|'))) {
    const quoted = (cell: string) => /`([^`]+)`/.exec(cell)?.[1]
    const text = line.includes('none') ? undefined : quoted(line)
    if (text !== undefined) expect(source, outage).toContain(text)
    const name = quoted(metric)?.replace(/\{.*|_total\b.*/g, '')
    if (name?.startsWith('laurel_')) expect(source, outage).toContain(name)
    const alertName = quoted(alert)
    if (alertName !== undefined) expect(alerts, outage).toContain(`alert: ${alertName}\n`)
  }
})
