import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, freshSnowflake, freshToken } from '../testing/requests.ts'
import { type DiscordServer, startDiscordServer } from '../testing/server.ts'

let server: DiscordServer
let one: string

beforeAll(async () => {
  server = await startDiscordServer()
  const list = `applications/${freshSnowflake()}/achievements`
  const created = await call('POST', `v10/${list}`, { name: 'x', description: 'y' })
  one = `${list}/${created.json().id}`
})
afterAll(() => server[Symbol.asyncDispose]())

function call(method: string, path: string, json?: unknown) {
  const body = json === undefined ? {} : { json }
  return ask(`${server.url}/api/${path}`, { method, token: freshToken('Bot'), ...body })
}

const leaf = (code: string, message: string) => ({ _errors: [{ code, message }] })
const REQUIRED = leaf('BASE_TYPE_REQUIRED', 'This field is required')
const NO_DICTIONARY = leaf('DICT_TYPE_CONVERT', 'Only dictionaries may be used in a DictType')
const NO_BOOLEAN = leaf('BOOLEAN_TYPE_CONVERT', 'Must be either true or false.')
const NO_LOCALE = leaf('BASE_TYPE_CHOICES', 'Value must be a locale, such as de or pt-BR.')
const MANY = Object.fromEntries(
  Array.from({ length: 101 }, (_, index) => [`aa-${String(index).padStart(3, '0')}`, 'x']),
)

describe('a body', () => {
  test.each<[string, unknown, object, object]>([
    ['no object', [1], NO_DICTIONARY, { _misc: ['Only dictionaries may be used in a DictType'] }],
    [
      'an empty name',
      { name: '' },
      { name: leaf('BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 4096 in length.') },
      { name: ['Must be between 1 and 4096 in length.'] },
    ],
    [
      'a long description',
      { description: 'x'.repeat(4097) },
      { description: leaf('BASE_TYPE_BAD_LENGTH', 'Must be between 0 and 4096 in length.') },
      { description: ['Must be between 0 and 4096 in length.'] },
    ],
    [
      'a name that is none',
      { name: [1] },
      { name: leaf('STRING_TYPE_CONVERT', 'Could not interpret "[…]" as string.') },
      { name: ['Could not interpret "[…]" as string.'] },
    ],
    [
      'a name without a default',
      { name: { de: 'x' } },
      { name: { default: REQUIRED } },
      { name: ['default'] },
    ],
    [
      'languages that are none',
      { name: { default: 'x', localizations: 'de' } },
      { name: { localizations: NO_DICTIONARY } },
      { name: ['localizations'] },
    ],
    [
      'a language that is none',
      { name_localizations: { 'not a tag': 'x', ___: 'y' } },
      { name_localizations: { 'not a tag': NO_LOCALE, ___: NO_LOCALE } },
      { name_localizations: ['not a tag', '___'] },
    ],
    [
      'a text of a language that is none',
      { name: { default: 'x', de: 5 } },
      { name: { de: leaf('STRING_TYPE_CONVERT', 'Could not interpret "5" as string.') } },
      { name: ['de'] },
    ],
    [
      'too many languages',
      { name_localizations: MANY },
      { name_localizations: leaf('BASE_TYPE_BAD_LENGTH', 'Must be between 0 and 100 in length.') },
      { name_localizations: ['Must be between 0 and 100 in length.'] },
    ],
    [
      'several things wrong',
      { secret: 1, secure: 'true' },
      { secret: NO_BOOLEAN, secure: NO_BOOLEAN },
      { secret: ['Must be either true or false.'], secure: ['Must be either true or false.'] },
    ],
    [
      'text that no record can hold',
      { name: { default: 'a\u0000b' } },
      { name: { default: leaf('BASE_TYPE_INVALID', 'text must not hold the character U+0000') } },
      { name: ['default'] },
    ],
  ])('with %s is refused in the form of each version', async (_, body, errors, bare) => {
    for (const version of [7, 8, 9, 10]) {
      const refused = await call('PATCH', `v${version}/${one}`, body)
      expect([refused.status, refused.json()]).toEqual([
        400,
        { message: 'Invalid Form Body', code: 50035, errors },
      ])
    }
    for (const path of ['v6/', '']) {
      const refused = await call('PATCH', path + one, body)
      expect([refused.status, refused.json()]).toEqual([400, bare])
    }
  })

  test('requires name and description of a new achievement, and reports all missing members at once', async () => {
    const list = `applications/${freshSnowflake()}/achievements`
    for (const body of [{}, { name: null }, undefined]) {
      const { json } = await call('POST', `v10/${list}`, body)
      expect(json().errors).toEqual({ name: REQUIRED, description: REQUIRED })
    }
    expect((await call('POST', `v6/${list}`, { name: {}, secret: 0 })).json()).toEqual({
      name: ['default'],
      description: ['This field is required'],
      secret: ['Must be either true or false.'],
    })
    expect((await call('GET', `v10/${list}`)).json().code).toBe(10002)
  })

  test.each(['{"name":', "{'name':'x'}", 'name=x', '\u00ff', '{"name":"x"}}'])(
    'is not JSON: %s',
    async (body) => {
      const latin = Buffer.from(body, 'latin1')
      const url = `${server.url}/api/v6/${one}`
      const refused = await ask(url, { method: 'PATCH', token: freshToken('Bot'), body: latin })
      expect([refused.status, refused.json()]).toEqual([
        400,
        { message: 'The request body contains invalid JSON.', code: 50109 },
      ])
    },
  )
})

