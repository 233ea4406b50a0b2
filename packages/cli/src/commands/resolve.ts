/**
 * @module commands/resolve
 * `mydht resolve`: asks a network for what a peer has published under a name.
 */
import type { Command } from 'commander'
import { MyDhtError } from 'mydht'
import type { PeerId } from 'mydht'
import { peerId } from '../arguments.ts'
import { visit, withVisitOptions } from '../join.ts'
import type { VisitFlags } from '../join.ts'
import type { Output } from '../output.ts'
import { describeValue, printValue } from '../value.ts'

/** Adds the command. */
export function addResolve(program: Command, output: Output): Command {
  const command = program
    .command('resolve')
    .description('Ask a network for the newest value that a peer has published under a name, and print it.')
    .argument('<peer>', 'the PeerId that has published', peerId)
    .argument('<name>', 'the name')
  return withVisitOptions(command).action(async (peer: PeerId, name: string, flags: VisitFlags) => {
    const found = await visit(flags, ({ node, signal, timeoutMs }) =>
      node.kv.resolve(peer, name, { signal, timeoutMs })
    )
    if (!found)
      throw new MyDhtError(
        'MYDHT_NOT_FOUND',
        `nobody who was asked has '${name}' of ${peer}: check both, or join another node`
      )
    printValue(output, found.value)
    output.object({
      peer,
      name,
      ...describeValue(found.value),
      sequence: found.sequence,
      expiresAtMs: found.expiresAtMs,
    })
  })
}
