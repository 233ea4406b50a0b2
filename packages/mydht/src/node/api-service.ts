/**
 * @module node/api-service
 * The service that keeps the program's calls: which app works on which id, until when. Not here: promises (`calls.ts`), what an app does.
 */
import type { ErrorCode } from '../errors.ts'
import { createIdTable } from '../id-table.ts'
import { define } from '../service/define.ts'
import type { Crossing, Emit, Service, ServiceDefinition, ServiceParts } from '../service/service.ts'
import { apiCrossing } from './api-crossing.ts'

/** What the main loop says to the api service. `timeoutMs` counts from now. */
export type ApiCommand =
  | {
      readonly type: 'call'
      readonly id: number
      readonly app: string
      readonly call: unknown
      readonly timeoutMs: number
    }
  /** The program wants no more of it. */
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'reply'; readonly id: number; readonly value: unknown; readonly last: boolean }
  | { readonly type: 'end'; readonly id: number }
  | { readonly type: 'fail'; readonly id: number; readonly code: ErrorCode; readonly message: string }
  /** All that the app worked on is lost. */
  | { readonly type: 'app-failed'; readonly app: string; readonly message: string }
  | { readonly type: 'wake' }

/** What the api service says to the main loop: to an app (`forward`, `drop`), to the program (the others), and when to `wake` it. */
export type ApiEvent =
  | { readonly type: 'forward'; readonly id: number; readonly app: string; readonly call: unknown }
  | { readonly type: 'drop'; readonly id: number; readonly app: string }
  | { readonly type: 'reply'; readonly id: number; readonly value: unknown; readonly last: boolean }
  | { readonly type: 'end'; readonly id: number }
  | { readonly type: 'fail'; readonly id: number; readonly code: ErrorCode; readonly message: string }
  | { readonly type: 'wake'; readonly delayMs: number }

/** Bounds of the api service. */
export interface ApiInit {
  readonly maxCalls: number
}

interface PendingCall {
  readonly app: string
  readonly deadlineMs: number
  readonly timeoutMs: number
}

/** What a restarted api service goes on with. */
export interface ApiSaved {
  readonly pending: ReadonlyMap<number, PendingCall>
  readonly wakeAtMs: number
}

/** Deadlines are looked at this often at the most, in milliseconds: a call may end that much late, and thousands share one timer. */
const granularityMs = 10

/** The definition of the `api` service; restartable, since its table is all its progress. */
export const apiService: ServiceDefinition<ApiInit, ApiCommand, ApiEvent, ApiSaved> & {
  readonly sync: true
  readonly restartable: true
  readonly crossing: Crossing<ApiInit, ApiCommand, ApiEvent, ApiSaved>
} = define({
  name: 'api',
  module: import.meta.url,
  sync: true,
  restartable: true,
  crossing: apiCrossing,
  create: createApiService,
})

function createApiService(
  init: ApiInit,
  parts: ServiceParts<ApiCommand>,
  saved?: ApiSaved
): Service<ApiCommand, ApiEvent, ApiSaved> {
  const pending = createIdTable<PendingCall>()
  for (const [id, call] of saved?.pending ?? []) pending.set(id, call)
  let wakeAtMs = saved?.wakeAtMs ?? Infinity

  const wakeBy = (deadlineMs: number, nowMs: number, emit: Emit<ApiEvent>): void => {
    if (deadlineMs >= wakeAtMs) return
    wakeAtMs = deadlineMs
    emit({ type: 'wake', delayMs: Math.max(granularityMs, deadlineMs - nowMs) })
  }

  const expire = (emit: Emit<ApiEvent>): void => {
    const nowMs = parts.clock.monotonicMs()
    let next = Infinity
    for (const [id, call] of pending.entries()) {
      if (call.deadlineMs > nowMs) {
        next = Math.min(next, call.deadlineMs)
        continue
      }
      pending.delete(id)
      emit({ type: 'drop', id, app: call.app })
      const message = `no answer from '${call.app}' within ${call.timeoutMs} ms: give a longer timeoutMs, or see node.stats() for what it waits for`
      emit({ type: 'fail', id, code: 'MYDHT_TIMEOUT', message })
    }
    wakeAtMs = Infinity
    if (next !== Infinity) wakeBy(next, nowMs, emit)
  }

  return {
    handle(command, emit) {
      switch (command.type) {
        case 'call': {
          if (pending.size >= init.maxCalls) {
            const message = `${pending.size} calls wait already: await some of them first, or raise limits.maxCalls`
            emit({ type: 'fail', id: command.id, code: 'MYDHT_BUSY', message })
            return
          }
          const nowMs = parts.clock.monotonicMs()
          const deadlineMs = nowMs + command.timeoutMs
          pending.set(command.id, { app: command.app, deadlineMs, timeoutMs: command.timeoutMs })
          wakeBy(deadlineMs, nowMs, emit)
          emit({ type: 'forward', id: command.id, app: command.app, call: command.call })
          return
        }
        case 'cancel': {
          const call = pending.get(command.id)
          if (!call) return
          pending.delete(command.id)
          emit({ type: 'drop', id: command.id, app: call.app })
          return
        }
        case 'reply':
          if (!pending.has(command.id)) return
          if (command.last) pending.delete(command.id)
          emit(command)
          return
        case 'end':
        case 'fail':
          if (pending.delete(command.id)) emit(command)
          return
        case 'app-failed':
          for (const [id, call] of pending.entries()) {
            if (call.app !== command.app) continue
            pending.delete(id)
            emit({ type: 'fail', id, code: 'MYDHT_SERVICE_FAILED', message: command.message })
          }
          return
        case 'wake':
          expire(emit)
      }
    },
    save: () => ({ pending: new Map(pending.entries()), wakeAtMs }),
  }
}
