/** The acceptance list, unchanged: the whole node in a thread. */
import { acceptanceList } from './list.ts'

acceptanceList('the whole node in a thread')
