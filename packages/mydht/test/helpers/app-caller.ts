/**
 * @module test/helpers/app-caller
 * The program's side of an app in tests: calls and streams over replies, without the node's api service.
 */
import type { AppCaller, AppEvent } from '../../src/apps/app.ts'
import type { Clock } from '../../src/clock.ts'
import { MyDhtError } from '../../src/errors.ts'

interface Waiting<Reply> {
  readonly values: Reply[]
  ended: boolean
  error: unknown
  notify: () => void
}

/** A caller, and where the service's replies go. */
export function createTestCaller<Call, Reply>(
  clock: Clock,
  send: (id: number, call: Call) => void,
  cancel: (id: number) => void
): {
  readonly caller: AppCaller<Call, Reply>
  heard(event: Extract<AppEvent<Reply>, { readonly type: 'reply' | 'end' | 'fail' }>): void
} {
  const waiting = new Map<number, Waiting<Reply>>()
  let lastId = 0

  const stream: AppCaller<Call, Reply>['stream'] = async function* (call, options = {}) {
    const id = ++lastId
    const one: Waiting<Reply> = { values: [], ended: false, error: undefined, notify: () => {} }
    waiting.set(id, one)
    const end = (error: unknown): void => {
      one.ended = true
      one.error = error
      one.notify()
    }
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : clock.after(options.timeoutMs, () =>
            end(options.partial ? undefined : new MyDhtError('MYDHT_TIMEOUT', 'test call timed out'))
          )
    const aborted = (): void => end(options.signal?.reason)
    options.signal?.addEventListener('abort', aborted)
    try {
      send(id, call)
      for (;;) {
        for (let value = one.values.shift(); value !== undefined; value = one.values.shift()) yield value
        if (one.error !== undefined) throw one.error
        if (one.ended) return
        await new Promise<void>((resolve) => {
          one.notify = resolve
        })
      }
    } finally {
      timer?.cancel()
      options.signal?.removeEventListener('abort', aborted)
      if (waiting.delete(id)) cancel(id)
    }
  }

  return {
    caller: {
      stream,
      async call(call, options) {
        for await (const reply of stream(call, options)) return reply
        throw new MyDhtError('MYDHT_NO_REPLY', 'the service ended the call without a reply')
      },
    },
    heard(event) {
      const one = waiting.get(event.id)
      if (!one) return
      if (event.type === 'reply') one.values.push(event.value)
      if (event.type === 'fail') one.error = new MyDhtError(event.code, event.message)
      if (event.type !== 'reply' || event.last) {
        one.ended = true
        waiting.delete(event.id)
      }
      one.notify()
    },
  }
}
