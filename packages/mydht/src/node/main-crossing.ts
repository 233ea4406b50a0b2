/**
 * @module node/main-crossing
 * The main loop as bytes: what it needs to run in another thread or process, with everything that it spawns itself there. Not here: its own commands
 * to itself, which never leave it.
 */
import { realise, type Part } from '../part.ts'
import { findDefinition, type DefinitionPlace } from '../service/find-definition.ts'
import { codecOf } from '../service/codec-of.ts'
import { movedCodec } from '../service/moved-codec.ts'
import { plain } from '../service/plain.ts'
import type { Crossing } from '../service/service.ts'
import type { Spawner } from '../service/spawner.ts'
import type { MainApp, MainCommand, MainEvent, MainInit } from './context.ts'

/** What cannot cross as it is, by its name: definitions to import, spawners to make again. */
export interface Unloaded {
  readonly apps: readonly UnloadedApp[]
  /** Each spawner once, so that services that share a pool share it there too. */
  readonly spawners: readonly Part<Spawner>[]
  /** Which service has which of them. */
  readonly placement: ReadonlyMap<string, number>
}

interface UnloadedApp extends Omit<MainApp, 'global' | 'local'> {
  readonly global: DefinitionPlace
  readonly local: DefinitionPlace | undefined
}

// The seed of what is unloaded is that of the whole: the same array.
const inits = movedCodec(plain<MainInit>(), ({ seed }) => void seed.fill(0))
const commands = plain<MainCommand>()

/** How the main loop crosses. Of its commands only the program's can. The node's copy of the seed is zeros once it is encoded. */
export const mainCrossing: Crossing<MainInit, MainCommand, MainEvent> = {
  init: {
    encode: (init) => inits.encode(unload(init)),
    decode: (bytes) => inits.decode(bytes),
  },
  command: codecOf<MainCommand>(
    (command, into, at) => {
      if (!isOfProgram(command))
        throw new TypeError(`'${command.type}' is the main loop's word to itself: it has no bytes`)
      return commands.encodeInto(command, into, at)
    },
    (bytes) => commands.decode(bytes)
  ),
  event: plain<MainEvent>(),
  async prepare(given) {
    const { unloaded, ...others } = given
    if (unloaded === undefined) return given
    const spawners = unloaded.spawners.map((blueprint) => realise(blueprint))
    const placed = [...unloaded.placement].map(([service, index]) => [service, spawners[index]] as const)
    return { ...others, placement: Object.fromEntries(placed), apps: await Promise.all(unloaded.apps.map(loadApp)) }
  },
}

function unload(value: MainInit): MainInit {
  const spawners: Spawner[] = []
  const placement = new Map<string, number>()
  for (const [service, spawner] of Object.entries(value.placement)) {
    // Where the main loop itself runs is decided already.
    if (spawner === undefined || service === 'main') continue
    if (!spawners.includes(spawner)) spawners.push(spawner)
    placement.set(service, spawners.indexOf(spawner))
  }
  const apps = value.apps.map(({ name, options, global, local }) => ({
    name,
    options,
    global: placeOf(global),
    local: local && placeOf(local),
  }))
  const unloaded: Unloaded = { apps, placement, spawners: spawners.map(({ blueprint }) => blueprint) }
  return { ...value, apps: [], placement: {}, unloaded }
}

function placeOf({ module, name }: DefinitionPlace): DefinitionPlace {
  return { module, name }
}

async function loadApp({ name, options, global, local }: UnloadedApp): Promise<MainApp> {
  return {
    name,
    options,
    global: await findDefinition(global),
    local: local && (await findDefinition(local)),
  }
}

function isOfProgram({ type }: MainCommand): boolean {
  return type === 'call' || type === 'cancel' || type === 'close' || type === 'start'
}
