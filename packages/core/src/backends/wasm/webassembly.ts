/** A compiled module. Threads share it by structured clone. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: 'WebAssembly.Module';
}

/** A memory, by default one that all threads share. */
export interface WasmMemory<Buffer extends ArrayBufferLike = SharedArrayBuffer> {
  readonly buffer: Buffer;
}

/** Bytes of a page of memory. */
export const PAGE_BYTES = 65_536;

/** Bytes after the last array of a memory: kernels may read a vector that ends beyond it. */
export const TAIL_BYTES = 64;

/** Bytes that 32 bits address. */
export const MAX_BYTES = 4_294_967_296;

/** Functions that modules call by number. */
export interface WasmTable {
  grow(count: number): number;
}

interface WasmApi {
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Memory: new <Shared extends boolean>(options: {
    initial: number; // pages
    maximum: number;
    shared: Shared;
  }) => WasmMemory<Shared extends true ? SharedArrayBuffer : ArrayBuffer>;
  readonly Table: new (options: { element: 'anyfunc'; initial: number }) => WasmTable;
  readonly Instance: new (module: WasmModule, imports: object) => { readonly exports: object };
  validate(bytes: Uint8Array): boolean;
}

/** TypeScript declares this global only for browsers, along with a thousand names that Node does not have. */
declare const WebAssembly: WasmApi;
const isHere = typeof WebAssembly !== 'undefined';

/** Stand-in for WebAssembly objects if the engine has none. */
class Absent implements WasmModule, WasmTable {
  readonly [Symbol.toStringTag] = 'WebAssembly.Module';
  readonly buffer = undefined as never;
  readonly exports = {};

  constructor() {
    throw new Error(`webassembly: ${NO_WASM}`);
  }

  grow = (): number => 0;
}

/** The part of WebAssembly that is used here. It throws if the engine has none. */
export const WasmApi: WasmApi = isHere
  ? WebAssembly
  : { Module: Absent, Memory: Absent, Table: Absent, Instance: Absent, validate: () => false };

const NO_WASM =
  'this engine has no WebAssembly, expected it for every backend except reference (node --jitless disables it)';

const NO_SIMD =
  'WebAssembly has no SIMD on this machine, expected it for every backend except reference (x64 processors have it from SSE4.1 on)';

const NO_COMPILATION =
  "this page may not compile WebAssembly, expected 'wasm-unsafe-eval' in the script-src of its content security policy";

/** The reason why the WebAssembly kernels cannot run here, as a sentence; null if they can. */
export function wasmProblem(): string | null {
  if (!isHere) return NO_WASM;
  if (!WasmApi.validate(SIMD_PROBE)) return NO_SIMD;
  try {
    new WasmApi.Module(SIMD_PROBE);
    return null;
  } catch {
    return NO_COMPILATION;
  }
}

// (module (func (result v128) (i32x4.splat (i32.const 0)))), which is valid only with SIMD. The padding makes it as
// long as modules of kernels: before version 115 pages in Chrome compiled at most 4 KiB at once.
const SIMD_PROBE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic and version
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b], // type () -> v128
  ...[0x03, 0x02, 0x01, 0x00], // one function of it
  ...[0x0a, 0x08, 0x01, 0x06, 0x00, 0x41, 0x00, 0xfd, 0x11, 0x0b], // i32.const 0, i32x4.splat
  ...[0x00, 0x88, 0x27, ...new Uint8Array(5000)], // a section of 5000 bytes that has no meaning
);
