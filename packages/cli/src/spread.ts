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

/** The options as the parser gives them. `ttl` is in milliseconds by then. */
export interface SpreadFlags {
  readonly spread: number
  readonly ttl?: number
}

/** Who keeps a value. */
export interface Kept {
  /** Hops outward that were asked for. */
  readonly hops: number
  /** Peers that we sent it to. */
  readonly sentTo: number
  /** Peers that gave it back when they were asked for it, so many at least. */
  readonly keptBy: number
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
  return `kept by ${keepers === maxKeepers ? 'at least ' : ''}${count(keepers)}, within ${hops} hops (sent to ${count(sentTo)})`
}

function count(peers: number): string {
  return `${peers} ${peers === 1 ? 'peer' : 'peers'}`
}
