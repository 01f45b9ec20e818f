import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { Failure } from '../failure.ts'
import { emptyTally, tallySchema } from './tally.ts'

const cursorSchema = z.object({
  /** Where the next page begins. */
  after: z.string(),
  /** How many pages there were. */
  pages: z.int(),
  /** Of what the last of them held. */
  digest: z.string(),
})

const stateSchema = z.object({
  version: z.literal(1),
  job: z.string(),
  /** When it was written, for people. */
  time: z.string(),
  definitions: z.object({ done: z.boolean(), place: cursorSchema.optional() }),
  /** Ids of ours of what the platform has; undefined where that was not asked for. */
  known: z.array(z.string()).optional(),
  players: z.object({
    /** Which part of the players it is at. */
    part: z.string(),
    done: z.array(z.string()),
    /** Whose list it is in the middle of, and what of it was seen: ids of ours. */
    current: z.object({ key: z.string(), place: cursorSchema, seen: z.array(z.string()) }).optional(),
  }),
  tally: tallySchema,
})

/** Where a listing goes on. */
export type Place = z.infer<typeof cursorSchema>

/** How far a pull has come: all up to here is in, and the next page is not known to be. */
export type State = z.infer<typeof stateSchema>

/** A pull's state on disk: always a whole one, so that a process may be killed at any time. */
export class StateFile {
  readonly path: string
  readonly #job: string
  readonly #kept: boolean
  #written = false

  /** @param kept whether anything is written at all */
  constructor(path: string, job: string, kept: boolean) {
    this.path = path
    this.#job = job
    this.#kept = kept
  }

  /** Whether there is something to go on with. */
  get written(): boolean {
    return this.#written
  }

  /**
   * Where the same pull was stopped, else its beginning.
   * @throws Failure for a file that is no state of this pull
   */
  async read(): Promise<State> {
    const text = this.#kept ? await this.#text() : undefined
    if (text === undefined) return this.#fresh()
    const state = stateIn(text)
    if (state === undefined) {
      throw new Failure([
        `${this.path} is no state of a pull: delete it to begin anew, or name another by --state`,
      ])
    }
    if (state.job !== this.#job) {
      throw new Failure([`${this.path} is the state of another pull: name another file by --state`])
    }
    this.#written = true
    return state
  }

  async write(state: State): Promise<void> {
    if (!this.#kept) return
    const part = `${this.path}.part`
    await this.#orFail('write', async () => {
      await mkdir(dirname(this.path), { recursive: true })
      {
        await using file = await open(part, 'w', 0o600)
        await file.writeFile(JSON.stringify({ ...state, time: new Date().toISOString() }))
        await file.sync()
      }
      await rename(part, this.path)
    })
    this.#written = true
  }

  async remove(): Promise<void> {
    if (this.#kept) await this.#orFail('remove', () => rm(this.path, { force: true }))
  }

  #fresh(): State {
    return {
      version: 1,
      job: this.#job,
      time: '',
      definitions: { done: false },
      players: { part: '', done: [] },
      tally: emptyTally(),
    }
  }

  async #text(): Promise<string | undefined> {
    return await this.#orFail('read', () => readFile(this.path, 'utf8'))
  }

  async #orFail<Result>(verb: string, work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work()
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (verb === 'read' && code === 'ENOENT') return undefined
      throw new Failure(
        [`cannot ${verb} ${this.path}, where it is kept how far the pull is: ${code ?? message}`],
        error,
      )
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
