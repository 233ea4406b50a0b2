/** @module test/wire/protocol — docs/PROTOCOL.md and the code say the same: registry, limits, and vectors in both directions. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { writeU16 } from '../../src/bytes.ts'
import { createBinary } from '../../src/encodings/binary.ts'
import { createJson } from '../../src/encodings/json.ts'
import * as limits from '../../src/wire/limits.ts'
import type { WireMessage } from '../../src/wire/messages.ts'
import { createRecordReader } from '../../src/wire/record-reader.ts'
import { createRecordWriter } from '../../src/wire/record-writer.ts'
import * as registry from '../../src/wire/registry.ts'
import { createSlabPool } from '../../src/wire/slab.ts'

// From packages/mydht/dist/test/wire/ to the root of the repository.
const text = readFileSync(new URL('../../../../../docs/PROTOCOL.md', import.meta.url), 'utf8')
const binary = createBinary()
const json = createJson()

/** The lines below a heading, up to the next heading. */
function chapter(heading: string): string {
  const found = text.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`))
  assert.ok(found !== undefined, `docs/PROTOCOL.md has no heading '${heading}'`)
  return found
}

/** The cells of a chapter's table, without its head. */
function table(heading: string): string[][] {
  const lines = chapter(heading)
    .split('\n')
    .filter((line) => line.startsWith('|'))
  assert.ok(lines.length > 2, `'${heading}' has no table`)
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim())
  )
}

function fromHex(hex: string): Uint8Array {
  const clean = hex.replaceAll(/[ `]/g, '')
  assert.match(clean, /^([0-9a-f]{2})*$/)
  return Uint8Array.from({ length: clean.length / 2 }, (_, i) => Number.parseInt(clean.slice(2 * i, 2 * i + 2), 16))
}

function fromJson(line: string): WireMessage {
  const decoded = json.decode(new TextEncoder().encode(line))
  if (!decoded.ok) assert.fail(`${decoded.code}: ${line}`)
  return decoded.value
}

function encoded(message: WireMessage, encoding: typeof binary): Uint8Array {
  const target = new Uint8Array(encoding.sizeBound(message))
  return target.slice(0, encoding.encode(message, target, 0))
}

const numbered = [
  ['Messages by number', registry.messageNumbers],
  ['Modes by number', registry.modeNumbers],
  ['Histories by number', registry.historyNumbers],
  ['Statuses by number', registry.statusNumbers],
  ['Reasons by number', registry.reasonNumbers],
  ['Encodings by number', registry.encodingNumbers],
] as const

for (const [heading, numbers] of numbered) {
  test(`the registry is what the document says: ${heading}`, () => {
    const written = table(heading).map(([number, name]) => [name, Number(number)])
    assert.deepEqual(Object.entries(numbers), written)
    assert.equal(new Set(Object.values(numbers)).size, written.length)
  })
}

test('names by number are numbers by name', () => {
  assert.deepEqual(registry.statusNames, Object.keys(registry.statusNumbers))
  assert.deepEqual(registry.reasonNames, Object.keys(registry.reasonNumbers))
  assert.deepEqual(
    registry.statusNames.map((name) => registry.statusNumbers[name]),
    [0, 1, 2, 3, 4]
  )
  assert.deepEqual(
    registry.reasonNames.map((name) => registry.reasonNumbers[name]),
    [0, 1, 2, 3, 4]
  )
})

test('the limits are what the document says', () => {
  const known = new Map<string, number>(Object.entries(limits))
  for (const [name = '', value] of table('Limits')) assert.equal(known.get(name), Number(value), name)
})

test('every message has a layout', () => {
  const written = table('Layouts').map(([name = '']) => name.replaceAll('`', ''))
  assert.deepEqual(written, Object.keys(registry.messageNumbers))
})

const vectors = [...chapter('Vectors of messages').matchAll(/^(\{.*\})\n([0-9a-f]+)$/gm)].map(
  ([, line = '', hex = '']) => ({ line, hex })
)

