/** The acceptance list, unchanged: api restarted whenever it is idle. */
import { acceptanceList } from './list.ts'

acceptanceList('api restarted whenever it is idle')
