import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCommandServer } from '../support/command-server.ts'
import { byDialect, fixturesOf } from '../support/dialect-fixtures.ts'
import { CODED, entryOf } from '../support/documents.ts'

let server: Awaited<ReturnType<typeof startCommandServer>>
beforeAll(async () => {
  server = await startCommandServer({
    LAUREL_OUTBOUND_PRIVATE: 'localhost',
    LAUREL_CREDENTIAL_HOOK: 'whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0',
  })
})
afterAll(() => server[Symbol.asyncDispose]())

test('titles bind and unbind change the ids of one dialect', async () => {
  const bindings = byDialect(({ binding }) => binding(7))
  for (const [dialect, ids] of Object.entries(bindings)) {
    const pairs = Object.entries(ids).map(([name, id]) => `${name}=${id}`)
    await server.done('titles', 'bind', 'race', dialect, ...pairs)
  }
  const dialects = Object.keys(bindings).sort()
  const [title] = await server.records('titles', 'list', '--query', 'race')
  expect(Object.keys(title.bindings).sort()).toEqual(dialects)
  expect(title.bindings[CODED].ids).toEqual(bindings[CODED])
  const rest = JSON.parse(await server.done('titles', 'unbind', 'race', CODED, '--json'))
  expect(Object.keys(rest.bindings).sort()).toEqual(dialects.filter((dialect) => dialect !== CODED))
  expect((await server.laurel('titles', 'bind', 'race', CODED, 'x')).stderr).toBe(
    'laurel: "x" must be name=value\n',
  )
  expect((await server.laurel('titles', 'bind', 'none', CODED, 'x=y')).stderr).toContain('(TITLE_NOT_FOUND)')
})

test('players, accounts, progress and events are listed and changed', async () => {
  const account = fixturesOf(CODED).account(1)
  await server.done('players', 'create', 'ada', '--display-name', 'Ada')
  expect(await server.done('accounts', 'link', 'ada', CODED, account)).toMatch(
    new RegExp(`${CODED} +${account}\n`),
  )
  expect(await server.records('accounts', 'list', 'ada')).toEqual([{ dialect: CODED, accountId: account }])
  expect(JSON.parse(await server.done('players', 'find', CODED, account, '--json')).playerId).toBe('ada')
  await server.done('achievements', 'create', 'race', 'finish', '--name-text', 'Finish')
  await server.done('progress', 'record', 'race', 'ada', 'finish', '--percent', '40')
  expect(await server.done('progress', 'unlock', 'race', 'ada', 'finish')).toMatch(/\nnewly_unlocked +true\n/)
  const progress = await server.done('progress', 'list', 'race', 'ada', '--state', 'achieved', 'in-progress')
  expect(progress).toMatch(/^achievement .*\nfinish +Finish +achieved +100 +20\S+ +false\n$/)
  const [unlocked, ...more] = await server.records(
    'events',
    'list',
    'race',
    '--kind',
    'unlocked',
    '--player',
    'ada',
  )
  expect([unlocked.achievementId, more]).toEqual(['finish', []])
  await server.done('progress', 'unlock', 'race', 'bob', 'finish')
  await server.done('players', 'merge', 'ada', 'bob', '--yes', '--reason', 'one person')
  expect(JSON.parse(await server.done('players', 'get', 'bob', '--json')).playerId).toBe('ada')
  await server.done('accounts', 'unlink', 'ada', CODED, account)
  expect(await server.records('accounts', 'list', 'ada')).toEqual([])
})

