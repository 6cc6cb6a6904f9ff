import { type ElementType, FLOAT64, typeOf } from '../../math/element-type.ts';
import { type Allocate, type KernelScratch, mostScratch, type ProductShape } from '../../math/scratch.ts';
import { addressOf } from '../../program/address.ts';
import type { Blocks, Kernels } from '../../program/kernels.ts';
import type { Call } from '../../program/op.ts';
import { gatherBytes } from '../../program/reference/gather-bytes.ts';
import { allArrays, blockWords, CALL_WORDS, callArguments, callWords, isWasmOp } from './wasm-tape.ts';
import { WasmApi, type WasmMemory, type WasmModule, wasmProblem } from './webassembly.ts';

/**
 * The kernels of assembly/, equal to the reference bit for bit. Arrays must lie in `memory` above
 * `wasmHeapBase(module)` and have the element type that the module was compiled for; other calls are left to the
 * reference. `scratch` lies in `memory` too and is used by this thread only.
 */
export function createWasmKernels({
  module,
  memory,
  scratch,
}: {
  module: WasmModule;
  memory: WasmMemory;
  scratch: KernelScratch; // from takeWasmScratch, for all products that are called
}): Kernels {
  const wasm = instantiate(module, memory);
  const { buffer } = memory;
  const pack = addressOf(scratch.products);
  const type: ElementType = wasm.elementBytes.value === 4 ? 'float32' : 'float64';
  const has = (call: Call): boolean =>
    isWasmOp(call.op) &&
    allArrays(call, type, (array, expected) => array.buffer === buffer && typeOf(array) === expected) &&
    !isUnsupported(call);
  const blocks: Blocks = {
    callWords: CALL_WORDS,
    encode: (call) => (has(call) ? callWords(call, type, pack) : null),
    single(call) {
      const kernel = wasm[call.op.name] as (...args: number[]) => void;
      const args = callArguments(call, type, pack);
      return () => kernel(...args);
    },
    block(tape, calls) {
      const at = addressOf(tape);
      return {
        run: () => wasm.play(at, calls),
        repeat: (times, stop) => wasm.playTimes(at, calls, times, addressOf(stop)),
        words: blockWords(at, calls),
      };
    },
  };
  return { name: 'wasm', bind: () => null, blocks, gatherBytes };
}

/** Numbers of gradient rows that an update can add while reading them. */
const MEAN_ROWS = [1, 2, 4];

const isUnsupported = ({ op, args }: Call): boolean =>
  'state' in op.operands &&
  'S' in op.operands &&
  !MEAN_ROWS.includes(args[Object.keys(op.operands).indexOf('S')] as number);

/** Takes the scratch of the kernels for products of these shapes. */
export const takeWasmScratch = (products: readonly ProductShape[], allocate: Allocate): KernelScratch => ({
  products: allocate(mostScratch(products, wasmProductScratch), FLOAT64),
  machineCode: null,
});

/**
 * Doubles of scratch for the products of an I x O dense layer, for any number of rows. It suffices for float32 too,
 * whose panels have as many bytes.
 */
export function wasmProductScratch([I, O, kind]: ProductShape): number {
  if (kind === 'attention') return attentionScratch(I, O);
  if (kind !== undefined) return windowScratch(I, O);
  // A panel of 64 bytes by 256, and 64 lists of its terms (assembly/affine.ts). A list of K terms takes K + 1 pairs of
  // words.
  const terms = Math.min(I, 256);
  const forInputs = 8 * terms + 64 * (terms + 1);
  // A strip of 256 rows by 64 bytes, four waiting sums, lists, and panels of dy (assembly/affine-weights.ts).
  const waiting = 4 * 64 * 8;
  const forWeights = 8 * 256 + waiting + 4 * (256 + 16) + Math.min(65536, 256 * O);
  return Math.max(forInputs, forWeights);
}

/** Doubles of scratch for a convolution with `outs` outputs, each the sum of `terms` products. */
function windowScratch(terms: number, outs: number): number {
  const windows = 16;
  // A panel of 64 bytes by 256, and 128 rows of 256 terms and one or two lines (assembly/convolution.ts).
  const forward = 8 * 256 + 128 * (256 + 8);
  // 256 rows of 64 terms and a line, panels of dy, four waiting sums of leaves, and 32 waiting squares of dW and db
  // (assembly/convolution-weights.ts).
  const square = (Math.min(terms, 64) + 1) * Math.min(outs, 64);
  const weights = 256 * (64 + 8) + 256 * 64 + 4 * 64 * 8 + 32 * square;
  return windows + Math.max(forward, weights);
}

/** Doubles of scratch for attention over T positions with heads of d numbers (assembly/attention.ts). */
function attentionScratch(d: number, T: number): number {
  const [queries, block] = [16, 4];
  return 2 * d * T + 2 * queries * T + T + block; // panels of keys and values, two numbers of each key, and a mask
}

/** Name of the file in core with the kernels of an element type. */
export const kernelsFile = (type: ElementType) => (type === 'float32' ? 'kernels-float32.wasm' : 'kernels.wasm');

/** The first free byte of memory, after the module's constants. */
export function wasmHeapBase(module: WasmModule): number {
  // The maximum is one page: where V8 has no guard pages it reserves the maximum, and 4 GiB may be refused.
  return instantiate(module, new WasmApi.Memory({ initial: 1, maximum: 1, shared: true })).__heap_base.value;
}

/**
 * Compiles the kernels from the bytes of `kernelsFile`.
 * @throws Error if the engine has no WebAssembly, or none with SIMD. Only the reference backend runs there.
 */
export function compileWasmKernels(bytes: Uint8Array): WasmModule {
  const problem = wasmProblem();
  if (problem !== null) throw new Error(`compileWasmKernels: ${problem}`);
  return new WasmApi.Module(bytes);
}

interface WasmExports {
  readonly __heap_base: { readonly value: number };
  readonly elementBytes: { readonly value: number };
  play(tape: number, calls: number): void;
  playTimes(tape: number, calls: number, times: number, stop: number): number;
  readonly [kernel: string]: unknown;
}

const instantiate = (module: WasmModule, memory: WasmMemory): WasmExports =>
  new WasmApi.Instance(module, { env: { memory } }).exports as WasmExports;
