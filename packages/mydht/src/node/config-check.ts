/**
 * @module node/config-check
 * The shape of a configuration that no compiler has seen: a program in plain JavaScript, or one that was built from somebody's JSON. What TypeScript
 * would refuse is refused at the start, with its name, instead of failing somewhere inside. Not here: bounds (`limits.ts`), placement (`placement-check.ts`).
 */
import { MyDhtError } from '../errors.ts'
import { isPart } from '../part.ts'

const modes: readonly unknown[] = ['public', 'private', 'anonymous']
const refKinds: readonly unknown[] = ['copied', 'local', 'shared']

/** Throws MYDHT_BAD_CONFIG for the first field that is not what its type says. Fields that are left out are fine, but for `transport`. */
export function checkShape(config: unknown): void {
  const given = recordOf(config)
  if (!given?.['transport'])
    throw bad(`the configuration has no transport: give one, e.g. transport: tcp() of 'mydht/transports/tcp'`)
  for (const name of ['transport', 'shadow', 'encoding', 'route', 'accept']) checkPart(name, given[name])
  for (const [name, app] of Object.entries(recordOf(given['apps']) ?? {})) checkApp(name, app)
  const { mode, peerRef, network, join, measure, wantedConnections: wanted } = given
  if (mode !== undefined && !modes.includes(mode))
    throw bad(`mode is ${said(mode)}: take 'public', 'private' or 'anonymous'`)
  if (peerRef !== undefined && !refKinds.includes(peerRef))
    throw bad(`peerRef is ${said(peerRef)}: take 'copied', 'local' or 'shared'`)
  if (network !== undefined && typeof network !== 'string') throw bad(`network is ${said(network)}: name it with text`)
  if (join !== undefined && !isTexts(join)) throw bad(`join is ${said(join)}: give an array of addresses`)
  if (measure !== undefined && typeof measure !== 'boolean') throw bad(`measure is ${said(measure)}: say true or false`)
  if (wanted !== undefined && !(typeof wanted === 'number' && Number.isSafeInteger(wanted) && wanted >= 0))
    throw bad(`wantedConnections is ${said(wanted)}: give a whole number from 0`)
}

function checkPart(name: string, value: unknown): void {
  if (value === undefined || isPart(value)) return
  const advice =
    typeof value === 'function' ? `call it: ${name}: ${value.name || name}()` : 'give what a factory returns'
  throw bad(`${name} is ${said(value)}, which is no blueprint of a part: ${advice}`)
}

function checkApp(name: string, app: unknown): void {
  const global = recordOf(recordOf(app)?.['global'])
  if (global && typeof recordOf(app)?.['api'] === 'function') return
  const advice = typeof app === 'function' ? `call it: ${name}: ${app.name || name}()` : 'give what its factory returns'
  throw bad(`apps.${name} is ${said(app)}, which is no app: ${advice}`)
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? { ...value } : undefined
}

/** A value, short, for a message. */
function said(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 64))
  if (typeof value === 'function') return `the function ${value.name || 'without a name'}`
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}

function bad(message: string): MyDhtError {
  return new MyDhtError('MYDHT_BAD_CONFIG', message)
}
