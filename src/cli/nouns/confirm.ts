import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { Failure } from '../failure.ts'
import { printable } from '../terminal.ts'

/**
 * Asks for confirmation at a terminal. Elsewhere `--yes` is required: a script must not wait for input.
 * @throws CommanderError, Failure if the change is not confirmed.
 */
export async function confirm(command: Command, signal: AbortSignal): Promise<void> {
  if (command.opts()['yes'] === true) return
  const change = `${command.parent?.name()} ${command.name()} ${command.args.join(' ')}: ${command.description()}`
  if (!process.stdin.isTTY || !process.stderr.isTTY) command.error(`error: ${change} Add --yes to confirm.`)
  using terminal = createInterface({ input: process.stdin, output: process.stderr })
  const reply = await terminal.question(`${printable(change)} Continue? [y/N] `, { signal })
  if (!/^y(es)?$/i.test(reply.trim())) throw new Failure(['nothing was changed'])
}
