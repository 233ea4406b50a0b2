/**
 * @module testing/sim/malice/replaying
 * Nodes that live in the past: whatever leaves them is the oldest version that they know, truly signed; and when they see that there is a newer one, they
 * have others take the old one again. Beside that they behave. Not here: what they remember (`old-versions.ts`), what differs by app (`replays.ts`).
 */
import type { PeerRef } from '../../../identity/peer-ref.ts'
import { boundedTable } from '../../../peers/bounded-table.ts'
import { defaultLimits } from '../../../queries/defaults.ts'
import type { AnswerMessage, AppMessage, QueryMessage } from '../../../wire/messages.ts'
import type { Mischief, Say, Scene } from './mischief.ts'
import type { OldVersion, OldVersions } from './old-versions.ts'

/** What an app has that can be replayed. */
export interface Replays {
  /** What others are made to take again. */
  readonly kinds: ReadonlySet<OldVersion['kind']>
  /** Whether a message answers one that only the replayer sent. */
  isOurs(message: AppMessage): boolean
  /** Things in a message of the app's own; answers, contacts and spread values are looked at anyway. */
  carries(message: AppMessage): readonly Uint8Array[]
  /** The message with other things in it. */
  changed(message: AppMessage, past: (body: Uint8Array) => Uint8Array): AppMessage
  /** Old answers to a question. */
  answers(question: Uint8Array, nowMs: number): readonly Uint8Array[]
  /** Has peers take an old version of one of `kinds` again. */
  resend(version: OldVersion, peers: readonly PeerRef[], say: Say): void
}

/** Own tickets begin where a service's never come to. */
const firstTicket = 2 ** 48
/** Queries and things that a node keeps in mind at a time: many times what one of a thousand nodes sees. */
const mostInMind = 4096

/** Makes a service live in the past. */
export function replaying({ init, parts }: Scene, old: OldVersions, replays: Replays): Mischief {
  /** Queries to which there is an old answer. */
  const asked = boundedTable<QueryMessage>(mostInMind)
  /** Of each thing the newest version that was answered with an old one. */
  const resent = boundedTable<number>(mostInMind)
  const waiting = new Map<number, OldVersion>()
  let nextTicket = firstTicket
  const now = (): number => parts.clock.now()
  const past = (body: Uint8Array): Uint8Array => old.olderThan(body, now()) ?? body

  const see = (body: Uint8Array, say: Say): void => {
    const older = old.learn(body, now())
    if (
      !older ||
      !replays.kinds.has(older.kind) ||
      (resent.get(older.thing) ?? -1) >= older.replacedBy ||
      waiting.size >= mostInMind
    )
      return
    resent.set(older.thing, older.replacedBy)
    const ticket = nextTicket++
    waiting.set(ticket, older)
    const count = defaultLimits.searchWidth
    say({ type: 'route', ticket, key: older.near, count, exclude: [], discover: false })
  }

  /** An answer without an answer, to a question to which there was one once. */
  const withOld = (answer: AnswerMessage): AnswerMessage => {
    const query = answer.closed > 0 ? asked.get(`${answer.id}`) : undefined
    if (!query) return answer
    asked.delete(`${answer.id}`)
    if (answer.answers.length > 0 || answer.reason !== 'done') return answer
    const bodies = replays.answers(query.body, now()).slice(0, Math.max(1, query.results))
    return { ...answer, answers: bodies.map((body) => ({ from: init.self, hops: query.travelled, body })) }
  }

  return {
    hears(command, say) {
      switch (command.type) {
        case 'message': {
          const { message } = command
          if (replays.isOurs(message)) return true
          for (const body of [...bodiesOf(message), ...replays.carries(message)]) see(body, say)
          if (message.type === 'query' && replays.answers(message.body, now()).length > 0)
            asked.set(`${message.id}`, { ...message, body: message.body.slice() })
          return false
        }
        case 'online':
          if (command.record) see(command.record, say)
          return false
        case 'undelivered':
          return replays.isOurs(command.message)
        case 'routed': {
          const version = waiting.get(command.ticket)
          if (!version) return false
          waiting.delete(command.ticket)
          replays.resend(version, command.peers, say)
          return true
        }
        case 'self':
        case 'call':
        case 'cancel':
        case 'offline':
        case 'reachable':
        case 'reached':
        case 'writable':
        case 'connected':
        case 'signed':
        case 'wake':
        case 'own':
        case 'candidates':
        case 'address-of':
        case 'search':
        case 'dialled':
        case 'unreachable':
          return false
      }
    },
    says(message) {
      if (message.type === 'answer')
        return withOld({ ...message, answers: message.answers.map((one) => ({ ...one, body: past(one.body) })) })
      if (message.type === 'contacts') return { ...message, records: message.records.map(past) }
      if (message.type === 'propagate') return { ...message, body: past(message.body) }
      return replays.changed(message, past)
    },
  }
}

/** Things that a message of any app may carry. */
function bodiesOf(message: AppMessage): readonly Uint8Array[] {
  if (message.type === 'answer') return message.answers.map(({ body }) => body)
  if (message.type === 'contacts') return message.records
  return message.type === 'propagate' ? [message.body] : []
}
