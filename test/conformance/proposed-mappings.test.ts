import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { MappedRecord } from '../../src/model/migration-mapping.ts'
import { proposeMapping } from '../../src/service/migration-jobs/mapping/propose-mapping.ts'
import { CONTEXT, recordsOf } from '../support/migration-inputs.ts'
import { casesOf, decodeSample, folders, samplesIn } from './subjects.ts'

const ACCOUNT = '2814651093377005'
const FILE = `players/${ACCOUNT}.json`

/* The documents that platforms write: with accounts, without them as the document of one player, and definitions. */
const documents = folders.flatMap((subject) =>
  casesOf(subject).map(({ name, document }) => {
    const samples = samplesIn(subject.adapter, document).map((sample) =>
      decodeSample(subject.adapter, sample),
    )
    const progress = samples.flatMap(({ result }) => result.progress ?? [])
    const text = readFileSync(`${subject.folder}testdata/${name}.json`)
    const isList = samplesIn(subject.adapter, document).some(({ path }) => path.length > 0)
    return {
      id: subject.adapter.id,
      name,
      text,
      progress,
      isList,
      isDefinitions: samples.some(({ result }) => result.achievement),
    }
  }),
)
const proposed = (text: Uint8Array) => proposeMapping(text, FILE, CONTEXT.dialects)

const withAccounts = documents.filter(({ progress }) => progress.some(({ account }) => account !== undefined))
const ofOnePlayer = documents.filter(
  ({ progress, isList, name }) =>
    isList && name !== 'odd' && progress.length > 0 && progress.every(({ account }) => account === undefined),
)
const definitions = documents.filter(({ progress, isDefinitions }) => progress.length === 0 && isDefinitions)

describe('a proposed mapping', () => {
  test.each(withAccounts)('reads $name of $id by its adapter', async ({ id, text, progress }) => {
    const { mapping, content } = await proposed(text)
    expect(mapping).toMatchObject({ format: 'dialect_document', dialect: id })
    expect(await recordsOf(mapping, content)).toHaveLength(progress.length)
  })

  test.each(ofOnePlayer)(
    'reads $name of $id as the document of one player',
    async ({ id, text, progress }) => {
      const { mapping, content } = await proposed(text)
      expect(mapping.player).toEqual({ field: '$file', dialect: id, usesIdentities: false })
      const records = (await recordsOf(mapping, content)) as readonly MappedRecord[]
      const facts = records.map(({ player, achievement, unlocked, unlockTime, revoked }) => ({
        account: player.id,
        achievementId: achievement.id,
        unlocked,
        unlockTime,
        revoked,
      }))
      expect(facts).toEqual(
        progress.map(({ achievementId, state, unlockTime, revoked }) => ({
          account: ACCOUNT,
          achievementId,
          unlocked: state === 'achieved',
          unlockTime,
          revoked,
        })),
      )
    },
  )

  test.each(definitions)('is refused for the definitions $name of $id', async ({ id, text }) => {
    await expect(proposed(text)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining(`laurel import ${id} ${FILE}`),
    })
  })

  test('exists for each kind of document', () => {
    for (const kind of [withAccounts, ofOnePlayer, definitions]) expect(kind.length).toBeGreaterThan(1)
  })
})
