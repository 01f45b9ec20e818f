import { readFileSync } from 'node:fs'
import { test } from 'vitest'
import { expectWritten } from '../../test/support/readme.ts'

const README = new URL('README.md', import.meta.url)
const LANGUAGES: Readonly<Record<string, string>> = {
  sh: 'sh',
  py: 'python',
  go: 'go',
  java: 'java',
  cs: 'csharp',
  ts: 'ts',
}
const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  Python: ['python/generate.sh', 'python/unlock.py'],
  Go: ['go/generate.sh', 'go/unlock.go'],
  Java: ['java/generate.sh', 'java/Unlock.java'],
  'C#, with Laurel.cs': ['csharp/Unlock.cs'],
  TypeScript: ['typescript/unlock.ts'],
}

test('the README shows each sample as it is run', () => {
  const sections = Object.entries(SAMPLES).map(([title, paths]) =>
    [`## ${title}`, ...paths.map(block)].join('\n\n'),
  )
  expectWritten(README, 'samples', sections.join('\n\n'))
})

/** Returns a file of a sample in a block of Markdown, after a link to it. */
function block(path: string): string {
  const text = readFileSync(new URL(`samples/${path}`, import.meta.url), 'utf8')
  const language = LANGUAGES[path.slice(path.lastIndexOf('.') + 1)]
  return `[${path}](samples/${path}):\n\n\`\`\`${language}\n${text.trimEnd()}\n\`\`\``
}
