import { PlatformError } from '@super-data/base/errors'
import { JqForbidden, JqModuleCycle, JqModuleInvalid, JqUnknownModule, type Position } from '../errors.ts'
import type { Ast, Import } from '../syntax/ast.ts'
import { parse } from '../syntax/parser.ts'
import { positionAt } from '../syntax/position.ts'
import { parseJsonSequence } from '../value/json-parse.ts'
import type { Value } from '../value/value.ts'
import type { ModuleLibrary } from './library.ts'

/** A module with everything it imports. */
export interface Module {
  readonly path: string
  readonly ast: Ast
  readonly imports: readonly LoadedImport[]
}

/** One import of a program or module. Without an alias its definitions are included as they are. */
export type LoadedImport = { readonly position: Position } & (
  | { readonly kind: 'functions'; readonly alias: string | undefined; readonly module: Module }
  | { readonly kind: 'data'; readonly alias: string; readonly values: Value[] }
)

export interface LoadSettings {
  /** `undefined`: nothing can be imported. */
  readonly library: ModuleLibrary | undefined
  /** Checks what a module may use, as the program itself was checked. @throws JqForbidden */
  readonly enforce: (ast: Ast) => void
}

/**
 * Everything a program imports, and what that imports in turn; each module is read once.
 *
 * @throws JqUnknownModule · JqModuleCycle · JqModuleInvalid for what is found and cannot be used · JqForbidden
 */
export function loadModules(ast: Ast, settings: LoadSettings): LoadedImport[] {
  return new ModuleLoader(settings).imports(ast, [])
}

class ModuleLoader {
  readonly #settings: LoadSettings
  readonly #modules = new Map<string, Module>()

  constructor(settings: LoadSettings) {
    this.#settings = settings
  }

  /** @param chain the modules that led here, outermost first. */
  imports(ast: Ast, chain: readonly string[]): LoadedImport[] {
    return ast.imports.map(each => this.#import(each, positionAt(ast.text, each.start), chain))
  }

  #import({ path, alias }: Import, position: Position, chain: readonly string[]): LoadedImport {
    if (alias?.data) return { kind: 'data', alias: alias.name, values: this.#data(path, position), position }
    return { kind: 'functions', alias: alias?.name, module: this.#module(path, position, chain), position }
  }

  #text(path: string, kind: 'jq' | 'data', position: Position): string {
    const text = this.#settings.library?.resolve(path, kind)
    if (text === undefined) throw new JqUnknownModule({ name: path, position })
    return text
  }

  #data(path: string, position: Position): Value[] {
    const text = this.#text(path, 'data', position)
    return insideModule(path, position, () => parseJsonSequence(text))
  }

  #module(path: string, position: Position, chain: readonly string[]): Module {
    const known = this.#modules.get(path)
    if (known) return known
    const at = chain.indexOf(path)
    if (at >= 0) throw new JqModuleCycle([...chain.slice(at), path], position)
    const text = this.#text(path, 'jq', position)
    const module = insideModule(path, position, () => {
      const ast = parse(text)
      if (ast.body) throw new JqModuleInvalid(path, 'it has a body, and a module may only define', position)
      this.#settings.enforce(ast)
      return { path, ast, imports: this.imports(ast, [...chain, path]) }
    })
    this.#modules.set(path, module)
    return module
  }
}

/**
 * Does something with the text of a module. What goes wrong there is told from where the module is imported: positions
 * always belong to the text that the reader has before him.
 */
export function insideModule<T>(path: string, position: Position, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    if (error instanceof JqModuleInvalid && error.details['module'] === path) throw error
    if (error instanceof JqModuleCycle) throw new JqModuleCycle(error.cycle, position)
    if (error instanceof JqForbidden) {
      throw new JqForbidden(`${error.details['construct']} in module ${path}`, position)
    }
    throw new JqModuleInvalid(path, error, position)
  }
}
