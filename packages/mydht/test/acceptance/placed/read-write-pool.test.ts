/** The acceptance list, unchanged: read and write in a pool(2). */
import { acceptanceList } from './list.ts'

acceptanceList('read and write in a pool(2)')
