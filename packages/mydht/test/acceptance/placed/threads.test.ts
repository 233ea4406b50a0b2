/** The acceptance list, unchanged: every service in a thread of its own, main too. */
import { acceptanceList } from './list.ts'

acceptanceList('every service in a thread of its own, main too')
