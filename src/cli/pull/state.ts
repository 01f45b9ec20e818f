import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { Failure } from '../failure.ts'
import { emptyTally, tallySchema } from './tally.ts'

/** Of the file's format. */
const VERSION = 2

const cursorSchema = z.object({
  /** The `next` of the last page. */
  after: z.string(),
  /** Number of pages so far. */
  pages: z.int(),
  /** Of the last page's entries. */
  digest: z.string(),
})

const stateSchema = z.object({
  version: z.literal(VERSION),
  job: z.string(),
  /** When the file was written; for the user. */
  time: z.string(),
  definitions: z.object({ done: z.boolean(), cursor: cursorSchema.optional() }),
  /** Laurel's ids of the platform's achievements; undefined if definitions are not pulled. */
  platformAchievements: z.array(z.string()).optional(),
  players: z.object({
    /** Page of players that is being pulled. */
    page: z.string(),
    /** Keys of the players of that page that are done. */
    done: z.array(z.string()),
    /** The player whose list is partly imported; `seen` holds Laurel's ids of the achievements in it so far. */
    current: z.object({ key: z.string(), cursor: cursorSchema, seen: z.array(z.string()) }).optional(),
  }),
  tally: tallySchema,
})

/** A position in a platform's list. */
export type PageCursor = z.infer<typeof cursorSchema>

/** The position of a pull: everything before it is imported; the next page may be. */
export type State = z.infer<typeof stateSchema>

/** The state of a pull on disk. It is replaced atomically, so the process may be killed at any time. */
export class StateFile {
  readonly path: string
  readonly #job: string
  readonly #isEnabled: boolean
  #exists = false

  /** @param isEnabled false to neither read nor write: a dry run has no state */
  constructor(path: string, job: string, isEnabled: boolean) {
    this.path = path
    this.#job = job
    this.#isEnabled = isEnabled
  }

  get exists(): boolean {
    return this.#exists
  }

  /**
   * Returns the state of the same pull if it was interrupted, else the initial state.
   * @throws Failure if the file is not the state of this pull
   */
  async read(): Promise<State> {
    const text = this.#isEnabled ? await this.#withPath('read', () => readFile(this.path, 'utf8')) : undefined
    if (text === undefined) return this.#initial()
    const state = stateIn(text)
    if (state === undefined) {
      throw new Failure([
        `${this.path} is not the state of a pull: delete it to start over, or name another file by --state`,
      ])
    }
    if (state.job !== this.#job) {
      throw new Failure([`${this.path} is the state of another pull: name another file by --state`])
    }
    this.#exists = true
    return state
  }

  async write(state: State): Promise<void> {
    if (!this.#isEnabled) return
    const part = `${this.path}.part`
    await this.#withPath('write', async () => {
      await mkdir(dirname(this.path), { recursive: true })
      {
        await using file = await open(part, 'w', 0o600)
        await file.writeFile(JSON.stringify({ ...state, time: new Date().toISOString() }))
        await file.sync()
      }
      await rename(part, this.path)
    })
    this.#exists = true
  }

  async remove(): Promise<void> {
    if (this.#isEnabled) await this.#withPath('remove', () => rm(this.path, { force: true }))
  }

  #initial(): State {
    return {
      version: VERSION,
      job: this.#job,
      time: '',
      definitions: { done: false },
      players: { page: '', done: [] },
      tally: emptyTally(),
    }
  }

  /** @returns undefined if the file to read is missing */
  async #withPath<Result>(verb: string, work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work()
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (verb === 'read' && code === 'ENOENT') return undefined
      throw new Failure([`cannot ${verb} ${this.path}, the state of the pull: ${code ?? message}`], error)
    }
  }
}

function stateIn(text: string): State | undefined {
  try {
    return stateSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
