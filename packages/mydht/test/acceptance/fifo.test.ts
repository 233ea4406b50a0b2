/**
 * The acceptance list over a transport that blocks: one test of each kind, because every node starts half a dozen threads. All of it, in a minute or two:
 * `MYDHT_WHOLE_LIST=1 npm test -- acceptance/fifo`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { fifoCombination, type Register } from './network.ts'
import { queryTests } from './query-list.ts'
import { storeTests } from './store-list.ts'
import { streamTests } from './stream-list.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'mydht-fifo-'))
after(() => rmSync(directory, { recursive: true, force: true }))

const usual = new Set([
  'the last of four peers in a line is found from the first, in every mode',
  'a value stored at the fourth peer is found by the first, in every mode',
  'messages of every size come back as they went, one after the other and all at once',
  'the newest of several versions wins, wherever the older ones are',
])
const left = new Set(usual)
const chosen: Register = (name, run) => {
  left.delete(name)
  if (usual.has(name) || process.env['MYDHT_WHOLE_LIST'] === '1') test(name, run)
}

const combination = fifoCombination(directory)
queryTests(combination, chosen)
streamTests(combination, chosen)
storeTests(combination, chosen)
if (left.size > 0) throw new TypeError(`the list has no such tests: ${[...left].join(', ')}`)
