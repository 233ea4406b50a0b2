import { threadId } from 'node:worker_threads'
import { part, realise, type Part } from '../../src/part.ts'
import { define } from '../../src/service/define.ts'
import type { Codec, Service } from '../../src/service/service.ts'
import { sharedMemory } from '../../src/service/shared-memory.ts'
import { thread } from '../../src/service/spawners/thread.ts'
import { realParts } from './elsewhere.ts'

/** What the guest is born with. */
export interface GuestInit {
  readonly greetings: { readonly list: readonly Part<string>[] }
  readonly module: string
  /** Filled by `prepare`. */
  readonly prepared?: string
}

/** What it can be told: to say what it knows, or to look into memory that it shares, itself or by a thread of its own. */
export type GuestCommand =
  | { readonly type: 'tell' }
  | { readonly type: 'peek'; readonly name: string; readonly depth: number }

/** What it says. */
export type GuestEvent =
  | { readonly type: 'told'; readonly greetings: readonly string[]; readonly prepared: string | undefined }
  | { readonly type: 'peeked'; readonly value: number | undefined; readonly thread: number }

/** Made by blueprints in the init. */
export function createGreeting({ word, of }: { readonly word: string; readonly of?: Part<string> }): string {
  return of === undefined ? word : `${word} ${realise(of)}`
}

/** A blueprint that is not real anywhere until it is loaded. */
export const greeting = (word: string, of?: Part<string>): Part<string> =>
  part<string, unknown>(import.meta.url, 'createGreeting', of === undefined ? { word } : { word, of })

function json<T>(): Codec<T> {
  return {
    encode: (value) => new TextEncoder().encode(JSON.stringify(value)),
    decode: (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as T,
  }
}

/** Says what it got from its init and from shared memory. */
export const guest = define({
  name: 'guest',
  module: import.meta.url,
  crossing: {
    init: json<GuestInit>(),
    command: json<GuestCommand>(),
    event: json<GuestEvent>(),
    prepare: async (init: GuestInit): Promise<GuestInit> => {
      if (init.module === 'nowhere') throw new Error('told not to get ready')
      const found: Readonly<Record<string, unknown>> = await import(init.module)
      return { ...init, prepared: `${init.greetings.list.map(realise).length} of ${Object.keys(found).length > 0}` }
    },
  },
  create: (init: GuestInit): Service<GuestCommand, GuestEvent> => {
    const greetings = init.greetings.list.map(realise)
    return {
      handle: async (command, emit) => {
        if (command.type === 'tell') emit({ type: 'told', greetings, prepared: init.prepared })
        else emit(await peek(command.name, command.depth))
      },
    }
  },
})

async function peek(name: string, depth: number): Promise<GuestEvent> {
  const memory = sharedMemory(name)
  if (depth === 0 || memory === undefined)
    return { type: 'peeked', value: memory && new Int32Array(memory)[0], thread: threadId }
  const inner = { greetings: { list: [] }, module: import.meta.url }
  const handle = thread().spawn(guest, inner, { ...realParts, memory: { [name]: memory } }, { send: () => true })
  const event = await handle.call({ type: 'peek', name, depth: depth - 1 })
  await handle.close()
  return event
}
