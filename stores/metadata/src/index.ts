export { Database, type DatabaseOptions } from './database.ts'
export { type Migration, migration } from './migration.ts'
