import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundedTable } from '../../src/peers/bounded-table.ts'
import { blockKey, hostKey, isLocalHost } from '../../src/peers/host-key.ts'
import { hostCounter } from '../../src/peers/limits.ts'

test('one host has one key, however it is written', () => {
  assert.equal(hostKey('::ffff:10.0.0.1'), hostKey('10.0.0.1'))
  assert.equal(hostKey('[::1]'), hostKey('0:0:0:0:0:0:0:1'))
  assert.equal(hostKey('Node-3'), hostKey('node-3'))
  assert.notEqual(hostKey('10.0.0.1'), hostKey('10.0.0.2'))
})

test('a block is a /24 of IPv4 and a /48 of IPv6', () => {
  assert.equal(blockKey('10.0.0.1'), blockKey('10.0.0.254'))
  assert.notEqual(blockKey('10.0.0.1'), blockKey('10.0.1.1'))
  assert.equal(blockKey('2a00:1:2:3::1'), blockKey('2a00:1:2:ffff::9'))
  assert.notEqual(blockKey('2a00:1:2::1'), blockKey('2a00:1:3::1'))
  assert.notEqual(blockKey('a'), blockKey('b'))
})

test('only loopback and names are local', () => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', 'node-3'])
    assert.equal(isLocalHost(host), true, host)
  for (const host of ['10.0.0.1', '8.8.8.8', 'fe80::1', '2a00::1']) assert.equal(isLocalHost(host), false, host)
})

test('each bound is reached at its number and is free again when one ends', () => {
  const cases = [
    [{ total: 2, perHost: 9, perBlock: 9 }, ['10.0.0.1', '10.0.1.1'], '10.0.2.1', 'total'],
    [{ total: 9, perHost: 2, perBlock: 9 }, ['10.0.0.1', '10.0.0.1'], '10.0.0.1', 'host'],
    [{ total: 9, perHost: 9, perBlock: 2 }, ['10.0.0.1', '10.0.0.2'], '10.0.0.3', 'block'],
  ] as const
  for (const [limits, hosts, next, expected] of cases) {
    const counter = hostCounter({ ...limits, exemptLocal: true })
    const ends = hosts.map((host) => {
      assert.equal(counter.reached(host), undefined)
      return counter.add(host)
    })
    assert.equal(counter.reached(next), expected)
    ends[0]?.()
    ends[0]?.()
    assert.equal(counter.open, 1, 'an end counts once')
    assert.equal(counter.reached(next), undefined)
  }
})

test('loopback counts in total only, where it is exempt', () => {
  const exempt = hostCounter({ total: 3, perHost: 1, perBlock: 1, exemptLocal: true })
  exempt.add('127.0.0.1')
  exempt.add('node-1')
  assert.equal(exempt.reached('127.0.0.1'), undefined)
  exempt.add('::1')
  assert.equal(exempt.reached('127.0.0.1'), 'total')
  const strict = hostCounter({ total: 3, perHost: 1, perBlock: 1, exemptLocal: false })
  strict.add('127.0.0.1')
  assert.equal(strict.reached('127.0.0.1'), 'host')
})

test('a table drops what was not used for longest', () => {
  const table = boundedTable<number>(2)
  table.set('a', 1)
  table.set('b', 2)
  assert.equal(table.get('a'), 1)
  table.set('c', 3)
  assert.deepEqual([table.get('a'), table.get('b'), table.get('c'), table.size()], [1, undefined, 3, 2])
  table.delete('a')
  assert.equal(table.size(), 1)
  assert.throws(() => boundedTable(0), TypeError)
})
