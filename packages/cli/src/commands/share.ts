/**
 * @module commands/share
 * `mydht share`: runs a node that shares files until Ctrl-C.
 */
import type { Command } from 'commander'
import type { Output } from '../output.ts'
import { serve, withServeOptions } from '../serve.ts'
import type { ServeFlags } from '../serve.ts'
import { shareFiles } from '../share-files.ts'

/** Adds the command. */
export function addShare(program: Command, output: Output): Command {
  const command = program
    .command('share')
    .description(
      'Share files and folders (hidden files only if named themselves) until Ctrl-C. Prints their ids; others get them with mydht fetch ID.'
    )
    .argument('<path...>', 'files and folders')
  return withServeOptions(command).action((paths: readonly string[], flags: ServeFlags) =>
    serve(output, flags, (node, signal) => shareFiles(output, node, paths, signal))
  )
}
