import { operation } from '../authorization.ts'
import { getCaller } from './get-caller.ts'

export const CALLER_OPERATIONS = {
  getCaller: operation(getCaller, 'authenticated'),
}
