/** The acceptance list, unchanged: every service but main in a thread of its own. */
import { acceptanceList } from './list.ts'

acceptanceList('every service but main in a thread of its own')
