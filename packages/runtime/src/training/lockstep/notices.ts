import type { Lockstep } from '../../cluster/lockstep.ts';
import type { TrainEvent } from '../run/events.ts';

/** The events of a run, which rank 0 alone reports. Warnings of other ranks reach it when all agree on something. */
export interface Notices {
  emit(event: TrainEvent): void;
  /** The warnings of this rank since the last call, for rank 0. */
  take(): readonly string[];
  /** Reports the warnings of all ranks, except those that rank 0 has given itself. */
  tell(ofRanks: readonly (readonly string[])[]): void;
}

export function createNotices({ isFirst, cluster }: Lockstep, report: (event: TrainEvent) => void): Notices {
  if (cluster === null) return { emit: report, take: () => [], tell() {} };
  const untold: string[] = [];
  const told = new Set<string>();
  return {
    emit(event) {
      if (event.type === 'warning') isFirst ? told.add(event.message) : untold.push(event.message);
      if (isFirst) report(event);
    },
    take: () => untold.splice(0),
    tell(ofRanks) {
      if (!isFirst) return;
      for (const [rank, messages] of ofRanks.entries()) {
        for (const message of messages) {
          if (told.has(message)) continue;
          told.add(message);
          report({ type: 'warning', message: `rank ${rank}: ${message}` });
        }
      }
    },
  };
}
