/**
 * @module serve
 * A node that stays until the user interrupts it: its options, its life, and what it says about itself. Used by `mydht node` and `mydht share`.
 */
import path from 'node:path'
import { Option } from 'commander'
import type { Command } from 'commander'
import type { NodeEvent } from 'mydht'
import { tcp } from 'mydht/transports/tcp'
import { createCliNode } from './apps.ts'
import type { CliNode } from './apps.ts'
import { wholeNumber } from './arguments.ts'
import { controlFolder, readyFolder, socketIn } from './control/folder.ts'
import { reportOf } from './control/protocol.ts'
import type { Report } from './control/protocol.ts'
import { openControl } from './control/server.ts'
import type { Control } from './control/server.ts'
import { interruptible, untilAborted } from './interrupt.ts'
import { defaultKeyFile, seedOf } from './key.ts'
import { parseListen } from './listen.ts'
import { networkConfig, withNetworkOptions } from './network.ts'
import type { NetworkFlags } from './network.ts'
import type { Output } from './output.ts'
import { storeOption, storesIn } from './stores.ts'

/** The options of a node that stays, as the parser gives them. */
export interface ServeFlags extends NetworkFlags {
  readonly listen: { readonly host: string; readonly port: number }
  readonly advertise?: readonly string[]
  readonly join?: readonly string[]
  readonly key: string
  readonly temporary?: boolean
  readonly connections: number
  readonly verbose?: boolean
  readonly store?: string
  /** False: none. */
  readonly socket?: string | false
}

/** Adds the options of a node that stays to a command. */
export function withServeOptions(command: Command): Command {
  command
    .addOption(
      new Option(
        '--listen <url>',
        'where to listen; port 0: a free one; tcp://0.0.0.0:4000: reachable from other machines'
      )
        .argParser(parseListen)
        .default(parseListen('tcp://127.0.0.1:0'), 'tcp://127.0.0.1:0')
    )
    .option('--advertise <address...>', 'addresses to tell others instead: tcp://host:port')
    .option('--join <address...>', 'nodes to join: tcp://host:port, or tcp://<PeerId>@host:port')
    .option('--key <path>', 'the key file; made where there is none', defaultKeyFile())
    .addOption(new Option('--temporary', 'an identity for this run only, instead of the key file').conflicts('key'))
    .addOption(
      new Option('--connections <n>', 'how many connections to hold, when that many peers are known')
        .argParser(wholeNumber(0, 128))
        .default(8)
    )
    .addOption(storeOption())
    .option('--verbose', 'say who comes and goes')
    .option('--socket <path>', 'the control socket, for mydht top (default: in the folder "run" beside the key)')
    .option('--no-socket', 'no control socket')
  return withNetworkOptions(command)
}

/** Runs a node until the user interrupts it. `begin` is run once it has joined. Without a mistake the exit code is 0: this is how it ends. */
export async function serve(
  output: Output,
  flags: ServeFlags,
  begin: (node: CliNode, signal: AbortSignal) => Promise<void>
): Promise<void> {
  const config = await networkConfig(flags)
  const seed = flags.temporary === true ? undefined : await seedOf(flags.key)
  const stores = await storesIn(flags.store)
  await interruptible(async (signal) => {
    const startedMs = performance.now()
    const node = await createCliNode(
      {
        ...config,
        seed,
        transport: tcp({ ...flags.listen, advertise: flags.advertise }),
        join: flags.join ?? [],
        wantedConnections: flags.connections,
        onEvent: (event) => tell(output, event, flags.verbose ?? false),
        measure: true,
        peerStore: { store: stores?.peers },
        signal,
      },
      { replicas: flags.replicas, store: stores?.records, acknowledged: stores && 'disk' }
    )
    let control: Control | undefined
    try {
      control = await controlOf(output, flags, node)
      output.text(`node ${node.id}`)
      for (const address of node.addresses) output.text(`listening ${address}`)
      if (control) output.text(`control ${control.path}`)
      output.object({
        event: 'listening',
        id: node.id,
        address: node.address,
        addresses: node.addresses,
        network: node.network,
        ...(control && { control: control.path }),
      })
      await begin(node, signal)
      if (output.stdoutIsTerminal) output.note('Ctrl-C ends it')
      await untilAborted(signal)
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      await control?.close()
      await node.close()
    }
    output.object({ event: 'closed', id: node.id, uptimeMs: Math.round(performance.now() - startedMs) })
  })
}

/** The control socket. One that the user did not ask for is no reason to stop. */
async function controlOf(output: Output, { socket, key }: ServeFlags, node: CliNode): Promise<Control | undefined> {
  // Windows has no sockets of this kind whose file says who may use them.
  if (socket === false || (socket === undefined && process.platform === 'win32')) return undefined
  const report = async (): Promise<Report> => reportOf(node.network, await node.stats())
  if (socket !== undefined) return openControl(path.resolve(socket), report)
  try {
    const folder = controlFolder(key)
    await readyFolder(folder)
    return await openControl(socketIn(folder, node.id), report)
  } catch (error) {
    output.note(`no control socket: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

function tell(output: Output, event: NodeEvent, verbose: boolean): void {
  if (event.type !== 'service-failed' && !verbose) return
  const { type, ...facts } = event
  if (output.json) output.object({ event: type, ...facts })
  else output.note([type, ...Object.entries(facts).map(([name, value]) => `${name}=${String(value)}`)].join(' '))
}
