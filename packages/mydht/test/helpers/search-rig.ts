/** One engine that searches, driven by hand: what it says is written down, and its peers say what the test wants. */
import { createIdentity, type Identity } from '../../src/identity/keys.ts'
import { peerKey } from '../../src/identity/peer-key.ts'
import { createPeerRecord, encodePeerRecord, verifyPeerRecord } from '../../src/identity/peer-record.ts'
import { peerRef, type PeerRef } from '../../src/identity/peer-ref.ts'
import { silent } from '../../src/log.ts'
import type { Answer, Ask, AskOutcome, EngineLimits, Rules } from '../../src/queries/index.ts'
import { createEngine, simpleRules } from '../../src/queries/index.ts'
import { seededRandom } from '../../src/random.ts'
import { compareDistance } from '../../src/routes/xor.ts'
import type { AnswerMessage, AppMessage, QueryMessage } from '../../src/wire/messages.ts'

/** A peer that exists in records only. */
export interface Stranger {
  readonly ref: PeerRef
  readonly key: Uint8Array
  /** Its record with these addresses. */
  record(...addresses: readonly string[]): Uint8Array
}

const identities: Identity[] = []

/** Stranger number `index`. */
export function stranger(index: number): Stranger {
  const identity = (identities[index] ??= createIdentity(seededRandom(9000 + index).bytes(32), 'test'))
  return {
    ref: peerRef(identity.id),
    key: peerKey(identity.id),
    record: (...addresses) =>
      encodePeerRecord(
        createPeerRecord(identity, {
          sequence: 1,
          expiresAtMs: 86_400_000,
          addresses: addresses.length > 0 ? addresses : [`tcp://127.0.0.1:${4000 + index}`],
          clientOnly: false,
        })
      ),
  }
}

/** The same bytes with another signature. */
export function forged(record: Uint8Array): Uint8Array {
  const bytes = record.slice()
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  return bytes
}

export interface RigOptions {
  readonly limits?: Partial<EngineLimits>
  readonly rules?: Rules
}

export type SearchRig = ReturnType<typeof searchRig>

/** The key that all questions are about. */
export const target = new Uint8Array(32)

/** `count` strangers, nearest to the target first. */
export function nearest(count: number): readonly Stranger[] {
  return Array.from({ length: count }, (_, index) => stranger(index)).toSorted((a, b) =>
    compareDistance(target, a.key, b.key)
  )
}

/** The `at`th of them. */
export function pick(strangers: readonly Stranger[], at: number): Stranger {
  const one = strangers[at]
  if (!one) throw new Error(`no stranger ${at}`)
  return one
}

/** Makes one. */
export function searchRig(options: RigOptions = {}) {
  let timeMs = 0
  let wakeAtMs = Infinity
  let checks = 0
  const said: { readonly to: PeerRef; readonly message: AppMessage }[] = []
  const dials: { readonly ticket: number; readonly record: Uint8Array }[] = []
  const routes: number[] = []
  const answers: Answer[] = []
  const silenced: PeerRef[] = []
  let outcome: AskOutcome | undefined
  const self = createIdentity(seededRandom(8999).bytes(32), 'test')
  const engine = createEngine(
    {
      app: 'test',
      self: { id: self.id, anonymous: false, record: undefined },
      rules: options.rules ?? simpleRules(),
      limits: options.limits,
      verifyRecord(record) {
        const verified = verifyPeerRecord(record, 'test', 0)
        return verified.ok ? verified.record.id : undefined
      },
    },
    {
      lookup: () => [],
      verify(_question, answer) {
        checks++
        return answer[0] === 1
      },
      accepts: () => true,
      keyOf: () => target,
    },
    {
      send: (to, message) => void said.push({ to, message }),
      sendDirect: () => {},
      route: ({ ticket }) => void routes.push(ticket),
      reach: (ticket, record) => void dials.push({ ticket, record }),
      answer: (_ask, answer) => void answers.push(answer),
      done: (_ask, ended) => void (outcome = ended),
      wake: (delayMs) => void (wakeAtMs = timeMs + delayMs),
      silent: (peer) => void silenced.push(peer),
    },
    {
      clock: { now: () => timeMs, monotonicMs: () => timeMs, after: () => ({ cancel: () => {} }), soon: () => {} },
      random: seededRandom(1),
      log: silent,
    }
  )
  const queries = () => said.flatMap(({ to, message }) => (message.type === 'query' ? [{ to, message }] : []))
  const queryTo = (peer: PeerRef): QueryMessage => {
    const found = queries().findLast(({ to }) => to.id === peer.id)
    if (!found) throw new Error(`${peer.id} was not asked`)
    return found.message
  }
  return {
    engine,
    said,
    dials,
    answers,
    silenced,
    queries,
    outcome: () => outcome,
    checks: () => checks,
    /** Asks, with these as all that the route knows. */
    ask(peers: readonly PeerRef[], records: readonly Uint8Array[], how: Partial<Ask> = {}): void {
      engine.ask({ body: target, mode: 'iterative', results: 64, ...how })
      const ticket = routes.pop()
      if (ticket !== undefined) engine.routed(ticket, peers, records)
    },
    /** What the engine asked the route last is answered. */
    routed(peers: readonly PeerRef[], records: readonly Uint8Array[]): void {
      const ticket = routes.pop()
      if (ticket !== undefined) engine.routed(ticket, peers, records)
    },
    /** The last query that this peer got. */
    queryTo,
    /** A peer names others. */
    names(from: Stranger, records: readonly Uint8Array[], id = queryTo(from.ref).id): void {
      engine.message(from.ref, { type: 'contacts', app: 'test', id, records })
    },
    /** A peer says its last word. */
    answersWith(from: Stranger, more: Partial<AnswerMessage> = {}, id = queryTo(from.ref).id): void {
      const word = {
        type: 'answer' as const,
        app: 'test',
        id,
        answers: [],
        closed: 1,
        unspent: 0,
        reason: 'done' as const,
      }
      engine.message(from.ref, { ...word, ...more })
    },
    /** A dial ends. */
    reached: (dial: number, peer?: Stranger): void => engine.reached(dials[dial]?.ticket ?? -1, peer?.ref),
    /** Lets time pass, with all wake-ups that were asked for. */
    pass(ms: number): void {
      const untilMs = timeMs + ms
      while (wakeAtMs <= untilMs) {
        timeMs = wakeAtMs
        wakeAtMs = Infinity
        engine.tick()
      }
      timeMs = untilMs
    },
  }
}