test.each([
  ['x', 'NUMBER_TYPE_COERCE', 'Value "x" is not snowflake.'],
  ['0', 'NUMBER_TYPE_COERCE', 'Value "0" is not snowflake.'],
  [
    '9223372036854775808',
    'NUMBER_TYPE_MAX',
    'snowflake value should be less than or equal to 9223372036854775807.',
  ],
])('an id that is none is refused where it stands: %s', async (id, code, message) => {
  const [, application = '', , achievement = ''] = one.split('/')
  for (const [name, path] of [
    ['application_id', `applications/${id}/achievements`],
    ['achievement_id', `applications/${application}/achievements/${id}`],
  ] as const) {
    expect((await call('GET', `v9/${path}`)).json()).toEqual({
      message: 'Invalid Form Body',
      code: 50035,
      errors: { [name]: leaf(code, message) },
    })
    expect((await call('GET', path)).json()).toEqual({ [name]: [message] })
  }
  const progress = `v9/users/${id}/applications/${application}/achievements/${achievement}`
  const refused = await call('PUT', progress, { percent_complete: 5 })
  expect(refused.json().errors).toEqual({ user_id: leaf(code, message) })
})

test.each(['v1', 'v3', 'v4', 'v5', 'v11', 'v99'])('%s is no version', async (version) => {
  for (const path of [one, 'nothing']) {
    const refused = await call('GET', `${version}/${path}`)
    expect([refused.status, refused.json()]).toEqual([
      400,
      { message: 'Invalid API version provided', code: 50041 },
    ])
  }
})

test('unknown resources and methods are refused as Discord refuses them', async () => {
  for (const path of ['v10/nothing', 'nothing', 'vx/applications/1/achievements', 'v10/']) {
    const refused = await call('GET', path)
    expect([path, refused.status, refused.json()]).toEqual([
      path,
      404,
      { message: '404: Not Found', code: 0 },
    ])
  }
  // A copy of the documentation had lost the user: progress is not set here.
  const lost = await call('PUT', `v10/${one}`, { percent_complete: 5 })
  expect([lost.status, lost.json()]).toEqual([405, { message: '405: Method Not Allowed', code: 0 }])
  expect(lost.headers.get('allow')?.split(', ').sort()).toEqual(['DELETE', 'GET', 'PATCH'])
  const missing = await call('PATCH', `v10/${one.slice(0, -1)}`, { name: 'x' })
  expect([missing.status, missing.json()]).toEqual([404, { message: 'Unknown Achievement', code: 0 }])
})
