/**
 * `npm run bench -- WORKLOAD… [--json] [--runs N] [--seconds S] [--mib M] [--profile DIR]`: measures, and prints one line per figure.
 * The subjects of a workload take turns run by run, so that a noisy neighbour of this machine disturbs all of them alike.
 * Not here: what is measured (`workloads/`) and with what (`subjects/`).
 */
import { readArguments, usage } from './arguments.mjs'
import { draw } from './picture.mjs'
import { jsonLine, printTable, summarise } from './report.mjs'
import { openSession } from './sessions.mjs'
import { loadWorkload, workloadNames } from './workloads.mjs'

const options = readArguments(process.argv.slice(2))
if (options.problem !== undefined) {
  console.error(`bench: ${options.problem}\n${usage}`)
  process.exit(2)
}

const names = options.workloads.length > 0 ? options.workloads : workloadNames
/** Whatever goes wrong in a child ends the benchmark: figures of half a run are worth nothing. */
try {
  const lines = []
  for (const name of names) {
    const found = await measure(name)
    lines.push(...found)
    if (options.json) for (const line of found) console.log(jsonLine(line))
  }
  if (!options.json) printTable(lines)
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}

/** All figures of one workload. */
async function measure(name) {
  const workload = await loadWorkload(name)
  const variants = workload.variants(options)
  const sessions = []
  const measured = []
  try {
    for (const subject of workload.subjects) sessions.push(await openSession(name, subject, options))
    for (const variant of variants) {
      for (const session of sessions) await session.run(workload.warmUp(variant))
      for (let run = 0; run < options.runs; run++) {
        say(`${name} ${describe(variant)} ${run + 1}/${options.runs}`)
        for (const session of sessions) {
          for (const figure of await session.run(variant))
            measured.push({ subject: session.subject, variant, ...figure })
        }
      }
    }
  } finally {
    say('')
    await Promise.all(sessions.map((session) => session.close()))
  }
  const lines = summarise(name, measured)
  if (workload.picture !== undefined) console.error(`bench: drew ${await draw(name, workload.picture, lines)}`)
  return lines
}

/** Says on a terminal what is going on, on one line that is written over. */
function say(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}

function describe(variant) {
  return Object.entries(variant)
    .filter(([, value]) => typeof value === 'number')
    .map(([key, value]) => `${key}=${value}`)
    .join(' ')
}
