import { buildNetwork, createLoss } from '@gradloom/core';
import { createAllocator } from '@gradloom/core/internal';
import { takeEvaluationScratch } from '../memory/thread-scratch.ts';
import { specOf } from '../threads/create-team-setup.ts';
import type { InferenceSetup } from '../threads/protocol.ts';
import type { ThreadEnvironment } from '../threads/thread-environment.ts';
import { createEvaluationContext, type EvaluationContext } from './evaluation.ts';
import { planInference } from './inference-layout.ts';

/** A thread's view of a model that is evaluated without a run. */
export interface InferenceContext extends EvaluationContext {
  readonly setup: InferenceSetup;
}

/** Creates the context of thread `thread`. */
export function createInferenceContext(
  setup: InferenceSetup,
  thread: number,
  environment: ThreadEnvironment,
): InferenceContext {
  const customParts = environment.partsOf(setup);
  const network = buildNetwork(specOf(setup.spec), customParts);
  const loss = createLoss(setup.loss, customParts);
  const { elementType, threads } = setup;
  const shape = { network, loss, elementType, backend: setup.backend.name };
  const { theta, scratch } = planInference({ ...shape, threads }).bind(setup.memory);
  const scratchOfThread = takeEvaluationScratch(
    shape,
    createAllocator('createInferenceContext', scratch[thread], elementType),
  );
  return createEvaluationContext(setup, network, loss, theta, scratchOfThread, environment);
}
