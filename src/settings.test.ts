import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { listSettings, unknownVariables } from './settings.ts'

const README = ['../README.md', './deploy/README.md']
  .map((path) => readFileSync(new URL(path, import.meta.url), 'utf8'))
  .join()

test('each variable is in a README', () => {
  // The table names those of the spool by their prefix.
  const inTable = (name: string) =>
    README.includes(name) || (name.startsWith('LAUREL_SPOOL_') && README.includes('LAUREL_SPOOL_...'))
  expect(listSettings({}).filter(({ name }) => !inTable(name))).toEqual([])
})

test('the value in force of each variable has its source', () => {
  const settings = listSettings({ LAUREL_WORKERS: '3', LAUREL_RELAY: '' })
  const byName = (name: string) => settings.find((setting) => setting.name === name)
  expect(byName('LAUREL_WORKERS')).toEqual({ name: 'LAUREL_WORKERS', value: '3', source: 'environment' })
  expect(byName('LAUREL_RELAY')).toEqual({ name: 'LAUREL_RELAY', value: 'on', source: 'default' })
  expect(byName('LAUREL_AUTH_FILE')).toEqual({ name: 'LAUREL_AUTH_FILE', value: '', source: 'default' })
})

test('secrets are not among the values', () => {
  const secrets = {
    DATABASE_URL: 'postgres://laurel:hush@db:5432/laurel',
    LAUREL_TOKEN: 'hush',
    LAUREL_CREDENTIAL_STORE: 'hush',
  }
  expect(JSON.stringify(listSettings(secrets))).not.toContain('hush')
  expect(JSON.stringify(listSettings({ DATABASE_URL: 'postgres://db/laurel?password=hush' }))).not.toContain(
    'hush',
  )
})

test.each([
  ['LAUREL_WORKER', 'LAUREL_WORKERS'],
  ['LAUREL_HTTP_ADRESS', 'LAUREL_HTTP_ADDRESS'],
  ['LAUREL_RETENTION_HOURS', 'LAUREL_EVENT_RETENTION_HOURS'],
  ['LAUREL_CREDENTIALS', 'LAUREL_CREDENTIALS_DIR'],
])('%s is reported with %s', (name, meant) => {
  expect(unknownVariables({ [name]: '1' })).toEqual([`${name} is no variable of Laurel: is it ${meant}?`])
})

test.each([
  'LAUREL_SERVICE_HOST',
  'LAUREL_SERVICE_PORT',
  'LAUREL_SERVICE_PORT_GRPC',
  'LAUREL_PORT',
  'LAUREL_PORT_50051_TCP',
  'LAUREL_PORT_50051_TCP_ADDR',
  'LAUREL_GRPC_SERVICE_HOST',
  'LAUREL_GRPC_PORT_8080_TCP_PROTO',
  'LAUREL_CREDENTIAL_STORE',
  'LAUREL_TOKEN',
  'LAUREL_CA_FILE',
  'LAUREL_GRPC_ADDRESS',
  'PATH',
  'DATABASE_URL',
])('%s is not reported', (name) => {
  expect(unknownVariables({ [name]: '1' })).toEqual([])
})
