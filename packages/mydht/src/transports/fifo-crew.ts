/**
 * @module transports/fifo-crew
 * Services that block, as many as are needed at once: a job takes one and gives it back, and the next job uses it again, because a thread takes
 * long to start. Not here: the jobs.
 */
import { MyDhtError } from '../errors.ts'
import type { Handle } from '../service/handle.ts'
import type { ServiceDefinition } from '../service/service.ts'
import type { Spawner, SpawnParts } from '../service/spawner.ts'
import type { CallEvent, Hello } from './fifo-services.ts'
import type { SpawnedService } from './transport.ts'

/** One service, for one job at a time. */
export interface Hand<Command> {
  /** One call; settles when it has returned. Rejects with MYDHT_SERVICE_FAILED where its thread ended. One at a time. */
  ask(command: Command): Promise<CallEvent>
}

/** Services of one kind. */
export interface Crew<Command> {
  /** A service that nobody uses, as soon as there is one. Rejects where none can be started. */
  take(): Promise<Hand<Command>>
  /** Its job is done and no call of it under way. */
  give(hand: Hand<Command>): void
  /** Ends all. Those that are taken end when they are given back. Settles when no thread is left. */
  close(): Promise<void>
}

/** What a crew is made of. */
export interface CrewOptions<Command> {
  readonly spawner: Spawner
  readonly definition: ServiceDefinition<null, Command | Hello, CallEvent>
  readonly parts: SpawnParts
  /** Most services at once; further jobs wait. */
  readonly most: number
  /** Services that are kept while no job needs them. */
  readonly keep: number
  /** Told of each service that is spawned. */
  readonly onSpawn: (handle: SpawnedService) => void
}

interface Member<Command> extends Hand<Command> {
  readonly handle: Handle<Command | Hello, CallEvent>
  greet(): Promise<CallEvent>
  alive: boolean
}

/** Makes a crew without members. */
export function createCrew<Command>(options: CrewOptions<Command>): Crew<Command> {
  const { most, keep } = options
  const all = new Set<Member<Command>>()
  const idle: Member<Command>[] = []
  const waiting: { readonly resolve: (hand: Hand<Command>) => void; readonly reject: (reason: unknown) => void }[] = []
  const endings = new Set<Promise<unknown>>()
  const closed = new MyDhtError('MYDHT_CLOSED', 'this transport was closed: make a new one')
  let starting = false
  let closing = false
  let whenEmpty: (() => void) | undefined

  const dismiss = (member: Member<Command>): void => {
    all.delete(member)
    const ending = member.handle.close().then(() => {
      endings.delete(ending)
      if (all.size + endings.size === 0) whenEmpty?.()
    })
    endings.add(ending)
  }

  const serve = (): void => {
    while (waiting.length > 0) {
      const member = idle.pop()
      if (member === undefined) break
      if (member.alive) waiting.shift()?.resolve(member)
      else dismiss(member)
    }
    // One after the other: until it is there, those at work may have become free. Those that block do not, so it goes on while anybody waits.
    if (waiting.length > 0 && !starting && !closing && all.size < most) void start()
    while (idle.length > (closing ? 0 : keep)) {
      const member = idle.shift()
      if (member !== undefined) dismiss(member)
    }
  }

  const start = async (): Promise<void> => {
    starting = true
    let member: Member<Command> | undefined
    try {
      member = createMember(options)
      all.add(member)
      await member.greet()
      idle.push(member)
    } catch (thrown) {
      if (member !== undefined) dismiss(member)
      waiting.shift()?.reject(thrown)
    }
    starting = false
    serve()
  }

  return {
    take: () =>
      new Promise((resolve, reject) => {
        if (closing) {
          reject(closed)
          return
        }
        waiting.push({ resolve, reject })
        serve()
      }),
    give(hand) {
      for (const member of all) if (member === hand) idle.push(member)
      serve()
    },
    close() {
      closing = true
      for (const { reject } of waiting.splice(0)) reject(closed)
      serve()
      return new Promise((resolve) => {
        if (all.size + endings.size === 0) resolve()
        else whenEmpty = resolve
      })
    },
  }
}

function createMember<Command>({ spawner, definition, parts, onSpawn }: CrewOptions<Command>): Member<Command> {
  let answer: { readonly resolve: (event: CallEvent) => void; readonly reject: (reason: unknown) => void } | undefined
  const settle = (): typeof answer => {
    const waits = answer
    answer = undefined
    return waits
  }
  const handle = spawner.spawn(definition, null, parts, {
    send: (event) => {
      settle()?.resolve(event)
      return true
    },
  })
  onSpawn(handle)
  const ask = (command: Command | Hello): Promise<CallEvent> =>
    new Promise((resolve, reject) => {
      answer = { resolve, reject }
      if (!handle.send(command)) settle()?.reject(handle.failure ?? gone())
    })
  const member: Member<Command> = { handle, alive: true, ask, greet: () => ask({ type: 'hello' }) }
  handle.onEnd(({ failure }) => {
    member.alive = false
    settle()?.reject(failure ?? gone())
  })
  return member
}

function gone(): MyDhtError {
  return new MyDhtError('MYDHT_SERVICE_ENDED', 'this service of the transport has ended: open a new link')
}
