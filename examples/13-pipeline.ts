/**
 * A pipeline of three services on three spawners: `reader` in turns on this thread, `splitter` on a thread of its own, `counter` as a function
 * call. A handle is a destination, so the chain is made from its end. Every queue in it is bounded; when the last one is slow, the first
 * one's `send` says no, and only the program at the source waits.
 *
 * Run: node examples/dist/13-pipeline.js
 * Prints:
 *   20000 lines, 120000 words; most often: "the" 40000, "quick" 20000, "fox" 20000
 *   handled: reader 20001, splitter 20001, counter 20001; left anywhere: 0
 */
import { coroutine, define, inline, systemClock, systemRandom, type Service } from 'mydht/service'
import { thread } from 'mydht/service/thread'
import { splitter, type Text, type Words } from './services/splitter.ts'

/** A line of the source, or that there are no more. */
type Line = { readonly type: 'line'; readonly line: string } | { readonly type: 'end' }

const reader = define({
  name: 'reader',
  module: import.meta.url,
  create: (): Service<Line, Text> => ({
    async handle(line, emit) {
      // As if it came from afar: this service waits, others do not.
      await Promise.resolve()
      emit(line.type === 'end' ? line : { type: 'text', text: line.line.trim() })
    },
  }),
})

/** How often each word came. */
type Counts = ReadonlyMap<string, number>

const counter = define({
  name: 'counter',
  module: import.meta.url,
  sync: true,
  create: (): Service<Words, Counts> => {
    const counts = new Map<string, number>()
    return {
      handle(command, emit) {
        if (command.type === 'end') emit(counts)
        else for (const word of command.words) counts.set(word, (counts.get(word) ?? 0) + 1)
      },
    }
  },
})

const parts = { clock: systemClock, random: systemRandom, log: () => {} }
let onDone: (counts: Counts) => void = () => {}
const done = new Promise<Counts>((resolve) => (onDone = resolve))

const counting = inline().spawn(counter, undefined, parts, { send: (counts) => (onDone(counts), true) })
const splitting = thread({ queueLimit: 64, outboxLimit: 64 }).spawn(splitter, undefined, parts, counting)
const reading = coroutine({ queueLimit: 64, outboxLimit: 64 }).spawn(reader, undefined, parts, splitting)

const { signal } = new AbortController()
async function feed(line: Line): Promise<void> {
  // Not taken: it is still ours. `drained` says when to try again.
  while (!reading.send(line)) await reading.drained(signal)
}

const lines = 20_000
for (let i = 0; i < lines; i++) await feed({ type: 'line', line: '  The quick fox and the dog\n' })
await feed({ type: 'end' })

const counts = await done
const words = [...counts.values()].reduce((sum, count) => sum + count, 0)
const most = [...counts].toSorted(([, one], [, other]) => other - one).slice(0, 3)
console.log(`${lines} lines, ${words} words; most often: ${most.map(([word, n]) => `"${word}" ${n}`).join(', ')}`)

// From the first to the last, so that nobody sends to a service that has ended.
const stages = { reader: reading, splitter: splitting, counter: counting }
let left = 0
for (const handle of Object.values(stages)) left += (await handle.close()).notSent.length
const handled = Object.entries(stages).map(([name, handle]) => `${name} ${handle.stats().handled}`)
console.log(`handled: ${handled.join(', ')}; left anywhere: ${left}`)
