/**
 * @module commands/find
 * `mydht find`: asks a network for files by name.
 */
import type { Command } from 'commander'
import { Option } from 'commander'
import { MyDhtError } from 'mydht'
import { fileName, wholeNumber } from '../arguments.ts'
import { visit, withVisitOptions } from '../join.ts'
import type { VisitFlags } from '../join.ts'
import type { JsonObject, Output } from '../output.ts'
import { harmless } from '../text.ts'

interface Flags extends VisitFlags {
  readonly results: number
}

/** Adds the command. */
export function addFind(program: Command, output: Output): Command {
  const command = program
    .command('find')
    .description('Ask a network for files by name. Prints id, bytes and name of each.')
    .argument('<name>', 'the name, or a part of it', fileName)
    .addOption(new Option('--results <n>', 'how many files at most').argParser(wholeNumber(1, 64)).default(16))
  return withVisitOptions(command).action(async (name: string, flags: Flags) => {
    const hits: JsonObject[] = []
    await visit(flags, async ({ node, signal, timeoutMs }) => {
      for await (const { id, name: called, size, from, hops } of node.files.find(name, {
        results: flags.results,
        signal,
        timeoutMs,
      })) {
        hits.push({ id, name: called, size, from, hops })
        output.text(`${id}  ${size}  ${harmless(called)}`)
      }
    })
    if (hits.length === 0)
      throw new MyDhtError('MYDHT_NOT_FOUND', `nobody who was asked shares a file called '${name}'`)
    output.object({ name, hits })
  })
}
