/**
 * @module test/mydht
 * Runs the real command in a process of its own. No test itself.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../../bin/mydht.js', import.meta.url))

/** Where the command looks for `~/.mydht` unless a test says otherwise: what the user of this machine has is no business of tests. */
const home = mkdtempSync(path.join(tmpdir(), 'mydht-cli-home-'))
process.once('exit', () => rmSync(home, { recursive: true, force: true }))

/** How a run ended. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** The last line of stdout, read as JSON. Throws when it is none. */
  json(): Record<string, unknown>
}

/** A run that goes on. */
export interface Running {
  /** The first line of stdout or stderr, past or to come, that matches. Rejects with all that was said when the run ends before. */
  line(pattern: RegExp): Promise<RegExpExecArray>
  /** Ends it as Ctrl-C does. */
  interrupt(): Promise<Ended>
  /** SIGKILL. */
  kill(): Promise<Ended>
  readonly ended: Promise<Ended>
}

/** Runs the command to its end. */
export function mydht(args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const running = start(args, env, input)
  return running.ended
}

/**
 * A run that takes longer hangs, and is killed; a test that waits for it then fails with what was said. In milliseconds: a node that serves a whole file of
 * tests lives as long as they take on a machine with other work, and the runner ends the file itself after 240 s.
 */
const hangsMs = 200_000

/** Starts the command. Nothing outlives the test's process: the child is killed with it. */
export function start(args: readonly string[], env: NodeJS.ProcessEnv = {}, input = ''): Running {
  const child = spawn(process.execPath, [bin, ...args], {
    env: { ...process.env, HOME: home, NO_COLOR: '1', ...env },
    timeout: hangsMs,
    killSignal: 'SIGKILL',
  })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  child.stdin.end(input)
  const said = { stdout: '', stderr: '' }
  const lines: string[] = []
  const watchers = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text
    })
    createInterface({ input: child[name] }).on('line', (line) => {
      lines.push(line)
      for (const watch of watchers) watch()
    })
  }
  const ended = endOf(child, said).finally(() => process.off('exit', kill))
  return {
    ended,
    line(pattern) {
      return new Promise((resolve, reject) => {
        const watch = (): void => {
          const match = lines.map((line) => pattern.exec(line)).find((one) => one !== null)
          if (!match) return
          watchers.delete(watch)
          resolve(match)
        }
        watchers.add(watch)
        watch()
        void ended.then(() => reject(new Error(`no line matched ${pattern}: ${said.stdout}${said.stderr}`)))
      })
    },
    interrupt() {
      child.kill('SIGINT')
      return ended
    },
    kill() {
      kill()
      return ended
    },
  }
}

async function endOf(child: ChildProcess, said: { readonly stdout: string; readonly stderr: string }): Promise<Ended> {
  await once(child, 'close')
  return {
    code: child.exitCode,
    ...said,
    json() {
      const value: unknown = JSON.parse(said.stdout.trimEnd().split('\n').at(-1) ?? '')
      if (typeof value !== 'object' || value === null) throw new TypeError(`not an object: ${said.stdout}`)
      return { ...value }
    },
  }
}
