/**
 * @module interrupt
 * Ctrl-C and its kin as an AbortSignal. The second one ends the process at once: a clean-up that hangs must not hold anybody.
 */
import { exitCodes, interruption } from './output.ts'

/** A signal that aborts when the user interrupts, and the way to stop listening. */
export interface Interrupt {
  readonly signal: AbortSignal
  release(): void
}

/** One Ctrl-C may come twice: from the terminal, and once more from an npm that passes it on. So long it is the same one, in milliseconds. */
const echoMs = 500

/** Starts to listen for SIGINT and SIGTERM. */
export function listenForInterrupt(): Interrupt {
  const controller = new AbortController()
  let firstMs = Infinity
  const onSignal = (): void => {
    const nowMs = performance.now()
    if (nowMs - firstMs > echoMs) process.exit(exitCodes.interrupted)
    firstMs = Math.min(firstMs, nowMs)
    controller.abort(interruption())
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}

/** Runs something that the user may interrupt: it gets the signal, and rejects with the interruption if it was. */
export async function interruptible<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupt = listenForInterrupt()
  try {
    return await run(interrupt.signal)
  } finally {
    interrupt.release()
  }
}

/** Waits until the signal aborts. The process stays alive meanwhile. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    // Signal handlers alone keep no process alive.
    const alive = setInterval(() => {}, 2 ** 30)
    const stop = (): void => {
      clearInterval(alive)
      resolve()
    }
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}
