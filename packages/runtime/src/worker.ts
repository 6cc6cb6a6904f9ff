import { availableParallelism } from 'node:os';
import { InputError } from '@gradloom/core';
import type { ModuleSource } from '@gradloom/core/internal';
import { answerChunks, type OutputsTask } from './engine/evaluation/answer-chunks.ts';
import { evaluateChunks } from './engine/evaluation/evaluation.ts';
import { createInferenceContext } from './engine/evaluation/inference-layout.ts';
import { importedParts, importParts } from './engine/modules/imported-parts.ts';
import { createContext } from './engine/step/context.ts';
import { runSteps } from './engine/step/run-steps.ts';
import { abortTeam, CONTROL } from './engine/threads/barrier.ts';
import { cacheContexts } from './engine/threads/contexts.ts';
import { fromMessage, type Message } from './engine/threads/messages.ts';
import { nodeEnvironment } from './engine/threads/node-environment.ts';
import { openThread } from './engine/threads/opening.ts';
import type {
  EvaluationTask,
  InferenceSetup,
  OpeningTask,
  PingTask,
  RunSetup,
  SpanTask,
} from './engine/threads/protocol.ts';
import { type ExchangeTask, runExchange } from './measurement/exchange.ts';
import { runTriad, type TriadTask } from './measurement/triad.ts';
import { type ExplainingTask, explainingTask } from './models/explaining/explaining-task.ts';
import { type AnswersTask, answerTask } from './models/serving/answer-task.ts';
import { type WritingTask, writingTask } from './models/serving/writing-task.ts';
import {
  type CheckpointTask,
  type WriteResult,
  writeCheckpointEntry,
} from './training/checkpoints/checkpoint-folder.ts';
import { type DiagnosisTask, diagnose } from './training/faults/diagnose.ts';

const contextOf = cacheContexts((setup: RunSetup, thread) => createContext(setup, thread, nodeEnvironment));
const inferenceContextOf = cacheContexts((setup: InferenceSetup, thread) =>
  createInferenceContext(setup, thread, nodeEnvironment),
);

type WorkerTask =
  | OpeningTask
  | SpanTask
  | EvaluationTask
  | OutputsTask
  | DiagnosisTask
  | CheckpointTask
  | TriadTask
  | ExchangeTask
  | AnswersTask
  | ExplainingTask
  | WritingTask
  | PingTask;

type Answer = WorkerTask['answer'];

/** A thread's entry point: Piscina calls it with each task. A thread imports modules of custom parts once. */
export default function work(message: Message): Answer | Promise<Answer> {
  const task = fromMessage(message) as WorkerTask;
  const modules = modulesOf(task);
  return importedParts(modules) === undefined ? importParts(modules).then(() => answer(task)) : answer(task);
}

function modulesOf(task: WorkerTask): readonly ModuleSource[] {
  if ('setup' in task) return task.setup.modules;
  return 'model' in task ? (task.model?.modules ?? []) : [];
}

function answer(task: WorkerTask): Answer | Promise<Answer> {
  if (task.kind === 'opening') return openThread(contextOf(task), task);
  if (task.kind === 'span') return span(task);
  if (task.kind === 'evaluation') return evaluate(task);
  if (task.kind === 'outputs') return answerChunks(inferenceContextOf(task), task);
  if (task.kind === 'diagnosis') return diagnose(contextOf(task), task);
  if (task.kind === 'checkpoint') return writeCheckpoint(task);
  if (task.kind === 'answers') return answerTask(task);
  if (task.kind === 'explaining') return explainingTask(task);
  if (task.kind === 'writing') return writingTask(task);
  if (task.kind === 'triad') runTriad(task, availableParallelism());
  if (task.kind === 'exchange') runExchange(task, availableParallelism());
  return undefined;
}

/** Needs no context: the arrays come with the task. */
function writeCheckpoint({ setup, entry }: CheckpointTask): WriteResult {
  Atomics.add(setup.control, CONTROL.checkedIn, 1);
  return writeCheckpointEntry(setup.spec, entry);
}

/** In a run, evaluations use the context of its steps. */
function evaluate(task: EvaluationTask): EvaluationTask['answer'] {
  const { setup } = task;
  const context = setup.kind === 'training' ? contextOf({ ...task, setup }) : inferenceContextOf({ ...task, setup });
  return evaluateChunks(context, task);
}

/** Runs a span. Any error in this thread aborts the whole team, so that no thread waits for it. */
function span(task: SpanTask): SpanTask['answer'] {
  try {
    runSteps(contextOf(task), task);
    return undefined;
  } catch (error) {
    abortTeam(task.setup.control);
    // Not a thread failure: new threads would refuse the row again.
    if (error instanceof InputError) return 'refused';
    throw error;
  }
}
