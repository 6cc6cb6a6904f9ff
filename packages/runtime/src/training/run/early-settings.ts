import { type Loss, type Network, OptionError, type Pausable } from '@gradloom/core';
import { show } from '@gradloom/core/internal';
import type { Dataset } from '../../data/dataset.ts';
import { figuresOf } from '../../engine/evaluation/evaluate-dataset.ts';
import type { EarlyRecord } from '../checkpoints/checkpoint.ts';
import { type MonitorName, monitors } from './monitors.ts';

/** As they are read, with defaults. */
interface AskedSettings extends Pick<EarlyRecord, 'minDelta' | 'monitor'> {
  readonly patience: number | undefined;
}

/** When a run stops early; null if it does not. @throws OptionError for a figure that the validation set has not. */
export function* earlySettings(
  { patience, minDelta, monitor }: AskedSettings,
  network: Network,
  loss: Loss,
  validation: Dataset | undefined,
): Pausable<EarlyRecord | null> {
  if (patience === undefined || validation === undefined) return null;
  const figures = { loss: true, ...(yield* figuresOf(network, loss, validation)) };
  const hasFigure = (name: MonitorName) => monitors[name].figure in figures;
  if (!hasFigure(monitor)) {
    const known = (Object.keys(monitors) as MonitorName[]).filter(hasFigure).join(', ');
    const kind = validation.classes === null ? 'values' : 'classes';
    throw new OptionError('train', 'monitor', `has ${show(monitor)}, expected ${known} (the targets are ${kind})`);
  }
  return { patience, minDelta, monitor };
}
