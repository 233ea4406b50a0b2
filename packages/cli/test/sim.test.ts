import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { after, before } from 'node:test'
import { mydht, start } from './mydht.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mydht-cli-sim-'))
})
after(() => rm(folder, { recursive: true }))

async function file(name: string, text: string): Promise<string> {
  const where = path.join(folder, name)
  await writeFile(where, text)
  return where
}

test('sim: wrong numbers, and scenario files that are missing, no JSON, no scenario, or misspelt, are wrong use', async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['--nodes', '1'], /whole number from 2/],
    [['--kill', '2'], /share from 0 to 1/],
    [['--hours', '0'], /above 0/],
    [['--nodes', '2,3', '--log', path.join(folder, 'x')], /one number of --nodes/],
    [['--log', path.join(folder, 'none', 'x')], /cannot write the log/],
    [['--scenario', path.join(folder, 'none.json')], /cannot read the scenario/],
    [['--scenario', await file('bad.json', '{')], /no JSON/],
    [['--scenario', await file('list.json', '[]')], /no scenario/],
    [['--scenario', await file('misspelt.json', '{"lookps": 5}')], /'lookps' is no part/],
    [
      ['--scenario', await file('cut.json', '{"partitions":[{"atMinutes":5,"minutes":5}]}')],
      /partitions\[0\] ends after/,
    ],
    [
      ['--scenario', await file('slow.json', '{"network":{"latencyMs":{"kind":"slow"}}}')],
      /latencyMs\.kind: got 'slow'/,
    ],
  ]
  for (const [args, pattern] of cases) {
    const { code, stderr } = await mydht(['sim', ...args])
    assert.equal(code, 2, stderr)
    assert.match(stderr, pattern)
  }
})

// The file that is always full: Linux has it, man 4 full.
test(
  'sim: a log that cannot be written any more ends the run with a sentence',
  { skip: !existsSync('/dev/full') },
  async () => {
    const { code, stdout, stderr } = await mydht(['sim', '--nodes', '30', '--lookups', '300', '--log', '/dev/full'])
    assert.equal(code, 2, stderr)
    assert.match(stderr, /cannot write the log \/dev\/full \(ENOSPC/)
    assert.doesNotMatch(stderr, /node:internal/)
    assert.equal(stdout, '')
  }
)

test('sim --json ends with one line, whose digest is that of the log, and which is the same again', async () => {
  const log = path.join(folder, 'events.log')
  const args = ['sim', '--nodes', '12', '--lookups', '20', '--seed', '4', '--json']
  const ended = await mydht([...args, '--log', log])
  assert.equal(ended.code, 0, ended.stderr)
  const { memoryPerNodeBytes, elapsedMs, ...line } = ended.json()
  assert.deepEqual(Object.keys(ended.json()), [
    'nodes',
    'seed',
    'lookups',
    'succeeded',
    'hops',
    'messages',
    'memoryPerNodeBytes',
    'simulatedMs',
    'elapsedMs',
    'digest',
  ])
  assert.ok(Number.isInteger(memoryPerNodeBytes) && Number.isInteger(elapsedMs))
  assert.equal(line['succeeded'], 20)
  assert.equal(
    createHash('sha256')
      .update(await readFile(log))
      .digest('hex'),
    line['digest']
  )
  const { memoryPerNodeBytes: _, elapsedMs: __, ...again } = (await mydht(args)).json()
  assert.deepEqual(again, line)
})

test('sim: options win over the scenario file, and what happens to the network is in the line', async () => {
  const scenario = await file(
    'good.json',
    '{"nodes": 10, "lookups": 30, "settleMs": 5000, "kill": 0.9, "route": "flood"}'
  )
  const args = [
    '--scenario',
    scenario,
    '--kill',
    '0.1',
    '--churn',
    '30',
    '--hours',
    '0.2',
    '--malicious',
    '0.1',
    '--paths',
    '2',
    '--json',
  ]
  const ended = await mydht(['sim', ...args])
  assert.equal(ended.code, 0, ended.stderr)
  const { nodes, lookups, churn, hours, kill, malicious, paths, records } = ended.json()
  assert.deepEqual(
    { nodes, lookups, churn, hours, kill, malicious, paths },
    {
      nodes: 10,
      lookups: 30,
      churn: 30,
      hours: 0.2,
      kill: 0.1,
      malicious: 0.1,
      paths: 2,
    }
  )
  assert.ok(typeof records === 'object' && records !== null && 'put' in records && 'found' in records)
})

test('sim --pictures writes how hops spread and, of several sizes, how they grow', async () => {
  const pictures = path.join(folder, 'pictures')
  const ended = await mydht(['sim', '--nodes', '5,10', '--lookups', '20', '--pictures', pictures])
  assert.equal(ended.code, 0, ended.stderr)
  assert.deepEqual((await readdir(pictures)).toSorted(), [
    'hops-by-nodes.svg',
    'hops.svg',
    'messages-by-nodes.svg',
    'time-by-nodes.svg',
  ])
  assert.match(await readFile(path.join(pictures, 'hops-by-nodes.svg'), 'utf8'), /^<svg [^]*theory: log2\(N\)/)
  assert.match(ended.stdout, /5 nodes, seed 1\n[^]*20 of 20 found[^]*10 nodes, seed 1/)
})

test('sim --help names every part of a scenario, those of its parts too', async () => {
  const { stdout } = await mydht(['sim', '--help'])
  const { stderr } = await mydht(['sim', '--scenario', await file('other.json', '{"other": 1}')])
  const parts = /give some of (.*)$/m.exec(stderr)?.[1]?.split(', ') ?? assert.fail(stderr)
  assert.ok(parts.length > 25, stderr)
  const [, help = ''] = stdout.split('A scenario is a JSON object')
  for (const part of [
    ...parts,
    'oneWay',
    'walled',
    'atMinutes',
    'minutes',
    'sides',
    'drawn',
    'packetLoss',
    'replaying',
  ])
    assert.match(help, new RegExp(`\\b${part}\\b`))
})

test('sim runs a scenario file with a partition, one-way pairs and new versions, and tells old versions that were found', async () => {
  const text = JSON.stringify({
    nodes: 8,
    records: 4,
    lookups: 8,
    route: 'flood',
    settleMs: 1000,
    updates: 1,
    hours: 0.1,
    partitions: [{ atMinutes: 1, minutes: 4, sides: [0.3, 0.7], drawn: 'region' }],
    reach: { oneWay: 0.1 },
    malicious: 0.3,
    malice: 'replaying',
  })
  const scenario = ['sim', '--scenario', await file('whole.json', text)]
  const { records, updated, stale, malice } = (await mydht([...scenario, '--json'])).json()
  assert.deepEqual([updated, malice], [4, 'replaying'])
  assert.ok(typeof records === 'object' && records !== null && 'put' in records && records.put === 4)
  assert.ok(typeof stale === 'object' && stale !== null && 'lookups' in stale && 'records' in stale)
  assert.match((await mydht(scenario)).stdout, /found an old version\n[^]*versions +4 published later/)
})

test('sim interrupted in the middle ends with 130', async () => {
  const running = start(['sim', '--nodes', '20', '--hours', '1000'])
  await running.line(/live 0 %/)
  assert.equal((await running.interrupt()).code, 130)
})
