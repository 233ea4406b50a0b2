/** Shapes of networks, and query messages as a peer that is no engine would send them. */
import type { AnswerMessage, QueryMessage } from '../../src/wire/messages.ts'
import { bytes, type Net } from './query-net.ts'

export const star = (leaves: number): [number, number][] => Array.from({ length: leaves }, (_, leaf) => [0, leaf + 1])
export const chain = (count: number): [number, number][] => Array.from({ length: count - 1 }, (_, at) => [at, at + 1])
export const mesh = (count: number): [number, number][] =>
  Array.from({ length: count }, (_, a) => a).flatMap((a) =>
    Array.from({ length: count - a - 1 }, (_, b): [number, number] => [a, a + b + 1])
  )

export function queryMessage(parts: Partial<QueryMessage> = {}): QueryMessage {
  return {
    type: 'query',
    app: 'test',
    trace: 77n,
    id: 7n,
    mode: { type: 'proxied' },
    hops: 3,
    travelled: 1,
    fanOut: 3,
    results: 1,
    priority: 1,
    budget: 20,
    lifetimeMs: 5000,
    history: { keep: 'peers', limit: 0, peers: [] },
    body: bytes('q'),
    ...parts,
  }
}

/** Everything that was said to the silent peer 0 about its query 7. */
export function told(net: Net, to = 0, id = 7n): AnswerMessage[] {
  return net.sent.flatMap(({ to: target, message }) =>
    target === to && message.type === 'answer' && message.id === id ? [message] : []
  )
}

/** A net whose peer 0 only listens. */
export const deaf = (node: number) => (node === 0 ? () => {} : undefined)
