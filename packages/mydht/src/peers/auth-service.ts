/**
 * @module peers/auth-service
 * The service `auth`: one per node, owner of its identity. It shakes hands on every link, signs our record and what apps ask for, asks the
 * accept hook. It holds no stream and never waits: bytes, timers and promises come as commands.
 */
import { realise } from '../part.ts'
import { encodeId } from '../identity/id-text.ts'
import { createIdentity } from '../identity/keys.ts'
import { peerIdFromBytes, type PeerId } from '../identity/peer-id.ts'
import type { PeerRecord } from '../identity/peer-record.ts'
import type { Crossing, Emit, Service, ServiceDefinition, ServiceParts } from '../service/service.ts'
import { acceptTimedOut, type AcceptHook, type Judgement } from './accept.ts'
import { alarm } from './alarm.ts'
import { askAccept } from './ask-accept.ts'
import { authCrossing } from './auth-crossing.ts'
import { authLimits } from './auth-limits.ts'
import type { AuthCommand, AuthEvent, AuthInit, BeginCommand } from './auth-protocol.ts'
import { isReturnAddress } from './dial-policy.ts'
import type { Handshake, HandshakeOutput, HandshakeParts } from './handshake-contract.ts'
import { createHandshake } from './handshake.ts'
import { hostCounter, type HostCounter } from './limits.ts'
import { ownRecord } from './own-record.ts'
import { networkTag } from './preamble.ts'
import { encodeRefusal } from './refusal.ts'

export type { AuthLimits } from './auth-limits.ts'
export type { AuthCommand, AuthEvent, AuthInit } from './auth-protocol.ts'

/** Every signature for an app begins with this, so none of them can pass for a handshake or a record. */
const appContext = 'mydht/1 app '

/** A link under way. */
interface Link {
  readonly number: number
  readonly incoming: boolean
  readonly remoteHost: string
  readonly handshake: Handshake
  readonly startedAtMs: number
  readonly totalAtMs: number
  /** When the present step must be done, in monotonic milliseconds. */
  stepAtMs: number
  /** The accept hook has been asked. */
  judging: boolean
  /** What is written before the return link is open; undefined: nothing is held. */
  held: Uint8Array[] | undefined
  readonly release: () => void
}

/** The service `auth`. */
export const authService: ServiceDefinition<AuthInit, AuthCommand, AuthEvent> & {
  readonly name: 'auth'
  readonly sync: true
  readonly crossing: Crossing<AuthInit, AuthCommand, AuthEvent>
} = {
  name: 'auth',
  module: import.meta.url,
  sync: true,
  crossing: authCrossing,
  create: createAuth,
}

