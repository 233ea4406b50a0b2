/**
 * @module main
 * The command `mydht`: its subcommands, and how it ends. Runs when it is imported (`bin/mydht.js` does).
 */
import { Command } from 'commander'
import { addDemo } from './commands/demo.ts'
import { addFetch } from './commands/fetch.ts'
import { addFind } from './commands/find.ts'
import { addGet } from './commands/get.ts'
import { addId } from './commands/id.ts'
import { addNode } from './commands/node.ts'
import { addPeers } from './commands/peers.ts'
import { addPublish } from './commands/publish.ts'
import { addPut } from './commands/put.ts'
import { addResolve } from './commands/resolve.ts'
import { addShare } from './commands/share.ts'
import { addTop } from './commands/top.ts'
import { addSim } from './commands/sim.ts'
import { createOutput } from './output.ts'
import type { Output } from './output.ts'
import { version } from './version.ts'

const epilogue = `
Exit codes: 0 done, 1 failed or not found, 2 wrong use, 130 interrupted.
Results go to stdout, all else to stderr. --json: the last line of stdout is one JSON object.`

function createProgram(output: Output): Command {
  const program = new Command('mydht')
    .description('Run a node, ask a network, watch it.')
    .version(version(), '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .helpCommand(false)
    .addHelpText('after', epilogue)
    .exitOverride()
    // Errors are said in one place, output.ts.
    .configureOutput({ outputError: () => {} })
    .showSuggestionAfterError()
    .enablePositionalOptions()
  for (const add of [
    addDemo,
    addId,
    addNode,
    addShare,
    addPut,
    addGet,
    addPublish,
    addResolve,
    addFind,
    addFetch,
    addPeers,
    addTop,
    addSim,
  ]) {
    add(program, output)
      .option('--json', 'print one JSON object as the last line')
      .option('--debug', 'print the stack of an error')
      .allowExcessArguments(false)
  }
  return program
}

/** How long a failed command may take to close what it had open, in milliseconds. */
const lingerMs = 2000

const argv = process.argv.slice(2)
const output = createOutput(argv)
try {
  await createProgram(output).parseAsync(argv, { from: 'user' })
} catch (error) {
  process.exitCode = output.failed(error)
  // The process ends by itself once nothing is open. After a failure something may be: the user must not wait for it.
  setTimeout(() => process.exit(), lingerMs).unref()
}
