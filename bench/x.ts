import { createList, link, ops } from '@gradloom/core/internal';
import { compileFor, createBackendKernels } from '../packages/runtime/src/engine/backends/backend.ts';
import { takeKernelScratch } from '../packages/runtime/src/engine/memory/thread-scratch.ts';
import { createKernelMemory } from '../packages/runtime/src/measurement/measure-gflops.ts';
import { extensionsHere } from '../packages/runtime/src/engine/backends/native/machine-code.ts';
import { createFma } from './peak/fma.ts';
// node x.ts type images size C O kernel groups [stride] [pad]
const cases = process.argv.slice(2).map((t) => t.split(',').map(Number));
for (const type of (process.env.T ?? 'float64,float32').split(',') as ('float64'|'float32')[]) {
  const compiled = compileFor({ name: 'native' }, type);
  const fma = createFma(extensionsHere()[0], type);
  for (const [B, size, C, O, kernel, groups = 1, stride = 1, pad = kernel >> 1] of cases) {
    const window = (kernel * kernel * C) / groups;
    const out = Math.floor((size + 2 * pad - kernel) / stride) + 1;
    const shape = [size, size, C, out, out, O, kernel, kernel, stride, stride, pad, pad, 1, 1, groups] as const;
    const [inputs, outputs] = [B * size * size * C, B * out * out * O];
    const { memory, arrays } = createKernelMemory(compiled, (a: any) => ({
      scratch: takeKernelScratch([[window, O, shape]], 'native', a),
      x: a(inputs), dx: a(inputs), y: a(outputs), dy: a(outputs), W: a(window * O), b: a(O), dW: a(window * O), db: a(O) }), type) as any;
    const { scratch, x, dx, y, dy, W, b, dW, db } = arrays;
    for (const array of [x, dy, W, b]) for (let i = 0; i < array.length; i++) array[i] = Math.random() - 0.5;
    const kernels = createBackendKernels({ name: 'native' }, { ...compiled, memory, scratch });
    const one = (f: any) => { const { calls, emit } = createList(); f(emit); return link(calls, kernels).run; };
    const runs = { y: one((e: any) => e(ops.convForward, y, x, W, b, B, ...shape)), dx: one((e: any) => e(ops.convBackwardInput, dx, dy, W, B, ...shape)), dW: one((e: any) => e(ops.convBackwardWeights, dW, db, x, dy, B, false, ...shape)) };
    const best: Record<string, number> = {}; const peaks: number[] = [];
    const time = (f: () => unknown, ms: number) => { let b = 1e9; const s = performance.now(); let t = s; while (t - s < ms) { f(); const e = performance.now(); b = Math.min(b, e - t); t = e; } return b; };
    for (let round = 0; round < Number(process.env.R ?? 4); round++) {
      peaks.push(fma.flops / time(fma.run, 30) / 1e6);
      for (const [name, run] of Object.entries(runs)) best[name] = Math.min(best[name] ?? 1e9, time(run, Number(process.env.MS ?? 60)));
    }
    const peak = Math.max(...peaks), flops = 2 * outputs * window;
    console.log(type, [B, size, C, O, kernel, groups, stride, pad].join(','), 'peak', peak.toFixed(1), Object.entries(best).map(([n, ms]) => `${n} ${(100 * flops / ms / 1e6 / peak).toFixed(0)}% (${ms.toFixed(3)} ms)`).join('  '));
  }
}
