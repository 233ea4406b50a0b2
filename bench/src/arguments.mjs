/**
 * The command line of the benchmarks. Not here: what any of it means to a workload.
 */
import { parseArgs } from 'node:util'
import { workloadNames } from './workloads.mjs'

export const usage = `usage: npm run bench -- [WORKLOAD…] [--json] [--runs N] [--seconds S] [--mib M] [--profile DIR]
workloads: ${workloadNames.join(', ')}
  --json         one JSON line per figure instead of a table
  --runs N       runs of each subject, in turns (default 5)
  --seconds S    length of one timed run (default 1)
  --mib M        MiB of one bulk transfer (default 512)
  --profile DIR  writes a .cpuprofile of every child process into DIR`

/** The options of one benchmark; `problem` says what is wrong with them. */
export function readArguments(args) {
  const defaults = { workloads: [], json: false, runs: 5, seconds: 1, mib: 512, profile: undefined }
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        runs: { type: 'string' },
        seconds: { type: 'string' },
        mib: { type: 'string' },
        profile: { type: 'string' },
      },
    })
    const unknown = positionals.find((name) => !workloadNames.includes(name))
    if (unknown !== undefined) return { ...defaults, problem: `there is no workload '${unknown}'` }
    return {
      workloads: positionals,
      json: values.json ?? false,
      runs: wholeNumber('--runs', values.runs ?? defaults.runs),
      seconds: positive('--seconds', values.seconds ?? defaults.seconds),
      mib: wholeNumber('--mib', values.mib ?? defaults.mib),
      profile: values.profile,
      problem: undefined,
    }
  } catch (error) {
    return { ...defaults, problem: error.message }
  }
}

function positive(name, text) {
  const value = Number(text)
  if (!(value > 0 && value < Infinity)) throw new Error(`${name} must be a number above 0, got '${text}'`)
  return value
}

function wholeNumber(name, text) {
  const value = positive(name, text)
  if (!Number.isInteger(value)) throw new Error(`${name} must be a whole number, got '${text}'`)
  return value
}
