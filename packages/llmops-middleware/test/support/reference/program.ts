import { join, resolve } from 'node:path'
// TypeScript 7 has no stable API for scripts; 6 reads the same language.
import ts from '@typescript/typescript6'
import { entryPoints } from '../entry-points.ts'

const PACKAGE = resolve(import.meta.dirname, '../../..')

/** Where the sources of the package are, with a slash at the end. */
export const SRC = join(PACKAGE, 'src/')

const { compilerOptions } = ts.readConfigFile(join(PACKAGE, '../../tsconfig.json'), ts.sys.readFile).config
const { options: settings } = ts.convertCompilerOptionsFromJson(compilerOptions, PACKAGE)

/** Every file that the entry points reach, as TypeScript reads it. */
export const program = ts.createProgram(entryPoints(), settings)
export const checker = program.getTypeChecker()

export const isOurs = (declaration: ts.Node): boolean => declaration.getSourceFile().fileName.startsWith(SRC)

/** What an `export { name } from` leads to. */
export function target(symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
}

/** For other parts of the package, or of this repository. */
export function isInternal(symbol: ts.Symbol): boolean {
  return symbol.getJsDocTags(checker).some(({ name }) => name === 'internal')
}
