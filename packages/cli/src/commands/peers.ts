/**
 * @module commands/peers
 * `mydht peers`: who is there, or where one peer is.
 */
import type { Command } from 'commander'
import { MyDhtError } from 'mydht'
import type { PeerId } from 'mydht'
import { peerId } from '../arguments.ts'
import { visit, withVisitOptions } from '../join.ts'
import type { VisitFlags } from '../join.ts'
import type { Output } from '../output.ts'
import { tableOf } from '../text.ts'

/** Adds the command. */
export function addPeers(program: Command, output: Output): Command {
  const command = program
    .command('peers')
    .description('List the peers that the joined nodes are, or ask the network where one peer is.')
    .argument('[id]', 'the PeerId to look for', peerId)
  return withVisitOptions(command).action((id: PeerId | undefined, flags: VisitFlags) =>
    id === undefined ? listPeers(output, flags) : findPeer(output, flags, id)
  )
}

async function listPeers(output: Output, flags: VisitFlags): Promise<void> {
  const { connected, known } = await visit(flags, async ({ node, signal, timeoutMs }) => ({
    connected: await node.peers.connected({ signal, timeoutMs }),
    known: await node.peers.known(),
  }))
  const addresses = new Map(known.map((peer) => [peer.id, peer.addresses]))
  const peers = connected.map(({ id, host, apps }) => ({ id, addresses: addresses.get(id) ?? [], host, apps }))
  output.text(
    tableOf(
      ['peer', 'host', 'apps'],
      peers.map(({ id, host, apps }) => [id, host, apps.join(' ')])
    )
  )
  output.object({ peers })
}

async function findPeer(output: Output, flags: VisitFlags, id: PeerId): Promise<void> {
  const peer = await visit(flags, ({ node, signal, timeoutMs }) => node.peers.find(id, { signal, timeoutMs }))
  if (!peer) throw new MyDhtError('MYDHT_NOT_FOUND', `nobody who was asked knows ${id}: check it, or join another node`)
  for (const address of peer.addresses) output.text(address)
  if (peer.addresses.length === 0) output.note('the peer is known, but nobody can connect to it')
  output.object({ id, addresses: peer.addresses, clientOnly: peer.clientOnly })
}
