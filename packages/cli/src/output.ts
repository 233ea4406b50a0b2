/**
 * @module output
 * The one place where the command writes: results on stdout, what happens meanwhile and errors on stderr, JSON where it was asked for, and
 * the exit code of an error. Not here: what is written.
 */
import { CommanderError } from 'commander'
import { MyDhtError } from 'mydht'
import type { ErrorCode } from 'mydht'
import { plainScreen, terminalScreen } from './screen.ts'
import type { Screen } from './screen.ts'

/** Exit codes: done, failed or not found, wrong use, interrupted (128 + SIGINT, as shells have it). */
export const exitCodes: { readonly done: 0; readonly failed: 1; readonly usage: 2; readonly interrupted: 130 } = {
  done: 0,
  failed: 1,
  usage: 2,
  interrupted: 130,
}

/** A plain object that JSON can say. */
export type JsonObject = Readonly<Record<string, unknown>>

/** A line that changes while something goes on. */
export interface Progress {
  /** What is going on now. Without a terminal it is printed only when `milestone` is set, so that logs stay short. */
  update(text: string, milestone?: boolean): void
  /** Takes the changing line away. */
  done(): void
}

/** Where a command writes. */
export interface Output {
  readonly json: boolean
  readonly stdoutIsTerminal: boolean
  /** A line of the result for people, on stdout; nothing with `--json`. */
  text(line: string): void
  /** Bytes of the result as they are, on stdout; nothing with `--json`. */
  bytes(value: Uint8Array): void
  /** The result for programs: one line on stdout, only with `--json`. */
  object(value: JsonObject): void
  /** A line about what happens, on stderr, in both forms. */
  note(line: string): void
  progress(): Promise<Progress>
  /** A picture on stdout that changes; nothing with `--json`. */
  screen(): Screen
  bold(text: string): string
  /** Says what went wrong and gives the exit code. */
  failed(error: unknown): number
}

/** The wrong use of a command: exit code 2. */
export function usageError(message: string): CommanderError {
  return new CommanderError(exitCodes.usage, 'MYDHT_CLI_USAGE', message)
}

/** What a command stops with when the user interrupts it: exit code 130. */
export function interruption(): CommanderError {
  return new CommanderError(exitCodes.interrupted, 'MYDHT_CLI_INTERRUPTED', 'interrupted')
}

/** Makes the output of this process from its arguments, which it needs before they are parsed: wrong ones must be reported too. */
export function createOutput(argv: readonly string[]): Output {
  const end = argv.indexOf('--')
  const flags = end < 0 ? argv : argv.slice(0, end)
  const json = flags.includes('--json')
  const debug = flags.includes('--debug')
  const { stdout, stderr } = process
  leaveOnBrokenPipe()
  const note = (line: string): void => void stderr.write(`${line}\n`)
  return {
    json,
    stdoutIsTerminal: stdout.isTTY,
    text(line) {
      if (!json) stdout.write(`${line}\n`)
    },
    bytes(value) {
      if (!json) stdout.write(value)
    },
    object(value) {
      if (json) stdout.write(`${JSON.stringify(value)}\n`)
    },
    note,
    progress: async () => (moves(stderr) ? animated(stderr) : plain(note)),
    screen() {
      if (json) return { draw() {} }
      return moves(stdout) ? terminalScreen(stdout) : plainScreen((text) => stdout.write(text))
    },
    // `hasColors` knows NO_COLOR, FORCE_COLOR and TERM=dumb.
    bold: (text) => (stdout.isTTY && stdout.hasColors() ? `\u001b[1m${text}\u001b[22m` : text),
    failed(error) {
      const { code, message, exitCode } = facts(error)
      if (exitCode === exitCodes.done) return exitCode
      note(debug && error instanceof Error && error.stack !== undefined ? `mydht: ${error.stack}` : `mydht: ${message}`)
      if (json) stdout.write(`${JSON.stringify({ error: { code, message } })}\n`)
      return exitCode
    },
  }
}

/** NO_COLOR and TERM=dumb want plain lines; a terminal of no width (a container's, perhaps) can show nothing that moves. */
function moves(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && stream.columns > 0 && stream.hasColors()
}

/** One line in place, cut to the width of the terminal. The cursor stays visible: hiding it needs signal handlers that are not ours. */
async function animated(stream: NodeJS.WriteStream): Promise<Progress> {
  // Loaded only where something moves: it takes longer to load than most commands to run.
  const { createLogUpdate } = await import('log-update')
  const log = createLogUpdate(stream, { showCursor: true })
  return {
    update: (text) => log(text.slice(0, Math.max(20, stream.columns - 1))),
    done: () => log.clear(),
  }
}

function plain(note: (line: string) => void): Progress {
  return {
    update(text, milestone = false) {
      if (milestone) note(text)
    },
    done: () => {},
  }
}

interface ErrorFacts {
  readonly code: string
  readonly message: string
  readonly exitCode: number
}

/** Codes that say that the command was given something wrong. */
const usageCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'MYDHT_BAD_CONFIG',
  'MYDHT_BAD_ARGUMENT',
  'MYDHT_BAD_ADDRESS',
])

function facts(error: unknown): ErrorFacts {
  if (error instanceof CommanderError) return commanderFacts(error)
  if (MyDhtError.is(error)) {
    return {
      code: error.code,
      message: oneLine(error.message),
      exitCode: usageCodes.has(error.code) ? exitCodes.usage : exitCodes.failed,
    }
  }
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'MYDHT_CLI_FAILED'
  return { code, message: oneLine(error instanceof Error ? error.message : String(error)), exitCode: exitCodes.failed }
}

/** The parser's own errors are wrong use; help and version are none at all, but help that nobody asked for is. */
function commanderFacts(error: CommanderError): ErrorFacts {
  if (error.code === 'commander.help')
    return { code: 'MYDHT_CLI_USAGE', message: 'name a command, e.g. mydht demo', exitCode: exitCodes.usage }
  if (error.code.startsWith('commander.')) {
    const exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage
    if (error.message === "error: unknown option '--json'")
      return { code: 'MYDHT_CLI_USAGE', message: '--json goes behind a command, e.g. mydht id --json', exitCode }
    return { code: 'MYDHT_CLI_USAGE', message: oneLine(error.message.replace(/^error: /, '')), exitCode }
  }
  return { code: error.code, message: oneLine(error.message), exitCode: error.exitCode }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ')
}

/** Who reads us may stop early (`mydht get … | head`): that is no error. */
function leaveOnBrokenPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.done)
    throw error
  })
}
