import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ProcessSample } from './load/sample-process.ts'

let count = 0

/** Reads the samples that a server takes of itself. */
export class ProcessSamples implements Disposable {
  readonly #file: string
  #read = 0

  constructor() {
    count += 1
    this.#file = join(tmpdir(), `laurel-bench-${process.pid}-${count}.jsonl`)
  }

  /** For the environment of the server. */
  get nodeOption(): string {
    return `--import=${pathToFileURL(join(import.meta.dirname, 'load/sample-process.ts')).href}?${this.#file}`
  }

  /** Returns the samples since the last call. */
  next(): readonly ProcessSample[] {
    const lines = readFileSync(this.#file, 'utf8').split('\n').slice(0, -1)
    const added = lines.slice(this.#read)
    this.#read = lines.length
    return added.map((line) => JSON.parse(line) as ProcessSample)
  }

  [Symbol.dispose](): void {
    rmSync(this.#file, { force: true })
  }
}
