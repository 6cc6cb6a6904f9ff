import { addressOf } from './address.ts';
import type { Kernels } from './kernels.ts';
import { type Allocate, type KernelScratch, mostScratch, type ProductShape } from './scratch.ts';
import { createWasmActivations, type WasmActivationExports } from './wasm-activations.ts';
import { createWasmLosses, type WasmLossExports } from './wasm-losses.ts';
import { createWasmMeanUpdates, type WasmMeanUpdateExports } from './wasm-mean-updates.ts';
import { createTapeWriter } from './wasm-tape.ts';
import { createWasmUpdates, type WasmUpdateExports } from './wasm-updates.ts';
import { WasmApi, type WasmMemory, type WasmModule, wasmProblem } from './webassembly.ts';

/**
 * The kernels of assembly/, equal to the reference bit for bit. Every array handed to them is a view of `memory`, above
 * `wasmHeapBase(module)`; `scratch` too, and it belongs to this instance's thread alone.
 */
export function createWasmKernels({
  module,
  memory,
  scratch,
}: {
  module: WasmModule;
  memory: WasmMemory;
  scratch: KernelScratch; // as takeWasmScratch takes it for the products that are called
}): Kernels {
  const wasm = instantiate(module, memory);
  const pack = addressOf(scratch.products);
  const kernels = kernelsOf(wasm, pack);
  return {
    ...kernels,
    fast: { ...kernels.fast, meanUpdates: createWasmMeanUpdates(wasm, kernels.averageNodes) },
    record(tape, run) {
      const writer = createTapeWriter(tape);
      run(kernelsOf({ ...wasm, ...writer.exports }, pack));
      const at = addressOf(tape);
      const calls = writer.count();
      return () => wasm.play(at, calls);
    },
    recordSteps(tape, run, { hyper, hypers, losses, norms, lossSums, squares, rows }) {
      const writer = createTapeWriter(tape);
      run(kernelsOf({ ...wasm, ...writer.exports }, pack));
      const [at, calls] = [addressOf(tape), writer.count()];
      const [hyperAt, hypersAt, H] = [addressOf(hyper), addressOf(hypers), hyper.length];
      const [lossesAt, normsAt, lossSumsAt, squaresAt] = [losses, norms, lossSums, squares].map(addressOf);
      const [S, blocks] = [lossSums.length, squares.length];
      return (first, steps) =>
        wasm.playSteps(
          at,
          calls,
          steps,
          hyperAt,
          hypersAt,
          H,
          lossesAt + 8 * first,
          normsAt + 8 * first,
          lossSumsAt,
          S,
          squaresAt,
          blocks,
          rows,
        );
    },
  };
}

/** The kernels as calls of the functions of the module, or of a stand-in. */
function kernelsOf(wasm: WasmExports, pack: number): Kernels {
  return {
    name: 'wasm',
    affine: (y, x, W, b, B, I, O) => wasm.affine(addressOf(y), addressOf(x), addressOf(W), addressOf(b), B, I, O, pack),
    affineBackwardInput: (dx, dy, W, B, I, O) =>
      wasm.affineBackwardInput(addressOf(dx), addressOf(dy), addressOf(W), B, I, O, pack),
    affineBackwardWeights: (dW, db, x, dy, B, leaf, joins, I, O) =>
      wasm.affineBackwardWeights(
        addressOf(dW),
        addressOf(db),
        addressOf(x),
        addressOf(dy),
        B,
        leaf,
        joins ? 1 : 0,
        I,
        O,
        pack,
      ),
    averageNodes(square, g, gSum, { joins, count, step }, P, offset, n, rows) {
      const first = addressOf(gSum) + 8 * offset;
      for (const [left, right] of joins) wasm.add(first + 8 * P * left, first + 8 * P * right, n);
      wasm.averageRows(addressOf(square), addressOf(g), first, count, 8 * P * step, n, rows);
    },
    add: (sum, term, n) => wasm.add(addressOf(sum), addressOf(term), n),
    scale: (g, n, factor) => wasm.scale(addressOf(g), n, addressOf(factor)),
    fast: {
      activations: createWasmActivations(wasm),
      losses: createWasmLosses(wasm),
      updates: createWasmUpdates(wasm),
    },
  };
}

/** What the kernels need for products of these shapes. */
export const takeWasmScratch = (products: readonly ProductShape[], allocate: Allocate): KernelScratch => ({
  products: allocate(mostScratch(products, wasmProductScratch)),
  machineCode: null,
});

/** Doubles of scratch that the products of an I x O dense layer take, for any number of rows. */
export function wasmProductScratch([I, O]: ProductShape): number {
  // A panel of 8 columns by 256 and 64 lists of its terms (assembly/affine.ts). A list of K terms takes K + 1 pairs of
  // words.
  const terms = Math.min(I, 256);
  const forInputs = 8 * terms + 64 * (terms + 1);
  // A strip of 256 rows by 8, four sums that wait, lists, and panels of dy (assembly/affine-weights.ts).
  const waiting = 4 * 64 * 8;
  const forWeights = 8 * 256 + waiting + 4 * (256 + 16) + Math.min(65536, 256 * O);
  return Math.max(forInputs, forWeights);
}

/** The first free byte of memory: the constants of the module are below it. */
export function wasmHeapBase(module: WasmModule): number {
  // One page, and no more for ever: where V8 keeps no guard pages a memory reserves its maximum, and 4 GiB can be
  // refused.
  return instantiate(module, new WasmApi.Memory({ initial: 1, maximum: 1, shared: true })).__heap_base.value;
}

/**
 * The module of `bytes`, the content of kernels.wasm.
 * @throws Error where the engine has no WebAssembly, or none with SIMD: only the reference backend runs there.
 */
export function compileWasmKernels(bytes: Uint8Array): WasmModule {
  const problem = wasmProblem();
  if (problem !== null) throw new Error(`compileWasmKernels: ${problem}`);
  return new WasmApi.Module(bytes);
}

interface WasmExports extends WasmActivationExports, WasmLossExports, WasmMeanUpdateExports, WasmUpdateExports {
  readonly __heap_base: { readonly value: number };
  affine(y: number, x: number, W: number, b: number, B: number, I: number, O: number, scratch: number): void;
  affineBackwardInput(dx: number, dy: number, W: number, B: number, I: number, O: number, scratch: number): void;
  affineBackwardWeights(
    dW: number,
    db: number,
    x: number,
    dy: number,
    B: number,
    leaf: number,
    joins: number,
    I: number,
    O: number,
    scratch: number,
  ): void;
  averageRows(square: number, g: number, first: number, S: number, row: number, n: number, rows: number): void;
  add(sum: number, term: number, n: number): void;
  scale(g: number, n: number, factor: number): void;
  play(tape: number, calls: number): void;
  playSteps(
    tape: number,
    calls: number,
    steps: number,
    hyper: number,
    hypers: number,
    H: number,
    losses: number,
    norms: number,
    lossSums: number,
    S: number,
    squares: number,
    blocks: number,
    rows: number,
  ): number;
}

const instantiate = (module: WasmModule, memory: WasmMemory): WasmExports =>
  new WasmApi.Instance(module, { env: { memory } }).exports as WasmExports;
