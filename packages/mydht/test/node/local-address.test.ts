import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLocalAddress } from '../../src/node/local-address.ts'

test('what stays on this machine: loopback, localhost and names of this process; nothing else, however it is written', () => {
  for (const address of [
    'tcp://127.0.0.1:1',
    'tcp://127.9.9.9:1',
    'tcp://[::1]:1',
    'tcp://localhost:1',
    'tcp://LOCALHOST:1',
    'memory://x',
  ]) {
    assert.equal(isLocalAddress(address), true, address)
  }
  const others = [
    'tcp://192.168.1.1:1',
    'tcp://8.8.8.8:1',
    'tcp://localhost.example.org:1',
    'tcp://[::ffff:8.8.8.8]:1',
    'tcp://0.0.0.0:1',
    'tcp://2130706433:1',
    '',
  ]
  for (const address of others) assert.equal(isLocalAddress(address), false, address)
})
