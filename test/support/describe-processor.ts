import { ops } from '@gradloom/core/internal';
import {
  compileFor,
  createBackendKernels,
  resolveBackend,
} from '../../packages/runtime/src/engine/backends/backend.ts';
import { machineCode } from '../../packages/runtime/src/engine/backends/native/machine-code.ts';
import { takeKernelScratch } from '../../packages/runtime/src/engine/memory/thread-scratch.ts';
import { createKernelMemory } from '../../packages/runtime/src/measurement/measure-gflops.ts';
import { runOp } from './run-op.ts';

/**
 * Prints which machine code the processor of this process supports, and a product of the backend that `auto` chooses.
 */
const { code, reason } = machineCode();
const auto = resolveBackend('auto');
const compiled = compileFor(auto);

const [B, I, O] = [4, 32, 16]; // large enough for machine code
const { memory, arrays } = createKernelMemory(auto, (allocate) => ({
  y: allocate(B * O),
  x: allocate(B * I).fill(1),
  W: allocate(I * O).fill(1),
  b: allocate(O).fill(1),
  scratch: takeKernelScratch([[I, O]], auto.name, allocate),
}));
const { y, x, W, b, scratch } = arrays;
runOp(createBackendKernels(auto, { ...compiled, memory, scratch }), ops.affine, y, x, W, b, B, I, O, O);

const products = [...new Set(y)]; // I times 1 · 1, plus b
process.stdout.write(JSON.stringify({ extension: code?.extension ?? null, reason, auto: auto.name, products }));
