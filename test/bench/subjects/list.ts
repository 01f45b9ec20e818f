import type { Subject } from '../rounds.ts'
import { type Scene, TITLES } from '../settings.ts'

/** All 100 achievements of a title, with a player's progress on each, as they were the last time. */
export function list({ stage, server }: Scene): Subject {
  const { address } = server
  return {
    name: 'list',
    unit: 'calls',
    measure: (timing) => stage.load.run({ kind: 'list', address, target: TITLES.list, ...timing }),
  }
}

/** The same, each in pages that nobody has asked for lately: nothing but the definitions is in the server's memory. */
export function listAnew({ stage, server }: Scene): Subject {
  const { address } = server
  return {
    name: 'list, anew',
    unit: 'calls',
    measure: (timing) =>
      stage.load.run({ kind: 'list', address, target: TITLES.list, anew: true, ...timing }),
  }
}
