/**
 * @module commands/id
 * `mydht id`: shows who we are, and makes the key file on first use.
 */
import type { Command } from 'commander'
import { defaultKeyFile, idOf, seedOf } from '../key.ts'
import type { Output } from '../output.ts'

/** Adds the command. */
export function addId(program: Command, output: Output): Command {
  return program
    .command('id')
    .description('Show the PeerId of a key file; make the file where there is none.')
    .option('--key <path>', 'the key file', defaultKeyFile())
    .action(async ({ key }: { readonly key: string }) => {
      const id = idOf(await seedOf(key))
      output.text(id)
      output.object({ id, key })
    })
}
