/**
 * @module commands/sim
 * `mydht sim`: networks of simulated time, from one seed. Not here: the simulator (`mydht/testing`), what is printed (`sim/`).
 */
import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import type { Scenario, SimProgress } from 'mydht/testing'
import { wholeNumber } from '../arguments.ts'
import { interruptible } from '../interrupt.ts'
import { usageError } from '../output.ts'
import type { Output, Progress } from '../output.ts'
import { scenariosOf, type SimFlags } from '../sim/choices.ts'
import { openLogFile, type LogFile } from '../sim/log-file.ts'
import { loadPictures, writePictures } from '../sim/pictures.ts'
import { printSim, simObject, type SimRun } from '../sim/report.ts'

interface Flags extends SimFlags {
  readonly pictures?: string
  readonly log?: string
}

/** Nodes of one simulation at the most: what the names of a memory network allow. */
const maxNodes = 131_072

const example = `
A scenario is a JSON object of some of these; options win over the file. What each means is in docs/SIMULATOR.md.
  nodes            nodes, seed, route, wantedConnections, limits, behindRouters, reach {oneWay, walled}
  network          network {latencyMs, jitterMs, packetLoss, resetChance, upBytesPerSecond, downBytesPerSecond, maxBufferedBytes, maxConnections}
  values           records, replicas, signed, updates
  what happens     settleMs, hours, sessionMinutes, silentLeaves, partitions [{atMinutes, minutes, sides, drawn}], kill, recoverMinutes
  malicious nodes  malicious, malice (silent, forging, lying, replaying), sybils, sybilBlocks, blockRule
  lookups          lookups, hourlyLookups, parallel, mode, paths, answers
The same scenario gives the same digest: that of every line of the log.`

/** Adds the command. */
export function addSim(program: Command, output: Output): Command {
  return program
    .command('sim')
    .description(
      'Simulate a network: the code of real nodes on a virtual clock and a simulated network, everything by one seed. Values are put, time passes, values are looked up.'
    )
    .addOption(
      new Option('--nodes <n,n…>', 'how many nodes; several numbers: a network of each (default: 100)').argParser(sizes)
    )
    .addOption(new Option('--lookups <n>', 'how many lookups (default: 1000)').argParser(wholeNumber(0, 10_000_000)))
    .addOption(
      new Option('--records <n>', 'how many values are put (default: one a node, at most 1000)').argParser(
        wholeNumber(0, 1_000_000)
      )
    )
    .addOption(
      new Option('--seed <n>', 'decides everything that chance decides (default: 1)').argParser(
        wholeNumber(0, 0xffff_ffff)
      )
    )
    .addOption(
      new Option(
        '--churn <minutes>',
        'the median session; whoever leaves is replaced (default: nobody leaves)'
      ).argParser(above0)
    )
    .addOption(
      new Option('--hours <h>', 'how long the network lives between puts and lookups (default: 0)').argParser(above0)
    )
    .addOption(new Option('--kill <share>', 'the share of nodes that are killed at once after that').argParser(share))
    .addOption(new Option('--malicious <share>', 'the share of nodes that are malicious').argParser(share))
    .addOption(
      new Option('--malice <kind>', 'what they do (default: silent)').choices([
        'silent',
        'forging',
        'lying',
        'replaying',
      ])
    )
    .addOption(
      new Option('--paths <n>', 'disjoint paths of lookups and puts, 1 to 8 (default: 1)').argParser(wholeNumber(1, 8))
    )
    .addOption(new Option('--route <name>', 'how nodes find others (default: kademlia)').choices(['kademlia', 'flood']))
    .addOption(new Option('--mode <name>', 'how lookups are asked').choices(['iterative', 'proxied', 'direct']))
    .option('--scenario <file>', 'a scenario as JSON')
    .option('--pictures <folder>', 'write pictures (SVG) there')
    .option('--log <file>', 'write every line of the log there')
    .addHelpText('after', example)
    .action((flags: Flags) => sim(output, flags))
}

async function sim(output: Output, { pictures, log, ...flags }: Flags): Promise<void> {
  const scenarios = await scenariosOf(flags)
  if (log !== undefined && scenarios.length > 1)
    throw usageError('--log holds one simulation: give one number of --nodes')
  const drawing = pictures === undefined ? undefined : await loadPictures()
  const progress = await output.progress()
  const lines = log === undefined ? undefined : openLogFile(log)
  const runs: SimRun[] = []
  try {
    for (const scenario of scenarios) {
      const run = await interruptible((signal) => one(scenario, progress, lines, signal))
      progress.done()
      runs.push(run)
      printSim(output, run)
      output.object(simObject(run))
    }
  } finally {
    progress.done()
    lines?.close()
  }
  lines?.failed.throwIfAborted()
  if (drawing && pictures !== undefined)
    for (const file of await writePictures(drawing, pictures, runs)) output.note(`wrote ${file}`)
}

async function one(
  scenario: Scenario,
  progress: Progress,
  lines: LogFile | undefined,
  signal: AbortSignal
): Promise<SimRun> {
  // Loaded only here: it brings the test suites along, which no other command needs.
  const { simulate } = await import('mydht/testing')
  let told = 0
  let toldHour: number | undefined
  const onProgress = ({ phase, done, simulatedMs, hourly }: SimProgress): void => {
    const percent = Math.floor(done * 100)
    const isNews = done === 0 || percent >= told + 10 || hourly?.hour !== toldHour
    if (isNews) told = percent
    toldHour = hourly?.hour
    progress.update(
      `${scenario.nodes} nodes: ${phase} ${percent} %, ${Math.floor(simulatedMs / 1000)} s simulated${lately(hourly)}`,
      isNews
    )
  }
  const until = lines ? AbortSignal.any([signal, lines.failed]) : signal
  const running = simulate(scenario, { onProgress, onLine: lines?.add, signal: until })
  const result = await running.catch((error: unknown) => {
    lines?.failed.throwIfAborted()
    throw error instanceof TypeError ? usageError(error.message) : error
  })
  return { scenario, result }
}

function lately(hourly: SimProgress['hourly']): string {
  return hourly ? `; hour ${hourly.hour}: ${hourly.succeeded} of ${hourly.lookups} found` : ''
}

function sizes(text: string): readonly number[] {
  const read = wholeNumber(2, maxNodes)
  return text.split(',').map(read)
}

function above0(text: string): number {
  const value = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value < 1e6) return value
  throw new InvalidArgumentError('Give a number above 0.')
}

function share(text: string): number {
  const value = Number(text)
  if (/^[01](\.\d+)?$/.test(text) && value >= 0 && value <= 1) return value
  throw new InvalidArgumentError('Give a share from 0 to 1, e.g. 0.5.')
}
