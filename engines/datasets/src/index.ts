export type {
  ConversionSource,
  Dataset,
  DatasetFormat,
  DatasetsSettings,
  Field,
  FileProblem,
  JsonType,
  JsonValue,
  OpenBucket,
  SchemaStore,
  Shape,
  ToNdjson,
} from './dataset.ts'
export { DatasetLease } from './dataset-lease.ts'
export { Datasets, type DatasetsOptions } from './datasets.ts'
export { DatasetInvalid, DatasetMissing, DatasetsClosed, DatasetUnread } from './errors.ts'
export { structureProblems } from './schema/conforms.ts'
export { missingPaths, type PathProblem } from './schema/path-check.ts'
export { type StructureChange, structureChanges } from './schema/structure-changes.ts'
export type { JsonFile } from './snapshots/snapshot.ts'
