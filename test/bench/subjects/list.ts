import type { Subject } from '../rounds.ts'
import { type Scene, TITLES } from '../scene.ts'

/** All 100 achievements of a title, with a player's progress on each. */
export function list({ stage, server }: Scene): Subject {
  const { address } = server
  return {
    name: 'list',
    unit: 'calls',
    measure: (timing) => stage.load.run({ kind: 'list', address, target: TITLES.list, ...timing }),
  }
}
