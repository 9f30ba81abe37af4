import { PlatformError } from '@super-data/base/errors'

/** No such suggestion: it was put away, followed, or what it was seen from has changed. */
export class SuggestionMissing extends PlatformError {
  readonly code = 'SUGGESTION_MISSING'
  readonly kind = 'missing'
  constructor() {
    super('there is no such suggestion any more', { hint: '`learning suggestions` lists those there are.' })
  }
}

/** The suggestion is advice: what it says takes somebody who understands the question. */
export class SuggestionAdvice extends PlatformError {
  readonly code = 'SUGGESTION_ADVICE'
  readonly kind = 'invalid'
  constructor(tool: string) {
    super('this suggestion has to be followed by hand', {
      hint: `Save a new version with \`tools update ${tool}\`, or put the suggestion away with \`learning dismiss\`.`,
    })
  }
}
