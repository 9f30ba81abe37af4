import { describePostgresDoor } from './postgres-door/describe-door.ts'

await describePostgresDoor(18)
