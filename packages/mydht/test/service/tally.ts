import { define } from '../../src/service/define.ts'
import type { Codec, Service } from '../../src/service/service.ts'
import { sharedMemory } from '../../src/service/shared-memory.ts'

/** The memory that tallies count in: a number per service, which outlives its worker. */
export const tallyMemory = 'mydht-tally'

/** What a tally is told: to count, or to die in one of the ways a worker can. */
export type TallyCommand =
  | { readonly type: 'count'; readonly seq: number }
  | { readonly type: 'throw' }
  | { readonly type: 'exit' }
  | { readonly type: 'spin' }

/** It has counted that command, as its `sum`-th. */
export interface TallyEvent {
  readonly seq: number
  readonly sum: number
}

const kinds = ['count', 'throw', 'exit', 'spin'] as const

const command: Codec<TallyCommand> = {
  encode: (value) => numbers(kinds.indexOf(value.type), value.type === 'count' ? value.seq : 0),
  decode: (bytes) => {
    const type = kinds[bytes[0] ?? 0]
    return type === undefined || type === 'count' ? { type: 'count', seq: numberIn(bytes, 1) } : { type }
  },
}

const event: Codec<TallyEvent> = {
  encode: ({ seq, sum }) => numbers(0, seq, sum),
  decode: (bytes) => ({ seq: numberIn(bytes, 1), sum: numberIn(bytes, 9) }),
}

/** Counts its commands at its own end, in shared memory at the slot that is its init, and dies when told to. */
export const tally = define({
  name: 'tally',
  module: import.meta.url,
  crossing: {
    init: { encode: (slot: number) => numbers(0, slot), decode: (bytes: Uint8Array) => numberIn(bytes, 1) },
    command,
    event,
  },
  create: (slot: number): Service<TallyCommand, TallyEvent> => {
    const memory = sharedMemory(tallyMemory)
    if (memory === undefined) throw new Error('no memory to count in')
    const handled = new Int32Array(memory)
    let sum = 0
    return {
      handle: (told, emit) => {
        switch (told.type) {
          case 'count':
            Atomics.add(handled, slot, 1)
            emit({ seq: told.seq, sum: ++sum })
            return
          case 'throw':
            throw new Error('told to throw')
          case 'exit':
            process.exit(7)
          case 'spin':
            for (;;) sum += 0
        }
      },
    }
  },
})

function numbers(kind: number, ...values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(1 + 8 * values.length))
  view.setUint8(0, kind)
  for (const [i, value] of values.entries()) view.setFloat64(1 + 8 * i, value)
  return new Uint8Array(view.buffer)
}

function numberIn(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(at)
}
