/**
 * @module commands/get
 * `mydht get`: asks a network for a value.
 */
import type { Command } from 'commander'
import { MyDhtError } from 'mydht'
import type { Key } from 'mydht/apps/kv'
import { kvKey } from '../arguments.ts'
import { visit, withVisitOptions } from '../join.ts'
import type { Visit, VisitFlags } from '../join.ts'
import type { Output } from '../output.ts'
import { describeValue, printValue } from '../value.ts'

/** Adds the command. */
export function addGet(program: Command, output: Output): Command {
  const command = program
    .command('get')
    .description('Ask a network for a value and print it.')
    .argument('<key>', 'the key, as mydht put printed it', kvKey)
  return withVisitOptions(command).action(async (key: Key, flags: VisitFlags) => {
    const hit = await visit(flags, (here) => first(here, key))
    printValue(output, hit.value)
    output.object({ key, ...describeValue(hit.value), from: hit.from, hops: hit.hops, expiresAtMs: hit.expiresAtMs })
  })
}

async function first({ node, signal, timeoutMs }: Visit, key: Key) {
  for await (const hit of node.kv.find(key, { signal, timeoutMs })) return hit
  throw new MyDhtError('MYDHT_NOT_FOUND', `nobody who was asked has ${key}: check the key, or join another node`)
}
