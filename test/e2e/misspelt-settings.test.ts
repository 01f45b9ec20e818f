import { expect, test } from 'vitest'
import { startServer } from '../support/server.ts'

test('a dialect that no gateway has is refused before anything is started', async () => {
  const env = { LAUREL_STRICT_GATEWAYS: 'accelbyte, Discord' }
  const failure: Error = await startServer({ databaseUrl: 'postgres://nobody@127.0.0.1:1/none', env }).then(
    () => expect.fail('it serves'),
    (error) => error,
  )
  expect(failure.message).toContain('exit code 1 ')
  expect(failure.message.split('served:\n')[1]).toBe(
    'laurel: bad configuration: LAUREL_STRICT_GATEWAYS names Discord, and there are accelbyte, discord, xbox\n',
  )
})
