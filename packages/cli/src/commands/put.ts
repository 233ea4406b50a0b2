/**
 * @module commands/put
 * `mydht put`: gives a value to a network, under its own hash. We leave at once, so others must keep it: it is spread, and then looked for.
 */
import { buffer } from 'node:stream/consumers'
import type { Command } from 'commander'
import { visit, withVisitOptions } from '../join.ts'
import type { VisitFlags } from '../join.ts'
import type { Output } from '../output.ts'
import { findKeepers, hopsOf, keptBy, withSpreadOptions } from '../spread.ts'
import type { SpreadFlags } from '../spread.ts'

/** Adds the command. */
export function addPut(program: Command, output: Output): Command {
  const command = program
    .command('put')
    .description('Give a value to peers of a network, who keep it. Prints its key.')
    .argument('<value>', 'the value; - reads it from stdin')
  return withVisitOptions(withSpreadOptions(command)).action(async (value: string, flags: VisitFlags & SpreadFlags) => {
    const bytes = await readValue(value)
    const { key, ...kept } = await visit(flags, async (here) => {
      const hops = hopsOf(flags)
      const stored = await here.node.kv.put(bytes, { spread: hops, ttlMs: flags.ttl, signal: here.signal })
      return { key: stored.key, ...(await findKeepers(here, stored, hops)) }
    })
    output.text(key)
    output.note(keptBy(kept))
    output.object({ key, bytes: bytes.length, ...kept })
  })
}

/** The bytes of a value on the command line, or of stdin. */
export async function readValue(value: string): Promise<Uint8Array> {
  return value === '-' ? buffer(process.stdin) : Buffer.from(value)
}
