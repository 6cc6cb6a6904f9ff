import type { Pausable } from '@gradloom/core';
import {
  checkList,
  checkObject,
  findBadWeight,
  has,
  reasonOf,
  show,
  showName,
  stateLength,
} from '@gradloom/core/internal';
import type { DataSplits } from '../../data/dataset.ts';
import { datasetHash } from '../../data/dataset-hash.ts';
import { type Backend, backendRecord, isMixedRecord } from '../../engine/backends/backend.ts';
import type { Difference } from '../../system/files/differences.ts';
import { findBadState } from '../faults/bad-state.ts';
import type { RunPlan } from '../run/plan.ts';
import { isEvaluationStep } from '../run/scheduled-steps.ts';
import type { Checkpoint, RunArrays, RunRecord } from './checkpoint.ts';
import { arraysOf, sectionsOf } from './checkpoint-sections.ts';
import { type RunIdentity, runDifferences } from './same-run.ts';

/** The record of a run for its checkpoints. Hashes all rows. */
export function* recordOf(plan: RunPlan, data: DataSplits, backend: Backend): Pausable<RunRecord> {
  const { optimizerSpec, scheduleSpec, batch, seed, clipNorm, shuffle, evaluateEvery } = plan;
  return {
    optimizer: typeof optimizerSpec === 'string' ? { kind: optimizerSpec } : optimizerSpec,
    schedule: typeof scheduleSpec === 'string' ? { kind: scheduleSpec } : scheduleSpec,
    batch,
    seed,
    clipNorm,
    shuffle,
    evaluateEvery,
    ...(plan.early === null ? {} : { early: plan.early }),
    ...plan.recorded,
    parameters: plan.parametersHash,
    ...(plan.parts.modules.length === 0 ? {} : { modules: plan.parts.modules }),
    totalSteps: plan.context.totalSteps,
    stepsPerEpoch: plan.context.stepsPerEpoch,
    backend: backendRecord(backend),
    data: {
      train: yield* datasetHash(data.train),
      validation: data.validation === undefined ? null : yield* datasetHash(data.validation),
      test: data.test === undefined ? null : yield* datasetHash(data.test),
    },
  };
}

/** A part of a run that differs from that of its checkpoint. */
export interface ResumeDifference {
  readonly name: string | null; // path of an option, such as batch; null if the problem is a whole sentence
  readonly problem: string; // 'has 16, expected 32'
}

/** Maximum number of differences named in an error: there may be as many as layers. */
const MAX_NAMED = 20;

/** The differences in a sentence, with why they are refused. */
export function resumeProblem(differences: readonly ResumeDifference[]): string {
  const where = 'resumeProblem';
  const differenceList = checkList(where, 'differences', differences, 'a list of { name, problem }');
  const sentences = differenceList.slice(0, MAX_NAMED).map((difference) => {
    const { name, problem } = checkObject(where, 'difference', difference, '{ name, problem }');
    return [name ?? [], problem].flat().join(' ');
  });
  const omission = differences.length > MAX_NAMED ? `; and ${differences.length - MAX_NAMED} more` : '';
  return `${sentences.join('; ')}${omission}: a resume continues the same run`;
}

/** A resume was refused, since it would continue as another run. */
export class ResumeError extends Error {
  /** 'ResumeError'. */
  override readonly name = 'ResumeError';
  readonly differences: readonly ResumeDifference[];

  constructor(differences: readonly ResumeDifference[]) {
    super(`train: ${resumeProblem(differences)}`);
    this.differences = differences;
  }
}

/**
 * Checks that a run continues a checkpoint. Options that do not affect results may differ, and so may the length if no
 * learning rate depends on it.
 * @throws ResumeError with the differences, Error if the state of the checkpoint is not finite.
 */
export function* checkResume(plan: RunPlan, record: RunRecord, checkpoint: Checkpoint): Pausable<void> {
  const differences = runDifferences(identityOf(plan, record), checkpoint).map(describe);
  const { totalSteps: runSteps } = record;
  const { totalSteps } = checkpoint.record;
  const { step } = checkpoint.progress;
  if (runSteps !== totalSteps && plan.schedule.needsTotalSteps) {
    const why = `the rates of schedule ${record.schedule.kind} depend on it`;
    differences.push(lengthDifference(plan, runSteps, totalSteps, why));
  } else if (runSteps < step) {
    differences.push(tooShort(plan, step));
  } else if (runSteps !== totalSteps && plan.early !== null && evaluatedAtItsEnd(checkpoint)) {
    const why = `early stopping has counted the evaluation at that end, which a longer run would not make`;
    differences.push(lengthDifference(plan, runSteps, totalSteps, why));
  }
  if (differences.length > 0) throw new ResumeError(differences);
  if (isMixedRecord(checkpoint.record.backend, plan.network)) {
    const { name } = checkpoint.record.backend;
    throw new Error(
      `train: the checkpoint has backend ${name} of a version whose products of few weights were unfused, expected one of this version (its model can start a new run: see parameters)`,
    );
  }
  refuseOtherArrays(plan, checkpoint);
  const { arrays, earlier, best } = checkpoint;
  const problem =
    (yield* badNumber(plan, arrays)) ??
    (earlier && (yield* badNumber(plan, earlier))) ??
    (best && (yield* findBadWeight(plan.network, best)));
  if (problem !== undefined) throw new Error(`train: the checkpoint's ${problem}, expected finite numbers`);
}

