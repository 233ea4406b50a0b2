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

const transports = { memory: 'memory()', fifo: `fifo({ directory: '' })` } as const

/** A service of a node with this transport, and a spawner for it. */
export interface Pair {
  readonly transport: keyof typeof transports
  readonly service: string
  readonly spawner: (typeof spawners)[number]
}

/** A pair, and what the compiler says of it. */
export interface ServiceOutcome extends Pair {
  readonly outcome: string
}

const pairs: readonly Pair[] = [
  ...services.flatMap((service) => spawners.map((spawner) => ({ transport: 'memory', service, spawner }) as const)),
  ...blockingServices.flatMap((service) =>
    spawners.map((spawner) => ({ transport: 'fifo', service, spawner }) as const)
  ),
]

const preface = `import { createNode } from 'mydht'
import { files } from 'mydht/apps/files'
import { kv } from 'mydht/apps/kv'
import { touch } from 'mydht/apps/touch'
import { coroutine, inline, restart } from 'mydht/service'
import { pool } from 'mydht/service/pool'
import { process } from 'mydht/service/process'
import { thread } from 'mydht/service/thread'
import { fifo } from 'mydht/transports/fifo'
import { memory } from 'mydht/transports/memory'
const apps = { kv: kv(), files: files(), touch: touch() }
export const use = [inline, coroutine, restart, thread, pool, process, memory, fifo]
`

/** What the compiler says of every pair: `legal`, or why not. */
export async function serviceOutcomes(): Promise<readonly ServiceOutcome[]> {
  const programs = pairs.map(
    ({ transport, service, spawner }, i) =>
      [
        `${i}.ts`,
        `${preface}export const node = createNode({ transport: ${transports[transport]}, apps, placement: { '${service}': ${spawner} } })\n`,
      ] as const
  )
  const errors = await compile(Object.fromEntries(programs))
  return pairs.map((pair, i) => ({ ...pair, outcome: outcomeOf(errors, `${i}.ts`) }))
}

/** The table in Markdown, and below it why the others cannot be. */
export function serviceTable(outcomes: readonly ServiceOutcome[]): string {
  const rowOf = (transport: Pair['transport'], service: string): string => {
    const here = outcomes.filter((each) => each.transport === transport && each.service === service)
    const name = transport === 'fifo' ? `\`${service}\` of \`fifo\`` : `\`${service}\``
    return row([name, ...here.map(({ outcome }) => (outcome === 'legal' ? 'yes' : '–'))])
  }
  // What is said of several is said once, without its service.
  const reasons = new Set(outcomes.map(({ outcome }) => outcome.replace(/^service '.*?': /, '')))
  reasons.delete('legal')
  return [
    row(['', ...spawners.map((spawner) => `\`${spawner}\``)]),
    row(['---', ...spawners.map(() => '---')]),
    ...services.map((service) => rowOf('memory', service)),
    ...blockingServices.map((service) => rowOf('fifo', service)),
    '',
    'What the compiler says of the others:',
    '',
    ...[...reasons].map((reason) => `- \`${reason}\``),
  ].join('\n')
}
