import { PlatformError } from '@super-data/base/errors'

/** A place in a program or in a JSON text. Line and column count from 1, the offset from 0, in UTF-16 units. */
export interface Position {
  readonly line: number
  readonly column: number
  readonly offset: number
}

/** A place in one of the texts a program is made of: in the program itself, unless it names another. */
export interface Place {
  readonly position: Position
  /** Which of the definitions given along with the program, counted from 0. */
  readonly definition?: number
  readonly module?: string
}

/** The text is not a jq program. */
export class JqSyntaxError extends PlatformError {
  readonly code = 'JQ_SYNTAX'
  readonly kind = 'invalid'
  readonly position: Position
  readonly line: number
  readonly column: number
  readonly offset: number
  constructor(message: string, position: Position, hint?: string) {
    super(`${message} at line ${position.line}, column ${position.column}`, {
      details: { position },
      ...(hint === undefined ? {} : { hint }),
    })
    this.position = position
    this.line = position.line
    this.column = position.column
    this.offset = position.offset
  }
}

interface UnknownName {
  readonly name: string
  readonly position: Position
  /** The known name that looks most like it. */
  readonly suggestion?: string | undefined
}

function unknownOptions(unknown: UnknownName) {
  return {
    details: { name: unknown.name, position: unknown.position },
    ...(unknown.suggestion === undefined ? {} : { hint: `Did you mean ${unknown.suggestion}?` }),
  }
}

function place(position: Position): string {
  return `at line ${position.line}, column ${position.column}`
}

/** A call of something that is neither a builtin nor defined in the program. */
export class JqUnknownFunction extends PlatformError {
  readonly code = 'JQ_UNKNOWN_FUNCTION'
  readonly kind = 'invalid'
  readonly position: Position
  constructor(unknown: UnknownName) {
    super(`${unknown.name} is not defined ${place(unknown.position)}`, unknownOptions(unknown))
    this.position = unknown.position
  }
}

/** A `$name` that nobody binds. */
export class JqUnknownVariable extends PlatformError {
  readonly code = 'JQ_UNKNOWN_VARIABLE'
  readonly kind = 'invalid'
  readonly position: Position
  constructor(unknown: UnknownName) {
    super(`$${unknown.name} is not defined ${place(unknown.position)}`, unknownOptions(unknown))
    this.position = unknown.position
  }
}

/** A `break` outside its `label`. */
export class JqUnknownLabel extends PlatformError {
  readonly code = 'JQ_UNKNOWN_LABEL'
  readonly kind = 'invalid'
  readonly position: Position
  constructor(unknown: UnknownName) {
    super(`$*label-${unknown.name} is not defined ${place(unknown.position)}`, unknownOptions(unknown))
    this.position = unknown.position
  }
}

/** A module that cannot be loaded here. */
export class JqUnknownModule extends PlatformError {
  readonly code = 'JQ_UNKNOWN_MODULE'
  readonly kind = 'missing'
  readonly position: Position
  constructor(unknown: UnknownName) {
    super(`module ${unknown.name} was not found`, unknownOptions(unknown))
    this.position = unknown.position
  }
}

/** Modules that import each other in a circle. */
export class JqModuleCycle extends PlatformError {
  readonly code = 'JQ_MODULE_CYCLE'
  readonly kind = 'invalid'
  readonly position: Position
  /** From the module that closes the circle back to itself. */
  readonly cycle: readonly string[]
  constructor(cycle: readonly string[], position: Position) {
    super(`modules import each other in a circle: ${cycle.join(' → ')}`, {
      hint: 'Move what both need into a module of its own.',
      details: { cycle, position },
    })
    this.cycle = cycle
    this.position = position
  }
}

/** A module was found and is not fit to be imported: `cause` says what is wrong in its text. */
export class JqModuleInvalid extends PlatformError {
  readonly code = 'JQ_MODULE_INVALID'
  readonly kind = 'invalid'
  /** Where it is imported. */
  readonly position: Position
  constructor(module: string, problem: PlatformError | string, position: Position) {
    const isText = typeof problem === 'string'
    super(`module ${module}: ${isText ? problem : problem.message}`, {
      ...(isText ? {} : { cause: problem }),
      ...(isText || problem.hint === undefined ? {} : { hint: problem.hint }),
      details: { module, position, ...(isText ? {} : { code: problem.code, problem: problem.details }) },
    })
    this.position = position
  }
}

/** The program uses a construct its policy forbids. */
export class JqForbidden extends PlatformError {
  readonly code = 'JQ_FORBIDDEN'
  readonly kind = 'denied'
  readonly position: Position
  constructor(construct: string, position: Position) {
    super(`${construct} is not allowed here, ${place(position)}`, {
      hint: `Take ${construct} out of the program.`,
      details: { construct, position },
    })
    this.position = position
  }
}

