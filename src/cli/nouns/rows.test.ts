import { describe, expect, test } from 'vitest'
import { descriptorRegistry } from '../../grpc/descriptors.ts'
import { methodNamed } from '../rpc.ts'
import { recordsOf } from './output.ts'
import { parametersOf } from './parameters.ts'
import { NOUNS } from './rows.ts'

const verbs = Object.entries(NOUNS).flatMap(([noun, { verbs }]) =>
  Object.entries(verbs).map(([name, verb]) => [`${noun} ${name}`, verb] as const),
)

/** The RPCs that `laurel call` alone reaches, or a command of its own such as `import`. */
const WITHOUT_ROW = [
  'AchievementService/BatchGetAchievements',
  'EventService/WatchProgress',
  'ExchangeService/ExportAchievements',
  'ExchangeService/ExportProgress',
  'ExchangeService/ExportRecords',
  'ExchangeService/ImportAchievements',
  'ExchangeService/ImportProgress',
  'ExchangeService/ImportRecords',
  'ExchangeService/LintTitle',
  'ExchangeService/ListDialects',
  'ExchangeService/Translate',
  'ImageService/PreviewImage',
  'ImageService/UploadImage',
  'MigrationJobService/FeedMigrationJob',
  'MigrationJobService/PlanMigrationJob',
  'MigrationJobService/RollbackMigrationJob',
  'MigrationJobService/VerifyMigrationJob',
  'PlanService/PlanImport',
  'PlayerService/ExportPlayer',
  'ProgressService/BatchRecordProgress',
  'ProgressService/RecordStats',
  'ProgressService/StreamProgress',
]

describe('the rows of commands', () => {
  test('have each RPC, or it is listed here', () => {
    const services = [...descriptorRegistry()].filter((type) => type.kind === 'service')
    const rpcs = services
      .filter(({ typeName }) => typeName.startsWith('laurel.v1.'))
      .flatMap(({ name, methods }) => methods.map((method) => `${name}/${method.name}`))
    const rows = new Set(verbs.map(([, { rpc }]) => rpc))
    expect(rpcs.filter((rpc) => !rows.has(rpc)).sort()).toEqual(WITHOUT_ROW)
  })

  test.each(verbs)('%s names fields that its RPC has, and options without duplicates', (_, verb) => {
    const method = methodNamed(verb.rpc)
    const { arguments: positional, options } = parametersOf(method, verb)
    expect(positional).toHaveLength(verb.arguments.length)
    expect(recordsOf(method, verb.records).type.typeName).toMatch(/^laurel\.v1\./)
    const names = options.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    const paths = new Set(positional.map(({ path }) => path))
    expect(options.filter(({ path }) => paths.has(path))).toEqual([])
  })

  test.each(verbs.filter(([, { rpc }]) => /\/(Delete|Merge|Reset)/.test(rpc)))(
    '%s asks for confirmation',
    (_, verb) => {
      expect(verb.isDestructive).toBe(true)
    },
  )
})
