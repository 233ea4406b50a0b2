/**
 * @module test/placement-table
 * Which kinds of `PeerRef` may go over which channel of which spawner, as the compiler says it of every combination: a table in docs/PLACEMENT.md.
 * Not here: writing it there (scripts/placement-tables.mjs), and comparing it (placement-tables.test.ts).
 */
import { compile } from './compile.ts'
import { outcomeOf, row } from './placement-outcome.ts'

const spawners = ['inline', 'coroutine', 'restart', 'thread', 'pool', 'process'] as const
const channels = ['none', 'queue', 'port', 'converting'] as const
const kinds = ['copied', 'local', 'shared'] as const

/** A kind of `PeerRef` on its way over a channel of a spawner. */
export interface Combination {
  readonly spawner: (typeof spawners)[number]
  readonly channel: (typeof channels)[number]
  readonly kind: (typeof kinds)[number]
}

/** Combinations in the table's order. */
export type Outcomes = ReadonlyMap<Combination, string>

const combinations: readonly Combination[] = spawners.flatMap((spawner) =>
  channels.flatMap((channel) => kinds.map((kind) => ({ spawner, channel, kind })))
)

/** A service that lacks nothing and is told of peers. */
const preface = `import { createNode } from 'mydht'
import { appCrossing, type AppCommand, type AppEvent, type AppInit } from 'mydht/apps'
import { coroutine, define, inline, plain, restart, type Service } from 'mydht/service'
import { pool } from 'mydht/service/pool'
import { process } from 'mydht/service/process'
import { thread } from 'mydht/service/thread'
import { memory } from 'mydht/transports/memory'
type Its = Service<AppCommand<null>, AppEvent<null>, null>
const create = (_init: AppInit<object>): Its => ({ handle: () => {}, save: () => null })
const crossing = { ...appCrossing<object, null, null>(), saved: plain<null>() }
const global = define({ name: 'app', module: '', sync: true, restartable: true, crossing, create })
const apps = { app: { options: {}, global, api: () => null } }
const transport = memory()
export const use = [inline, coroutine, restart, thread, pool, process]
`

function programOf({ spawner, channel, kind }: Combination): string {
  const options = `${spawner === 'pool' ? '2, ' : ''}{ channel: '${channel}' }`
  return `export const node = createNode({ transport, apps, peerRef: '${kind}', placement: { 'app.global': ${spawner}(${options}) } })`
}

/** What the compiler says of every combination: `legal`, `no such channel`, or why not. */
export async function placementOutcomes(): Promise<Outcomes> {
  const programs = combinations.map((each, i) => [`${i}.ts`, `${preface}${programOf(each)}\n`] as const)
  const errors = await compile(Object.fromEntries(programs))
  return new Map(combinations.map((each, i) => [each, outcomeOf(errors, `${i}.ts`)] as const))
}

/** The table in Markdown, and below it what is said of each combination that has a channel and cannot be. */
export function placementTable(outcomes: Outcomes): string {
  const rows = spawners.map((spawner) => [`\`${spawner}\``, ...channels.map((each) => cell(outcomes, spawner, each))])
  const refusals = [...outcomes].filter(([, outcome]) => outcome !== 'legal' && outcome !== 'no such channel')
  return [
    row(['', ...channels.map((channel) => `\`${channel}\``)]),
    row(['---', ...channels.map(() => '---')]),
    ...rows.map(row),
    '',
    'What the compiler says of the others:',
    '',
    ...refusals.map(
      ([{ spawner, channel, kind }, said]) =>
        `- \`${spawner}({ channel: '${channel}' })\` with \`peerRef: '${kind}'\`: \`${said.replace(/^service 'app\.global': /, '')}\``
    ),
  ].join('\n')
}

function cell(outcomes: Outcomes, spawner: string, channel: string): string {
  const here = [...outcomes].filter(([each]) => each.spawner === spawner && each.channel === channel)
  if (here.every(([, outcome]) => outcome === 'no such channel')) return '–'
  const legal = here.filter(([, outcome]) => outcome === 'legal')
  return legal.map(([{ kind }]) => kind).join(', ')
}
