import type { ElementType, LoadedParts, LossSpec, Network, Pausable } from '@gradloom/core';
import { bytesOf, type MemoryRoom, type Part } from '../../system/memory/memory.ts';
import { shareOfRoom } from '../../system/memory/memory-room.ts';
import { allocateOutside, allocateSharedMemory } from '../../system/memory/shared-memory.ts';
import { compileFor, resolveBackend } from '../backends/backend.ts';
import type { BackendChoice } from '../backends/backend-choices.ts';
import { fitMemory, type MemoryBudget } from '../memory/memory-budget.ts';
import { allocateControl } from './barrier.ts';
import type { TeamSetup } from './protocol.ts';
import { shareSpec } from './shared-spec.ts';

/** The computation and size of a team. */
export interface TeamShape {
  readonly network: Network;
  readonly lossSpec: LossSpec;
  readonly elementType: ElementType;
  readonly parts?: LoadedParts; // custom parts that network and loss may name
  readonly threads: number; // most threads; fewer if memory is short
  readonly startsThreads: boolean; // started for this team, not taken from a pool
  readonly sharers?: number; // processes that use the same memory, default 1
  readonly backend: BackendChoice;
  readonly blas: string | undefined;
  readonly unfused?: boolean; // whether products have to be unfused: see `BackendNeeds`
}

/** What the layout of a team's memory depends on besides its shape. */
export type Compiled = { readonly backend: TeamSetup['backend']['name'] };

/** Memory of a team with given means: the layout of the shared memory, and all parts. */
export interface TeamPlan<Layout> {
  readonly layout: Layout & { readonly bytes: number; readonly outside: readonly number[] };
  readonly parts: readonly Part[]; // all parts, including those of the layout
}

/** A team's setup with its allocated memory, all zeros. */
export interface OpenedTeam<Layout> {
  readonly team: TeamSetup;
  readonly layout: Layout;
  readonly budget: MemoryBudget;
  readonly room: MemoryRoom; // the memory limit that it was fitted to
  readonly plannedBytes: number;
}

let lastRun = 0;

/** Share of the memory that a thread may hold for ended runs, within these bounds. */
const HELD_SHARE = 1 / 32;
const LEAST_HELD = 64 * 1024 ** 2;
const MOST_HELD = 512 * 1024 ** 2;

/**
 * Allocates the memory of a team, with as much of the `wanted` means as fits.
 * @throws OptionError if even the minimum does not fit, before anything is allocated.
 */
export function* openTeamSetup<Layout>(
  shape: TeamShape,
  wanted: Omit<MemoryBudget, 'threads'>,
  planner: (compiled: Compiled) => Pausable<(means: MemoryBudget) => TeamPlan<Layout>>,
): Pausable<OpenedTeam<Layout>> {
  const backend = resolveBackend(shape.backend, {
    path: shape.blas,
    network: shape.network,
    type: shape.elementType,
    unfused: shape.unfused ?? false,
  });
  const compiled = compileFor(backend, shape.elementType);
  yield;
  const planOf = yield* planner({ backend: backend.name });
  const room = shareOfRoom(shape.sharers ?? 1);
  const { plan, means: budget } = yield* fitMemory(planOf, { ...wanted, threads: shape.threads }, room);
  const memory = allocateSharedMemory(plan.layout.bytes, backend.name);
  const outside = plan.layout.outside.map(allocateOutside);
  yield;
  lastRun++;
  const team: TeamSetup = {
    ...compiled,
    run: lastRun,
    // Threads rebuild the network and the loss from these.
    spec: yield* shareSpec(shape.network.spec),
    loss: shape.lossSpec,
    elementType: shape.elementType,
    modules: shape.parts?.sources ?? [],
    threads: budget.threads,
    backend,
    memory,
    outside,
    control: allocateControl(),
    mayHold: Math.min(MOST_HELD, Math.max(LEAST_HELD, HELD_SHARE * room.bytes)),
  };
  return { team, layout: plan.layout, budget, room, plannedBytes: bytesOf(plan.parts) };
}
