/**
 * @module testing/sim/malice
 * Malicious nodes: the very node, of which one app's global service lies. What it hears and says goes through a filter. Not here: how many there are.
 */
import type { AppCommand, AppEvent } from '../../apps/app.ts'
import type { KvApp } from '../../apps/kv/kv.ts'
import type { KvCall, KvReply } from '../../apps/kv/protocol.ts'
import { questionKey } from '../../apps/kv/question.ts'
import { peerKey } from '../../identity/peer-key.ts'
import type { PeerId } from '../../identity/peer-id.ts'
import type { PeerRef } from '../../identity/peer-ref.ts'
import { compareDistance } from '../../routes/xor.ts'
import type { Emit, Service } from '../../service/service.ts'
import { maxContacts } from '../../wire/limits.ts'
import type { AnswerMessage, QueryMessage } from '../../wire/messages.ts'
import type { Malice } from './scenario.ts'

type Command = AppCommand<KvCall>
type Event = AppEvent<KvReply>

/** Malicious nodes that know each other, each with its place and its signed record. */
export interface Gang {
  join(id: PeerId, record: Uint8Array): void
  /** Records of the members nearest to a key. */
  nearest(key: Uint8Array, count: number): readonly Uint8Array[]
}

/** An empty gang. */
export function createGang(): Gang {
  const members = new Map<PeerId, { readonly key: Uint8Array; readonly record: Uint8Array }>()
  return {
    join: (id, record) => void members.set(id, { key: peerKey(id), record: record.slice() }),
    nearest: (key, count) =>
      [...members.values()]
        .toSorted((a, b) => compareDistance(key, a.key, b.key))
        .slice(0, count)
        .map(({ record }) => record),
  }
}

/** A kv app of a malicious node. */
export function maliciousKv(app: KvApp, malice: Malice, gang: Gang): KvApp {
  const honest = app.global
  const global: KvApp['global'] = {
    ...honest,
    create(init, parts, saved) {
      const service = honest.create(init, parts, saved)
      const lying: Service<Command, Event> = {
        handle(command, emit) {
          if (command.type === 'self') gang.join(init.self, command.record)
          if (command.type !== 'message' || command.message.type !== 'query') return service.handle(command, emit)
          if (malice === 'forging') forge(command.from, command.message, emit, init.self, parts.random.bytes(80))
          else if (malice === 'lying') mislead(command.from, command.message, emit, gang)
          return undefined
        },
        close: () => service.close?.(),
      }
      return lying
    },
  }
  return { ...app, global }
}

/** Answers with a value that is none. */
function forge(to: PeerRef, query: QueryMessage, emit: Emit<Event>, self: PeerId, body: Uint8Array): void {
  emit({ type: 'send', to, message: closing(query, [{ from: self, hops: query.travelled, body }]) })
}

/** Says that it has nothing, and that the nearest are others of the gang. */
function mislead(to: PeerRef, query: QueryMessage, emit: Emit<Event>, gang: Gang): void {
  const key = questionKey(query.body)
  if (query.mode.type === 'iterative' && key !== undefined) {
    const records = gang.nearest(key, Math.min(maxContacts, query.fanOut))
    if (records.length > 0)
      emit({ type: 'send', to, message: { type: 'contacts', app: query.app, id: query.id, records } })
  }
  emit({ type: 'send', to, message: closing(query, []) })
}

function closing(query: QueryMessage, answers: AnswerMessage['answers']): AnswerMessage {
  const { app, id, mode, budget, travelled } = query
  const closed = mode.type === 'iterative' ? 1 : budget + 1 + (mode.type === 'direct' ? travelled : 0)
  return { type: 'answer', app, id, answers, closed, unspent: 0, reason: 'done' }
}
