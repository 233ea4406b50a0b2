/** The acceptance list, unchanged: every service a coroutine. */
import { acceptanceList } from './list.ts'

acceptanceList('every service a coroutine')
