/** Mode `iterative` over the route `kademlia`: searches of the asker's own, hop by hop. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { seededRandom } from '../../src/random.ts'
import { compareDistance } from '../../src/routes/xor.ts'
import type { AnswerMessage, QueryMessage } from '../../src/wire/messages.ts'
import {
  answerOf,
  searchNet,
  someone,
  type Rogue,
  type SearchNet,
  type SearchNetOptions,
} from '../helpers/search-net.ts'

const k = 8
const settings: SearchNetOptions = { kademlia: { k, maxWaiting: k }, limits: { searchWidth: k } }

/** `count` people of 150, by chance. */
function people(seed: number, count: number): number[] {
  const random = seededRandom(seed)
  const all = Array.from({ length: 150 }, (_, i) => i)
  return Array.from({ length: count }, () => all.splice(random.below(all.length), 1)[0] ?? 0)
}

function joined(seed: number, count: number, options: SearchNetOptions = {}): SearchNet {
  const net = searchNet(people(seed, count), { ...settings, ...options, seed })
  net.joinAll()
  net.endAll()
  net.run()
  return net
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

function reply(to: QueryMessage, more: Partial<AnswerMessage> = {}): AnswerMessage {
  return { type: 'answer', app: 'test', id: to.id, answers: [], closed: 1, unspent: 0, reason: 'done', ...more }
}

/** Four nodes in a row: each knows only its neighbours. */
function line(options: SearchNetOptions = {}): SearchNet {
  const net = searchNet([0, 1, 2, 3], { ...settings, ...options })
  for (const [a, b] of [
    [0, 1],
    [1, 2],
    [2, 3],
  ] as const)
    net.connect(a, b)
  return net
}

describe('what goes wrong', () => {
  test('a node that knows nobody says so', () => {
    const net = searchNet([0])
    const run = net.ask(0, someone(1).key)
    net.run()
    assert.equal(run.outcome?.reason, 'no-route')
    assert.deepEqual(run.outcome.closest, [])
  })

  test('contacts that are dead or silent are passed over, and a silent one costs no more than its time', () => {
    const silent = new Set<number>()
    const rogue = (node: number): Rogue | undefined => (silent.has(node) ? () => {} : undefined)
    const net = joined(5, 40, { rogue })
    const key = net.random.bytes(32)
    const [holder, dead, quiet] = net.nearest(0, key, 3).map((id) => net.nodes.findIndex((one) => one.id === id))
    assert.ok(holder !== undefined && dead !== undefined && quiet !== undefined)
    net.kill(dead)
    silent.add(quiet)
    const startedMs = net.time()
    const run = net.ask(0, key, { results: 64 })
    net.run(startedMs + 10_000)
    assert.equal(run.outcome?.reason, 'exhausted')
    assert.ok(run.outcome.failed >= 2)
    // Those who still name the two name so many fewer others.
    const expected = net.nearest(0, key, k).filter((id) => id !== net.node(quiet).id)
    assert.deepEqual(
      run.outcome.closest?.slice(0, k - 2).map(({ id }) => id),
      expected.slice(0, k - 2)
    )
  })

  test('who answers late is heard all the same while the search goes on', () => {
    const late: Rogue = (_from, message, say) => {
      if (message.type === 'query') pending.push(() => say(reply(message, { answers: [answer(message)] })))
    }
    const pending: (() => void)[] = []
    const answer = ({ body }: QueryMessage) => ({ from: undefined, hops: 1, body: answerOf(body) })
    const both: Rogue = () => {}
    const net = searchNet([0, 1, 2], { ...settings, rogue: (node) => [undefined, late, both][node] })
    net.connect(0, 1)
    net.connect(0, 2)
    const run = net.ask(0, someone(9).key, { fanOut: 1 })
    net.run(2000)
    net.run(4000)
    assert.equal(run.outcome, undefined)
    assert.equal(pending.length, 1)
    for (const say of pending) say()
    net.run(4100)
    assert.equal(run.answers.length, 1)
    assert.equal(net.node(0).engine.stats().pending, 0)
  })

  test('a search ends at its lifetime, at its budget, at its hops, and when it is cancelled', () => {
    const rogue = (node: number): Rogue | undefined => (node === 1 ? () => {} : undefined)
    const slow = line({ rogue })
    const expired = slow.ask(0, someone(3).key, { lifetimeMs: 100 })
    slow.run()
    assert.equal(expired.outcome?.reason, 'expired')
    assert.equal(slow.time() < 1000, true)

    for (const [how, sent] of [
      [{ budget: 2 }, 2],
      [{ hops: 1 }, 1],
      [{ hops: 2 }, 2],
      [{ hops: 0 }, 0],
      [{ budget: 0 }, 0],
    ] as const) {
      const net = line()
      const run = net.ask(0, someone(50).key, how)
      net.run()
      assert.equal(run.outcome?.sent, sent, JSON.stringify(how))
      assert.equal(net.queries(), sent)
    }

    const net = line()
    const run = net.ask(0, someone(50).key)
    const [number] = net.node(0).runs.keys()
    net.run(2)
    net.node(0).engine.cancel(number ?? 0)
    assert.equal(run.outcome?.reason, 'cancelled')
    net.run()
    assert.equal(net.node(0).engine.stats().pending, 0)
    assert.ok(net.queries() <= 1)
  })

  test('a node with too many questions under way is busy, and so is a peer', () => {
    const net = line({ limits: { maxPending: 1 }, rogue: (node) => (node === 1 ? () => {} : undefined) })
    const first = net.ask(0, someone(8).key)
    const second = net.ask(0, someone(9).key)
    assert.equal(second.outcome?.reason, 'busy')
    net.run()
    assert.equal(first.outcome?.reason, 'exhausted')
  })

  test('a question that a peer does not understand is refused, and the peer counts as failed', () => {
    const net = line()
    const run = net.ask(0, new Uint8Array(31), { key: someone(9).key })
    net.run()
    assert.deepEqual([run.outcome?.reason, run.outcome?.failed], ['exhausted', 1])
  })

  test('a connection that is ended while its peer is asked is opened again, once', () => {
    const net = line()
    net.run()
    net.disconnect(0, 1)
    const run = net.ask(0, someone(2).key)
    net.run(3)
    net.disconnect(0, 1)
    net.run()
    assert.equal(run.outcome?.reason, 'exhausted')
    assert.ok(run.outcome.closest?.some(({ id }) => id === net.node(1).id))
  })
})

test('a peer that is always silent is asked a few times, and then no more', () => {
  let asked = 0
  const net = searchNet([0, 1, 2, 3], {
    ...settings,
    rogue: (node) => (node === 1 ? (_from, message) => void (message.type === 'query' && asked++) : undefined),
  })
  for (const other of [1, 2, 3]) net.connect(0, other)
  for (let i = 0; i < 6; i++) {
    net.ask(0, net.random.bytes(32))
    net.run()
  }
  assert.equal(asked, 3)
})

describe('liars', () => {
  const client = someone(60)

  test('records that nobody signed, of clients, of the asker, cut short or repeated lead nowhere', () => {
    const forged = someone(2).record.slice()
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
    let asked: QueryMessage | undefined
    const liar: Rogue = (_from, message, say) => {
      if (message.type !== 'query') return
      asked = message
      const records = [forged, someone(0).record, new Uint8Array(3), someone(1).record, client.record, client.record]
      say({ type: 'contacts', app: 'test', id: message.id, records })
      say({ type: 'contacts', app: 'test', id: message.id, records: [someone(3).record] })
      say({ type: 'contacts', app: 'test', id: message.id + 1n, records: [someone(3).record] })
      say(reply(message, { answers: [{ from: undefined, hops: 1, body: new Uint8Array(3) }] }))
    }
    const net = line({ rogue: (node) => (node === 1 ? liar : undefined) })
    const run = net.ask(0, someone(2).key)
    net.run()
    assert.ok(asked)
    assert.equal(run.outcome?.reason, 'exhausted')
    // Only the liar was asked: node 60 exists nowhere, node 3 was named in a second breath.
    assert.deepEqual([run.outcome.sent, run.outcome.invalid, run.answers.length], [1, 1, 0])
    const { uninvited, unknown, invalid } = net.node(0).engine.stats()
    assert.deepEqual([uninvited, unknown, invalid], [1, 1, 2])
  })

  test('a forged record of an honest peer does not hide it from those who name the true one', () => {
    const forged = someone(3).record.slice()
    forged[40] = (forged[40] ?? 0) ^ 1
    const liar: Rogue = (_from, message, say) => {
      if (message.type !== 'query') return
      say({ type: 'contacts', app: 'test', id: message.id, records: [forged, someone(2).record] })
      say(reply(message))
    }
    const net = searchNet([0, 1, 2, 3], { ...settings, rogue: (node) => (node === 1 ? liar : undefined) })
    net.connect(0, 1)
    net.connect(2, 3)
    net.node(3).store.add(hex(someone(3).key))
    const run = net.ask(0, someone(3).key, { fanOut: 1 })
    net.run()
    assert.equal(run.answers[0]?.via, someone(3).id)
  })

  test('an answer or contacts from somebody who was not asked are not taken', () => {
    let heard: QueryMessage | undefined
    const quiet: Rogue = (_from, message) => {
      if (message.type === 'query') heard = message
    }
    const net = line({ rogue: (node) => (node === 1 ? quiet : undefined) })
    net.connect(0, 3)
    net.kill(3)
    const key = someone(9).key
    const run = net.ask(0, key)
    net.run(10)
    assert.ok(heard)
    const forged = reply(heard, { answers: [{ from: undefined, hops: 1, body: answerOf(key) }] })
    net.node(0).engine.message(net.node(2).ref, forged)
    net.node(0).engine.message(net.node(2).ref, { type: 'contacts', app: 'test', id: heard.id, records: [] })
    assert.equal(net.node(0).engine.stats().uninvited, 2)
    assert.equal(run.answers.length, 0)
    net.run()
  })

  test('a peer of rubbish is given up and counts as failed', () => {
    const rubbish: Rogue = (_from, message, say) => {
      if (message.type !== 'query') return
      const answers = Array.from({ length: 20 }, () => ({ from: undefined, hops: 1, body: Uint8Array.of(9) }))
      say(reply(message, { answers, closed: 0 }))
    }
    const net = line({ rogue: (node) => (node === 1 ? rubbish : undefined) })
    const run = net.ask(0, someone(9).key)
    net.run(100)
    assert.deepEqual([run.outcome?.reason, run.outcome?.failed, run.outcome?.invalid], ['exhausted', 1, 9])
  })

  test('of one address block only so many count among the nearest', () => {
    const addressOf = (node: number): string | undefined => (node >= 20 ? `tcp://8.8.8.${node}:4001` : undefined)
    const options = { ...settings, limits: { searchWidth: k, maxPerBlockInSearch: 2 }, addressOf }
    const liar: Rogue = (_from, message, say) => {
      if (message.type !== 'query') return
      const records = Array.from({ length: 12 }, (_, i) => net.node(20 + i).record)
      say({ type: 'contacts', app: 'test', id: message.id, records })
      say(reply(message))
    }
    const net: SearchNet = searchNet(
      Array.from({ length: 32 }, (_, i) => i),
      { ...options, rogue: (node) => (node > 0 && node < 20 ? liar : undefined) }
    )
    for (let i = 1; i < 20; i++) net.connect(0, i)
    const run = net.ask(0, net.node(20).key)
    net.run()
    const ofBlock = run.outcome?.closest?.filter(({ id }) => net.nodes.findIndex((one) => one.id === id) >= 20)
    assert.equal(ofBlock?.length, 2)
  })

  test('where a fifth lies about who is near, more is found along four paths than along one', () => {
    const found = { 1: 0, 4: 0 }
    for (let seed = 1; seed <= 12; seed++) {
      const random = seededRandom(seed)
      const liars = new Set(Array.from({ length: 10 }, () => 1 + random.below(59)))
      let lying = false
      /** Names the accomplices nearest to the key, and nobody else. */
      const liar: Rogue = (_from, message, say) => {
        if (message.type !== 'query') return
        const near = [...liars]
          .map((index) => net.node(index))
          .toSorted((a, b) => compareDistance(message.body, a.key, b.key))
        say({ type: 'contacts', app: 'test', id: message.id, records: near.slice(0, k).map((one) => one.record) })
        say(reply(message))
      }
      const net: SearchNet = joined(seed, 60, { rogue: (node) => (lying && liars.has(node) ? liar : undefined) })
      lying = true
      for (let i = 0; i < 5; i++) {
        const key = random.bytes(32)
        const honest = net.nodes.filter(({ index }) => index > 0 && !liars.has(index))
        const [holder] = honest.toSorted((a, b) => compareDistance(key, a.key, b.key))
        holder?.store.add(hex(key))
        for (const paths of [1, 4] as const) {
          const run = net.ask(0, key, { paths, fanOut: 4 })
          net.run()
          found[paths] += run.answers.length
        }
      }
    }
    assert.ok(found[4] >= found[1], JSON.stringify(found))
    assert.ok(found[4] >= 57, JSON.stringify(found))
  })
})

describe('in a static network', () => {
  test('a search finds the true nearest, from 100 seeds', () => {
    const wrong: string[] = []
    for (let seed = 1; seed <= 100; seed++) {
      const net = joined(seed, 20 + (seed % 6) * 8)
      for (let i = 0; i < 3; i++) {
        const asker = net.random.below(net.nodes.length)
        const key = net.random.bytes(32)
        const run = net.ask(asker, key, { results: 64, local: false, paths: 1 + (i % 2) * 3 })
        net.run()
        const found = run.outcome?.closest?.map(({ id }) => id)
        if (JSON.stringify(found) !== JSON.stringify(net.nearest(asker, key, k)))
          wrong.push(`seed ${seed}, key ${hex(key)}`)
      }
    }
    assert.deepEqual(wrong, [])
  })

  test('a value at the nearest is found, and the search ends with it', () => {
    const net = joined(3, 80)
    let sent = 0
    for (let i = 0; i < 10; i++) {
      const key = net.random.bytes(32)
      const [nearest] = net.nearest(0, key, 1)
      net.nodes.find(({ id }) => id === nearest)?.store.add(hex(key))
      const run = net.ask(0, key)
      net.run()
      assert.equal(run.outcome?.reason, 'complete')
      assert.equal(run.answers[0]?.via, nearest)
      sent += run.outcome.sent
    }
    assert.ok(sent < 80, `${sent}`)
  })

  test('as many answers as are wanted are taken, from different peers', () => {
    const net = joined(4, 50)
    const key = net.random.bytes(32)
    for (const id of net.nearest(0, key, 5)) net.nodes.find((one) => one.id === id)?.store.add(hex(key))
    for (const [wanted, got, reason] of [
      [1, 1, 'complete'],
      [4, 4, 'complete'],
      [9, 5, 'exhausted'],
    ] as const) {
      const run = net.ask(0, key, { results: wanted })
      net.run()
      assert.equal(new Set(run.answers.map(({ via }) => via)).size, got)
      assert.equal(run.outcome?.reason, reason)
    }
    net.node(0).store.add(hex(key))
    const queries = net.queries()
    const own = net.ask(0, key)
    net.run()
    assert.deepEqual([own.answers[0]?.via, own.outcome?.reason, net.queries()], [undefined, 'complete', queries])
  })

  test('at most fan-out peers are asked at a time, and nobody twice', () => {
    const open = new Set<bigint>()
    const asked: number[] = []
    let most = 0
    let watching = false
    const net = joined(6, 60, {
      watch(step, from, to, message) {
        if (!watching) return
        if (step === 'sent' && from === 0 && message.type === 'query') {
          asked.push(to)
          open.add(message.id)
          most = Math.max(most, open.size)
        } else if (step === 'arrived' && to === 0 && message.type === 'answer') open.delete(message.id)
      },
    })
    watching = true
    for (const [fanOut, paths, bound] of [
      [3, 1, 3],
      [1, 1, 1],
      [4, 4, 4],
      [2, 8, 8],
    ] as const) {
      asked.length = 0
      most = 0
      const run = net.ask(0, net.random.bytes(32), { fanOut, paths, results: 64 })
      net.run()
      assert.equal(run.outcome?.sent, asked.length)
      assert.equal(new Set(asked).size, asked.length)
      assert.ok(most <= bound && (most > 1 || bound === 1), `${most} of ${bound}`)
    }
  })
})
