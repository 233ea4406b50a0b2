/** The acceptance list, unchanged: every service a function call. */
import { acceptanceList } from './list.ts'

acceptanceList('every service a function call')
