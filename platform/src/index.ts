export type { Call, CallRequest, CallResult, Credentials, Door, Principal, Progress, Rate } from './call.ts'
export type { Catalogue, CatalogueTool, EventStream, ObservedCall, PlatformDoor, Readiness } from './door.ts'
export { Platform, type PlatformComponents, type PlatformSettings } from './platform.ts'
