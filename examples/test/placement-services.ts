/**
 * @module test/placement-services
 * Which service may be placed with which spawner, as the compiler says it of every pair: a table in docs/PLACEMENT.md.
 */
import { compile } from './compile.ts'
import { outcomeOf, row } from './placement-outcome.ts'

const spawners = ['inline()', 'coroutine()', 'restart()', 'thread()', 'pool(2)', 'process()'] as const
const services = [
  'main',
  'read',
  'write',
  'api',
  'auth',
  'peerStore',
  'kv.global',
  'files.global',
  'touch.global',
  'touch.local',
] as const
const blockingServices = ['read', 'write', 'listen', 'dial'] as const

interface Pair {
  readonly transport: 'memory()' | 'blocking'
  readonly service: string
  readonly spawner: string
}

const pairs: readonly Pair[] = [
  ...services.flatMap((service) => spawners.map((spawner) => ({ transport: 'memory()', service, spawner }) as const)),
  ...blockingServices.flatMap((service) =>
    spawners.map((spawner) => ({ transport: 'blocking', service, spawner }) as const)
  ),
]

const preface = `import { createNode, type BlockingTransportPart } from 'mydht'
import { files } from 'mydht/apps/files'
import { kv } from 'mydht/apps/kv'
import { touch } from 'mydht/apps/touch'
import { coroutine, inline, restart } from 'mydht/service'
import { pool } from 'mydht/service/pool'
import { process } from 'mydht/service/process'
import { thread } from 'mydht/service/thread'
import { memory } from 'mydht/transports/memory'
declare const blocking: BlockingTransportPart
const apps = { kv: kv(), files: files(), touch: touch() }
export const use = [inline, coroutine, restart, thread, pool, process, memory, () => blocking]
`

/** The table in Markdown, and below it why the others cannot be. */
export async function serviceTable(): Promise<string> {
  const programs = pairs.map(
    ({ transport, service, spawner }, i) =>
      [
        `${i}.ts`,
        `${preface}export const node = createNode({ transport: ${transport}, apps, placement: { '${service}': ${spawner} } })\n`,
      ] as const
  )
  const errors = await compile(Object.fromEntries(programs))
  const outcomes = pairs.map((pair, i) => ({ pair, outcome: outcomeOf(errors, `${i}.ts`) }))
  const cell = (transport: string, service: string, spawner: string): string => {
    const found = outcomes.find(
      ({ pair }) => pair.transport === transport && pair.service === service && pair.spawner === spawner
    )
    return found?.outcome === 'legal' ? 'yes' : '–'
  }
  const rowOf = (transport: Pair['transport'], service: string): string => {
    const name = transport === 'blocking' ? `\`${service}\` of a blocking transport` : `\`${service}\``
    return row([name, ...spawners.map((spawner) => cell(transport, service, spawner))])
  }
  // What is said of several is said once, without its service.
  const reasons = new Set(outcomes.map(({ outcome }) => outcome.replace(/^service '.*?': /, '')))
  reasons.delete('legal')
  return [
    row(['', ...spawners.map((spawner) => `\`${spawner}\``)]),
    row(['---', ...spawners.map(() => '---')]),
    ...services.map((service) => rowOf('memory()', service)),
    ...blockingServices.map((service) => rowOf('blocking', service)),
    '',
    'What the compiler says of the others:',
    '',
    ...[...reasons].map((reason) => `- \`${reason}\``),
  ].join('\n')
}
