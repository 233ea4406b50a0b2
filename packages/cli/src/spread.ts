/**
 * @module spread
 * Giving a value to others for keeps: how far, for how long, and who truly has it afterwards.
 */
import { Option } from 'commander'
import type { Command } from 'commander'
import { MyDhtError } from 'mydht'
import type { PeerId } from 'mydht'
import type { Key, Stored } from 'mydht/apps/kv'
import { seconds, wholeNumber } from './arguments.ts'
import type { Visit } from './join.ts'
import type { NetworkFlags } from './network.ts'

/** The options as the parser gives them. `ttl` is in milliseconds by then. */
export interface SpreadFlags {
  readonly spread: number
  readonly ttl?: number
}

/** Who keeps a value. */
export interface Kept {
  /** Hops outward that were asked for; 0: it was given to the peers nearest to its key. */
  readonly hops: number
  /** Peers that we sent it to. */
  readonly sentTo: number
  /** Peers that gave it back when they were asked for it, so many at least; of the nearest, those that acknowledged it. */
  readonly keptBy: number
}

/** How far to spread: not at all where the nearest hold it. */
export function hopsOf({ spread, replicas }: SpreadFlags & NetworkFlags): number {
  return replicas > 0 ? 0 : spread
}

/** Keepers that we count at the most. */
const maxKeepers = 16

/** Adds the options to a command. */
export function withSpreadOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--spread <hops>', 'how many hops outward peers are asked to keep it')
        .argParser(wholeNumber(1, 16))
        .default(3)
        .conflicts('replicas')
    )
    .addOption(
      new Option('--ttl <seconds>', 'how long they keep it (default: a day; at most 30 days)').argParser(
        seconds(2_592_000)
      )
    )
}

/** Asks the network for what was just given to it. Throws MYDHT_NOT_FOUND when nobody has it. */
export async function findKeepers(
  { node, signal, timeoutMs }: Visit,
  stored: Stored,
  hops: number,
  sequence?: number
): Promise<Kept> {
  const { holders } = stored
  if (holders && holders.acknowledged > 0) return { hops, sentTo: holders.asked, keptBy: holders.acknowledged }
  if (holders) {
    const message = `nobody holds the value (${JSON.stringify(holders)}); join a node of a hash table, one that runs with --replicas`
    throw new MyDhtError('MYDHT_NOT_FOUND', message)
  }
  const sentTo = stored.spread?.sent ?? 0
  const keepers = sentTo === 0 ? 0 : await countKeepers(stored.key)
  if (keepers > 0) return { hops, sentTo, keptBy: keepers }
  const reason = sentTo === 0 ? 'nobody is connected' : `it was sent to ${count(sentTo)}, and none of them has it now`
  throw new MyDhtError(
    'MYDHT_NOT_FOUND',
    `nobody keeps the value: ${reason}; join a node that runs the kv app and has room`
  )

  async function countKeepers(key: Key): Promise<number> {
    const found = new Set<PeerId | number>()
    const options = { local: false, results: maxKeepers, hops, signal, timeoutMs }
    for await (const hit of node.kv.find(key, options)) {
      if (sequence === undefined || (hit.record.kind === 'mutable' && hit.record.sequence === sequence))
        found.add(hit.from ?? found.size)
    }
    return found.size
  }
}

/** The same for people. */
export function keptBy({ hops, sentTo, keptBy: keepers }: Kept): string {
  if (hops === 0) return `held by ${keepers} of the ${sentTo} asked that are nearest to its key`
  return `kept by ${keepers === maxKeepers ? 'at least ' : ''}${count(keepers)}, within ${hops} hops (sent to ${count(sentTo)})`
}

function count(peers: number): string {
  return `${peers} ${peers === 1 ? 'peer' : 'peers'}`
}
