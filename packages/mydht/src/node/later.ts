/**
 * @module node/later
 * Timers of the main loop, and what it must hear from outside its turn. Each ends in a command to itself, and one that finds the queue full tries again: what it would have started (deadlines,
 * the next round of upkeep) must not stop for ever.
 */
import type { Timer } from '../clock.ts'
import type { MainCommand, MainContext } from './context.ts'
import { retryMs } from './defaults.ts'

/** Sends the main loop a command that must not be lost: at once, or when its queue has room again. */
export function surely(context: MainContext, command: MainCommand): void {
  if (!context.closed && !context.parts.self(command)) later(context, retryMs, command)
}

/** Sends the main loop a command in `delayMs`, unless it is cancelled or the node is closed. */
export function later(context: MainContext, delayMs: number, command: MainCommand): Timer {
  const { clock, self } = context.parts
  const run = (): void => {
    if (!context.closed && !self(command)) timer = clock.after(retryMs, run)
  }
  let timer = clock.after(delayMs, run)
  return { cancel: () => timer.cancel() }
}
