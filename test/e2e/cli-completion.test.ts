import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adapters } from '../../adapters/index.ts'
import { missingOf } from '../support/installed.ts'
import { runLaurelHere } from '../support/laurel.ts'

const run = promisify(execFile)
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'laurel-completion-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const [DIALECT = ''] = adapters.map(({ id }) => id).sort()

const CASES: readonly (readonly [words: readonly string[], completions: readonly string[]])[] = [
  [['tit'], ['titles']],
  [['titles', 'b'], ['bind']],
  [['deliveries', 'list', 'race', 'hook', '--st'], ['--state']],
  [
    ['deliveries', 'list', 'race', 'hook', '--state', 'de'],
    ['dead', 'delivered'],
  ],
  [['deliveries', 'list', 'race', 'hook', '--state', 'dead', '--pl'], ['--player']],
  [['export', DIALECT.slice(0, 2)], [DIALECT]],
  [['completion', 'z'], ['zsh']],
  [['import', DIALECT, 'no-such-file'], []],
]

/** For each shell a script that prints a line of completions for each of the cases. */
const SHELLS = {
  bash: (file: string) => [`source ${file}`, ...functionCalls()],
  zsh: (file: string) => [`source ${file}`, 'run() {', 'emulate -L sh', ...functionCalls(), '}', 'run'],
  fish: (file: string) => [
    `source ${file}`,
    ...CASES.map(([words]) => `echo (complete -C 'laurel ${words.join(' ')}' | string split -f1 \\t)`),
  ],
}

function functionCalls(): readonly string[] {
  return CASES.map(([words]) => {
    const all = ['laurel', ...words].map((word) => `'${word}'`)
    return `COMP_WORDS=(${all.join(' ')}); COMP_CWORD=${words.length}; _laurel; echo "\${COMPREPLY[@]}"`
  })
}

describe.each(Object.entries(SHELLS))('laurel completion %s', (shell, scriptOf) => {
  const missing = missingOf(shell)
  if (missing !== undefined) console.log(`the completion of ${shell} is not tested: ${missing}`)

  test.skipIf(missing !== undefined)('completes commands, options and their values', async () => {
    const { code, stdout, stderr } = await runLaurelHere(['completion', shell], {})
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const file = join(folder, `laurel.${shell}`)
    writeFileSync(file, stdout)
    const env = { PATH: process.env['PATH'], HOME: folder }
    const { stdout: output } = await run(shell, ['-c', scriptOf(file).join('\n')], { env })
    const lines = output.split('\n')
    const completed = CASES.map(([words], index) => {
      // zsh itself leaves out completions that do not begin with the last word.
      const offered = lines[index]?.split(' ').filter((word) => word.startsWith(words.at(-1) ?? ''))
      return [words, offered?.sort()]
    })
    expect(completed).toEqual(CASES)
  })
})

test('an unknown shell is refused with the known ones', async () => {
  const { code, stderr } = await runLaurelHere(['completion', 'tcsh'], {})
  expect([code, stderr]).toEqual([2, expect.stringContaining('Allowed choices are bash, zsh, fish.')])
})
