/**
 * @module encodings/json/messages
 * Each message as an object of fields, with the same bounds as in binary. Not here: text and bytes (`json.ts`).
 */
import { isAppName, isCode, isHistory, isReady } from '../../wire/checks.ts'
import {
  leastMaxMessageBytes,
  maxAnswers,
  maxApps,
  maxAskerBytes,
  maxContactBytes,
  maxContacts,
  maxHistoryPeers,
  mostMaxMessageBytes,
} from '../../wire/limits.ts'
import type { AnswerItem, History, ReadyMessage, WireMessage, WireMode } from '../../wire/messages.ts'
import { reasonNames, statusNames } from '../../wire/registry.ts'
import type { Field } from './fields.ts'
import { bytes, flag, list, literal, maybe, object, oneOf, peerId, text, u64, union, whole } from './fields.ts'

const app = text(isAppName)
const code = text(isCode)
const u8 = whole(0xff)
const u16 = whole(0xffff)
const u32 = whole(0xffff_ffff)
const u53 = whole(Number.MAX_SAFE_INTEGER)
// As long as the message: nothing more to check than what the record reader has checked.
const body = bytes(Number.POSITIVE_INFINITY)

const mode = union<WireMode>({
  proxied: object({ type: literal('proxied') }),
  direct: object({ type: literal('direct'), asker: bytes(maxAskerBytes) }),
  mixed: object({ type: literal('mixed'), hops: u8 }),
  iterative: object({ type: literal('iterative') }),
})

const history = object<History>(
  { keep: oneOf(['peers', 'hops']), limit: whole(maxHistoryPeers), peers: list(peerId, maxHistoryPeers) },
  isHistory
)

const answer = object<AnswerItem>({ from: maybe(peerId), hops: u8, body })

const ready = object<ReadyMessage>(
  {
    type: literal('ready'),
    accepted: flag,
    code,
    maxMessageBytes: whole(mostMaxMessageBytes, leastMaxMessageBytes),
    apps: list(app, maxApps),
  },
  isReady
)

/** Every message, as one field: its `write` gives a plain JSON value, its `read` a message or `wrong`. */
export const messageField: Field<WireMessage> = union<WireMessage>({
  ready,
  end: object({ type: literal('end'), code }),
  ping: object({ type: literal('ping'), nonce: u32 }),
  pong: object({ type: literal('pong'), nonce: u32 }),
  tell: object({ type: literal('tell'), app, body }),
  request: object({ type: literal('request'), app, id: u32, body }),
  response: object({
    type: literal('response'),
    app,
    id: u32,
    status: oneOf(statusNames),
    stream: u32,
    streamBytes: u53,
    body,
  }),
  chunk: object({ type: literal('chunk'), app, stream: u32, bytes: body }),
  credit: object({ type: literal('credit'), app, stream: u32, bytes: u53 }),
  'stream-end': object({ type: literal('stream-end'), app, stream: u32, fromSender: flag, code }),
  query: object({
    type: literal('query'),
    app,
    trace: u64,
    id: u64,
    mode,
    hops: u8,
    travelled: u8,
    fanOut: u8,
    results: u16,
    priority: u8,
    budget: u32,
    lifetimeMs: u32,
    history,
    body,
  }),
  answer: object({
    type: literal('answer'),
    app,
    id: u64,
    answers: list(answer, maxAnswers),
    closed: u32,
    unspent: u32,
    reason: oneOf(reasonNames),
  }),
  cancel: object({ type: literal('cancel'), app, id: u64 }),
  propagate: object({ type: literal('propagate'), app, trace: u64, hops: u8, fanOut: u8, budget: u32, history, body }),
  contacts: object({ type: literal('contacts'), app, id: u64, records: list(bytes(maxContactBytes), maxContacts) }),
})
