import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { status } from '@grpc/grpc-js'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { GetTitleRequest, TitleServiceClient } from '../../../src/gen/laurel/v1/title_service.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { createAuth } from '../../../test/support/auth.ts'
import { callUnary, createClient } from '../../../test/support/client.ts'
import { achievementOf } from '../../../test/support/records.ts'
import { startServer } from '../../../test/support/server.ts'
import { callOf, createTestServices } from '../../../test/support/services.ts'

test('a token of AccelByte names namespaces, whatever titles are called', async () => {
  const auth = await createAuth([])
  const pair = await generateKeyPair('ES256')
  const keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'ab', alg: 'ES256' }]
  writeFileSync(join(auth.folder, 'ab.json'), JSON.stringify({ keys }))
  const issuer = { issuer: 'https://iam', audience: 'laurel', jwks: 'ab.json', algorithms: ['ES256'] }
  const settings = { issuers: [{ ...issuer, principal: 'service', namespaces: 'accelbyte' }] }
  writeFileSync(auth.env.LAUREL_AUTH_FILE, JSON.stringify(settings))

  await using services = await createTestServices()
  for (const [id, namespace] of [
    ['one', 'two'],
    ['elsewhere', undefined],
  ] as const) {
    const title = {
      id,
      displayName: id,
      defaultLocale: 'en',
      bindings: namespace === undefined ? {} : { accelbyte: { namespace } },
      extensions: {},
    }
    await createTitle(services, { title, requestId: undefined }, callOf())
    await createAchievement(
      services,
      { titleId: id, achievement: achievementOf({ id }), requestId: undefined },
      callOf(),
    )
  }
  await using server = await startServer({ databaseUrl: services.databaseUrl, env: auth.env })
  const token = await new SignJWT({
    permissions: [
      { Resource: 'ADMIN:NAMESPACE:two:ACHIEVEMENT', Action: 2 },
      { Resource: 'ADMIN:NAMESPACE:elsewhere:*', Action: 15 },
    ],
  })
    .setProtectedHeader({ alg: 'ES256', kid: 'ab' })
    .setSubject('client')
    .setIssuer('https://iam')
    .setAudience('laurel')
    .setExpirationTime('1h')
    .sign(pair.privateKey)
  const list = async (namespace: string) => {
    const path = `/accelbyte/achievement/v1/admin/namespaces/${namespace}/achievements`
    const response = await fetch(server.url + path, { headers: { authorization: `Bearer ${token}` } })
    return { status: response.status, body: await response.json() }
  }
  expect(await list('two')).toMatchObject({ status: 200, body: { data: [{ achievementCode: 'one' }] } })
  // A title that is not bound to the namespace is not served, and a permission on the namespace is none on the title.
  expect(await list('elsewhere')).toMatchObject({ status: 404 })
  using titles = createClient(TitleServiceClient, server.address)
  const read = callUnary(titles, 'getTitle', GetTitleRequest.fromPartial({ titleId: 'elsewhere' }), {
    metadata: { authorization: `Bearer ${token}` },
  })
  await expect(read).rejects.toMatchObject({ code: status.PERMISSION_DENIED })
  rmSync(auth.folder, { recursive: true })
})
