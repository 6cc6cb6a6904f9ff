/// <reference lib="dom" />
import type { NetworkSpec } from '@gradloom/core';
import {
  type BrowserRunOptions,
  type Dataset,
  joinTeam,
  openBrowserRun,
  type TeamMessage,
} from '@gradloom/runtime/browser';

/** A training of this worker, and of others that it starts. */
export interface WorkerTraining {
  readonly spec: NetworkSpec;
  readonly rows: number;
  readonly inputs: readonly number[]; // [N, I]
  readonly targets: readonly number[]; // [N, O]
  readonly options: BrowserRunOptions;
  readonly threads: number;
}

/** The worker's answer: the fingerprint of the weights, or a sentence. */
export type WorkerAnswer = { readonly fingerprint: string; readonly fused: boolean } | { readonly error: string };

const scope = self as unknown as Worker & { readonly name: string; readonly location: Location };

const fail = (error: unknown): void => scope.postMessage({ error: String(error) } satisfies WorkerAnswer);

function startMember(): Promise<Worker> {
  const worker = new Worker(scope.location.href, { name: 'member' });
  return new Promise((resolve) => {
    worker.onmessage = () => resolve(worker);
  });
}

/** Copies numbers to memory that other workers see. */
function shared(numbers: readonly number[], rows: number): Dataset['inputs'] {
  const array = new Float64Array(new SharedArrayBuffer(8 * numbers.length));
  array.set(numbers);
  return { array, columns: numbers.length / rows, divisor: 1 };
}

async function lead({ spec, rows, inputs, targets, options, threads }: WorkerTraining): Promise<WorkerAnswer> {
  const others = await Promise.all(Array.from({ length: threads - 1 }, startMember));
  const data = { name: 'rows', rows, inputs: shared(inputs, rows), targets: shared(targets, rows), classes: null };
  const run = await openBrowserRun(spec, data, options, others);
  run.advance(options.totalSteps);
  const answer = { fingerprint: run.fingerprint(), fused: run.fused };
  run.close();
  for (const other of others) other.terminate();
  return answer;
}

if (scope.name === 'member') {
  scope.onmessage = ({ data }) => joinTeam(data as TeamMessage, (reason) => setTimeout(() => fail(reason)));
  scope.postMessage(null); // tells that it listens
} else {
  scope.onmessage = ({ data }) => {
    lead(data as WorkerTraining).then((answer) => scope.postMessage(answer), fail);
  };
}
