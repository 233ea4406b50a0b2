/**
 * @module apps/touch/touch
 * The smallest app, the seed's own test app: a node can touch another, which counts it, and have bytes given back. With a local service
 * per connection, so it shows all that an app can be made of. Read it before you write your own.
 */
import type { PeerId } from '../../identity/peer-id.ts'
import type { App, AppCallOptions, AppCaller } from '../app.ts'
import { expectReply } from '../replies.ts'
import { touchGlobal } from './global.ts'
import { touchLocal, type TouchOwn } from './local.ts'
import type { Touched, TouchCall, TouchOptions, TouchReply, TouchStats } from './protocol.ts'

export type { Touched, TouchOptions, TouchStats } from './protocol.ts'

/** What `node.touch` can do. All reject with MYDHT_NOT_CONNECTED, MYDHT_BUSY, MYDHT_CONNECTION_CLOSED, MYDHT_TIMEOUT or `signal.reason`. */
export interface TouchApi {
  /** Touches a connected peer. */
  touch(peer: PeerId, options?: AppCallOptions): Promise<Touched>
  /** Has a connected peer give `bytes` back. */
  echo(peer: PeerId, bytes: Uint8Array, options?: AppCallOptions): Promise<Uint8Array>
  /** Touches up to `count` connected peers of the route's choice; those that fail are left out. Leaving the loop forgets the others. */
  touchNext(count: number, options?: AppCallOptions): AsyncIterable<Touched>
  stats(): Promise<TouchStats>
}

/** The touch app, as `touch()` gives it. */
export type TouchApp = App<TouchOptions, TouchCall, TouchReply, TouchApi, TouchOwn> & {
  readonly global: typeof touchGlobal
  readonly local: typeof touchLocal
}

/**
 * The touch app.
 *
 * @example
 * const node = await createNode({ transport: tcp(), apps: { touch: touch() } })
 * const { count } = await node.touch.touch(peer)
 */
export function touch(options: TouchOptions = {}): TouchApp {
  return { options, global: touchGlobal, local: touchLocal, api: touchApi }
}

function touchApi(caller: AppCaller<TouchCall, TouchReply>): TouchApi {
  return {
    async touch(peer, options = {}) {
      const { from, count } = expectReply(
        await caller.call({ type: 'touch', peer, timeoutMs: options.timeoutMs }, options),
        'touched'
      )
      return { from, count }
    },
    async echo(peer, bytes, options = {}) {
      return expectReply(
        await caller.call({ type: 'echo', peer, bytes, timeoutMs: options.timeoutMs }, options),
        'echoed'
      ).bytes
    },
    async *touchNext(count, options = {}) {
      if (!Number.isSafeInteger(count) || count < 1)
        throw new TypeError(`touchNext(count): got ${count}, give a whole number from 1`)
      const replies = caller.stream(
        { type: 'touch-next', count, timeoutMs: options.timeoutMs },
        { ...options, partial: true }
      )
      for await (const reply of replies) {
        const { from, count: touches } = expectReply(reply, 'touched')
        yield { from, count: touches }
      }
    },
    async stats() {
      const { touched, pending, uninvited } = expectReply(await caller.call({ type: 'stats' }), 'stats')
      return { touched, pending, uninvited }
    },
  }
}
