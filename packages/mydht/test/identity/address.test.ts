import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MyDhtError } from '../../src/errors.ts'
import { addressWithId, formatAddress, parseAddress, tryParseAddress } from '../../src/identity/address.ts'
import { hostScope } from '../../src/identity/host-scope.ts'
import { formatIp, parseIp } from '../../src/identity/ip.ts'
import { peerIdFromBytes } from '../../src/identity/peer-id.ts'

const id = peerIdFromBytes(new Uint8Array(32).fill(77))

test('what is no address is refused with advice', () => {
  const bad = [
    '', 'tcp', 'tcp:', 'tcp://', 'tcp://host', 'tcp://:1', 'tcp://host:', 'tcp://host:0', 'tcp://host:65536', 'tcp://host:01', 'tcp://host:1x',
    'tcp://host:+1', 'tcp://ho st:1', 'tcp://host:1/', 'tcp://host/path:1', 'tcp://host:1?q', 'tcp://host:1#f', 'tcp:/host:1', 'tcp//host:1', '//host:1',
    'host:1', ' tcp://host:1', 'tcp://host:1 ', 'tcp://host:1\n', 'tcp://::1:4000', 'tcp://[::1]', 'tcp://[::1', 'tcp://::1]:1', 'tcp://[::1]x:1',
    'tcp://[1.2.3.4]:1', 'tcp://[host]:1', 'tcp://[fe80::1%eth0]:1', 'tcp://[::1::2]:1', 'tcp://[:::]:1', 'tcp://[1:2:3:4:5:6:7]:1',
    'tcp://[1:2:3:4:5:6:7:8:9]:1', 'tcp://[1:2:3:4::5:6:7:8]:1', 'tcp://[12345::]:1', 'tcp://[::1.2.3]:1', 'tcp://[1.2.3.4::]:1',
    'tcp://127.1:1', 'tcp://0x7f000001:1', 'tcp://2130706433:1', 'tcp://1.2.3:1', 'tcp://1.2.3.04:1', 'tcp://1.2.3.256:1', 'tcp://1.2.3.4.5:1',
    'tcp://a.0x1:1', 'tcp://-a:1', 'tcp://a-:1', 'tcp://a..b:1', 'tcp://a.:1', 'tcp://münchen.de:1', `tcp://${'a'.repeat(64)}.b:1`,
    `tcp://${'a.'.repeat(130)}b:1`, 'tcp://me@host:1', 'tcp://@host:1', `tcp://${id}:pw@host:1`, `tcp://${id}@${id}@host:1`, `tcp://${id.slice(1)}@host:1`,
    'memory://', 'memory://a:1', 'memory://a/b', '1tcp://host:1',
  ] // prettier-ignore
  for (const text of bad) {
    assert.equal(tryParseAddress(text), undefined, text)
    assert.throws(
      () => parseAddress(text),
      (error) => MyDhtError.is(error, 'MYDHT_BAD_ADDRESS') && /write tcp:/.test(error.message),
      text
    )
  }
})

test('an address is taken apart and has one form', () => {
  const table = [
    ['tcp://127.0.0.1:4000', '127.0.0.1', 4000, 'tcp://127.0.0.1:4000'],
    ['TCP://Example.ORG:65535', 'example.org', 65_535, 'tcp://example.org:65535'],
    ['tcp://[0:0:0:0:0:0:0:1]:1', '::1', 1, 'tcp://[::1]:1'],
    ['tcp://[2001:DB8:0:0:1:0:0:1]:80', '2001:db8::1:0:0:1', 80, 'tcp://[2001:db8::1:0:0:1]:80'],
    ['tcp://[::ffff:7f00:1]:80', '::ffff:127.0.0.1', 80, 'tcp://[::ffff:127.0.0.1]:80'],
    ['memory://node-3', 'node-3', undefined, 'memory://node-3'],
    ['fifo://node-3', 'node-3', undefined, 'fifo://node-3'],
  ] as const
  for (const [text, host, port, link] of table) {
    const address = parseAddress(text)
    assert.deepEqual([address.host, address.port, address.link, address.id], [host, port, link, undefined])
    const full = addressWithId(text, id)
    assert.equal(full, link.replace('://', `://${id}@`))
    assert.deepEqual(parseAddress(full.replace(id, id.toUpperCase())), { ...address, id })
    assert.equal(formatAddress(parseAddress(full)), full)
    assert.deepEqual(parseAddress(link), address)
  }
})

test('IPv6 text follows RFC 5952 and comes back as the same bytes', () => {
  const table = [
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:0:2:0:0:3:4', '1::2:0:0:3:4'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['0001::', '1::'],
    ['::1.2.3.4', '::102:304'],
    ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
  ] as const
  for (const [text, canonical] of table) assert.equal(formatIp(parseIp(text) ?? assert.fail(text)), canonical)
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 }), (bytes) => {
      assert.deepEqual([...(parseIp(formatIp(Uint8Array.from(bytes))) ?? [])], bytes)
    })
  )
})

test('hosts have the scope of the special-purpose registries', () => {
  const table = {
    loopback: ['127.0.0.1', '127.255.255.255', '::1', '[::1]', '::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:7f00:0001'],
    private: ['10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', '100.64.0.1', '100.127.255.255', '198.19.0.1', 'fc00::1', 'fdff::1', '::ffff:10.1.2.3', '64:ff9b:1::1'],
    'link-local': ['169.254.169.254', 'fe80::1', 'febf::1', '::ffff:169.254.1.1'],
    public: ['1.1.1.1', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.1', '172.15.255.255', '172.32.0.0', '192.167.255.255', '192.0.1.0', '198.17.255.255', '198.20.0.0', '223.255.255.255', '2600::1', '2a00::1', '2001:200::1', '3fff:1000::', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8'],
    name: ['localhost', 'example.org', 'node-3', 'a_b', 'xn--mnchen-3ya.de', '1.example'],
    forbidden: ['', '0.0.0.0', '0.1.2.3', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '192.0.2.1', '198.51.100.1', '203.0.113.1', '192.0.0.8', '192.88.99.1', '::', '::2', '::7f00:1', '::ffff:0.0.0.0', '::ffff:224.0.0.1', 'ff02::1', 'fec0::1', '100::1', '2001::1', '2001:db8::1', '2002:7f00:1::', '3fff::1', '4000::1', '5f00::1', '64:ff9b::10.0.0.1', '64:ff9b::127.0.0.1', 'fe80::1%eth0', '127.1', '0x7f000001', '2130706433', '017700000001', '127.0.0.1.', '[127.0.0.1', '[host]', 'a b', 'host:1', '1.2.3.4:5', '[::1]:4000'],
  } as const // prettier-ignore
  for (const [scope, hosts] of Object.entries(table))
    for (const host of hosts) assert.equal(hostScope(host), scope, host)
})

test('no text makes the readers throw, and what is accepted is stable', () => {
  const unit = fc.constantFrom(...'tcp://memory[]:.@%0123456789abcdefx-_ \u0000é'.split(''), id)
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(unit).map((parts) => `tcp://${parts.join('')}`)
      ),
      (text) => {
        hostScope(text)
        const address = tryParseAddress(text)
        if (address !== undefined) assert.deepEqual(tryParseAddress(formatAddress(address)), address)
      }
    ),
    { numRuns: 2000 }
  )
})
