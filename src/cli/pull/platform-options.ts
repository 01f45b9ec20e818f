import { type Command, InvalidArgumentError } from 'commander'

/** Adds the options by which a platform's API is called: see `PlatformOptions`. */
export function addPlatformOptions(command: Command, playerCredential: string): Command {
  return command
    .option('--credential <reference>', 'the credential for the platform')
    .option('--player-credential <reference>', playerCredential)
    .option(
      '--binding <name=id>',
      'the platform’s id of the title, if the title is not bound to it; repeatable',
      pair,
    )
    .option('--rate <number>', 'maximum number of requests per second', number(0.01, 1000), 10)
    .option('--timeout <seconds>', 'how long a response may take', number(1, 3600), 30)
    .option('--retry-for <seconds>', 'how long to retry the request for a page', number(0, 86_400), 300)
    .option(
      '--allow-private <address>',
      'a private address, block or host that may be called; repeatable',
      each,
    )
}

export function each(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

function pair(text: string, before: ReadonlyMap<string, string> = new Map()): ReadonlyMap<string, string> {
  const [, name, id] = /^([^=]+)=(.+)$/s.exec(text) ?? []
  if (name === undefined || id === undefined) throw new InvalidArgumentError('It must be NAME=ID.')
  return new Map([...before, [name, id]])
}

function number(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`)
  }
}
