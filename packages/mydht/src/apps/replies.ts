/**
 * @module apps/replies
 * The API side of an app: telling the reply that was due from any other. Not here: how replies travel (`app.ts`).
 */
import { MyDhtError } from '../errors.ts'

interface Typed {
  readonly type: string
}

/** Gives `reply` back as the `type` that was due; MYDHT_REMOTE when it is another, as service and API of different versions would do. */
export function expectReply<R extends Typed, T extends R['type']>(reply: R, type: T): Extract<R, { readonly type: T }> {
  if (isReply(reply, type)) return reply
  throw new MyDhtError(
    'MYDHT_REMOTE',
    `got a reply '${reply.type}' where '${type}' was due: use service and API of one version of the app`
  )
}

function isReply<R extends Typed, T extends R['type']>(reply: R, type: T): reply is Extract<R, { readonly type: T }> {
  return reply.type === type
}