test('destinations and their deliveries are listed, paused and replayed', async () => {
  const target = [
    '--dialect',
    'webhook',
    '--url',
    'http://localhost:9/',
    '--credential',
    'env:LAUREL_CREDENTIAL_HOOK',
  ]
  const limits = ['--limits-max-attempts', '1', '--filter-kind', 'unlocked']
  await server.done('destinations', 'create', 'race', 'hook', ...target, ...limits)
  expect(await server.done('destinations', 'list', 'race')).toMatch(
    /\nhook +webhook +false +http:\/\/localhost:9\/\n/,
  )
  await server.done('achievements', 'create', 'race', 'sent', '--name-text', 'Sent')
  await server.done('progress', 'unlock', 'race', 'eve', 'sent')
  await expect
    .poll(() => server.records('deliveries', 'list', 'race', 'hook', '--state', 'dead'))
    .toHaveLength(1)
  expect(await server.done('destinations', 'health', 'race', 'hook')).toMatch(
    /\ncounts\[0\]\.state +dead\ncounts\[0\]\.count +1\n/,
  )
  await server.done('destinations', 'pause', 'race', 'hook')
  const [{ event }] = await server.records('deliveries', 'list', 'race', 'hook')
  expect(await server.done('deliveries', 'replay', 'race', 'hook', event.eventId)).toMatch(
    /\nstate +pending\n/,
  )
  await server.done('destinations', 'resume', 'race', 'hook')
  await expect
    .poll(() => server.records('deliveries', 'list', 'race', 'hook', '--state', 'dead'))
    .toHaveLength(1)
  expect(JSON.parse(await server.done('deliveries', 'replay-all', 'race', 'hook', '--json'))).toEqual({
    replayedCount: '1',
  })
  expect(await server.done('destinations', 'test', 'race', 'hook')).toMatch(/\nsucceeded +false\n/)
})

test('a preview lists losses and findings of each dialect', async () => {
  await server.done('achievements', 'create', 'race', 'shown', '--name-text', 'Shown', '--tag', 'lossy')
  const preview = await server.done('achievements', 'preview', 'race', 'shown')
  for (const dialect of Object.keys(byDialect(() => ''))) {
    expect(preview).toMatch(new RegExp(`\n${dialect} .*\nlosses:\n`, 's'))
  }
  expect(preview).toMatch(/\n {2}\S+ +definition.* dropped +\$\.achievement\.tags +\S/)
  expect(preview).toMatch(
    /\nfindings:\n {2}dialect +severity +rule +path +requirement\n {2}\S+ +(error|warning) /,
  )
  const [first] = await server.records('achievements', 'preview', 'race', 'shown', '--dialect', CODED)
  expect(first).toMatchObject({ dialect: CODED, definition: { entryJson: expect.stringContaining('Shown') } })
})

test('a plan is made of a document, shown, applied and reversed', async () => {
  await server.done('titles', 'create', 'planned')
  const document = server.fileWith('plan.json', [entryOf(CODED, { binding: fixturesOf(CODED).binding(8) })])
  const planned = await server.laurel(
    'import',
    CODED,
    document,
    '--title',
    'planned',
    '--plan',
    '--allow-rebinding',
  )
  expect(planned.code).toBe(0)
  const [, id = ''] = /\nto apply it: laurel plans apply planned (\S+)\n/.exec(planned.stdout) ?? []
  expect(await server.done('plans', 'changes', 'planned', id)).toMatch(/\n\S+ +new\n$/)
  expect(await server.records('achievements', 'list', 'planned')).toEqual([])
  await server.done('plans', 'apply', 'planned', id)
  expect(await server.records('achievements', 'list', 'planned')).toHaveLength(1)
  const { planId } = JSON.parse(await server.done('plans', 'reverse', 'planned', id, '--json'))
  expect(await server.done('plans', 'changes', 'planned', planId)).toMatch(/\n\S+ +deleted\n$/)
  const json = await server.laurel('import', CODED, document, '--title', 'planned', '--plan', '--json')
  expect(JSON.parse(json.stdout)).toMatchObject({ planId: expect.any(String), summary: { newCount: 0 } })
  await server.done('titles', 'create', 'promoted')
  expect(await server.done('plans', 'promote', 'promoted', 'planned')).toMatch(/\nnew_count +1\n/)
})

test('revisions are listed and restored, and the audit names each change', async () => {
  await server.done('achievements', 'create', 'race', 'revised', '--name-text', 'Revised')
  await server.done('achievements', 'update', 'race', 'revised', '--tag', 'late', '--request-id', 'tagging')
  const [, first] = await server.records('achievements', 'revisions', 'race', 'revised')
  expect(await server.done('achievements', 'revisions', 'race', 'revised')).toMatch(/ operator +Revised\n/)
  await server.done('achievements', 'restore', 'race', 'revised', first.revisionId)
  expect(await server.done('achievements', 'get', 'race', 'revised')).not.toContain('tags')
  const entries = await server.records('audit', 'list', '--title', 'race', '--resource', 'revised')
  expect(entries).toHaveLength(3)
  expect(entries[1]).toMatchObject({ requestId: 'tagging', after: { tags: ['late'] } })
})
