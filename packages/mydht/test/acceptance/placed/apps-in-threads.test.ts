/** The acceptance list, unchanged: apps in threads. */
import { acceptanceList } from './list.ts'

acceptanceList('apps in threads')