/** Refuses arrays that do not fit the record: a program may have built the checkpoint itself. */
function refuseOtherArrays({ network, schedule }: RunPlan, checkpoint: Checkpoint): void {
  const { record, progress, arrays, earlier, best } = checkpoint;
  try {
    arraysOf(sectionsOf(record, arrays, earlier, best), {
      record,
      progress,
      counters: earlier?.counters,
      parameterCount: network.parameterCount,
      stateLength: stateLength(network.gradientRanges),
      scheduleLength: schedule.initialState.length,
    });
  } catch (error) {
    const reason = reasonOf(error);
    throw new Error(`train: the checkpoint's ${reason}`, { cause: error });
  }
}

const identityOf = ({ network, lossSpec, data }: RunPlan, record: RunRecord): RunIdentity => {
  const { preprocessing } = data.train;
  return { spec: network.spec, loss: lossSpec, record, ...(preprocessing === undefined ? {} : { preprocessing }) };
};

/** Whether the shorter run was evaluated at its end, where the longer one would not be. */
const evaluatedAtItsEnd = ({ record, progress: { step, early } }: Checkpoint): boolean =>
  early?.evaluated === step && !isEvaluationStep(step, record.evaluateEvery, record.stepsPerEpoch);

/** Describes the first weight that is not finite, or else the first such number in the optimizer's state. */
function* badNumber(
  { network, optimizer }: RunPlan,
  { parameters, state }: Omit<RunArrays, 'epochLosses'>,
): Pausable<string | undefined> {
  const weight = yield* findBadWeight(network, parameters);
  return weight ?? (yield* findBadState(network, optimizer, { state, ownedRanges: [] }))?.description;
}

function describe({ path, own: value, other }: Difference): ResumeDifference {
  if (path === 'fused') return { name: null, problem: value === true ? MADE_UNFUSED : UNFUSED_HERE };
  const module = /^modules\.(.*)$/.exec(path)?.[1];
  if (module !== undefined) {
    return { name: `module ${showName(module)}`, problem: `has ${hashText(value)}, expected ${hashText(other)}` };
  }
  const part = /^data\.(\w+)$/.exec(path)?.[1];
  if (part === undefined) {
    return { name: showName(path), problem: `${has(value)}, expected ${other === undefined ? 'none' : show(other)}` };
  }
  const rows = (hash: unknown) =>
    hash === null ? `no ${part} rows` : `${part} rows of SHA-256 ${String(hash).slice(0, 12)}…`;
  return { name: 'dataset', problem: `has ${rows(value)}, expected ${rows(other)}` };
}

const UNFUSED_HERE =
  "the products of WebAssembly are unfused here, expected fused ones as in the checkpoint (this engine's relaxed SIMD rounds twice; backend native or reference has them)";
const MADE_UNFUSED = 'products are fused, expected unfused ones as in the checkpoint';

const hashText = (hash: unknown): string =>
  typeof hash === 'string' ? `the SHA-256 ${hash.slice(0, 12)}…` : 'not been given';

function lengthDifference(
  { context, totalEpochs, lengthIn }: RunPlan,
  steps: number,
  expected: number,
  why: string,
): ResumeDifference {
  const isInEpochs = lengthIn === 'epochs' && expected % context.stepsPerEpoch === 0;
  return isInEpochs
    ? { name: 'epochs', problem: `has ${totalEpochs}, expected ${expected / context.stepsPerEpoch} (${why})` }
    : { name: 'steps', problem: `has ${steps}, expected ${expected} (${why})` };
}

function tooShort({ context, totalEpochs, lengthIn }: RunPlan, step: number): ResumeDifference {
  if (lengthIn === 'steps') {
    const problem = `has ${context.totalSteps}, expected at least ${step} (those of the checkpoint)`;
    return { name: 'steps', problem };
  }
  const done = `the checkpoint has done ${step} steps of ${context.stepsPerEpoch} an epoch`;
  const minEpochs = Math.ceil(step / context.stepsPerEpoch);
  return { name: 'epochs', problem: `has ${totalEpochs}, expected at least ${minEpochs} (${done})` };
}
