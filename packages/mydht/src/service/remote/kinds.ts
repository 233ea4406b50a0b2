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

/** To the service: a direct way's number and an epoch; what went through the owner before that epoch has come. */
export const PASSED = 9
/** To the service: a direct way's number; nothing more is to go that way. */
export const UNLINK = 10

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
/** From the service: a direct way's number and an epoch that begins; the events before it went through the owner. */
export const PROBE = 25
/** From the service: a direct way's number, commands that went that way. */
export const SENT = 26
/** From the service: a direct way's number, commands that came that way and are handled. */
export const TAKEN = 27
/** From the service: a `ReturnPaper`, and the commands that did not arrive, or perhaps did. */
export const RETURNED = 28

/** On a direct way: the epoch of the commands behind it. */
export const EPOCH = 32
/** Back on a direct way: how many commands are handled. */
export const DONE = 33
/** Back on a direct way, the last: how many commands are handled, how many were delivered. */
export const END = 34
