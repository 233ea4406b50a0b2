/**
 * @module service/service
 * What a service is: the contract between a service and whatever runs it. Not here: how it is run (`spawner.ts`) and held (`handle.ts`).
 */
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Random } from '../random.ts'

/**
 * One running instance, with private state. Its runner calls `handle` for one command at a time and never re-enters it:
 * a synchronous `handle` ends by returning, an asynchronous one by settling its promise.
 *
 * - A throw (or rejection) fails the service: its handle becomes `failed`, pending calls get MYDHT_SERVICE_FAILED.
 * - An asynchronous `handle` blocks its own queue. Keep a long wait as state and let its end come back as a command to `parts.self`.
 * - `emit` gives false when the outbox is at its mark; the event was taken all the same, but no further command is delivered until
 *   the outbox drains. Past twice its bound the service fails with MYDHT_SERVICE_OVERFLOW.
 */
export interface Service<Command, Event, Saved = never> {
  handle(command: Command, emit: Emit<Event>): void | Promise<void>
  /** Everything a new instance needs to go on. Called between commands only, by spawners that restart. */
  save?(): Saved
  /** Called once, after the last command: release timers and handles here. */
  close?(): void | Promise<void>
}

/** Hands an event to the destination; false: the outbox is at its mark (the event was taken). */
export type Emit<Event> = (event: Event) => boolean

/** What a service gets from the node it runs in. */
export interface ServiceParts<Command> {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Sends a command to the service itself, behind those that wait. False: the queue is full, or the service has ended. Timers and promises end here. */
  readonly self: (command: Command) => boolean
}

/**
 * What a spawner needs to know of a service. Write it as `const x = {…} as const satisfies ServiceDefinition<…>` or with `define(…)`:
 * an annotation with this wide type forgets whether `sync`, `restartable` and `crossing` are there, and the placement check needs them.
 */
export interface ServiceDefinition<in out Init, in out Command, in out Event, in out Saved = never> {
  /** Name in logs, stats and errors; in kebab-case. */
  readonly name: string
  /** `import.meta.url` of the module that exports this definition: where another thread finds it (by `name`). */
  readonly module: string
  /** Makes an instance. Called in the thread where it runs; `saved` is there when a restart goes on from an earlier instance. */
  create(init: Init, parts: ServiceParts<Command>, saved?: Saved): Service<Command, Event, Saved>
  /** Every `handle` is done with its command when it returns, so a function call can run it: what `inline` and `restart` need. */
  readonly sync?: true
  /** `save()` gives all of its progress: what `restart` needs. */
  readonly restartable?: true
  /** Init, commands and events as plain bytes and back: what threads and processes need. */
  readonly crossing?: Crossing<Init, Command, Event, Saved>
}

/**
 * A value as plain bytes and back. `decode` gets what `encode` gave, on another thread. Properties, not methods: the compiler then sees a codec that
 * does not know all values which it is given.
 */
export interface Codec<T> {
  readonly encode: (value: T) => Uint8Array
  readonly decode: (bytes: Uint8Array) => T
  /**
   * The same as `encode`, straight into `into` from `at`: no array per value on a hot path. Gives where it ended, or undefined when there was no
   * room (what it wrote then does not count). Left out: `encode` is called and copied.
   */
  readonly encodeInto?: (value: T, into: Uint8Array, at: number) => number | undefined
}

/** An event, split into what goes directly and what goes to the owner. */
export interface Split<out Event> {
  readonly direct: readonly { readonly outlet: string; readonly command: unknown }[]
  readonly rest: Event | undefined
}

/** How a service's init, commands and events cross to another thread or process: the seed's `Send` and `SRef`. */
export interface Crossing<in out Init, in out Command, in out Event, in out Saved = never> {
  readonly init: Codec<Init>
  readonly command: Codec<Command>
  readonly event: Codec<Event>
  /** Without it the service runs elsewhere too, but what it saved stays there and is gone. */
  readonly saved?: Codec<Saved>
  /**
   * Which parts of an event may go to other services directly, past the owner, over outlets that were linked (`link`): as commands of theirs, in
   * this order. `has` says whether an outlet is linked and has credit now; if so, all that is for it in this event must go there. `rest` is what
   * remains for the owner. Called for each event that is no reply, where the service runs, before the event's codec.
   */
  direct?(event: Event, has: (outlet: string) => boolean): Split<Event>
  /** Called once where the service will run, between `init.decode` and `create`: imports what the init names. Parts (`part.ts`) are loaded already. */
  prepare?(init: Init): Promise<Init>
}
