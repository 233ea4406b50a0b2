/**
 * @module commands/top
 * `mydht top`: what a running node does, and what that costs, again and again.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Option } from 'commander'
import type { Command } from 'commander'
import { MyDhtError } from 'mydht'
import { wholeNumber } from '../arguments.ts'
import { openClient } from '../control/client.ts'
import { controlFolder, liveSockets } from '../control/folder.ts'
import type { Report } from '../control/protocol.ts'
import { interruptible } from '../interrupt.ts'
import { defaultKeyFile } from '../key.ts'
import { usageError } from '../output.ts'
import type { Output } from '../output.ts'
import { viewOf } from '../top/view.ts'

const columns = `
Of each service: how it runs, and n of them now; commands that wait, are done,
and are done per second; the share of time that it is busy itself; how long the
last sampled command had waited; restarts after failures; events that were lost
with an instance or had nowhere to go. Rates are those since the last picture,
in the first one since the node's start. How late the event loop is: the last 5
to 10 seconds.`

interface Flags {
  readonly socket?: string
  readonly once?: boolean
  readonly intervalMs: number
}

/** Adds the command. */
export function addTop(program: Command, output: Output): Command {
  return program
    .command('top')
    .description('Show live what a running node of yours does: its peers, its services and what they cost.')
    .option('--socket <path>', 'the control socket that the node printed (default: that of the only node)')
    .option('--once', 'show it once, as an average since the start')
    .addOption(
      new Option('--interval-ms <ms>', 'how often, in milliseconds').argParser(wholeNumber(100, 60_000)).default(1000)
    )
    .addHelpText('after', columns)
    .action((flags: Flags) => top(output, flags))
}

async function top(output: Output, flags: Flags): Promise<void> {
  const path = flags.socket ?? (await onlySocket())
  await interruptible(async (signal) => {
    const client = await openClient(path)
    signal.addEventListener('abort', () => client.close(), { once: true })
    const screen = output.screen()
    let before: Report | undefined
    try {
      for (;;) {
        const report = await client.ask()
        if (report === undefined) break
        output.object({ ...report })
        screen.draw(viewOf(report, before))
        if (flags.once === true) return
        before = report
        await sleep(flags.intervalMs, undefined, { signal })
      }
      if (!signal.aborted) output.note('the node has ended')
    } catch (error) {
      // To interrupt it is how it ends.
      if (!signal.aborted) throw error
    } finally {
      client.close()
    }
  })
}

async function onlySocket(): Promise<string> {
  const folder = controlFolder(defaultKeyFile())
  const sockets = await liveSockets(folder)
  const [socket] = sockets
  if (socket === undefined) {
    const said = `no node has its control socket in ${folder}: start one with "mydht node", or give the --socket that it printed`
    throw new MyDhtError('MYDHT_NOT_FOUND', said)
  }
  if (sockets.length > 1) throw usageError(`several nodes run: give one of --socket ${sockets.join(', ')}`)
  return socket
}
