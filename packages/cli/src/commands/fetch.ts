/**
 * @module commands/fetch
 * `mydht fetch`: gets a file by its id, verified chunk by chunk.
 */
import type { Command } from 'commander'
import { Option } from 'commander'
import type { FileId } from 'mydht/apps/files'
import { fileId } from '../arguments.ts'
import { visit, withVisitOptions } from '../join.ts'
import type { VisitFlags } from '../join.ts'
import type { Output } from '../output.ts'
import { bytesText, millisecondsText } from '../text.ts'

interface Flags extends VisitFlags {
  readonly into: string
  readonly name?: string
}

/** Adds the command. */
export function addFetch(program: Command, output: Output): Command {
  const command = program
    .command('fetch')
    .description('Get a file by its id, wherever in the network it is, and verify it. Prints where it was put.')
    .argument('<id>', 'the id, as mydht share and mydht find print it', fileId)
    .addOption(new Option('--into <folder>', 'where to put it').makeOptionMandatory())
    .option('--name <name>', 'what to call it (default: as it is called there)')
  return withVisitOptions(command).action(async (id: FileId, flags: Flags) => {
    const progress = await output.progress()
    try {
      const startedMs = performance.now()
      const fetched = await visit(flags, ({ node, signal, timeoutMs }) =>
        node.files.fetch(id, {
          into: flags.into,
          name: flags.name,
          signal,
          // How long to look for somebody who has it. A long file may take longer, as long as something comes.
          lifetimeMs: timeoutMs,
          onProgress: ({ bytes, size }) => progress.update(`${bytesText(bytes)} of ${bytesText(size)}`),
        })
      )
      progress.done()
      const elapsedMs = Math.round(performance.now() - startedMs)
      output.text(fetched.path)
      output.note(
        `${bytesText(fetched.bytes)} in ${millisecondsText(elapsedMs)}, verified, from ${fetched.hops} hops away`
      )
      output.object({ id, ...fetched, elapsedMs })
    } finally {
      progress.done()
    }
  })
}
