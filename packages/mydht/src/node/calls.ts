/**
 * @module node/calls
 * The program's side of calls: promises and async iterables over the ids that go to the main loop. Not here: deadlines (`api-service.ts`).
 */
import type { AppCallOptions, AppCaller } from '../apps/app.ts'
import { MyDhtError, type ErrorCode } from '../errors.ts'
import { createIdTable } from '../id-table.ts'

/** How calls leave: to the main loop. False: it does not take any more. */
export interface CallOutput {
  call(id: number, app: string, call: unknown, timeoutMs: number): boolean
  cancel(id: number): void
}

/** A call for one reply: its promise, without a closure per event. */
interface OpenOne {
  readonly app: string
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: unknown) => void
  readonly signal: AbortSignal | undefined
  onAbort: (() => void) | undefined
}

/** A call for a stream of replies. */
interface OpenStream {
  readonly resolve: undefined
  reply(value: unknown, last: boolean): void
  end(): void
  fail(error: unknown): void
}

type Open = OpenOne | OpenStream

/** All open calls of one node. */
export interface Calls {
  caller<Call, Reply>(app: string): AppCaller<Call, Reply>
  reply(id: number, value: unknown, last: boolean): void
  end(id: number): void
  fail(id: number, code: ErrorCode, message: string): void
  /** Rejects all that is open, but for `except`. */
  lose(except: ReadonlySet<number>, error: MyDhtError): void
  /** Rejects all that is open and all that follows. */
  close(error: MyDhtError): void
}

/** Makes the table of open calls. */
export function createCalls(output: CallOutput, defaultTimeoutMs: number): Calls {
  const open = createIdTable<Open>()
  let nextId = 1
  let closed: MyDhtError | undefined

  const begin = (app: string, call: unknown, options: AppCallOptions, entry: Open): number => {
    options.signal?.throwIfAborted()
    if (closed) throw closed
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs
    if (!(timeoutMs >= 0 && timeoutMs < Infinity))
      throw new TypeError(`timeoutMs is ${timeoutMs}: give a finite number of milliseconds from 0`)
    const id = nextId++
    open.set(id, entry)
    let taken = false
    try {
      taken = output.call(id, app, call, timeoutMs)
    } finally {
      if (!taken) open.delete(id)
    }
    if (!taken) throw new MyDhtError('MYDHT_BUSY', 'the node takes no more calls right now: await some of them first')
    return id
  }

  const leave = (id: number): void => {
    if (open.delete(id)) output.cancel(id)
  }

  const one = (app: string, call: unknown, options: AppCallOptions): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const { signal } = options
      const entry: OpenOne = { app, resolve, reject, signal, onAbort: undefined }
      const id = begin(app, call, options, entry)
      if (signal === undefined || !open.has(id)) return
      entry.onAbort = () => {
        leave(id)
        reject(signal.reason)
      }
      signal.addEventListener('abort', entry.onAbort, { once: true })
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
      if (entry?.resolve === undefined) {
        entry?.reply(value, last)
        return
      }
      if (!last) leave(id)
      forgetSignal(entry)
      entry.resolve(value)
    },
    end(id) {
      const entry = open.get(id)
      open.delete(id)
      if (entry?.resolve === undefined) entry?.end()
      else failOne(entry, new MyDhtError('MYDHT_NO_REPLY', `app '${entry.app}' ended the call without a reply`))
    },
    fail(id, code, message) {
      const entry = open.get(id)
      open.delete(id)
      if (entry) fail(entry, new MyDhtError(code, message))
    },
    lose(except, error) {
      for (const [id, entry] of open.entries()) if (!except.has(id) && open.delete(id)) fail(entry, error)
    },
    close(error) {
      closed = error
      const waiting = open.entries()
      open.clear()
      for (const [, entry] of waiting) fail(entry, error)
    },
  }
}

function forgetSignal(entry: OpenOne): void {
  if (entry.onAbort !== undefined) entry.signal?.removeEventListener('abort', entry.onAbort)
}

function failOne(entry: OpenOne, error: MyDhtError): void {
  forgetSignal(entry)
  entry.reject(error)
}

function fail(entry: Open, error: MyDhtError): void {
  if (entry.resolve === undefined) entry.fail(error)
  else failOne(entry, error)
}

interface StreamOptions extends AppCallOptions {
  readonly partial?: boolean | undefined
}

/**
 * Replies as an async iterable. What the program has not taken yet waits here; the app bounds it by the results that were asked for.
 * Leaving the loop cancels the call.
 */
async function* stream(
  begin: (entry: OpenStream) => number,
  leave: (id: number) => void,
  options: StreamOptions
): AsyncGenerator<unknown> {
  const waiting: unknown[] = []
  let ended = false
  let failure: { readonly error: unknown } | undefined
  let wake: (() => void) | undefined
  const notify = (): void => {
    wake?.()
    wake = undefined
  }
  const id = begin({
    resolve: undefined,
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
