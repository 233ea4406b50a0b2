/**
 * @module commands/demo
 * `mydht demo`: a network in one process, shown at work. Not here: what it does (`demo/`).
 */
import { Option } from 'commander'
import type { Command } from 'commander'
import { systemRandom } from 'mydht'
import { wholeNumber } from '../arguments.ts'
import { startNetwork } from '../demo/network.ts'
import type { DemoNetwork } from '../demo/network.ts'
import { planDemo, transportNames } from '../demo/plan.ts'
import type { DemoChoices, DemoPlan } from '../demo/plan.ts'
import { demoObject, printDemo, succeeded } from '../demo/report.ts'
import { runDemo } from '../demo/run.ts'
import { defaultPaths, findSources } from '../demo/sources.ts'
import { topologyNames } from '../demo/topology.ts'
import { interruptible, untilAborted } from '../interrupt.ts'
import { encodingOption, shadowNames } from '../network.ts'
import { exitCodes } from '../output.ts'
import type { Output } from '../output.ts'

interface Flags extends Omit<DemoChoices, 'seed'> {
  readonly seed?: number
  readonly share?: readonly string[]
  readonly once?: boolean
}

/** Adds the command. */
export function addDemo(program: Command, output: Output): Command {
  return program
    .command('demo')
    .description(
      'Run a network in this process. Node 1 shares files; every file is fetched by a node that is not its neighbour, and verified; signed records are published, updated and resolved. Then it stays until Ctrl-C.'
    )
    .addOption(new Option('--nodes <n>', 'how many nodes').argParser(wholeNumber(2, 128)).default(16))
    .addOption(
      new Option('--topology <name>', 'whom each node knows first: node 0, the one before, or two by chance')
        .choices(topologyNames)
        .default('star')
    )
    .addOption(
      new Option('--transport <name>', 'how they are connected; tcp is over loopback')
        .choices(transportNames)
        .default('tcp')
    )
    .addOption(new Option('--shadow <name>', 'what hides the bytes').choices(shadowNames).default('noise'))
    .addOption(encodingOption())
    .option('--share <path...>', "files and folders that node 1 shares (default: the project's docs and packages)")
    .addOption(
      new Option('--seed <n>', 'decides the links of --topology random (default: by chance)').argParser(
        wholeNumber(0, 0xffff_ffff)
      )
    )
    .addOption(new Option('--parallel <n>', 'files fetched at a time').argParser(wholeNumber(1, 64)).default(4))
    .option('--once', 'end after the table; exit code 0 only if all was fetched and verified')
    .addHelpText('after', '\n--json implies --once.')
    .action((flags: Flags) => demo(output, flags))
}

async function demo(output: Output, { share, once, ...choices }: Flags): Promise<void> {
  const plan = planDemo({ ...choices, seed: choices.seed ?? systemRandom.below(2 ** 32) })
  const good = await interruptible((signal) =>
    show(output, plan, share ?? defaultPaths(), signal, once === true || output.json)
  )
  if (!good) process.exitCode = exitCodes.failed
}

/** Runs it, prints it, and perhaps stays. Gives whether all went well. */
async function show(
  output: Output,
  plan: DemoPlan,
  paths: readonly string[],
  signal: AbortSignal,
  once: boolean
): Promise<boolean> {
  const progress = await output.progress()
  const startedMs = performance.now()
  try {
    if (plan.topology === 'random') output.note(`random topology of --seed ${plan.seed}`)
    const sources = await findSources(paths, signal)
    const network = await startNetwork(
      plan,
      {
        started: (nodes) => progress.update(`${nodes} of ${plan.nodes} nodes run`, nodes === plan.nodes),
        failed: (text) => output.note(text),
      },
      signal
    )
    try {
      const result = await runDemo({ plan, sources, network, startedMs, progress, signal })
      progress.done()
      printDemo(output, result)
      if (!once) {
        output.text(`the nodes keep running${howToJoin(plan, network)}`)
        output.text('Ctrl-C ends them')
        await untilAborted(signal)
      }
      output.object(demoObject(result))
      return succeeded(result)
    } finally {
      progress.done()
      await network.close()
    }
  } finally {
    progress.done()
  }
}

/** How others ask this network: not where it lives in this process only, or has a secret of this run. */
function howToJoin(plan: DemoPlan, { nodes }: DemoNetwork): string {
  const first = nodes[0]
  if (first === undefined || plan.transport !== 'tcp' || plan.shadow === 'secret') return ''
  const shadow = plan.shadow === 'noise' ? '' : ` --shadow ${plan.shadow}`
  const encoding = plan.encoding === 'binary' ? '' : ` --encoding ${plan.encoding}`
  // As it is started: by npm, nothing else finds the command.
  const command = process.env['npm_execpath'] === undefined ? 'mydht' : 'npx mydht'
  return `; ask them: ${command} find .md --network ${first.network}${shadow}${encoding} --join ${first.address}`
}
