import type {
  DeliveryLimits as DeliveryLimitsMessage,
  Destination as DestinationMessage,
} from '../../gen/laurel/v1/destination.ts'
import type { DeliveryLimits, Destination } from '../../model/destination.ts'
import { TICKS_PER_MILLISECOND, TICKS_PER_SECOND } from '../../model/instant.ts'
import type { NewDestination } from '../../service/destinations/create-destination.ts'
import { readEventFilter, writeEventFilter } from './event.ts'
import { type FieldReaders, readFields, readMaskedFields } from './fields.ts'
import { readFinite, readId, readText, readWithin } from './scalars.ts'
import { readDuration, writeDuration, writeInstant, writeOptionalInstant } from './time.ts'
import type { Violations } from './violations.ts'

const DEFAULTS: DeliveryLimits = {
  requestsPerSecond: 10,
  maxInFlight: 8,
  maxAttempts: 12,
  timeout: 10n * TICKS_PER_SECOND,
}

const MIN_TIMEOUT = 100n * TICKS_PER_MILLISECOND
const MAX_TIMEOUT = 60n * TICKS_PER_SECOND

type DestinationFields = Omit<NewDestination, 'titleId' | 'id' | 'dialect'>

const FIELDS: FieldReaders<DestinationMessage, DestinationFields> = {
  displayName: ({ displayName }, field, violations) => readText(displayName, field, violations),
  url: ({ url }, field, violations) => {
    if (url === '') violations.add(field, 'must be set')
    return readText(url, field, violations)
  },
  credential: ({ credential }, field, violations) => readText(credential, field, violations),
  filter: ({ filter }, field, violations) => readEventFilter(filter, field, violations),
  limits: ({ limits }, field, violations) => readLimits(limits, field, violations),
}

export function readDestination(message: DestinationMessage, violations: Violations): NewDestination {
  return {
    titleId: readId(message.titleId, 'destination.title_id', violations),
    id: readId(message.destinationId, 'destination.destination_id', violations),
    dialect: readId(message.dialect, 'destination.dialect', violations),
    ...readFields(message, FIELDS, 'destination', violations),
  }
}

export function readDestinationPatch(
  message: DestinationMessage,
  mask: readonly string[] | undefined,
  violations: Violations,
): Partial<DestinationFields> {
  return readMaskedFields(message, mask, FIELDS, 'destination', violations)
}

export function writeDestination(destination: Destination): DestinationMessage {
  const { limits } = destination
  return {
    titleId: destination.titleId,
    destinationId: destination.id,
    displayName: destination.displayName,
    dialect: destination.dialect,
    url: destination.url,
    credential: destination.credential,
    filter: writeEventFilter(destination.filter),
    limits: { ...limits, timeout: writeDuration(limits.timeout) },
    paused: destination.paused,
    waitEndTime: writeOptionalInstant(destination.waitEndTime),
    createTime: writeInstant(destination.createTime),
    updateTime: writeInstant(destination.updateTime),
    etag: destination.etag,
  }
}

/** Absent limits take their defaults. */
function readLimits(
  message: DeliveryLimitsMessage | undefined,
  field: string,
  violations: Violations,
): DeliveryLimits {
  if (message === undefined) return DEFAULTS
  const timeout = readDuration(message.timeout, `${field}.timeout`, violations) ?? DEFAULTS.timeout
  if (timeout < MIN_TIMEOUT || timeout > MAX_TIMEOUT) {
    violations.add(`${field}.timeout`, 'must be 100 milliseconds to 60 seconds')
  }
  const number = (name: keyof typeof RANGES, wireName: string) => {
    const value = readFinite(message[name], `${field}.${wireName}`, violations)
    return value === 0 ? DEFAULTS[name] : readWithin(value, RANGES[name], `${field}.${wireName}`, violations)
  }
  return {
    requestsPerSecond: number('requestsPerSecond', 'requests_per_second'),
    maxInFlight: number('maxInFlight', 'max_in_flight'),
    maxAttempts: number('maxAttempts', 'max_attempts'),
    timeout,
  }
}

const RANGES = {
  requestsPerSecond: [0.001, 10_000],
  maxInFlight: [1, 256],
  maxAttempts: [1, 100],
} as const
