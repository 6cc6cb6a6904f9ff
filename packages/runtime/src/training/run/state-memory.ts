import { bytesOfElements } from '@gradloom/core/internal';
import type { Means } from '../../engine/memory/fit-memory.ts';
import { heldBy } from '../../engine/step/owned-blocks.ts';
import type { Part } from '../../system/memory/memory.ts';
import { piecesAtOnce } from '../lockstep/state-shares.ts';
import type { RunPlan } from './plan.ts';

const MiB = 1024 ** 2;

/** Memory of weights that V8 lets pile up before it collects those that looks have handed out. */
const LOOK_GARBAGE = 128 * MiB;

/** The weights at the start, those of the newest event, and of the one before it, which somebody may hold. */
const LOOK_COPIES = 3;

/** The best weights of early stopping, the current ones while the test set is evaluated, and those of the result. */
const BEST_COPIES = 3;

/** As they come, in a checkpoint and in the result. */
const LOSS_COPIES = 3;

/**
 * Memory of the main thread: saved states, figures, the weights of looks. The result takes over the copy for faults,
 * unless that is in shared memory.
 */
export function stateParts(
  plan: Omit<RunPlan, 'backend' | 'cluster'>,
  rows: number,
  { orders }: Pick<Means, 'orders'>,
): Part[] {
  const { network, optimizer, onNan, probe, totalEpochs, context } = plan;
  const weights = bytesOfElements(plan.elementType, network.parameterCount);
  // Where other ranks update the rest, a rank holds state of its own parameters, but the whole average.
  const held = plan.ranks == null ? network.parameterCount : heldBy(network, plan.ranks);
  const averages = optimizer.shareAt === undefined ? 0 : 1;
  const slots = bytesOfElements(plan.elementType, held) * (optimizer.slots.length - averages);
  const state = weights * (1 + averages) + slots;
  // Rank 0 brings together what all hold, to write it, of the current state and of that for a rollback.
  const others = plan.ranks?.connection.rank === 0 && plan.checkpoint !== null ? (onNan === 'rollback' ? 2 : 1) : 0;
  const whole = bytesOfElements(plan.elementType, network.parameterCount) * (optimizer.slots.length - averages);
  const dealt = plan.ranks?.connection.rank === 0 && plan.resume !== null ? plan.ranks.connection.ranks : 1;
  const pieces = bytesOfElements(plan.elementType, piecesAtOnce(dealt, network.parameterCount));
  const handedOut = probe === null ? 0 : weights * probe.count(context.totalSteps);
  return [
    { name: 'orders of the rows', bytes: orders * rows * 4 },
    { name: 'weights of the rows', bytes: plan.weighs ? rows * 8 : 0 },
    { name: 'copy of the state for faults', bytes: state },
    { name: 'state of all ranks for checkpoints', bytes: held < network.parameterCount ? others * whole : 0 },
    { name: 'pieces of the state for other ranks', bytes: pieces },
    { name: 'list of messages between ranks', bytes: plan.ranks?.connection.ledger.byteLength ?? 0 },
    { name: 'copy of the state for rollbacks', bytes: onNan === 'rollback' ? state : 0 },
    { name: 'weights of the best evaluation', bytes: plan.early === null ? 0 : BEST_COPIES * weights },
    { name: 'copies for looks', bytes: probe === null ? 0 : LOOK_COPIES * weights + Math.min(LOOK_GARBAGE, handedOut) },
    { name: 'losses of the epochs', bytes: LOSS_COPIES * totalEpochs * 8, option: 'epochs' },
    { name: 'result', bytes: onNan === 'rollback' ? weights : 0 },
  ];
}
