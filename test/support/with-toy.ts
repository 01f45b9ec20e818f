import { adapters } from '../../adapters/index.ts'
import { toy } from '../conformance/toy/index.ts'

/*
 * Lists the toy dialect, as a new line in `adapters/index.ts` would. Imported before anything else by a suite, and by a
 * server that starts with `--import` of this file.
 */
;(adapters as (typeof adapters)[number][]).push(toy)
