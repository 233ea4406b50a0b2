/**
 * @module service/spawners/process
 * Runs each service in a child process: its memory and its crashes are its own.
 */
import { part } from '../../part.ts'
import { Link } from '../remote/link.ts'
import { remoteChannel, spawnRemote, type Converting, type RemoteOptions } from '../remote/remote-options.ts'
import type { Spawner } from '../spawner.ts'
import { processCarrier } from './process-child.ts'

/** Options of `process`. */
export interface ProcessOptions extends RemoteOptions {
  /** Node's own arguments for the child, such as `--max-old-space-size=64`. @default those of this process */
  readonly execArgv?: readonly string[] | undefined
  /** Called with the id of each child that was started. Stays here: a blueprint that crosses cannot carry it. */
  readonly onStarted?: ((pid: number) => void) | undefined
}

/**
 * Runs each service in its own child process, which starts with it (about 50 ms and 40 MB) and ends with it. Batches are copied through a
 * pipe. Needs `crossing`, and a compiled module that exports the definition. What `create` throws fails the handle.
 */
export function process(options: ProcessOptions & Converting): Spawner<'crossing', 'local' | 'copied', 'process'>
export function process(options?: ProcessOptions): Spawner<'crossing', 'copied', 'process'>
export function process(options: ProcessOptions = {}): Spawner<'crossing', 'local' | 'copied', 'process'> {
  const { stuckMs, execArgv, onStarted } = options
  return {
    kind: 'process',
    needs: ['crossing'],
    ...remoteChannel('process', options, ['copied']),
    restarts: options.restarts,
    blueprint: part(import.meta.url, 'process', options, process),
    spawn: (definition, init, parts, destination, saved) => {
      const link = (): Link => new Link(processCarrier(execArgv, onStarted), stuckMs)
      return spawnRemote('process', link, definition, init, parts, destination, saved, options)
    },
  }
}
