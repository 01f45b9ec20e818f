import { expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../../model/never-aborted.ts'
import { openLaurel } from './laurel-source.ts'
import { labelOf } from './url-source.ts'

/* The name of an input is stored with its job, and shown to all who may read the job. */

const nameOf = (url: string) => labelOf(new URL(url))

test.each([
  ['https://old.example/a.csv?file=b', 'https://old.example/a.csv?file=b'],
  ['https://old.example/a.csv?X-Amz-Signature=hunter2&part=1', 'https://old.example/a.csv?part=1'],
  ['https://old.example/a.csv?part=1&access_token=hunter2#x', 'https://old.example/a.csv?part=1'],
  ['https://old.example/a.csv?code=hunter2', 'https://old.example/a.csv?code=hidden-f52fbd32'],
])('the name of %s has no secret', (url, name) => {
  expect(nameOf(url)).toBe(name)
})

test('two URLs that differ by a secret have two names', () => {
  expect(nameOf('https://old.example/?key=a.csv')).not.toBe(nameOf('https://old.example/?key=b.csv'))
})

test.each(['laurel://token@old.example:50051', 'laurel://old.example:50051?token=x', 'laurel://'])(
  '%s is refused with the place of the token',
  (name) => {
    expect(() => openLaurel(name, NEVER_ABORTED)).toThrow('LAUREL_SOURCE_TOKEN')
  },
)
