import type { Issuer } from './sign-in-oidc.ts'

export interface ConsoleConfig {
  readonly signIns: readonly Issuer[]
}

let loaded: Promise<ConsoleConfig> | undefined

/** Reads the public configuration of the server, once. */
export function consoleConfig(): Promise<ConsoleConfig> {
  loaded ??= fetch('/console/config.json').then((response) => response.json() as Promise<ConsoleConfig>)
  return loaded
}
