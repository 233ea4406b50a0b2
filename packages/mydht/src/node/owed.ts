/**
 * @module node/owed
 * What a service must hear sooner or later (a peer came or went, a reply, the time is up): while it is full, its commands wait here, in order.
 * Not here: messages of peers, which are answered `busy` instead.
 */
import type { Clock } from '../clock.ts'
import { Queue } from '../service/channels/queue.ts'
import type { Handle } from '../service/handle.ts'

/** Hands commands to one service, in order. */
export interface Owed<Command> {
  /** Takes a command, to be handed over now or when there is room. False: the service has ended, or too much waits already. */
  send(command: Command): boolean
  /** Commands that wait. While it is not 0, whoever sends past this overtakes them. */
  readonly waiting: number
}

/** Makes one for the service that `handle` gives, with room for `limit` commands. */
export function owed<Command>(
  handle: () => Pick<Handle<Command, unknown>, 'send' | 'drained'>,
  clock: Clock,
  limit: number
): Owed<Command> {
  const queue = new Queue<Command>(limit)
  let asking = false

  const flush = (): void => {
    asking = false
    // It leaves the line after it went: what it leads to meanwhile queues behind the rest.
    while (queue.length > 0 && handle().send(queue.peek())) queue.take()
    if (queue.length > 0) ask()
  }
  const ask = (): void => {
    if (asking) return
    asking = true
    handle()
      .drained(new AbortController().signal)
      // Not in a promise job: a service that says `drained` and still refuses must not stop everything else.
      .then(
        () => clock.soon(flush),
        () => {
          // It has ended: there is nobody to tell.
          asking = false
          queue.drain()
        }
      )
  }

  return {
    send(command) {
      if (queue.length === 0 && handle().send(command)) return true
      if (!queue.push(command)) return false
      ask()
      return true
    },
    get waiting() {
      return queue.length
    },
  }
}
