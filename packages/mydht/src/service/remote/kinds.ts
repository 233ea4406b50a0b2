/**
 * @module service/remote/kinds
 * The kinds of frames between a handle and its service elsewhere. Numbers count from the start of the service and never go back.
 */

/** To the service: a `Birth`. */
export const SPAWN = 1
/** To the service: a command, as its codec wrote it. Commands and calls are numbered from 1 in the order they come. */
export const COMMAND = 2
/** To the service: a command whose first event is a reply. */
export const CALL = 3
/** To the service: the number of a call whose caller has gone. */
export const CANCEL = 4
/** To the service: how many events are off the owner's hands. */
export const CREDIT = 5
/** To the service: end. */
export const CLOSE = 6
/** To the service: asks for a PONG with the same number. */
export const PING = 7

/** To the service: a command whose end the owner wants to hear of at once, for its `lagMs`. */
export const SAMPLE = 8

/** From the service: an event, as its codec wrote it. */
export const EVENT = 16
/** From the service: a call's number, then its event. */
export const REPLY = 17
/** From the service: the number of a call that caused no event. */
export const NO_REPLY = 18
/** From the service: the last command it is done with, commands handled with its own among them, milliseconds in `handle`. */
export const ACK = 19
/** From the service: it has closed; 1 and its saved state, or 0. */
export const CLOSED = 20
/** From the service: a `Death`. */
export const FAILED = 21
/** From the service: a PING's number, and 1 while commands wait that it can handle. */
export const PONG = 22
/** From the service: it emitted though it is dead. */
export const LATE = 23
/** From the service: a `LogLine`. */
export const LOG = 24