function createAuth(init: AuthInit, parts: ServiceParts<AuthCommand>): Service<AuthCommand, AuthEvent> {
  const limits = authLimits(init.limits ?? {})
  const { clock, random } = parts
  const identity = createIdentity(init.seed, init.network)
  const shadow = realise(init.shadow)({ network: init.network, staticSecret: random.bytes(32) })
  const accept: AcceptHook = init.accept ? realise(init.accept) : () => true
  const own = ownRecord(identity, clock, {
    lifetimeMs: limits.recordLifetimeMs,
    renewMs: limits.recordRenewMs,
    lastSequence: init.lastSequence ?? 0,
  })
  const shared: HandshakeParts = {
    identity,
    mode: init.mode,
    shadow,
    facts: {
      shadowId: shadow.id,
      encodingId: realise(init.encoding).id,
      mode: init.mode,
      networkTag: shadow.hidesNetwork ? undefined : networkTag(init.network),
    },
    random,
    now: () => clock.now(),
  }
  const links = new Map<number, Link>()
  /** Proofs of return links that are awaited, as text, and the link that waits. Each is good once. */
  const awaited = new Map<string, Link>()
  const incoming: HostCounter = hostCounter({
    total: limits.maxHandshakes,
    perHost: limits.maxHandshakesPerHost,
    perBlock: limits.maxHandshakesPerBlock,
    exemptLocal: limits.exemptLocal,
  })
  const outgoing: HostCounter = hostCounter({
    total: limits.maxHandshakes,
    perHost: Infinity,
    perBlock: Infinity,
    exemptLocal: true,
  })
  const wake = alarm(clock, () => parts.self({ type: 'tick' }))
  let published = false

  const forget = (link: Link): void => {
    links.delete(link.number)
    const { proof } = link.handshake
    if (proof && awaited.get(encodeId(proof)) === link) awaited.delete(encodeId(proof))
    link.release()
  }

  const begin = (command: BeginCommand, emit: Emit<AuthEvent>): void => {
    const { link: number, remoteHost } = command
    if (links.has(number))
      throw new TypeError(`link ${number} is shaking hands already: give each link a number of its own`)
    const isIncoming = command.role === 'responder'
    const counter = isIncoming ? incoming : outgoing
    const reached = counter.reached(remoteHost)
    if (reached !== undefined) {
      const hint = isIncoming && command.duplex ? encodeRefusal('MYDHT_LIMIT') : undefined
      if (hint) emit({ type: 'write', link: number, bytes: hint })
      const detail = `too many handshakes at once (${reached === 'total' ? 'in all' : `from this ${reached}`}): try again, or raise the limit`
      emit({ type: 'failed', link: number, code: 'MYDHT_LIMIT', detail })
      return
    }
    const nowMs = clock.monotonicMs()
    const handshake = createHandshake(shared, {
      role: command.role,
      record: own.bytes,
      expected: isIncoming ? undefined : command.expected,
      returnAddress: isIncoming ? undefined : command.returnAddress,
      probe: command.probe,
      duplex: command.duplex,
      mayReturnTo: (address) => isReturnAddress(address, remoteHost),
    })
    const link: Link = {
      number,
      incoming: isIncoming,
      remoteHost,
      handshake,
      startedAtMs: nowMs,
      totalAtMs: nowMs + (command.deadlineMs ?? limits.handshakeTotalMs),
      stepAtMs: nowMs + limits.handshakeStepMs,
      judging: false,
      held: undefined,
      release: counter.add(remoteHost),
    }
    links.set(number, link)
    wake.notLaterThan(Math.min(link.totalAtMs, link.stepAtMs))
    said(link, handshake.start(), emit)
    const { proof } = handshake
    if (proof && links.get(number) === link) awaited.set(encodeId(proof), link)
  }

  /** Passes on what a handshake said. */
  const said = (link: Link, outputs: readonly HandshakeOutput[], emit: Emit<AuthEvent>): void => {
    for (const output of outputs) {
      switch (output.type) {
        case 'write':
          if (link.held) link.held.push(output.bytes)
          else emit({ type: 'write', link: link.number, bytes: output.bytes })
          break
        case 'need-return':
          link.held = []
          emit({ type: 'need-return', link: link.number, address: output.address, proof: output.proof })
          break
        case 'return-link':
          join(link, output.proof, output.consumed, emit)
          break
        case 'proven': {
          const { send, receive, consumed, recordBytes } = output
          const id = output.id ?? peerIdFromBytes(random.bytes(32))
          emit({
            type: 'proven',
            link: link.number,
            id,
            record: recordBytes,
            send,
            receive,
            consumed,
          })
          judge(link, output.id, output.record, emit)
          break
        }
        case 'probed':
          forget(link)
          emit({ type: 'probed', link: link.number, id: output.id, record: output.recordBytes })
          break
        case 'failed':
          forget(link)
          parts.log('debug', 'handshake-failed', { host: link.remoteHost, incoming: link.incoming, code: output.code })
          emit({ type: 'failed', link: link.number, code: output.code, detail: output.detail })
          break
      }
    }
  }

  /** An incoming link says it is the way back of one of ours. */
  const join = (link: Link, proof: Uint8Array, consumed: number, emit: Emit<AuthEvent>): void => {
    forget(link)
    const key = encodeId(proof)
    const waiting = awaited.get(key)
    if (waiting === undefined) {
      const detail = 'a return link came that nobody waits for: it was used before, it is late, or it is made up'
      emit({ type: 'failed', link: link.number, code: 'MYDHT_REFUSED', detail })
      return
    }
    awaited.delete(key)
    emit({ type: 'joined', link: link.number, to: waiting.number, consumed })
  }

  const judge = (link: Link, id: PeerId | undefined, record: PeerRecord | undefined, emit: Emit<AuthEvent>): void => {
    link.judging = true
    link.stepAtMs = clock.monotonicMs() + limits.acceptMs
    const candidate = { id, record, remoteHost: link.remoteHost, incoming: link.incoming }
    const judgement = askAccept(accept, candidate, parts.log, (late) => {
      // A judgement that finds the queue full is lost: the deadline then refuses, which is the safe side.
      if (links.get(link.number) === link) parts.self({ type: 'judged', link: link.number, judgement: late })
    })
    if (judgement) conclude(link, judgement, emit)
    else wake.notLaterThan(link.stepAtMs)
  }

  const conclude = (link: Link, { accepted, priority, code }: Judgement, emit: Emit<AuthEvent>): void => {
    forget(link)
    emit({ type: 'verdict', link: link.number, accepted, priority, code })
  }

  /** Ends what is overdue, renews our record, and sets the timer for what comes next. */
  const tick = (emit: Emit<AuthEvent>): void => {
    const nowMs = clock.monotonicMs()
    for (const link of links.values()) {
      if (link.judging) {
        if (nowMs >= link.stepAtMs) conclude(link, acceptTimedOut, emit)
      } else if (nowMs >= link.totalAtMs || nowMs >= link.stepAtMs) {
        const waitedMs = Math.round(nowMs - link.startedAtMs)
        const detail = `the other side sent no ${link.handshake.step} within ${waitedMs} ms: it may be overloaded, or no MyDHT node at all`
        said(link, link.handshake.abort('MYDHT_TIMEOUT', detail), emit)
      }
    }
    renewIfDue(emit)
    let nextMs = Infinity
    for (const link of links.values())
      nextMs = Math.min(nextMs, link.stepAtMs, link.judging ? Infinity : link.totalAtMs)
    if (published) nextMs = Math.min(nextMs, nowMs + Math.max(1, own.renewAtMs - clock.now()))
    if (nextMs < Infinity) wake.notLaterThan(nextMs)
  }

  const renewIfDue = (emit: Emit<AuthEvent>): void => {
    if (clock.now() < own.renewAtMs) return
    own.renew()
    if (published) emit({ type: 'self', id: identity.id, record: own.bytes })
  }

  return {
    handle(command, emit) {
      switch (command.type) {
        case 'addresses':
          own.renew(command.addresses, command.clientOnly)
          published = true
          wake.notLaterThan(clock.monotonicMs() + own.renewAtMs - clock.now())
          emit({ type: 'self', id: identity.id, record: own.bytes })
          return
        case 'begin':
          renewIfDue(emit)
          begin(command, emit)
          return
        case 'bytes': {
          const link = links.get(command.link)
          if (link === undefined || link.judging) return
          const step = link.handshake.step
          const outputs = link.handshake.bytes(command.bytes)
          if (link.handshake.step !== step) link.stepAtMs = clock.monotonicMs() + limits.handshakeStepMs
          said(link, outputs, emit)
          return
        }
        case 'return-open': {
          const link = links.get(command.link)
          const held = link?.held
          if (link === undefined || held === undefined) return
          link.held = undefined
          link.stepAtMs = clock.monotonicMs() + limits.handshakeStepMs
          for (const bytes of held) emit({ type: 'write', link: link.number, bytes })
          return
        }
        case 'ended': {
          const link = links.get(command.link)
          if (link === undefined || link.judging) return
          const advice = shadow.hidesNetwork
            ? ': with this shadow, strangers get no answer, so compare the secrets'
            : ''
          const detail = `the other side closed while we waited for ${link.handshake.step}${advice}`
          const looked = link.incoming && link.handshake.step === 'message 3' && command.lost !== true
          if (!looked) return said(link, link.handshake.abort('MYDHT_CONNECTION_CLOSED', detail), emit)
          forget(link)
          link.handshake.abort('MYDHT_CONNECTION_CLOSED', detail)
          emit({ type: 'failed', link: link.number, code: 'MYDHT_CONNECTION_CLOSED', detail, looked })
          return
        }
        case 'drop': {
          const link = links.get(command.link)
          if (link === undefined) return
          forget(link)
          link.handshake.abort('MYDHT_CLOSED', 'dropped')
          return
        }
        case 'sign': {
          const context = command.context.startsWith(appContext) ? command.context : appContext + command.context
          emit({ type: 'signed', ticket: command.ticket, signature: identity.sign(context, ...command.fields) })
          return
        }
        case 'tick':
          tick(emit)
          return
        case 'judged': {
          const link = links.get(command.link)
          if (link === undefined || !link.judging) return
          conclude(link, command.judgement, emit)
        }
      }
    },
    close() {
      wake.cancel()
      for (const link of links.values()) link.handshake.abort('MYDHT_CLOSED', 'the node is closing')
      links.clear()
      awaited.clear()
    },
  }
}
