/** @module Tests of scenarios as a file may hold them: what makes no sense is refused, by name, and what is left out has its default. */
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { fullScenario, type Scenario } from '../../../src/testing/sim/scenario.ts'

/** What a file holds is not known to be a scenario before it is checked. */
function read(json: string): Scenario {
  return JSON.parse(json)
}

const bad: readonly (readonly [json: string, message: RegExp])[] = [
  ['{}', /nodes: got undefined/],
  ['[]', /a scenario: got object, give an object/],
  ['{"nodes":1}', /nodes: got 1, give a whole number from 2/],
  ['{"nodes":10,"lookups":-1}', /lookups: got -1/],
  ['{"nodes":10,"kill":1.5}', /kill: got 1.5, give a share/],
  ['{"nodes":10,"kill":"0.5"}', /kill: got 0.5, give a share/],
  ['{"nodes":10,"hours":"2"}', /hours: got 2, give a number/],
  ['{"nodes":10,"hours":-2}', /hours: got -2/],
  ['{"nodes":10,"records":0}', /records: 0 of them/],
  ['{"nodes":10,"sessionMinutes":{"kind":"exponential","median":-1}}', /sessionMinutes\.median: got -1/],
  ['{"nodes":10,"sessionMinutes":60}', /sessionMinutes/],
  ['{"nodes":10,"paths":9}', /paths: got 9, give 1 to 8/],
  ['{"nodes":10,"paths":0}', /paths: got 0/],
  ['{"nodes":10,"sybilBlocks":0}', /sybilBlocks: got 0/],
  ['{"nodes":10,"malice":"rude"}', /malice: got 'rude', give one of silent, forging, lying, replaying/],
  ['{"nodes":10,"blockRule":1}', /blockRule: got 1, give true or false/],
  ['{"nodes":10,"chrun":5}', /'chrun' is no part of a scenario: give some of .*partitions/],
  ['{"nodes":10,"network":{"packetloss":0.1}}', /'packetloss' is no part of network: .*packetLoss/],
  ['{"nodes":10,"network":5}', /network: got number, give an object/],
  ['{"nodes":10,"limits":{"upkeep":5}}', /limits\.upkeep is no bound/],
  ['{"nodes":10,"signed":2}', /signed: got 2/],
  ['{"nodes":10,"updates":0.5}', /updates: got 0.5/],
  ['{"nodes":10,"answers":0}', /answers: got 0/],
  ['{"nodes":10,"updates":1,"signed":0}', /signed: .*nothing to update/],
  ['{"nodes":10,"reach":true}', /reach: got boolean, give an object/],
  ['{"nodes":10,"reach":{"oneway":0.1}}', /'oneway' is no part of reach: give some of oneWay, walled/],
  ['{"nodes":10,"reach":{"oneWay":2}}', /reach\.oneWay: got 2, give a share/],
  ['{"nodes":10,"reach":{"walled":"all"}}', /reach\.walled: got all/],
  ['{"nodes":10,"partitions":{"atMinutes":1}}', /partitions: got object, give a list/],
  ['{"nodes":10,"partitions":["now"]}', /partitions\[0\]: got string, give an object/],
  ['{"nodes":10,"partitions":[{"atMinute":1}]}', /'atMinute' is no part of partitions\[0\]/],
  ['{"nodes":10,"hours":1,"partitions":[{"minutes":5}]}', /partitions\[0\]\.atMinutes: got undefined/],
  ['{"nodes":10,"hours":1,"partitions":[{"atMinutes":0,"minutes":0}]}', /partitions\[0\]\.minutes: got 0/],
  [
    '{"nodes":10,"hours":1,"partitions":[{"atMinutes":30,"minutes":31}]}',
    /partitions\[0\] ends after 61 .* lives for 60/,
  ],
  [
    '{"nodes":10,"hours":1,"partitions":[{"atMinutes":0,"minutes":9},{"atMinutes":8,"minutes":1}]}',
    /partitions\[1\]\.atMinutes: got 8, give minutes from 9/,
  ],
  ...['"halves"', '[1]', '[0.5,0.6]', '[0.5,-0.5]', '[2,-1]', '["0.5","0.5"]'].map(
    (sides) =>
      [
        `{"nodes":10,"hours":1,"partitions":[{"atMinutes":0,"minutes":1,"sides":${sides}}]}`,
        /partitions\[0\]\.sides/,
      ] as const
  ),
  [
    '{"nodes":10,"hours":1,"partitions":[{"atMinutes":0,"minutes":1,"drawn":"dice"}]}',
    /partitions\[0\]\.drawn: got 'dice', give one of host, region/,
  ],
]

test('scenarios that make no sense are TypeErrors that name the part, what it was and what it may be', () => {
  for (const [json, message] of bad) {
    assert.throws(
      () => fullScenario(read(json)),
      (thrown) => {
        assert.ok(thrown instanceof TypeError, `${json}: ${String(thrown)}`)
        assert.match(thrown.message, message, json)
        return true
      }
    )
  }
})

test('records are signed where they are to be updated, unless the scenario says otherwise', () => {
  assert.equal(fullScenario({ nodes: 2 }).signed, 0)
  assert.equal(fullScenario({ nodes: 2, updates: 1 }).signed, 1)
  assert.equal(fullScenario({ nodes: 2, updates: 1, signed: 0.5 }).signed, 0.5)
})

test('every scenario of bench/scenarios is one, and is what its name says', async () => {
  const folder = new URL('../../../../../../bench/scenarios/', import.meta.url)
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json'))
  assert.ok(files.length > 15, `${files.length} files`)
  for (const name of files) {
    const full = fullScenario(read(await readFile(new URL(name, folder), 'utf8')))
    const named = /^(\w+)-(\d+)-percent-(\d)-paths?\.json$/.exec(name)
    const { malice, malicious, paths, sybils, partitions, kill, hours } = full
    if (named) assert.deepEqual([malice, malicious * 100, paths], [named[1], Number(named[2]), Number(named[3])], name)
    else if (name === 'churn-24-hours.json') assert.equal(hours, 24)
    else if (name === 'kill-half.json') assert.equal(kill, 0.5)
    else assert.ok(sybils > 0 || partitions.length > 0, name)
  }
})
