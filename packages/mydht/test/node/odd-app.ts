/** @module test/node/odd-app — an app whose calls and replies are what they are given, functions too, which no bytes can be made of. */
import type { App, AppCommand, AppEvent, AppInit } from '../../src/apps/app.ts'
import { appCrossing } from '../../src/apps/crossing.ts'
import { define } from '../../src/service/define.ts'
import type { Service } from '../../src/service/service.ts'

/** `reply`: what is wanted back; `function`: one is. */
export type OddCall = { readonly reply: unknown; readonly function?: boolean }

interface OddApi {
  ask(call: OddCall): Promise<unknown>
}

export const oddGlobal = define({
  name: 'odd',
  module: import.meta.url,
  sync: true,
  crossing: appCrossing<object, OddCall, unknown>(),
  create: (_init: AppInit<object>): Service<AppCommand<OddCall>, AppEvent<unknown>> => ({
    handle(command, emit) {
      if (command.type !== 'call') return
      const value = command.call.function === true ? () => 1 : command.call.reply
      emit({ type: 'reply', id: command.id, value, last: true })
    },
  }),
})

/** The app. */
export function odd(): App<object, OddCall, unknown, OddApi> & { readonly global: typeof oddGlobal } {
  return { options: {}, global: oddGlobal, api: (caller) => ({ ask: (call) => caller.call(call) }) }
}
