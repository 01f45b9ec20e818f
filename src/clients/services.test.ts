import type { DescService } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { descriptorRegistry } from '../grpc/descriptors.ts'
import { createClient } from './typescript/index.ts'

const services = [...descriptorRegistry()].filter(
  (type): type is DescService => type.kind === 'service' && type.typeName.startsWith('laurel.v1.'),
)

test.each(services)('the TypeScript client has $name', ({ methods }) => {
  const names = methods.map(({ localName }) => localName)
  const clients = Object.values(createClient({ baseUrl: 'http://localhost' }))
  expect(clients.filter((client) => names.every((name) => typeof client[name] === 'function'))).toHaveLength(
    1,
  )
})
