/**
 * @module commands/node
 * `mydht node`: runs a node until Ctrl-C.
 */
import type { Command } from 'commander'
import type { Output } from '../output.ts'
import { serve, withServeOptions } from '../serve.ts'
import type { ServeFlags } from '../serve.ts'
import { shareFiles } from '../share-files.ts'

interface Flags extends ServeFlags {
  readonly share?: readonly string[]
}

/** Adds the command. */
export function addNode(program: Command, output: Output): Command {
  const command = program
    .command('node')
    .description('Run a node until Ctrl-C. Prints its address; others join it with --join ADDRESS.')
    .option('--share <path...>', 'files and folders to share; hidden files only if named themselves')
  return withServeOptions(command).action((flags: Flags) =>
    serve(output, flags, async (node, signal) => {
      if (flags.share) await shareFiles(output, node, flags.share, signal)
    })
  )
}
