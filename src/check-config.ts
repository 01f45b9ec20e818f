import { type Config, ConfigError } from './config.ts'
import { LaurelError } from './model/errors.ts'
import { openOutbound } from './outbound/outbound.ts'
import { gateways } from './registry.ts'

/** Checks what only other parts know of the configuration. @throws ConfigError */
export function checkConfig(config: Config): void {
  checkGateways(config)
  checkOutbound(config)
}

/** @throws ConfigError for an unknown gateway: it, or its restrictions, would silently be missing. */
function checkGateways({ gateways: served, strictGateways }: Config): void {
  const known = new Set(gateways.map(({ dialect }) => dialect))
  const named = { LAUREL_GATEWAYS: served ?? [], LAUREL_STRICT_GATEWAYS: strictGateways }
  const problems = Object.entries(named).flatMap(([variable, names]) => {
    const unknown = [...names].filter((name) => !known.has(name))
    return unknown.length === 0
      ? []
      : `${variable} names ${unknown.join(', ')}, and there are ${[...known].join(', ')}`
  })
  if (problems.length > 0) throw new ConfigError(problems)
}

/** @throws ConfigError for invalid private addresses: calls to them would silently fail. */
function checkOutbound({ outboundPrivate }: Config): void {
  try {
    openOutbound({ allowPrivate: outboundPrivate })
  } catch (error) {
    if (!(error instanceof LaurelError)) throw error
    throw new ConfigError(error.violations.map(({ message }) => `LAUREL_OUTBOUND_PRIVATE ${message}`))
  }
}
