/**
 * @module testing/spawner-probe
 * The service that the spawner suite runs: its commands are plain data, so that it may cross threads. And the destination it emits to.
 */
import type { Destination } from '../service/handle.ts'
import type { Codec, Crossing, Service, ServiceDefinition } from '../service/service.ts'

/** What the probe can be told. */
export type ProbeCommand =
  | { readonly type: 'echo'; readonly value: number }
  /** Emits `count` echoes and remembers how many `emit` refused. */
  | { readonly type: 'burst'; readonly count: number }
  | { readonly type: 'throw' }
  | { readonly type: 'silent' }
  /** Sends `behind` to itself, then echoes `value`. */
  | { readonly type: 'self'; readonly value: number; readonly behind: readonly number[] }
  /** Emits `value` when `afterMs` have passed, without going through `self`: legal only while the instance lives. */
  | { readonly type: 'late'; readonly value: number; readonly afterMs: number }
  /** Sends an echo to itself when `afterMs` have passed. */
  | { readonly type: 'remind'; readonly value: number; readonly afterMs: number }
  /** Echoes `value` after `afterMs` of an asynchronous `handle`. */
  | { readonly type: 'wait'; readonly value: number; readonly afterMs: number }
  /** Rejects after `afterMs` of an asynchronous `handle`. */
  | { readonly type: 'reject'; readonly afterMs: number }
  | { readonly type: 'facts' }

/** What the probe emits. `depth` above 1 would mean that `handle` was re-entered. */
export type ProbeEvent =
  | { readonly type: 'echo'; readonly value: number; readonly depth: number }
  | { readonly type: 'facts'; readonly handled: number; readonly refused: number; readonly lateTaken: number }

/** What the probe saves: commands handled so far. */
export interface ProbeSaved {
  readonly handled: number
}

function json<T>(): Codec<T> {
  return {
    encode: (value) => new TextEncoder().encode(JSON.stringify(value)),
    // What comes back is what `encode` was given: the same program wrote it.
    decode: (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as T,
  }
}

const crossing: Crossing<{ readonly refuse?: true }, ProbeCommand, ProbeEvent, ProbeSaved> = {
  init: json(),
  command: json(),
  event: json(),
  saved: json(),
}

/** The probe. An init of `{ refuse: true }` makes `create` throw. */
export const probe: ServiceDefinition<{ readonly refuse?: true }, ProbeCommand, ProbeEvent, ProbeSaved> & {
  readonly sync: true
  readonly restartable: true
} = {
  name: 'probe',
  module: import.meta.url,
  sync: true,
  restartable: true,
  crossing,
  create: (init, { clock, self }, saved): Service<ProbeCommand, ProbeEvent, ProbeSaved> => {
    if (init.refuse === true) throw new TypeError('the probe refuses this init')
    let handled = saved?.handled ?? 0
    let refused = 0
    let lateTaken = 0
    let depth = 0
    const wait = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve))
    return {
      handle: (command, emit) => {
        depth++
        handled++
        const echo = (value: number): boolean => emit({ type: 'echo', value, depth })
        try {
          switch (command.type) {
            case 'echo':
              echo(command.value)
              return
            case 'burst':
              for (let i = 0; i < command.count; i++) if (!echo(i)) refused++
              return
            case 'throw':
              throw new Error('the probe was told to throw')
            case 'silent':
              return
            case 'self':
              for (const value of command.behind) self({ type: 'echo', value })
              echo(command.value)
              return
            case 'late':
              clock.after(command.afterMs, () => (echo(command.value) ? lateTaken++ : refused++))
              return
            case 'remind':
              clock.after(command.afterMs, () => self({ type: 'echo', value: command.value }))
              return
            case 'wait':
              return wait(command.afterMs).then(() => void echo(command.value))
            case 'reject':
              return wait(command.afterMs).then(() => {
                throw new Error('the probe was told to reject')
              })
            case 'facts':
              emit({ type: 'facts', handled, refused, lateTaken })
              return
          }
        } finally {
          depth--
        }
      },
      save: () => ({ handled }),
    }
  },
}

/** A destination with a gate: shut, it refuses every event. */
export interface GatedDestination extends Destination<ProbeEvent> {
  /** Values of the echoes that came, in order. */
  readonly values: number[]
  /** The greatest depth seen. */
  readonly depth: number
  /** Called with each echo's value as it comes. */
  onValue: ((value: number) => void) | undefined
  open(): void
  shut(): void
}

/** Makes an open destination. */
export function gatedDestination(): GatedDestination {
  let isOpen = true
  let depth = 0
  const values: number[] = []
  const waiting = new Set<() => void>()
  const gate: GatedDestination = {
    values,
    get depth() {
      return depth
    },
    onValue: undefined,
    open: () => {
      isOpen = true
      for (const wake of waiting) wake()
      waiting.clear()
    },
    shut: () => {
      isOpen = false
    },
    send: (event) => {
      if (!isOpen) return false
      if (event.type === 'echo') {
        values.push(event.value)
        depth = Math.max(depth, event.depth)
        gate.onValue?.(event.value)
      }
      return true
    },
    drained: (signal) =>
      new Promise((resolve, reject) => {
        if (isOpen) {
          resolve()
          return
        }
        waiting.add(resolve)
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      }),
  }
  return gate
}
