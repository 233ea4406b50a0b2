/**
 * @module apps/crossing
 * What an app's definitions need so that threads and processes can run them: `crossing: appCrossing()`. Not here: the layouts (`crossing/`).
 */
import { plainWithPeers } from '../identity/peer-ref-codec.ts'
import type { Codec, Crossing, Split } from '../service/service.ts'
import type { AppCommand, AppEvent, AppInit, LocalCommand, LocalEvent, LocalInit } from './app.ts'
import { appCommandCodec, localCommandCodec } from './crossing/command.ts'
import { appEventCodec, localEventCodec } from './crossing/event.ts'

/**
 * Codecs of an app's own values. What is left out crosses as plain data (`plain()` of `mydht/service`), which all values of ours are. Calls and
 * replies are plain data in any case where `main` or `api` runs elsewhere: those know no app's codecs.
 */
export interface AppCodecs<in out Options, in out Call, in out Reply, in out Own> {
  readonly options?: Codec<Options> | undefined
  readonly call?: Codec<Call> | undefined
  readonly reply?: Codec<Reply> | undefined
  readonly own?: Codec<Own> | undefined
}

/**
 * How a global service crosses. Messages are carried as the encoding `binary` writes them.
 *
 * @example
 * export const myGlobal = define({
 *   name: 'my-app', module: import.meta.url, create: createMyApp, crossing: appCrossing<MyOptions, MyCall, MyReply>(),
 * })
 */
export function appCrossing<Options, Call, Reply, Own = never>(
  codecs: AppCodecs<Options, Call, Reply, Own> = {}
): Crossing<AppInit<Options>, AppCommand<Call, Own>, AppEvent<Reply>> {
  return {
    init: initCodec<Options, AppInit<Options>>(codecs.options),
    command: appCommandCodec(codecs.call ?? plainWithPeers<Call>(), codecs.own ?? plainWithPeers<Own>()),
    event: appEventCodec(codecs.reply ?? plainWithPeers<Reply>()),
    direct: answersPastMain,
  }
}

/** The outlet through which an app's answers go to the api service past the main loop, where the two are linked. */
export const apiOutlet = 'api'

function answersPastMain<Reply>(event: AppEvent<Reply>, has: (outlet: string) => boolean): Split<AppEvent<Reply>> {
  const isAnswer = event.type === 'reply' || event.type === 'end' || event.type === 'fail'
  if (!isAnswer || !has(apiOutlet)) return { direct: [], rest: event }
  return { direct: [{ outlet: apiOutlet, command: event }], rest: undefined }
}

/** How a local service crosses. `own`: the codec of its words for the global service. */
export function localCrossing<Options, Own, Reply>(
  codecs: Omit<AppCodecs<Options, never, Reply, Own>, 'call'> = {}
): Crossing<LocalInit<Options>, LocalCommand, LocalEvent<Own, Reply>> {
  const events = appEventCodec(codecs.reply ?? plainWithPeers<Reply>())
  return {
    init: initCodec<Options, LocalInit<Options>>(codecs.options),
    command: localCommandCodec,
    event: localEventCodec(codecs.own ?? plainWithPeers<Own>(), events),
  }
}

function initCodec<Options, Init extends { readonly options: Options }>(
  options: Codec<Options> | undefined
): Codec<Init> {
  if (options === undefined) return plainWithPeers<Init>()
  const carried = plainWithPeers<Omit<Init, 'options'> & { readonly options: Uint8Array }>()
  return {
    encode: (init) => carried.encode({ ...init, options: options.encode(init.options) }),
    decode(bytes) {
      const init = carried.decode(bytes)
      // All of `Init` but its options, which are given back to it here.
      return { ...init, options: options.decode(init.options) } as unknown as Init
    },
  }
}
