/**
 * @module testing/sim/malice
 * Malicious nodes: the very node, of which one app's global service lies. What it hears and says goes through a filter. Not here: how many there are.
 */
import type { AppCommand, AppEvent } from '../../apps/app.ts'
import type { KvApp } from '../../apps/kv/kv.ts'
import type { KvCall, KvReply } from '../../apps/kv/protocol.ts'
import type { Service } from '../../service/service.ts'
import type { Malice } from './scenario.ts'

type Command = AppCommand<KvCall>
type Event = AppEvent<KvReply>

/** A kv app of a malicious node. */
export function maliciousKv(app: KvApp, malice: Malice): KvApp {
  const honest = app.global
  const global: KvApp['global'] = {
    ...honest,
    create(init, parts, saved) {
      const service = honest.create(init, parts, saved)
      const lying: Service<Command, Event> = {
        handle(command, emit) {
          if (command.type !== 'message' || command.message.type !== 'query') return service.handle(command, emit)
          if (malice === 'silent') return undefined
          const { app: name, id, budget, travelled, mode } = command.message
          const body = parts.random.bytes(80)
          emit({
            type: 'send',
            to: command.from,
            message: {
              type: 'answer',
              app: name,
              id,
              answers: [{ from: init.self, hops: 1, body }],
              closed: mode.type === 'direct' ? budget + 1 + travelled : budget + 1,
              unspent: 0,
              reason: 'done',
            },
          })
          return undefined
        },
        close: () => service.close?.(),
      }
      return lying
    },
  }
  return { ...app, global }
}
