/**
 * @module commands/publish
 * `mydht publish`: gives a network a signed value under a name; publishing again replaces it.
 */
import type { Command } from 'commander'
import { visit, withVisitOptions } from '../join.ts'
import type { VisitFlags } from '../join.ts'
import { defaultPublisherKeyFile, idOf, seedOf } from '../key.ts'
import type { Output } from '../output.ts'
import { findKeepers, hopsOf, keptBy, withSpreadOptions } from '../spread.ts'
import type { SpreadFlags } from '../spread.ts'
import { readValue } from './put.ts'

interface Flags extends VisitFlags, SpreadFlags {
  readonly key: string
}

/** Adds the command. */
export function addPublish(program: Command, output: Output): Command {
  const command = program
    .command('publish')
    .description(
      'Give peers of a network a signed value under a name. Publishing again replaces it. Prints who has published: see mydht resolve.'
    )
    .argument('<name>', 'the name, 1 to 255 bytes')
    .argument('<value>', 'the value; - reads it from stdin')
    .option(
      '--key <path>',
      'the key file to sign with; not that of a running node, or the two push each other out',
      defaultPublisherKeyFile()
    )
  return withVisitOptions(withSpreadOptions(command)).action(async (name: string, value: string, flags: Flags) => {
    const bytes = await readValue(value)
    const seed = await seedOf(flags.key)
    const publisher = idOf(seed)
    const done = await visit(
      flags,
      async (here) => {
        const hops = hopsOf(flags)
        const stored = await here.node.kv.publish(name, bytes, { spread: hops, ttlMs: flags.ttl, signal: here.signal })
        return { stored, kept: await findKeepers(here, stored, hops, stored.sequence) }
      },
      seed
    )
    output.text(publisher)
    output.note(keptBy(done.kept))
    const { key, sequence } = done.stored
    output.object({ publisher, name, key, sequence, bytes: bytes.length, ...done.kept })
  })
}
