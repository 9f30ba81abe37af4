export { descriptorSink, descriptorSource } from './descriptors.ts'
export { helpText } from './help.ts'
export { runCommand } from './run-command.ts'
export { type ByteSource, type CommandWorld, OutputGone, type TextSink } from './world.ts'
