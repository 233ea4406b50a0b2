import { define } from '../../src/service/define.ts'
import { plain } from '../../src/service/plain.ts'
import type { Service } from '../../src/service/service.ts'
import { sharedMemory } from '../../src/service/shared-memory.ts'

/** The memory that sinks count in. */
export const sinkMemory = 'mydht-sink'

/** Told to emit so many items, then to say so; or to die, or to have the sink hang. */
export type SourceCommand =
  | { readonly type: 'emit'; readonly count: number; readonly sign?: string }
  | { readonly type: 'exit' }
  | { readonly type: 'throw' }
  | { readonly type: 'hang' }

/** Items are for the sink, signs for the owner. */
export type SourceEvent =
  | { readonly type: 'item'; readonly seq: number; readonly weight?: Uint8Array }
  | { readonly type: 'sign'; readonly sign: string }

/** Emits numbered items; those that may go directly to 'sink'. */
export const source = define({
  name: 'direct-source',
  module: import.meta.url,
  crossing: {
    init: plain<{ readonly weight: number }>(),
    command: plain<SourceCommand>(),
    event: plain<SourceEvent>(),
    direct: (event: SourceEvent, has: (outlet: string) => boolean) => {
      if (event.type !== 'item' || !has('sink')) return { direct: [], rest: event }
      return { direct: [{ outlet: 'sink', command: event }], rest: undefined }
    },
  },
  create: ({ weight }: { readonly weight: number }): Service<SourceCommand, SourceEvent> => {
    let seq = 0
    return {
      handle: (command, emit) => {
        if (command.type === 'exit') process.exit(7)
        if (command.type === 'throw') throw new Error('told to throw')
        if (command.type === 'hang') {
          emit({ type: 'item', seq: -1 })
          return
        }
        for (let i = 0; i < command.count; i++) {
          emit(weight === 0 ? { type: 'item', seq } : { type: 'item', seq, weight: new Uint8Array(weight) })
          seq++
        }
        if (command.sign !== undefined) emit({ type: 'sign', sign: command.sign })
      },
    }
  },
})

/** Items, and what only the owner sends. */
export type SinkCommand =
  | { readonly type: 'item'; readonly seq: number; readonly weight?: Uint8Array }
  | { readonly type: 'mark'; readonly mark: string }
  | { readonly type: 'exit' }
  | { readonly type: 'throw' }

/** What it handled: an item's number or a mark. */
export type SinkEvent = { readonly got: number | string }

/** Says what it handles in the order in which it does, and counts items in shared memory, at the slot that is its init. */
export const sink = define({
  name: 'direct-sink',
  module: import.meta.url,
  crossing: { init: plain<number>(), command: plain<SinkCommand>(), event: plain<SinkEvent>() },
  create: (slot: number): Service<SinkCommand, SinkEvent> => {
    const memory = sharedMemory(sinkMemory)
    const counters = memory && new Int32Array(memory)
    return {
      handle: (command, emit) => {
        if (command.type === 'item') {
          while (command.seq < 0) slot += 0
          if (counters !== undefined) Atomics.add(counters, slot, 1)
          emit({ got: command.seq })
        } else if (command.type === 'mark') emit({ got: command.mark })
        else if (command.type === 'exit') process.exit(7)
        else if (command.type === 'throw') throw new Error('told to throw')
      },
    }
  },
})
