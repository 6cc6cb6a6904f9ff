import type { ElementType, LoadedParts, LossSpec, Network, NetworkSpec } from '@gradloom/core';
import { allocateControl } from './barrier.ts';
import type { SharedSpec, TeamSetup } from './protocol.ts';

/** What the threads of a team compute. */
export interface TeamComputation {
  readonly network: Network;
  readonly lossSpec: LossSpec;
  readonly elementType: ElementType;
  readonly parts?: LoadedParts; // custom parts that network and loss may name
}

let lastRun = 0;

/** The setup of a new team, whose threads rebuild network and loss from it. */
export function createTeamSetup(
  { network, lossSpec, elementType, parts }: TeamComputation,
  memory: Pick<TeamSetup, 'threads' | 'backend' | 'code' | 'memory' | 'outside' | 'maxHeldBytes'>,
): TeamSetup {
  lastRun++;
  return {
    ...memory,
    run: lastRun,
    spec: shareSpec(network.spec),
    loss: lossSpec,
    elementType,
    modules: parts?.sources ?? [],
    control: allocateControl(),
  };
}

function shareSpec(spec: NetworkSpec): SharedSpec {
  const json = new TextEncoder().encode(JSON.stringify(spec));
  const sharedBytes = new Uint8Array(new SharedArrayBuffer(json.length));
  sharedBytes.set(json);
  return sharedBytes;
}

// Copied, because browsers decode no text from shared memory.
export const specOf = (sharedSpec: SharedSpec): NetworkSpec => JSON.parse(new TextDecoder().decode(sharedSpec.slice()));
