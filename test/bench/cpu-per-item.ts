import { readFile } from 'node:fs/promises'
import { cpuSeconds } from '../support/cpu-time.ts'
import type { Environment } from './environment.ts'
import { median, type Subject } from './rounds.ts'

/** Microseconds of CPU for each call or item, one figure a round. */
export interface CpuPerItem {
  readonly name: string
  readonly server: readonly number[]
  readonly postgres: readonly number[]
}

/**
 * Measures subjects with the CPU that a server and Postgres use meanwhile, its background included. Rates vary with other load on
 * the machine, and the CPU of an item much less. Linux only: elsewhere there are no figures.
 */
export class CpuMeter {
  readonly #costs = new Map<string, { server: number[]; postgres: number[] }>()
  readonly #serverPid: number
  readonly #postgresPid: number

  private constructor(serverPid: number, postgresPid: number) {
    this.#serverPid = serverPid
    this.#postgresPid = postgresPid
  }

  static async open({ query }: Environment, databaseUrl: string, serverPid: number): Promise<CpuMeter> {
    const [row] = await query<{ pid: number }>(
      databaseUrl,
      'select pid from pg_stat_activity where backend_type = $$checkpointer$$',
    )
    return new CpuMeter(serverPid, await parentOf(row?.pid ?? 0))
  }

  measured(subject: Subject): Subject {
    const costs = { server: [] as number[], postgres: [] as number[] }
    this.#costs.set(subject.name, costs)
    return {
      ...subject,
      measure: async (timing) => {
        const before = await this.#used()
        const measured = await subject.measure(timing)
        const after = await this.#used()
        for (const name of ['server', 'postgres'] as const)
          costs[name].push(((after[name] - before[name]) * 1e6) / measured.succeeded)
        return measured
      },
    }
  }

  /** Without the first round, which is a warm-up. */
  get costs(): readonly CpuPerItem[] {
    return [...this.#costs].map(([name, { server, postgres }]) => ({
      name,
      server: server.slice(1),
      postgres: postgres.slice(1),
    }))
  }

  async #used() {
    if (process.platform !== 'linux') return { server: Number.NaN, postgres: Number.NaN }
    return { server: await cpuSeconds(this.#serverPid), postgres: await cpuSeconds(this.#postgresPid) }
  }
}

/** @returns a line for each subject of both sides, the base's figures last */
export function formatCpu(ours: readonly CpuPerItem[], base: readonly CpuPerItem[]): readonly string[] {
  return ours.map(({ name, server, postgres }, index) => {
    const against = base[index] as CpuPerItem
    return `${name}: CPU of an item, server ${compared(server, against.server)}, Postgres ${compared(postgres, against.postgres)}`
  })
}

function compared(ours: readonly number[], base: readonly number[]): string {
  const ratio = median(ours.map((cost, round) => cost / (base[round] as number)))
  return `${median(ours).toFixed(0)} µs, base ${median(base).toFixed(0)} µs (${ratio.toFixed(2)})`
}

async function parentOf(pid: number): Promise<number> {
  if (process.platform !== 'linux') return 0
  const text = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^PPid:\s*(\d+)$/m.exec(text)?.[1])
}
