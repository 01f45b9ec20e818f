import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { matchesGlob } from 'node:path'
import { type Cmd, type Copy, DockerfileParser, type Healthcheck } from 'dockerfile-ast'

export interface Step {
  readonly keyword: string
  readonly text: string
  readonly words: readonly string[]
  /** The stage of `COPY --from`. */
  readonly from: string | undefined
  /** The words of a command in JSON form. */
  readonly command: readonly string[]
}

export interface Stage {
  readonly name: string
  readonly image: string
  readonly steps: readonly Step[]
}

/** Returns the stages of a Dockerfile, as far as this project's uses the format. */
export function readStages(file: string): readonly Stage[] {
  const stages: (Stage & { readonly steps: Step[] })[] = []
  for (const instruction of DockerfileParser.parse(readFileSync(file, 'utf8')).getInstructions()) {
    const keyword = instruction.getKeyword()
    const words = instruction.getArguments().map((argument) => argument.getValue())
    if (keyword === 'FROM') {
      const [image = '', , name = String(stages.length)] = words
      stages.push({ name, image, steps: [] })
      continue
    }
    const from = keyword === 'COPY' ? (instruction as Copy).getFromFlag()?.getValue() : undefined
    const text = instruction.getArgumentsContent() ?? ''
    const isCommand = keyword === 'CMD' || keyword === 'HEALTHCHECK'
    const command = isCommand ? commandOf(instruction as Cmd | Healthcheck, text) : []
    stages.at(-1)?.steps.push({ keyword, text, words, from: from ?? undefined, command })
  }
  return stages
}

function commandOf(_instruction: Cmd | Healthcheck, text: string): readonly string[] {
  return JSON.parse(text.slice(text.indexOf('['))) as readonly string[]
}

/** Returns the files that git tracks and that a `.dockerignore` does not leave out. */
export function contextFiles(folder: string): readonly string[] {
  const patterns = readFileSync(`${folder}/.dockerignore`, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  const tracked = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: folder,
    encoding: 'utf8',
  })
  return tracked
    .split('\0')
    .filter(Boolean)
    .filter(
      (file) => !patterns.some((pattern) => matchesGlob(file, pattern) || matchesGlob(file, `${pattern}/**`)),
    )
}
