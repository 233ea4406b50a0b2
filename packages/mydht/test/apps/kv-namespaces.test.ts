/** The program's own rules, by namespace: what may be kept, and which of two records is the better. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { kv, type KvOptions } from '../../src/apps/kv/kv.ts'
import { createRecordRules, namespaceOf, type Namespace } from '../../src/apps/kv/namespaces.ts'
import { keyOfRecord, type KvRecord } from '../../src/apps/kv/records.ts'
import { utf8Bytes, utf8Text } from '../../src/bytes.ts'
import { MyDhtError } from '../../src/errors.ts'
import { part } from '../../src/part.ts'
import { testnet } from '../../src/testing/testnet.ts'

const open = (name: string, text: string, sequence = 1): KvRecord => ({
  kind: 'open',
  name,
  value: utf8Bytes(text),
  sequence,
})
const textOf = ({ value }: KvRecord): string => utf8Text(value) ?? ''
/** The longest text is the best one, whenever it was written. */
const longest: Namespace = { select: (a, b) => a.value.length - b.value.length }
/** Only numbers. */
const numbers: Namespace = { validate: (record) => /^[0-9]+$/.test(textOf(record)) }

describe('rules', () => {
  const logged: string[] = []
  const made = (options: KvOptions) => createRecordRules(options, (_level, event) => void logged.push(event))
  const wanted = (rules: ReturnType<typeof made>, record: KvRecord): boolean =>
    rules.wanted(record, keyOfRecord(record))

  test('a rule that throws says no, or leaves it to the usual order', () => {
    const fail = (): never => {
      throw new Error('broken')
    }
    const rules = made({ namespaces: { x: { validate: fail, select: fail } } })
    assert.equal(wanted(rules, open('x/a', '1')), false)
    assert.ok(rules.compare(open('x/a', 'a', 2), open('x/a', 'b', 1)) > 0)
    assert.deepEqual(logged, ['kv-validate-threw', 'kv-select-threw'])
    const odd = made({ namespaces: { x: { select: () => Number.NaN } } })
    assert.ok(odd.compare(open('x/a', 'a', 1), open('x/a', 'b', 2)) < 0)
  })

  test('a part that is not loaded is a mistake of the configuration', () => {
    const options: KvOptions = { namespaces: { x: part<Namespace, object>('file:///nowhere.js', 'rules', {}) } }
    assert.throws(
      () => made(options),
      (error) => MyDhtError.is(error, 'MYDHT_BAD_CONFIG')
    )
    assert.equal(
      wanted(made({ namespaces: { x: part('file:///here.js', 'rules', {}, () => numbers) } }), open('x/a', 'b')),
      false
    )
  })

  test('a namespace is what stands before the first stroke of a name, and its rule goes before that of the app', () => {
    assert.deepEqual(['a/b/c', 'a', '/a', ''].map(namespaceOf), ['a', undefined, '', undefined])
    const rules = made({ validate: () => false, namespaces: { prices: numbers, texts: longest } })
    assert.deepEqual(
      [open('prices/tea', '3'), open('prices/tea', 'three'), open('prices', '3'), open('texts/a', 'x')].map((record) =>
        wanted(rules, record)
      ),
      [true, false, false, false]
    )
    assert.ok(rules.compare(open('texts/a', 'long', 1), open('texts/a', 'l', 9)) > 0)
    assert.ok(rules.compare(open('texts/a', 'same', 1), open('texts/a', 'emas', 9)) < 0)
    assert.ok(rules.compare(open('prices/tea', '10', 1), open('prices/tea', '1', 9)) < 0)
  })
})

test('nodes keep, hand out and choose by the rules of a namespace', async () => {
  const apps = { kv: kv({ open: true, namespaces: { texts: longest, prices: numbers } }) }
  await using net = await testnet(3, { apps, links: [[], [0], [0]] })
  const [hub, one, two] = [net.node(0), net.node(1), net.node(2)]
  await assert.rejects(one.kv.putOpen('prices/tea', 'three'), (error) => MyDhtError.is(error, 'MYDHT_INVALID_RECORD'))
  await one.kv.putOpen('texts/a', 'the longest of them all')
  const { key } = await two.kv.putOpen('texts/a', 'newer, shorter')
  assert.equal(await hub.kv.getText(key, { quorum: 2 }), 'the longest of them all')
  await assert.rejects(one.kv.putOpen('texts/a', 'too short'), (error) => MyDhtError.is(error, 'MYDHT_OUTDATED'))
  await one.kv.publish('texts/b', 'mine')
  const found = await two.kv.resolve(one.id, 'texts/b')
  assert.equal(found && utf8Text(found.value), 'mine')
  assert.equal(await two.kv.resolve(one.id, 'texts/c'), undefined)
})
