export {
  type CallOptions,
  type ClientOptions,
  createClient,
  type LaurelClient,
  type ServiceClient,
} from './client.ts'
export {
  describeError,
  describeStatus,
  type ErrorDescription,
  errorTypes,
  type FieldViolation,
} from './errors.ts'
export type { RetryPolicy } from './retrying.ts'
export type { Document } from './upload.ts'
