/**
 * Two ends of attachments joined by a queue of messages, with a virtual clock: nothing moves before `run`. Chunks arrive as views that are
 * scribbled over after they were handled, as a read buffer would be.
 */
import {
  createAttachments,
  createPromises,
  type Attachments,
  type AttachmentsOptions,
} from '../../src/attachments/index.ts'
import type { ErrorCode } from '../../src/errors.ts'
import { peerIdFromBytes } from '../../src/identity/peer-id.ts'
import { peerRef, type PeerRef } from '../../src/identity/peer-ref.ts'
import { silent } from '../../src/log.ts'
import { virtualClock, type VirtualClock } from '../../src/testing/virtual-clock.ts'
import type { AppMessage } from '../../src/wire/messages.ts'

export type Bounds = Partial<
  Omit<AttachmentsOptions, 'app' | 'clock' | 'log' | 'promises' | 'send' | 'wake' | 'misbehaved'>
>

export interface End {
  readonly peer: PeerRef
  readonly attachments: Attachments
  readonly misbehaved: ErrorCode[]
  /** What becomes of each message that it sends. */
  fate: (message: AppMessage) => 'deliver' | 'full' | 'offline' | 'too-long'
  /** What `send` gives. */
  room: () => boolean
}

export interface Pair {
  readonly clock: VirtualClock
  readonly a: End
  readonly b: End
  /** Messages that arrived, in order, without their bytes. */
  readonly seen: { readonly to: 'a' | 'b'; readonly message: AppMessage; readonly bytes: number }[]
  /** Moves messages and promises until nothing is left. */
  run(): Promise<void>
  /** Hands a message to an end as if the other had sent it. */
  inject(to: 'a' | 'b', message: AppMessage): void
}

export function pair(bounds: Bounds = {}): Pair {
  const clock = virtualClock()
  const queue: (() => void)[] = []
  const seen: Pair['seen'] = []
  const promisesOf: { run(): void }[] = []

  const end = (name: 'a' | 'b', number: number): End => {
    const promises = createPromises(() => (queue.push(() => {}), true))
    promisesOf.push(promises)
    const me: End = {
      peer: peerRef(peerIdFromBytes(new Uint8Array(32).fill(number))),
      misbehaved: [],
      fate: () => 'deliver',
      room: () => true,
      attachments: createAttachments({
        app: 'test',
        clock,
        log: silent,
        promises,
        send(to, message) {
          const fate = me.fate(message)
          if (fate === 'deliver') queue.push(() => arrive(name === 'a' ? 'b' : 'a', message))
          else queue.push(() => void me.attachments.undelivered(to, message, fate))
          return me.room()
        },
        wake: () => {},
        misbehaved: (_, code) => void me.misbehaved.push(code),
        ...bounds,
      }),
    }
    return me
  }
  const a = end('a', 1)
  const b = end('b', 2)

  const arrive = (to: 'a' | 'b', message: AppMessage): void => {
    const view = structuredClone(message)
    const bytes = view.type === 'chunk' ? view.bytes : new Uint8Array(0)
    seen.push({
      to,
      message: view.type === 'chunk' ? { ...view, bytes: new Uint8Array(0) } : view,
      bytes: bytes.length,
    })
    const [me, other] = to === 'a' ? [a, b] : [b, a]
    me.attachments.message(other.peer, view)
    bytes.fill(0xee)
  }

  return {
    clock,
    a,
    b,
    seen,
    inject: (to, message) => void queue.push(() => arrive(to, message)),
    async run() {
      for (let idle = 0; idle < 3;) {
        const next = queue.shift()
        for (const promises of promisesOf) promises.run()
        next?.()
        if (next) idle = 0
        else {
          idle++
          await new Promise<void>((resolve) => setImmediate(resolve))
        }
      }
    },
  }
}

export function pattern(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >>> 8) * 7 + seed) & 255
  return bytes
}
