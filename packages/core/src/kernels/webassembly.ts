/** Compiled code; threads share it by structured clone. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: 'WebAssembly.Module';
}

/** A memory that all threads share. */
export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
}

interface WasmApi {
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Memory: new (options: { initial: number; maximum: number; shared: true }) => WasmMemory;
  readonly Instance: new (module: WasmModule, imports: object) => { readonly exports: object };
  validate(bytes: Uint8Array): boolean;
}

/** TypeScript declares this global only for browsers, and with it a thousand names that Node does not have. */
declare const WebAssembly: WasmApi;

/** The part of WebAssembly that is used here. */
export const WasmApi = WebAssembly;