test('the vectors decode and encode, in both encodings, to what the document says', () => {
  for (const { line, hex } of vectors) {
    const message = fromJson(line)
    assert.deepEqual(binary.decode(fromHex(hex)), { ok: true, value: message })
    assert.equal(Buffer.from(encoded(message, binary)).toString('hex'), hex, line)
    assert.equal(Buffer.from(encoded(message, json)).toString(), line)
  }
})

test('there is a vector for every message, mode, history, status and reason', () => {
  const messages = vectors.map(({ line }) => fromJson(line))
  const seen = (pick: (message: WireMessage) => string | undefined): string[] =>
    [...new Set(messages.map(pick))].filter((name) => name !== undefined).sort()
  assert.deepEqual(
    seen((message) => message.type),
    Object.keys(registry.messageNumbers).sort()
  )
  assert.deepEqual(
    seen((message) => (message.type === 'query' ? message.mode.type : undefined)),
    Object.keys(registry.modeNumbers).sort()
  )
  assert.deepEqual(
    seen((message) => ('history' in message ? message.history.keep : undefined)),
    Object.keys(registry.historyNumbers).sort()
  )
  assert.deepEqual(
    seen((message) => ('status' in message ? message.status : undefined)),
    Object.keys(registry.statusNumbers).sort()
  )
  assert.deepEqual(
    seen((message) => ('reason' in message ? message.reason : undefined)),
    Object.keys(registry.reasonNumbers).sort()
  )
})

test('what the document refuses is refused, for that reason and at that place', () => {
  for (const [hex = '', code, at, why] of table('Vectors of refusals')) {
    assert.deepEqual(binary.decode(fromHex(hex)), { ok: false, code, at: Number(at) }, why)
  }
})

test('the vectors of records hold the messages that the document says', () => {
  for (const [records = '', messages = ''] of table('Vectors of records')) {
    const opener = { overhead: 0, open: (record: Uint8Array): Uint8Array => record }
    const reader = createRecordReader({ decoder: binary, opener, maxMessageBytes: 4096 })
    const wanted = [...messages.matchAll(/`([^`]+)`/g)].map(([, line = '']) => fromJson(line))
    assert.deepEqual(reader.push(fromHex(records)), { messages: wanted, failure: undefined })
    assert.equal(reader.complete(), true)
  }
})

test('a writer writes the second vector of records', () => {
  const out: string[] = []
  const sealer = {
    overhead: 0,
    seal: (source: Uint8Array, target: Uint8Array, at: number): number => {
      target.set(source, at)
      return at + source.length
    },
  }
  const onSlab = (bytes: Uint8Array): boolean => out.push(Buffer.from(bytes).toString('hex')) > 0
  const writer = createRecordWriter({ encoder: binary, sealer, slabs: createSlabPool(), onSlab })
  writer.write({ type: 'ping', nonce: 1 })
  writer.write({ type: 'end', code: '' })
  writer.flush()
  assert.deepEqual(out.map(fromHex), [fromHex(table('Vectors of records')[1]?.[0] ?? '')])
})

test('the longest ready fits into what every peer takes', () => {
  const apps = Array.from({ length: limits.maxApps }, () => 'a'.repeat(limits.maxAppNameBytes))
  const code = 'x'.repeat(limits.maxCodeBytes)
  const longest = encoded(
    { type: 'ready', accepted: false, code, maxMessageBytes: limits.mostMaxMessageBytes, apps },
    binary
  )
  assert.equal(longest.length, 2184)
  assert.ok(longest.length <= limits.leastMaxMessageBytes)
})

test('a slab holds one record that its length can name', () => {
  const header = new Uint8Array(2)
  writeU16(header, 0, limits.slabBytes - limits.recordHeaderBytes)
  assert.deepEqual([...header], [0xff, 0xfe])
})
