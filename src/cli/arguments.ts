import { Argument, Option } from 'commander'
import { dialects } from '../registry.ts'

/** Below the help of the commands that call a server. */
export const SERVER_HELP = `
Finds the server by the environment variable LAUREL_GRPC_ADDRESS, 127.0.0.1:50051 if it is not set;
LAUREL_TOKEN is who asks, LAUREL_CA_FILE the authorities of a server that speaks TLS.`

const NAMES = [...dialects.keys()].sort()

export function dialectArgument(): Argument {
  return new Argument('<dialect>', 'the dialect of the document').choices(NAMES)
}

export function dialectOption(flags: string, description: string): Option {
  return new Option(flags, description).choices(NAMES).makeOptionMandatory()
}
