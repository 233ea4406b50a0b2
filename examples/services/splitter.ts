/** The service of `13-pipeline.ts` that runs on a thread of its own, which imports this module. */
import { define, plain, type Service } from 'mydht/service'

/** What goes through the pipeline: text, later its words, and its end. */
export type Text = { readonly type: 'text'; readonly text: string } | { readonly type: 'end' }

/** What the splitter makes of it. */
export type Words = { readonly type: 'words'; readonly words: readonly string[] } | { readonly type: 'end' }

/** Cuts text into words. */
export const splitter = define({
  name: 'splitter',
  module: import.meta.url,
  sync: true,
  crossing: { init: plain<undefined>(), command: plain<Text>(), event: plain<Words>() },
  create: (): Service<Text, Words> => ({
    handle(command, emit) {
      if (command.type === 'end') emit(command)
      else emit({ type: 'words', words: command.text.toLowerCase().match(/[a-z]+/g) ?? [] })
    },
  }),
})
