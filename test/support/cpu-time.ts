import { readdir, readFile } from 'node:fs/promises'

/** The unit in which Linux counts CPU time: USER_HZ is a hundred everywhere. */
const TICKS_PER_SECOND = 100

/** Returns the CPU seconds that a process, its threads and its children used, ended ones included. */
export async function cpuSeconds(pid: number): Promise<number> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const all = await Promise.all(processes.map(async (name) => [Number(name), await statOf(name)] as const))
  const counted = all.flatMap(([id, stat]) =>
    stat && (id === pid || stat.parent === pid) ? [stat.ticks] : [],
  )
  return counted.reduce((sum, ticks) => sum + ticks, 0) / TICKS_PER_SECOND
}

async function statOf(pid: string) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  // After the name, which may hold spaces: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = fields.slice(11, 15)
  return { parent: fields[1], ticks: user + system + childrenUser + childrenSystem }
}
