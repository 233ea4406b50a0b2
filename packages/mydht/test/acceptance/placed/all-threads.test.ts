/**
 * The acceptance list, every service in a thread of its own, main too: one test of each kind, because some nine hundred threads take two minutes to start. All of it:
 * `MYDHT_WHOLE_LIST=1 npm test -- acceptance/placed/all-threads`. With main elsewhere, or main alone in a thread, the whole list runs always (`threads.test.ts`, `main-thread.test.ts`).
 */
import { test } from 'node:test'
import type { Register } from '../network.ts'
import { acceptanceList } from './list.ts'

const usual = new Set([
  'the last of four peers in a line is found from the first, in every mode',
  'messages of every size come back as they went, one after the other and all at once',
  'the newest of several versions wins, wherever the older ones are',
])
const left = new Set(usual)
const chosen: Register = (name, run) => {
  left.delete(name)
  return usual.has(name) || process.env['MYDHT_WHOLE_LIST'] === '1' ? test(name, run) : undefined
}

acceptanceList('every service in a thread of its own, main too', chosen)
if (left.size > 0) throw new TypeError(`the list has no such tests: ${[...left].join(', ')}`)
