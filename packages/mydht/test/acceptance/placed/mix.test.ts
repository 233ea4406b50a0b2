/** The acceptance list, unchanged: a random mix from a seed. */
import { acceptanceList } from './list.ts'

acceptanceList('a random mix from a seed')
