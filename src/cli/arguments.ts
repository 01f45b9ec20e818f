import { Argument, Option } from 'commander'
import { dialects } from '../registry.ts'

const NAMES = [...dialects.keys()].sort()

export function dialectArgument(): Argument {
  return new Argument('<dialect>', 'the dialect of the document').choices(NAMES)
}

export function dialectOption(flags: string, description: string): Option {
  return new Option(flags, description).choices(NAMES).makeOptionMandatory()
}
