/**
 * @module node/placement-check
 * Checks a placement at the start, as the compiler does where it knows the types: a wrong line must not wait for the first connection to be
 * noticed. Not here: the spawners, and what they need (`service/`).
 */
import { MyDhtError } from '../errors.ts'
import { peerStore } from '../apps/peers/peer-store.ts'
import { authService } from '../peers/auth-service.ts'
import { read } from '../peers/read-service.ts'
import { write } from '../peers/write-service.ts'
import { checkNeeds } from '../service/spawn-check.ts'
import { apiService } from './api-service.ts'
import type { AnyApp } from './config.ts'
import type { MainInit } from './context.ts'
import type { ErasedDefinition } from './erased.ts'
import { mainService } from './main-loop.ts'
import { checkPlacementNames } from './placement.ts'

/** Throws MYDHT_BAD_CONFIG when a placement names a service that this node does not have, or a spawner that cannot run it. */
export function checkPlacement(placement: MainInit['placement'], apps: Readonly<Record<string, AnyApp>>): void {
  checkPlacementNames(placement, Object.keys(apps))
  const definitions: Record<string, ErasedDefinition | undefined> = {
    main: mainService,
    read,
    write,
    api: apiService,
    auth: authService,
    peerStore: peerStore().global,
  }
  for (const [name, app] of Object.entries(apps)) {
    definitions[`${name}.global`] = app.global
    definitions[`${name}.local`] = app.local
  }
  for (const [service, spawner] of Object.entries(placement)) {
    if (spawner !== undefined && typeof spawner?.spawn !== 'function') {
      const got = spawner === null ? 'null' : typeof spawner
      throw new MyDhtError('MYDHT_BAD_CONFIG', `placement of '${service}' is ${got}: give a spawner, e.g. coroutine()`)
    }
    const definition = definitions[service]
    if (definition && spawner) checkNeeds({ ...definition, name: service }, spawner.kind, spawner.needs)
  }
}
