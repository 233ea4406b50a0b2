/**
 * @module test/program
 * Runs a program as a child process and gives what it printed. Not here: what it should print.
 */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

/** How a program ended. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `node file` until it ends by itself; a program that hangs is ended after a minute and has no code. */
export async function runProgram(file: string): Promise<Ended> {
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 })
  const code = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await code, stdout, stderr }
}
