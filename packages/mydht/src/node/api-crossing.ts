/**
 * @module node/api-crossing
 * The api service's init, commands, events and saved calls as bytes.
 */
import { systemClock } from '../clock.ts'
import { plainWithPeers } from '../identity/peer-ref-codec.ts'
import { plain } from '../service/plain.ts'
import type { Crossing } from '../service/service.ts'
import type { ApiCommand, ApiEvent, ApiInit, ApiSaved } from './api-service.ts'

const saved = plain<ApiSaved>()

/**
 * How the api service crosses. Calls and replies are plain data: which app they are of is nothing to it. Each thread's monotonic clock begins when it
 * likes, so saved deadlines cross as times of the wall clock; only the machine's clock can be elsewhere (`SpawnParts.clock`).
 */
export const apiCrossing: Crossing<ApiInit, ApiCommand, ApiEvent, ApiSaved> = {
  init: plain<ApiInit>(),
  command: plainWithPeers<ApiCommand>(),
  event: plainWithPeers<ApiEvent>(),
  saved: {
    encode: (given) => saved.encode(shifted(given, systemClock.now() - systemClock.monotonicMs())),
    decode: (bytes) => shifted(saved.decode(bytes), systemClock.monotonicMs() - systemClock.now()),
  },
}

function shifted({ pending, wakeAtMs }: ApiSaved, byMs: number): ApiSaved {
  const calls = [...pending].map(([id, call]) => [id, { ...call, deadlineMs: call.deadlineMs + byMs }] as const)
  return { pending: new Map(calls), wakeAtMs: wakeAtMs + byMs }
}
