/**
 * @module node/calls
 * The program's side of calls: promises and async iterables over the ids that go to the main loop. Not here: deadlines (`api-service.ts`).
 */
import type { AppCallOptions, AppCaller } from '../apps/app.ts'
import { MyDhtError, type ErrorCode } from '../errors.ts'

/** How calls leave: to the main loop. False: it does not take any more. */
export interface CallOutput {
  call(id: number, app: string, call: unknown, timeoutMs: number): boolean
  cancel(id: number): void
}

interface Open {
  reply(value: unknown, last: boolean): void
  end(): void
  fail(error: unknown): void
}

/** All open calls of one node. */
export interface Calls {
  caller<Call, Reply>(app: string): AppCaller<Call, Reply>
  reply(id: number, value: unknown, last: boolean): void
  end(id: number): void
  fail(id: number, code: ErrorCode, message: string): void
  /** Rejects all that is open and all that follows. */
  close(error: MyDhtError): void
}

/** Makes the table of open calls. */
export function createCalls(output: CallOutput, defaultTimeoutMs: number): Calls {
  const open = new Map<number, Open>()
  let nextId = 1
  let closed: MyDhtError | undefined

  const begin = (app: string, call: unknown, options: AppCallOptions, entry: Open): number => {
    options.signal?.throwIfAborted()
    if (closed) throw closed
    const id = nextId++
    open.set(id, entry)
    if (!output.call(id, app, call, options.timeoutMs ?? defaultTimeoutMs)) {
      open.delete(id)
      throw new MyDhtError('MYDHT_BUSY', 'the node takes no more calls right now: await some of them first')
    }
    return id
  }

  const leave = (id: number): void => {
    if (open.delete(id)) output.cancel(id)
  }

  const one = (app: string, call: unknown, options: AppCallOptions): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const { signal } = options
      let id = 0
      const onAbort = (): void => {
        leave(id)
        reject(signal?.reason)
      }
      const settle = (then: () => void): void => {
        signal?.removeEventListener('abort', onAbort)
        then()
      }
      id = begin(app, call, options, {
        reply: (value, last) => {
          if (!last) leave(id)
          settle(() => resolve(value))
        },
        end: () => settle(() => reject(new MyDhtError('MYDHT_NO_REPLY', `app '${app}' ended the call without a reply`))),
        fail: (error) => settle(() => reject(error)),
      })
      signal?.addEventListener('abort', onAbort, { once: true })
    })

  return {
    caller<Call, Reply>(app: string): AppCaller<Call, Reply> {
      return {
        // What comes back for an app's call is what that app's own global service gave: its Reply.
        call: (call, options = {}) => one(app, call, options) as Promise<Reply>,
        stream: (call, options = {}) =>
          stream((entry) => begin(app, call, options, entry), leave, options) as AsyncIterable<Reply>,
      }
    },
    reply(id, value, last) {
      const entry = open.get(id)
      if (last) open.delete(id)
      entry?.reply(value, last)
    },
    end(id) {
      const entry = open.get(id)
      open.delete(id)
      entry?.end()
    },
    fail(id, code, message) {
      const entry = open.get(id)
      open.delete(id)
      entry?.fail(new MyDhtError(code, message))
    },
    close(error) {
      closed = error
      const waiting = [...open.values()]
      open.clear()
      for (const entry of waiting) entry.fail(error)
    },
  }
}

interface StreamOptions extends AppCallOptions {
  readonly partial?: boolean | undefined
}

/**
 * Replies as an async iterable. What the program has not taken yet waits here; the app bounds it by the results that were asked for.
 * Leaving the loop cancels the call.
 */
async function* stream(begin: (entry: Open) => number, leave: (id: number) => void, options: StreamOptions): AsyncGenerator<unknown> {
  const waiting: unknown[] = []
  let ended = false
  let failure: { readonly error: unknown } | undefined
  let wake: (() => void) | undefined
  const notify = (): void => {
    wake?.()
    wake = undefined
  }
  const id = begin({
    reply: (value, last) => {
      waiting.push(value)
      ended ||= last
      notify()
    },
    end: () => {
      ended = true
      notify()
    },
    fail: (error) => {
      if (!(options.partial && MyDhtError.is(error, 'MYDHT_TIMEOUT'))) failure = { error }
      ended = true
      notify()
    },
  })
  const onAbort = (): void => {
    failure = { error: options.signal?.reason }
    ended = true
    notify()
  }
  options.signal?.addEventListener('abort', onAbort, { once: true })
  try {
    for (;;) {
      while (waiting.length > 0) yield waiting.shift()
      if (failure) throw failure.error
      if (ended) return
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  } finally {
    options.signal?.removeEventListener('abort', onAbort)
    leave(id)
  }
}
