/**
 * @module test/service/adder
 * The summing service of the original's `userpoll` test, where threads and processes find it. No test itself.
 */
import { define } from '../../src/service/define.ts'
import { plain } from '../../src/service/plain.ts'
import type { Crossing, Service } from '../../src/service/service.ts'

const crossing: Crossing<number, number, number, number> = {
  init: plain(),
  command: plain(),
  event: plain(),
  saved: plain(),
}

/** Echoes each increment, and 0 from the one on that brings the sum to the limit. */
export const adder = define({
  name: 'adder',
  module: import.meta.url,
  sync: true,
  restartable: true,
  crossing,
  create: (limit: number, _parts, saved?: number): Service<number, number, number> => {
    let sum = saved ?? 0
    return {
      handle: (increment, emit) => {
        sum += increment
        emit(sum < limit ? increment : 0)
      },
      save: () => sum,
    }
  },
})