/** The program ended in an error nothing caught: the message is jq's, and `details` may say where it happened. */
export class JqRuntimeError extends PlatformError {
  readonly code = 'JQ_RUNTIME'
  readonly kind = 'invalid'
  /** Where it was raised, when somebody looked: `details` have it, too. */
  readonly place: Place | undefined
  constructor(message: string, details: { readonly value?: unknown }, place?: Place) {
    super(message, { details: { ...details, ...place } })
    this.place = place
  }
}

/** The program stopped itself with `halt_error`. */
export class JqHalted extends PlatformError {
  readonly code = 'JQ_HALTED'
  readonly kind = 'invalid'
  readonly exitCode: number
  /** What it gave to `halt_error`: the message of this error, which for anything but a string is its JSON. */
  readonly value: unknown
  constructor(message: string, exitCode: number, value: unknown) {
    super(message, { details: { exitCode } })
    this.exitCode = exitCode
    this.value = value
  }
}

/** How much a run had produced when it was stopped. */
export interface Produced {
  /** Outputs that were handed out. */
  readonly outputs: number
}

/** The program did more work than its budget of steps allows. */
export class JqStepsExceeded extends PlatformError {
  readonly code = 'JQ_STEPS_EXCEEDED'
  readonly kind = 'limited'
  constructor(steps: number, produced: Produced) {
    super(`the program needed more than ${steps} steps`, {
      hint: 'Select earlier, or ask of a smaller input.',
      details: { steps, ...produced },
    })
  }
}

/** The program was still at work when its time was up. */
export class JqTimeExceeded extends PlatformError {
  readonly code = 'JQ_TIME_EXCEEDED'
  readonly kind = 'limited'
  constructor(deadlineMs: number, produced: Produced) {
    super(`the program did not end within ${deadlineMs} ms`, {
      hint: 'Look for a loop without an end, select earlier, or ask of a smaller input.',
      details: { deadlineMs, ...produced },
    })
  }
}

/** The program, or a value it handles, nests more deeply than the budget or the JavaScript stack allows. */
export class JqDepthExceeded extends PlatformError {
  readonly code = 'JQ_DEPTH_EXCEEDED'
  readonly kind = 'limited'
  constructor(depth?: number, produced?: Produced) {
    super(depth === undefined ? 'the program recursed too deeply' : `the program recursed deeper than ${depth} calls`, {
      hint: 'Make the recursive call the last thing a function does, or use reduce.',
      details: { ...(depth === undefined ? {} : { depth }), ...produced },
    })
  }
}

/** The program wrote more outputs than its budget allows; those before the limit were handed out. */
export class JqOutputsExceeded extends PlatformError {
  readonly code = 'JQ_OUTPUTS_EXCEEDED'
  readonly kind = 'limited'
  constructor(outputs: number) {
    super(`the program wrote more than ${outputs} outputs`, {
      hint: 'Use limit(n; f), or collect less.',
      details: { outputs },
    })
  }
}

/** The outputs take more bytes of JSON than the budget allows; those before the limit were handed out. */
export class JqOutputBytesExceeded extends PlatformError {
  readonly code = 'JQ_OUTPUT_BYTES_EXCEEDED'
  readonly kind = 'limited'
  constructor(outputBytes: number, produced: Produced) {
    super(`the program wrote more than ${outputBytes} bytes of JSON`, {
      hint: 'Give back fewer fields, or summarise.',
      details: { outputBytes, ...produced },
    })
  }
}

/** A regular expression backtracks so much on this text that it would take for ever. */
export class JqRegexTooCostly extends PlatformError {
  readonly code = 'JQ_REGEX_TOO_COSTLY'
  readonly kind = 'limited'
  constructor(pattern: string) {
    const shown = pattern.length > 100 ? `${pattern.slice(0, 100)}...` : pattern
    super(`the regular expression ${shown} takes too long on a text of this length`, {
      hint: 'Avoid repetitions inside repetitions and references to groups, or match a shorter text.',
      details: { pattern: shown },
    })
  }
}

/** The program tried to make a string or an array beyond what the engine can hold. */
export class JqValueTooLarge extends PlatformError {
  readonly code = 'JQ_VALUE_TOO_LARGE'
  readonly kind = 'limited'
  constructor() {
    super('the program made a value larger than the engine can hold', { hint: 'Build it in smaller parts.' })
  }
}

/** The text is not JSON. */
export class JqInvalidJson extends PlatformError {
  readonly code = 'JQ_INVALID_JSON'
  readonly kind = 'invalid'
  readonly position: Position
  /** What is wrong and where, as jq says it. */
  constructor(message: string, position: Position) {
    super(message, { details: { position } })
    this.position = position
  }
}
