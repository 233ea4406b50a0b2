/**
 * An app of your own: every node has a few sentences, and a node can ask all others, across hops, who has one with a given word in it.
 * An app is a service that handles commands of the framework, and an API in front of it; `createQueryApp` brings the questions that travel.
 *
 * Run: node examples/dist/09-own-app.js
 * Prints:
 *   whale: Call me Ishmael, said the whale. (1 hop away)
 *   whale: There she blows, a whale! (2 hops away)
 *   walrus: nobody
 *   an answer of a liar: not shown
 */
import { createNode, type Node, type PeerId } from 'mydht'
import {
  appCrossing,
  createQueryApp,
  type App,
  type AppCommand,
  type AppEvent,
  type AppInit,
  type QueryOptions,
} from 'mydht/apps'
import { define, type Service, type ServiceParts } from 'mydht/service'
import { memory } from 'mydht/transports/memory'

// 1. What the app is told, what its API asks of its service, and what comes back. All plain data: the service may run elsewhere.

interface WordsOptions extends QueryOptions {
  readonly sentences: readonly string[]
  /** For the show below: answers with sentences that nobody asked for. */
  readonly liar?: boolean
}
interface WordsCall {
  readonly word: string
}
interface Sentence {
  readonly text: string
  readonly hops: number
  /** Who is said to have it; undefined where peers are anonymous. */
  readonly from: PeerId | undefined
}
type Command = AppCommand<WordsCall>
type Event = AppEvent<Sentence>

// 2. The service, one per node. The bytes of questions and answers are the app's own affair; here both are UTF-8.

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const has = (sentence: string, word: string): boolean => sentence.toLowerCase().split(/\W+/).includes(word)

function createWords(init: AppInit<WordsOptions>, parts: ServiceParts<Command>): Service<Command, Event> {
  const { sentences, liar = false } = init.options
  const query = createQueryApp<WordsCall, Sentence>({
    init,
    parts,
    app: {
      // Strangers write these bytes: say what is a question, and whether an answer is one.
      accepts: (question) => question.length > 0 && question.length <= 64,
      verify: (question, answer) => answer.length <= 1000 && has(textOf(answer), textOf(question)),
      lookup: (question, limit) =>
        sentences
          .filter((each) => liar || has(each, textOf(question)))
          .slice(0, limit)
          .map(bytesOf),
      // Only routes by distance want a key.
      keyOf: () => undefined,
    },
    answer: (id, { body, hops, from }) =>
      query.emit({ type: 'reply', id, value: { text: textOf(body), hops, from }, last: false }),
    done: (id) => query.emit({ type: 'end', id }),
  })
  return {
    handle(command, emit) {
      if (query.handle(command, emit)) return
      if (command.type === 'call') query.ask(command.id, { body: bytesOf(command.call.word), results: 10 })
      else if (command.type === 'cancel') query.cancel(command.id)
    },
    close: () => query.close(),
  }
}

/** Another thread would find it by `module` and `name`; so in a program of yours it stands in a module of its own. */
export const words = define({
  name: 'words',
  module: import.meta.url,
  sync: true,
  crossing: appCrossing<WordsOptions, WordsCall, Sentence>(),
  create: createWords,
})

// 3. The API, and the factory that a configuration calls.

interface WordsApi {
  /** Sentences with this word, as they come. Leaving the loop stops the question, at other peers too. */
  find(word: string): AsyncIterable<Sentence>
}
type WordsApp = App<WordsOptions, WordsCall, Sentence, WordsApi> & { readonly global: typeof words }

function wordsApp(options: WordsOptions): WordsApp {
  return {
    options,
    global: words,
    api: (caller) => ({ find: (word) => caller.stream({ word: word.toLowerCase() }, { partial: true }) }),
  }
}

// 4. Used like any other app.

function start(options: WordsOptions, join: readonly string[] = []): Promise<Node<{ readonly words: WordsApp }>> {
  return createNode({ transport: memory(), apps: { words: wordsApp(options) }, join })
}
const far = await start({ sentences: ['There she blows, a whale!', 'All hands on deck.'] })
const near = await start({ sentences: ['Call me Ishmael, said the whale.'] }, [far.address])
const liar = await start({ sentences: ['Buy my whales.'], liar: true }, [near.address])
const asker = await start({ sentences: [] }, [near.address])

async function ask(word: string): Promise<void> {
  const found: Sentence[] = []
  for await (const sentence of asker.words.find(word)) found.push(sentence)
  found.sort((one, other) => one.hops - other.hops)
  for (const { text, hops } of found) console.log(`${word}: ${text} (${hops} ${hops === 1 ? 'hop' : 'hops'} away)`)
  if (found.length === 0) console.log(`${word}: nobody`)
  if (found.some(({ from }) => from === liar.id)) throw new Error('an answer that is none was shown')
}
await ask('whale')
await ask('walrus')
console.log('an answer of a liar: not shown')

await Promise.all([far, near, liar, asker].map((node) => node.close()))
