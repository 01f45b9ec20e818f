import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adapters } from '../../../adapters/index.ts'
import type { Adapter } from '../../../src/dialect/adapter.ts'
import type { Title } from '../../../src/model/title.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import {
  previewAchievementUpdate,
  updateAchievement,
} from '../../../src/service/achievements/update-achievement.ts'
import { linkAccount } from '../../../src/service/players/accounts.ts'
import { createPlayer } from '../../../src/service/players/players.ts'
import { createTitle, updateTitle } from '../../../src/service/titles/titles.ts'
import { entryOf } from '../../support/documents.ts'
import { importText, textOf } from '../../support/exchange.ts'
import { achievementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
const call = callOf()
const TITLE = 'harbor'
const shared = { titleId: TITLE, etag: undefined, requestId: undefined }
const title = { id: TITLE, displayName: '', defaultLocale: 'en', bindings: {}, extensions: {} }

beforeAll(async () => {
  services = await createTestServices()
  await createTitle(services, { title, requestId: undefined }, call)
  await createAchievement(services, { ...shared, achievement: achievementOf({ id: 'goal' }) }, call)
  await createPlayer(
    services,
    { player: { id: 'ada', displayName: '', accounts: [] }, requestId: undefined },
    call,
  )
})
afterAll(() => services[Symbol.asyncDispose]())

/** No dialect has an id with a control character. */
const NO_ID = 'no\u0007id'
const patchOf = (dialect: string, id: string) => ({
  achievementId: 'goal',
  patch: { ids: { [dialect]: id } },
})
const bindingsOf = ({ id, ids }: Adapter, value: string): Title['bindings'] => {
  const [name = ''] = Object.keys(ids.binding)
  return { [id]: { [name]: value } }
}

/** The requests that set an id: each with the path of its field and the form that it must have. */
const REQUESTS: Readonly<Record<string, (adapter: Adapter) => [Promise<unknown>, string, string]>> = {
  CreateTitle: (adapter) => [
    createTitle(
      services,
      { title: { ...title, id: 'new', bindings: bindingsOf(adapter, NO_ID) }, requestId: undefined },
      call,
    ),
    ...bindingField(adapter),
  ],
  UpdateTitle: (adapter) => [
    updateTitle(services, { ...shared, patch: { bindings: bindingsOf(adapter, NO_ID) } }, call),
    ...bindingField(adapter),
  ],
  'UpdateTitle with an id of another name': ({ id, ids }) => [
    updateTitle(services, { ...shared, patch: { bindings: { [id]: { nothing: '1' } } } }, call),
    `title.bindings["${id}"].ids["nothing"]`,
    Object.keys(ids.binding).join(', '),
  ],
  CreateAchievement: ({ id, ids }) => [
    createAchievement(
      services,
      { ...shared, achievement: achievementOf({ id: 'new', ids: { [id]: NO_ID } }) },
      call,
    ),
    `achievement.ids["${id}"]`,
    ids.achievement.form,
  ],
  UpdateAchievement: ({ id, ids }) => [
    updateAchievement(services, { ...shared, ...patchOf(id, NO_ID) }, call),
    `achievement.ids["${id}"]`,
    ids.achievement.form,
  ],
  'the dry run of UpdateAchievement': ({ id, ids }) => [
    previewAchievementUpdate(services, { ...shared, ...patchOf(id, NO_ID) }, call),
    `achievement.ids["${id}"]`,
    ids.achievement.form,
  ],
  LinkAccount: ({ id, ids }) => [
    linkAccount(
      services,
      { playerId: 'ada', account: { dialect: id, id: NO_ID }, requestId: undefined },
      call,
    ),
    'account.account_id',
    ids.account.form,
  ],
  CreatePlayer: ({ id, ids }) => [
    createPlayer(
      services,
      {
        player: { id: 'ben', displayName: '', accounts: [{ dialect: id, id: NO_ID }] },
        requestId: undefined,
      },
      call,
    ),
    'player.accounts[0].account_id',
    ids.account.form,
  ],
}

function bindingField({ id, ids }: Adapter): [string, string] {
  const [[name, form] = ['', { form: '' }]] = Object.entries(ids.binding)
  return [`title.bindings["${id}"].ids["${name}"]`, form.form]
}

describe.each(adapters)('an id that $id cannot express', (adapter) => {
  test.each(Object.entries(REQUESTS))('is refused by %s, with its field and form', async (_, request) => {
    const [attempt, field, form] = request(adapter)
    await expect(attempt).rejects.toMatchObject({
      code: 'invalid_argument',
      reason: 'INVALID_FIELD',
      violations: [{ field, message: expect.stringContaining(form) }],
    })
  })

  test('is refused in the mapping of an import, unless it may be a code', async () => {
    const text = textOf(entryOf(adapter.id))
    const attempt = importText(services, adapter.id, text, {
      titleId: 'mapped',
      mapping: { [NO_ID]: 'goal' },
    })
    if (adapter.hasCodes) expect((await attempt).summary).toMatchObject({ failedCount: 0 })
    else
      await expect(attempt).rejects.toMatchObject({
        violations: [{ field: `mapping[${JSON.stringify(NO_ID)}]` }],
      })
  })

  test('stays readable and may stay where it is stored', async () => {
    const bindings = bindingsOf(adapter, `old-${adapter.id}`)
    const titleId = `old-title-of-${adapter.id}`
    await createTitle(services, { title: { ...title, id: titleId }, requestId: undefined }, call)
    await services.store.write(call.signal, (queries) => queries.titleBindings.replace(titleId, bindings, []))
    const patch = { displayName: 'Harbor', bindings }
    expect(await updateTitle(services, { ...shared, titleId, patch }, call)).toMatchObject(patch)
  })
})
