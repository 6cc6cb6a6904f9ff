import { createLoss, type Elements, type LossSpec, type Network } from '@gradloom/core';
import { refuseBadWeights, typeOf } from '@gradloom/core/internal';
import type { MemoryRoom } from '../../system/memory/memory.ts';
import type { MemoryBudget } from '../memory/memory-budget.ts';
import { evaluationParts, threadParts } from '../memory/run-memory.ts';
import type { InferenceSetup } from '../threads/protocol.ts';
import { openTeamSetup, type TeamShape } from '../threads/team-setup.ts';
import type { OutputReader } from './figures.ts';
import { countScratch, planInference } from './inference-layout.ts';

/** A model in the shared memory of a team. */
export interface OpenedInference {
  readonly setup: InferenceSetup;
  readonly budget: MemoryBudget;
  readonly room: MemoryRoom; // the memory limit that it was fitted to
  readonly plannedBytes: number;
}

/** Opens a model for evaluation, with a copy of `parameters` [P]. @throws Error for a weight that is not finite. */
export function openInference(
  where: string,
  network: Network,
  parameters: Elements, // [P]
  lossSpec: LossSpec,
  machine: Omit<TeamShape, 'network' | 'lossSpec' | 'elementType'>,
  readers: readonly OutputReader[] = [],
  chunks = 0, // chunks of an evaluation to hold at once, if memory allows
): OpenedInference {
  refuseBadWeights(where, network, parameters);
  const loss = createLoss(lossSpec, network.customParts);
  const elementType = typeOf(parameters);
  const shape = { network, lossSpec, elementType, ...machine };
  const read = { name: 'readers of the outputs', bytes: readers.reduce((sum, { bytes = 0 }) => sum + bytes, 0) };
  const { team, layout, ...opened } = openTeamSetup(shape, { chunks, orderSlots: 0, texts: false }, (choice) => {
    const options = { network, loss, elementType, ...choice };
    const scratchLength = countScratch(options);
    return (budget) => {
      const layout = planInference({ ...options, threads: budget.threads }, scratchLength);
      const others = [...threadParts(shape, budget), ...evaluationParts(network, loss, budget, readers.length), read];
      return { layout, parts: [...layout.parts, ...others] };
    };
  });
  const { theta, weights } = layout.bind(team.memory);
  weights.store(theta, parameters);
  return { ...opened, setup: { ...team, kind: 'inference' } };
}
