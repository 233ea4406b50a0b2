import { threadId } from 'node:worker_threads'
import { define } from '../../src/service/define.ts'
import type { Codec, Crossing, Service } from '../../src/service/service.ts'

/** What the worker probe can be told. */
export type Command =
  | { readonly type: 'count'; readonly seq: number }
  | { readonly type: 'throw' }
  | { readonly type: 'exit' }
  | { readonly type: 'spin' }
  | { readonly type: 'hoard' }
  | { readonly type: 'where' }
  | { readonly type: 'log' }
  | { readonly type: 'work'; readonly ms: number }
  | { readonly type: 'throw-later' }
  | { readonly type: 'body'; readonly body: Uint8Array }

/** What it emits. */
export type Event =
  | { readonly type: 'counted'; readonly seq: number; readonly sum: number }
  | { readonly type: 'where'; readonly pid: number; readonly thread: number }

function json<T>(): Codec<T> {
  return {
    encode: (value) => new TextEncoder().encode(JSON.stringify(value)),
    decode: (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as T,
  }
}

const crossing: Crossing<number, Command, Event, number> = {
  init: json(),
  command: json(),
  event: json(),
  saved: json(),
}

/** Counts, and dies in every way a worker can. */
export const worker = define({
  name: 'worker-probe',
  module: import.meta.url,
  restartable: true,
  crossing,
  create: (first: number, { log, clock }, saved?: number): Service<Command, Event, number> => {
    let sum = saved ?? first
    return {
      handle: (command, emit) => {
        switch (command.type) {
          case 'count':
            emit({ type: 'counted', seq: command.seq, sum: ++sum })
            return
          case 'throw':
            throw new Error('told to throw')
          case 'exit':
            process.exit(7)
          case 'spin':
            for (;;) sum += 0
          case 'hoard':
            for (const all: number[][] = []; ;) all.push(Array.from({ length: 100_000 }, (_, i) => i + all.length))
          case 'where':
            emit({ type: 'where', pid: process.pid, thread: threadId })
            return
          case 'log':
            log('info', 'from-afar', { big: 5n, failed: new Error('fine') })
            return
          case 'work': {
            const untilMs = performance.now() + command.ms
            while (performance.now() < untilMs);
            return
          }
          case 'throw-later':
            clock.after(1, () => {
              throw new Error('outside any handle')
            })
            return
          case 'body':
            return
        }
      },
      save: () => sum,
    }
  },
})
