/** The acceptance list, unchanged: every service but main in one pool(2). */
import { acceptanceList } from './list.ts'

acceptanceList('every service but main in one pool(2)')
