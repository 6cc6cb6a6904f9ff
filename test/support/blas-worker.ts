import { parentPort, workerData } from 'node:worker_threads';
import { referenceKernels } from '@gradloom/core';
import { createBlasKernels } from '../../packages/runtime/src/engine/backends/native/blas-kernels.ts';
import { findBlas } from '../../packages/runtime/src/engine/backends/native/find-blas.ts';
import { type BlasRun, runProducts, type Shape } from './blas-run.ts';

/** The three products of one dense layer, by the library at `path`, opened in this thread. */
const { path, shape, run } = workerData as { path: string; shape: Shape; run: BlasRun };
const { library, reason } = findBlas({ path });
if (library === null) throw new Error(reason);
runProducts(createBlasKernels(library, referenceKernels), run, shape);
parentPort?.postMessage('done');
