/**
 * @module join
 * A short visit to a network: a node with a temporary identity joins, does one thing, and leaves. It listens nowhere and is never named to
 * others. Not here: nodes that stay (`serve.ts`).
 */
import { Option } from 'commander'
import type { Command } from 'commander'
import { tcp } from 'mydht/transports/tcp'
import { createCliNode } from './apps.ts'
import type { CliNode } from './apps.ts'
import { seconds } from './arguments.ts'
import { interruptible } from './interrupt.ts'
import { networkConfig, withNetworkOptions } from './network.ts'
import type { NetworkFlags } from './network.ts'

/** The options of a visit as the parser gives them. `timeout` is in milliseconds by then. */
export interface VisitFlags extends NetworkFlags {
  readonly join: readonly string[]
  readonly timeout: number
}

/** What a visit can use. */
export interface Visit {
  readonly node: CliNode
  /** Aborts when the user interrupts. */
  readonly signal: AbortSignal
  /** The patience for the one thing that is asked. */
  readonly timeoutMs: number
}

/** Adds the options of a visit to a command. */
export function withVisitOptions(command: Command): Command {
  command.addOption(
    new Option(
      '--join <address...>',
      'nodes to join: tcp://host:port, or tcp://<PeerId>@host:port'
    ).makeOptionMandatory()
  )
  command.addOption(
    new Option('--timeout <seconds>', 'how long to wait for an answer').argParser(seconds(86_400)).default(20_000, '20')
  )
  return withNetworkOptions(command)
}

/** Joins, runs `use`, and leaves in order whatever happens. `seed`: an identity that stays; none: a temporary one. */
export async function visit<T>(flags: VisitFlags, use: (visit: Visit) => Promise<T>, seed?: Uint8Array): Promise<T> {
  const config = await networkConfig(flags)
  return interruptible(async (signal) => {
    const node = await createCliNode(
      { ...config, transport: tcp({ listen: false }), join: flags.join, clientOnly: true, seed, signal },
      { replicas: flags.replicas }
    )
    try {
      signal.throwIfAborted()
      return await use({ node, signal, timeoutMs: flags.timeout })
    } finally {
      await node.close()
    }
  })
}
