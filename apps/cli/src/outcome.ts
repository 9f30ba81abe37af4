/** How a command that did not throw ended. */
export interface Outcome {
  exitCode: number
}
