/**
 * @module node/placement-words
 * What is said of a placement that cannot be, word for word the same by the compiler (`placement-types.ts`) and at the start (`placement-check.ts`).
 */
import type { RefKind } from '../service/spawner.ts'

/** Of a function among an app's options. */
export const optionFunction = "is a function: give part(import.meta.url, 'name', options)"

/** Of a function in a command or an event. */
export const messageFunction =
  'is a function, which does not cross: say it as data, or place the service on this thread'

/** Of a service that this node does not have. */
export const noService = 'this node has no such service'

/** Of a service that waits inside a system call, anywhere but on a thread that it has for itself. */
export const blocks = 'with this transport it blocks its thread: give it one of its own, thread()'

/** Of the same on a thread that is ended when it gives no sign of life. */
export const stuckWaits = 'it waits inside system calls, where no thread can be ended: leave stuckMs out'

/** Of a clock that is moved by hand, where the transport brings threads of its own. */
export const waitsElsewhere =
  'with this transport it has a thread of its own, which sees no virtual clock: use systemClock, or memory()'

/** Of `listen` and `dial`. */
export const notBlocking = 'only a blocking transport has it'

/** Of a local `PeerRef` on its way to a place whose channel does not convert. */
export const localRef = "is a local PeerRef: use channel: 'converting', or peerRef 'shared' or 'copied'"

/** The same where no memory can be shared. */
export const localRefFar = "is a local PeerRef: use channel: 'converting', or peerRef 'copied'"

/** Of a shared `PeerRef` on its way to another process. */
export const sharedRef = "is a shared PeerRef, which stays in its process: use thread() or pool(), or peerRef 'copied'"

/** Of a `PeerRef` that cannot be copied: there is no such spawner here, but somebody may write one. */
export const copiedRef = 'is a copied PeerRef, which this spawner does not carry: use another'

/** What is wrong with a `PeerRef` of this kind where a spawner carries `Carried` only; never: nothing. */
export type Uncarried<Kind extends RefKind, Carried extends RefKind> = Kind extends Carried
  ? never
  : Kind extends 'local'
    ? 'shared' extends Carried
      ? typeof localRef
      : typeof localRefFar
    : Kind extends 'shared'
      ? typeof sharedRef
      : typeof copiedRef

/** The same for values; undefined: nothing. */
export function uncarried(
  kind: RefKind,
  carried: readonly RefKind[]
): Uncarried<RefKind, never> | typeof localRef | undefined {
  if (carried.includes(kind)) return undefined
  switch (kind) {
    case 'local':
      return carried.includes('shared') ? localRef : localRefFar
    case 'shared':
      return sharedRef
    case 'copied':
      return copiedRef
  }
}

/** Of a clock that is moved by hand, which only one thread can see. */
export const virtualClock = 'a virtual clock is seen by one thread only: use systemClock, or coroutine()'

/** Of a function among the options of a spawner that has to go to the thread of main. */
export const spawnerFunction = 'is a function, which does not cross: leave it out where main runs elsewhere'

/** Of anything else among options that no bytes can be made of. */
export const onlyPlain =
  "only plain data crosses to another thread: give that, or what makes it, part(import.meta.url, 'name', options)"
