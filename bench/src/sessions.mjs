/**
 * Child processes: each subject of a workload lives in a process of its own (and its server in another), so that none runs on code that
 * another has warmed up or spoilt. Not here: what runs in them (`child.mjs`, `server.mjs`).
 */
import { fork } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** Starts a subject's process for a workload; `run` gives the figures of one run, `close` ends the process. */
export async function openSession(workload, subject, { profile }) {
  const child = startChild('child.mjs', [workload, subject], profile)
  await answer(child)
  return {
    subject,
    run(variant) {
      child.send({ type: 'run', variant })
      return answer(child)
    },
    close() {
      return endChild(child)
    },
  }
}

/** Starts a subject's server for a workload in a process of its own; gives its address, and how to end it. */
export async function openServer(workload, subject) {
  const child = startChild('server.mjs', [workload, subject], process.env.MYDHT_BENCH_PROFILE)
  const address = await answer(child)
  return { address, close: () => endChild(child) }
}

function startChild(script, args, profile) {
  const execArgv = []
  const env = { ...process.env }
  if (profile !== undefined) {
    const folder = path.resolve(profile)
    mkdirSync(folder, { recursive: true })
    const name = `${args.join('-')}-${script.replace('.mjs', '')}.cpuprofile`
    execArgv.push('--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}`)
    env.MYDHT_BENCH_PROFILE = folder
  }
  return fork(fileURLToPath(new URL(script, import.meta.url)), args, { execArgv, env })
}

/** Starts a script beside these as a child process that speaks as those of `child.mjs` do. */
export function startScript(script) {
  return startChild(script, [], process.env.MYDHT_BENCH_PROFILE)
}

/** Tells a child something, if there is something to tell, and gives its next answer. */
export function askChild(child, told) {
  if (told !== undefined) child.send(told)
  return answer(child)
}

/** The next message of a child; rejects with what it says went wrong, or when it ends without a word. */
function answer(child) {
  return new Promise((resolve, reject) => {
    const onMessage = (message) => {
      child.off('exit', onExit)
      if (message.error === undefined) resolve(message.value)
      else reject(new Error(message.error))
    }
    const onExit = (code, signal) => {
      child.off('message', onMessage)
      reject(new Error(`${child.spawnargs.slice(-3).join(' ')} ended with ${signal ?? code}`))
    }
    child.once('message', onMessage)
    child.once('exit', onExit)
  })
}

/** Lets a child end by itself: it does so when nobody listens to it any more. */
export function endChild(child) {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    if (child.connected) child.disconnect()
  })
}
