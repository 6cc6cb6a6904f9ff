import { requireInstalled } from '../installed.ts';

/** The used part of koffi, so that its types need not be installed. */
export interface Koffi {
  /**
   * Opens a shared library by name or path; null is the process itself. `global` lets libraries that it opens later
   * find its symbols. @throws where the system's loader cannot.
   */
  load(path: string | null, options?: { readonly global?: boolean }): NativeLibrary;
  struct(members: Record<string, string>): unknown;
  pointer(type: unknown): unknown;
  out(type: unknown): unknown;
  /** The type of a C function. */
  proto(result: string, parameters: readonly string[]): unknown;
  /** What lies at an address: of a function's type, the function. */
  decode(address: bigint, type: unknown): unknown;
}

export interface NativeLibrary {
  /** The function of this C declaration. @throws where the library has none of that name. */
  func(declaration: string): NativeFunction;
  func(name: string, result: string, parameters: readonly unknown[]): NativeFunction;
  /** The address of a symbol. @throws where the library has none of that name. */
  symbol(name: string): unknown;
}

/** A C function: its declaration says what it takes, and its caller what the result is. */
export type NativeFunction = (...values: unknown[]) => unknown;

/** koffi, an optional dependency, loaded on first use. @throws where it is absent or has no build for this system. */
export function loadKoffi(): Koffi {
  return requireInstalled('koffi') as Koffi;
}

/** The function of a C declaration, or null where the library has none of that name. */
export function findFunction(library: NativeLibrary, declaration: string): NativeFunction | null {
  try {
    return library.func(declaration);
  } catch {
    return null;
  }
}
