import { NPM, node, systemPython, TORCH } from '../peers/peers.ts';
import type { InferenceWorkload } from './workloads.ts';

/** A program that answers the workloads. */
export interface Program {
  readonly name: string;
  readonly command: readonly string[]; // speaks lines of JSON: see bench/peers/serve.ts and serve.py
  readonly get: string; // how to install it
  /** Whether it takes part in a workload on so many threads. */
  answers(workload: InferenceWorkload, threads: number): boolean;
}

export const OURS = 'Gradloom';

const isOfRows = ({ writes }: InferenceWorkload): boolean => writes === undefined;
const isOwn = ({ order }: InferenceWorkload): boolean => order === undefined;

/** Ours comes first: the others are compared with it. */
export const programs: readonly Program[] = [
  { name: OURS, command: node('../inference/gradloom.ts'), get: 'node .ci/prepare.mjs', answers: () => true },
  {
    name: 'onnxruntime',
    command: systemPython('../inference/onnxruntime_peer.py'),
    get: 'apt-get install python3-onnxruntime',
    answers: isOfRows,
  },
  {
    name: 'onnxruntime-node',
    command: node('../inference/onnxruntime.ts'),
    get: NPM,
    answers: (workload) => isOwn(workload) && isOfRows(workload),
  },
  { name: 'PyTorch', command: systemPython('../inference/torch_peer.py'), get: TORCH, answers: isOwn },
  {
    name: 'tfjs wasm',
    command: node('../inference/tfjs.ts'),
    get: NPM,
    answers: (workload, threads) =>
      isOwn(workload) && isOfRows(workload) && workload.type === 'float32' && threads === 1,
  },
];
