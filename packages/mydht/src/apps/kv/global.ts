/**
 * @module apps/kv/global
 * The one service of a node's kv app: a store, a query engine, and the rules between them. What the program asks comes as calls.
 */
import type { PeerId } from '../../identity/peer-id.ts'
import { publicBlock } from '../../peers/host-key.ts'
import type { EngineApp } from '../../queries/query.ts'
import type { Crossing, Service, ServiceDefinition, ServiceParts } from '../../service/service.ts'
import { memory } from '../../stores/memory.ts'
import type { AppCommand, AppEvent, AppInit } from '../app.ts'
import { openAppStore, type Settled } from '../app-store.ts'
import { appCrossing } from '../crossing.ts'
import { createQueryApp } from '../query-app.ts'
import { createKeeper } from './keep.ts'
import { keyToBytes, type Key } from './key.ts'
import type { KvCall, KvOptions, KvReply } from './protocol.ts'
import { askedKey, questionKey, questionOf } from './question.ts'
import { signContext } from './records.ts'
import { createValidator, type ValidRecord } from './validate.ts'
import { createWriter } from './write.ts'

type Command = AppCommand<KvCall, Settled>
type Event = AppEvent<KvReply>

/** The definition of kv's global service. */
export const kvGlobal: ServiceDefinition<AppInit<KvOptions>, Command, Event> & {
  readonly sync: true
  readonly crossing: Crossing<AppInit<KvOptions>, Command, Event>
} = {
  name: 'kv',
  module: import.meta.url,
  sync: true,
  crossing: appCrossing(),
  create: createKvGlobal,
}

/** Makes the global service. Throws MYDHT_BAD_CONFIG for a store or `validate` part that is not loaded. */
export function createKvGlobal(init: AppInit<KvOptions>, parts: ServiceParts<Command>): Service<Command, Event> {
  const { options } = init
  const { clock, log } = parts
  const disk = openAppStore({
    part: options.store ?? memory(),
    clock,
    log,
    self: () => parts.self({ type: 'own', from: undefined, command: { type: 'settled' } }),
    fail: (id, code, message) => query.emit({ type: 'fail', id, code, message }),
  })
  const validator = createValidator({ app: init.name, network: init.network, clock, log, options })
  const keeper = createKeeper(disk.store, clock, options.keepSpread)
  /** Calls that want one record only. */
  const gets = new Set<number>()
  const askedBy = new Map<number, Key>()
  /** Of online peers: the public address block that they are in. */
  const blocks = new Map<PeerId, string>()
  let refused = 0
  let full = 0

  const check = (bytes: Uint8Array, key: Key | undefined): ValidRecord | undefined => {
    const valid = validator.carried(bytes, key)
    if (!valid) refused++
    return valid
  }

  const app: EngineApp = {
    accepts: (question) => questionKey(question) !== undefined,
    keyOf: (question) => questionKey(question)?.slice(),
    lookup(question, limit) {
      const key = askedKey(question)
      const carried = key === undefined || limit < 1 ? undefined : keeper.carried(key)
      return carried ? [carried] : []
    },
    verify: (question, answer) => check(answer, askedKey(question)) !== undefined,
    passing(question, answer) {
      if (options.cachePassing !== true) return
      const valid = validator.checked(answer, askedKey(question))
      if (valid && keeper.keep(valid, 'passing') === 'full') full++
    },
    receive(value, from) {
      const valid = validator.proven(value, undefined)
      const wanted = valid !== undefined && validator.wanted(valid.record, valid.key)
      if (!wanted) refused++
      // True, but not to this program's taste: nobody's fault.
      if (!wanted) return valid ? 'known' : 'invalid'
      const outcome = keeper.keep(valid, from.id, blocks.get(from.id))
      if (outcome === 'full') full++
      return outcome === 'news' ? 'news' : 'known'
    },
  }

  const query = createQueryApp<KvCall, KvReply, Settled>({
    init,
    parts,
    app,
    answer(call, { from, via, hops, body }) {
      const valid = validator.checked(body, askedBy.get(call))
      if (!valid) return
      const { key, record, expiresAtMs } = valid
      const last = gets.has(call)
      query.emit({
        type: 'reply',
        id: call,
        value: { type: 'hit', key, value: record.value, record, from, via, hops, expiresAtMs },
        last,
      })
      // A query for one record ends by itself with the first: its `done` has nobody to go to.
      if (last) forget(call)
    },
    done(call, outcome) {
      if (!askedBy.has(call)) return
      forget(call)
      if (outcome.reason !== 'busy') return reply(call, { type: 'absent', outcome })
      const message = 'too many queries are under way here: await some of them first, or raise limits.maxPending'
      query.emit({ type: 'fail', id: call, code: 'MYDHT_BUSY', message })
    },
  })

  const forget = (call: number): void => {
    gets.delete(call)
    askedBy.delete(call)
  }
  const reply = (id: number, value: KvReply): void => query.emit({ type: 'reply', id, value, last: true })

  /** Runs `done` once a change counts as acknowledged. */
  const whenDurable = (id: number, done: () => void): void =>
    options.acknowledged === 'disk' ? disk.whenDurable(id, done) : done()

  const writer = createWriter({
    self: init.self,
    clock,
    options,
    keeper,
    validator,
    reply,
    whenDurable,
    fail: (id, code, message) => query.emit({ type: 'fail', id, code, message }),
    sign: (ticket, fields) => query.emit({ type: 'sign', ticket, context: signContext, fields }),
    spread(key, hops, done) {
      const body = keeper.carried(key)
      if (body) query.propagate({ body, hops }, (sent) => done({ hops, sent }))
      else done({ hops, sent: 0 })
    },
  })

  const call = (id: number, wanted: KvCall): void => {
    switch (wanted.type) {
      case 'put':
      case 'publish':
      case 'put-open':
        return writer.write(id, wanted)
      case 'get':
        gets.add(id)
        askedBy.set(id, wanted.key)
        return query.ask(id, { ...wanted.ask, results: 1, body: questionOf(wanted.key), key: keyToBytes(wanted.key) })
      case 'find':
        askedBy.set(id, wanted.key)
        return query.ask(id, { ...wanted.ask, body: questionOf(wanted.key), key: keyToBytes(wanted.key) })
      case 'remove': {
        const removed = keeper.remove(wanted.key)
        return whenDurable(id, () => reply(id, { type: 'removed', removed }))
      }
      case 'ready':
        return reply(id, { type: 'ready' })
      case 'stats':
        return reply(id, { type: 'stats', stats: { ...keeper.size(), refused, full, engine: query.stats() } })
    }
  }

  return {
    handle(command, emit) {
      if (query.handle(command, emit)) return
      if (command.type === 'call') disk.whenOpen(command.id, () => call(command.id, command.call))
      else if (command.type === 'own') disk.settled()
      else if (command.type === 'signed') writer.signed(command.ticket, command.signature)
      else if (command.type === 'online') {
        const block = publicBlock(command.host)
        if (block !== undefined) blocks.set(command.peer.id, block)
      } else if (command.type === 'offline') blocks.delete(command.peer.id)
      else if (command.type === 'cancel') {
        disk.cancel(command.id)
        writer.cancel(command.id)
        forget(command.id)
        query.cancel(command.id)
      }
    },
    async close() {
      query.close()
      await disk.close()
    },
  }
}
